"""The suite plays cases, catches what is otherwise, goes on after a kill, and opens or shuts the gate."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from xml.etree.ElementTree import fromstring

import pytest
from typer.testing import CliRunner

from agent.policy import Policy
from api.cli import app
from api.trials.staged import Staging, opened
from eval.suite import digest, gate, junit, runner
from eval.suite.case import Case, Scripted
from eval.suite.reading import SHIPPED, cases_of, read
from eval.suite.results import Run, Standing, rate
from eval.suite.runner import Plan
from eval.suite.scripted import Speaker, coloured
from eval.suite.stage import Stage
from tests.desks import intents

ROOT = Path(__file__).parent.parent.parent
CASES = """
group: happy
cases:
  - id: a-status
    says: A status question is answered.
    shop: {orders: ["1001 shipped"], help: none}
    turns: [{say: "Where is my order 1001?", expect: {disposition: answered, rules: STA-1, must_say: "1001"}}]
  - id: a-cancellation
    says: An unpaid order is cancelled on the yes.
    shop: {orders: ["1002 unpaid: carafe"], help: none}
    turns:
      - {say: "Please cancel order 1002", expect: {disposition: asked, rules: CNF-1}}
      - {say: "yes", expect: {disposition: acted, actions: [{action: cancel_order, order: "1002", status: done}]}}
    expect: {end_state: {"1002": {lifecycle: [confirmed, cancelled], items: [1 carafe, none]}}, waiting: 0, with_person: false}
  - id: wrong-words
    says: This one expects words that are not said.
    shop: {orders: ["1003 shipped"], help: none}
    turns: [{say: "Where is my order 1003?", expect: {must_say: unicorn, must_not_say: on its way}}]
  - id: known-one
    says: This one is known to fail.
    known_issue: It expects what cannot be.
    shop: {orders: ["1004 shipped"], help: none}
    turns: [{say: "Where is my order 1004?", expect: {disposition: queued}}]
  - id: mended-one
    says: This one was known to fail and passes.
    known_issue: It was mended.
    shop: {orders: ["1005 shipped"], help: none}
    turns: [{say: "Where is my order 1005?", expect: {disposition: answered}}]
  - id: a-person
    group: talk_over
    says: A person takes it over.
    shop: {help: none}
    turns:
      - {say: "I want to talk to a human", expect: {handoff: asked_for_person}}
    expect: {with_person: true}
"""


class Counting:
    """Stages that tell how many cases were played."""

    def __init__(self, stages: Staging) -> None:
        self.stages = stages
        self.played = 0

    def __call__(self, folder: Path, policy: Policy, now: Callable[[], datetime], help_: Path, mail: bool) -> Stage:
        self.played += 1
        return self.stages(folder, policy, now, help_, mail)

    def learn(self, pages: Path, into: Path) -> None:
        self.stages.learn(pages, into)

    def sources(self) -> Mapping[str, Sequence[Path]]:
        return self.stages.sources()

    def close(self) -> None:
        """The session's stages stay open."""


@pytest.fixture(scope="module")
def stages() -> Iterator[Staging]:
    intents()
    made = opened()
    yield made
    made.close()


@pytest.fixture
def cases(tmp_path: Path) -> tuple[Case, ...]:
    return written(tmp_path, CASES)


def written(folder: Path, text: str) -> tuple[Case, ...]:
    place = folder / "cases"
    place.mkdir(exist_ok=True)
    (place / "some.yaml").write_text(text, encoding="utf-8")
    return cases_of([place])


def played(cases: tuple[Case, ...], folder: Path, stages: Staging, seed: int = 1, trials: int = 1) -> Run:
    return runner.run(Plan("own", cases, folder / "eval", seed, trials), lambda: Counting(stages))


def one(text: str, folder: Path, stages: Staging) -> list[tuple[str, str]]:
    """What was otherwise in a single case, as where and what."""
    run = played(written(folder, text), folder, stages)
    return [(each.where, each.what) for each in run.standings[0].shown.differences]


def test_a_run_tells_passed_failed_known_and_fixed_cases_apart(
    cases: tuple[Case, ...], tmp_path: Path, stages: Staging
) -> None:
    run = played(cases, tmp_path, stages)
    assert {each.case.id: each.status for each in run.standings} == {
        "a-status": "passed",
        "a-cancellation": "passed",
        "wrong-words": "failed",
        "known-one": "known",
        "mended-one": "fixed",
        "a-person": "passed",
    }
    assert rate(run.counts()) == 0.8
    failed = next(each for each in run.standings if each.case.id == "wrong-words").shown
    assert [(each.what, each.expected) for each in failed.differences] == [
        ("must_say", "unicorn"),
        ("must_not_say", "not: on its way"),
    ]
    assert [line.who for line in failed.transcript] == ["customer", "agent"]


def test_a_case_gives_the_conversation_that_metrics_read(
    cases: tuple[Case, ...], tmp_path: Path, stages: Staging
) -> None:
    run = played(cases, tmp_path, stages)
    by_id = {each.id: each for each in run.conversations}
    cancelled, handed = by_id["case:a-cancellation"], by_id["case:a-person"]
    assert [turn.disposition.value for turn in cancelled.turns] == ["asked", "acted"]
    assert [(each.action, each.status) for each in cancelled.turns[1].actions] == [("cancel_order", "done")]
    assert cancelled.test
    assert cancelled.grades.end_state is True
    assert handed.closed_by_person == handed.turns[0].at
    assert by_id["case:wrong-words"].grades.wording is False


def test_all_graders_look_at_a_case_and_their_figures_are_in_the_run(
    cases: tuple[Case, ...], tmp_path: Path, stages: Staging
) -> None:
    run = played(cases, tmp_path, stages)
    grades = {each.id: each.grades for each in run.conversations}
    cancelled, handed = grades["case:a-cancellation"], grades["case:a-person"]
    assert (cancelled.facts, cancelled.end_state, cancelled.policy, cancelled.wording, cancelled.answered) == (
        True,
    ) * 5
    assert (handed.policy, handed.answered, dict(handed.why)) == (True, None, {"answered": "a person answers"})
    assert grades["case:wrong-words"].facts is True
    told = run.as_json()["summary"]
    assert told["populations"]["inbound"] == len(cases)
    assert (told["verified"]["hits"], told["graded"]) == (5, 5)
    assert told["handoffs"]["reasons"] == {"asked_for_person": 1}
    assert told["latency"] is None


def test_cases_are_worlds_of_their_own_in_the_figures_and_trials_too(
    cases: tuple[Case, ...], tmp_path: Path, stages: Staging
) -> None:
    """One Ana who asks the same in every case would else come back each time, and nothing would be verified."""
    once = played(cases[:1], tmp_path, stages).summary().headline
    thrice = played(cases[:1], tmp_path, stages, trials=3).summary().headline
    assert (once.verified.hits, thrice.verified.hits) == (1, 3)
    assert thrice.states["reversed"] == 0


def test_what_was_read_as_what_is_counted_where_a_case_says_what_was_meant(tmp_path: Path, stages: Staging) -> None:
    text = """
- id: read-well
  says: A status question, and then one that is meant as a joke.
  shop: {orders: ["1001 shipped"], help: none}
  turns:
    - {say: "Where is my order 1001?", expect: {intents: order_status}}
    - {say: "Where is my order 1001?", again: true}
    - {say: "Please cancel order 1001", expect: {intents: invoice}}
"""
    run = played(written(tmp_path, text), tmp_path, stages, trials=2)
    assert run.as_json()["read"] == [
        {"expected": "invoice", "read": "cancel_order", "count": 2},
        {"expected": "order_status", "read": "order_status", "count": 2},
    ]


def test_a_change_that_a_case_does_not_name_fails_it(tmp_path: Path, stages: Staging) -> None:
    silent = re.sub(r"\n    expect: \{end_state.*", "", CASES)
    run = played(written(tmp_path, silent), tmp_path, stages)
    cancelled = next(each for each in run.standings if each.case.id == "a-cancellation")
    assert {each.what for each in cancelled.shown.differences} == {"1002 lifecycle", "1002 items"}


def test_the_shop_works_between_two_turns(tmp_path: Path, stages: Staging) -> None:
    text = """
- id: overtaken
  says: The warehouse starts between the question and the yes.
  shop: {orders: ["1001 confirmed: carafe"], help: none}
  turns:
    - {say: "Please cancel order 1001", expect: {disposition: asked}}
    - {happens: {order: "1001", what: starts}}
    - {say: "yes", expect: {disposition: answered, rules: CAN-2}}
    - {happens: {order: "1001", what: ships}}
    - {happens: {order: "1001", what: delivered}, after: {days: 2}}
  expect: {end_state: {"1001": {fulfilment: [unfulfilled, delivered]}}}
"""
    assert one(text, tmp_path, stages) == []


def test_a_case_that_breaks_is_a_failed_case_and_not_the_end_of_the_run(tmp_path: Path, stages: Staging) -> None:
    text = """
- id: broken
  says: A return is received that nobody announced.
  shop: {orders: ["1001 delivered"], help: none}
  turns: [{happens: {order: "1001", what: receives_return}}]
- id: whole
  says: The next one is played.
  shop: {help: none}
  turns: [{say: "thank you", expect: {rules: TLK-1}}]
"""
    run = played(written(tmp_path, text), tmp_path, stages)
    assert [each.status for each in run.standings] == ["failed", "passed"]
    assert run.standings[0].shown.differences[0].what == "crash"


def test_an_approval_that_nobody_waits_for_is_a_difference(tmp_path: Path, stages: Staging) -> None:
    text = """
- id: nothing-waits
  says: There is nothing to accept.
  shop: {help: none}
  turns: [{approve: lead}]
"""
    assert one(text, tmp_path, stages) == [("turn 1", "approval")]


def test_several_processes_give_what_one_gives(cases: tuple[Case, ...], tmp_path: Path, stages: Staging) -> None:
    alone = played(cases, tmp_path, stages, seed=3)
    together = runner.run(Plan("own", cases, tmp_path / "other", seed=3, workers=2), opened)
    assert json.dumps(together.as_json()) == json.dumps(alone.as_json())


def test_a_run_that_was_killed_goes_on_and_plays_nothing_twice(
    cases: tuple[Case, ...], tmp_path: Path, stages: Staging
) -> None:
    whole = played(cases, tmp_path, stages)
    file = next((tmp_path / "eval" / "runs").rglob("results.jsonl"))
    kept = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(kept[:2]) + kept[2][:40])
    counting = Counting(stages)
    resumed = runner.run(Plan("own", cases, tmp_path / "eval", resume=True), lambda: counting)
    assert counting.played == len(cases) - 2
    assert resumed.as_json() == whole.as_json()
    assert len(file.read_bytes().splitlines()) == len(cases)


def test_a_changed_case_makes_another_run_which_is_not_resumed(
    cases: tuple[Case, ...], tmp_path: Path, stages: Staging
) -> None:
    played(cases, tmp_path, stages)
    counting = Counting(stages)
    changed = written(tmp_path, CASES.replace("unicorn", "1003"))
    runner.run(Plan("own", changed, tmp_path / "eval", resume=True), lambda: counting)
    assert counting.played == len(cases)


def test_trials_tell_how_often_all_of_k_pass(cases: tuple[Case, ...], tmp_path: Path, stages: Staging) -> None:
    run = played(cases[:3], tmp_path, stages, trials=2)
    assert run.as_json()["pass_all"] == {"1": 0.666667, "2": 0.666667}
    mixed = Run("own", 1, 2, {}, run.standings)
    passed, failed = run.standings[0].trials[0], run.standings[2].trials[0]
    half = type(run.standings[0])(run.standings[0].case, (passed, failed))
    assert Run("own", 1, 2, {}, (half,)).pass_all(1) == 0.5
    assert Run("own", 1, 2, {}, (half,)).pass_all(2) == 0.0
    assert mixed.pass_all(2) == run.pass_all(2)


def test_the_gate_shuts_below_a_rate_and_where_a_case_fell(
    cases: tuple[Case, ...], tmp_path: Path, stages: Staging
) -> None:
    run = played(cases, tmp_path, stages)
    assert list(gate.failures(run, gate.least(["0.8", "talk_over=1"]), None)) == []
    assert list(gate.failures(run, gate.least(), None)) == ["all groups: 80.0% pass, at least 95.0% must"]
    assert list(gate.failures(run, gate.least(["0", "happy=0.9", "abuse=1"]), None)) == [
        "no case of group abuse was run",
        "happy: 75.0% pass, at least 90.0% must",
    ]
    before = run.as_json()
    anything = gate.least(["0"], ["0"])
    assert list(gate.failures(run, anything, before)) == []
    for each in before["results"]:
        each["status"] = "passed"
    assert list(gate.failures(run, anything, before)) == [
        "wrong-words passed in the baseline and does not now",
        "known-one passed in the baseline and does not now",
    ]


def objecting(run: Run, grader: str, why: str, names: Sequence[str]) -> Run:
    """The same run, had a grader objected to these cases."""

    def spoiled(one: Standing) -> Standing:
        (trial,) = one.trials
        assert trial.conversation
        grades = replace(trial.conversation.grades, **{grader: False}, why={grader: why})
        return replace(one, trials=(replace(trial, conversation=replace(trial.conversation, grades=grades)),))

    return replace(run, standings=tuple(spoiled(one) if one.case.id in names else one for one in run.standings))


def test_the_gate_shuts_where_a_grader_objects_though_every_case_passes(
    cases: tuple[Case, ...], tmp_path: Path, stages: Staging
) -> None:
    run = played(cases[:2], tmp_path, stages)
    before = run.as_json()
    assert before["graders"]["policy"] == {"holds": 2, "objects": 0, "open": 0, "rate": 1.0}
    assert list(gate.failures(run, gate.least(), before)) == []
    worse = objecting(run, "policy", "promised: 'voucher'", ["a-status"])
    told = worse.as_json()
    assert told["results"][0]["objections"] == {"policy": "promised: 'voucher'"}
    assert (told["passed"], told["graders"]["policy"]["rate"]) == (2, 0.5)
    assert list(gate.failures(worse, gate.least(), None)) == [
        "policy: the grader approves of 50.0%, at least 95.0% must hold"
    ]
    assert list(gate.failures(worse, gate.least((), ["policy=0.5"]), None)) == []
    assert list(gate.failures(worse, gate.least((), ["0"]), before)) == [
        "a-status: policy objects, and did not in the baseline: promised: 'voucher'"
    ]
    for each in before["results"]:
        del each["objections"]
    assert list(gate.failures(worse, gate.least((), ["0"]), before)) == [], "a baseline from before graders stood in it"


def test_what_graders_say_of_a_case_that_fails_does_not_count_twice(
    cases: tuple[Case, ...], tmp_path: Path, stages: Staging
) -> None:
    run = played(tuple(one for one in cases if one.id == "known-one"), tmp_path, stages)
    assert objecting(run, "facts", "wrong", ["known-one"]).graded("facts").rate == 1.0


@pytest.mark.parametrize("given", ["much", "happy=", "1.2", "-0.1", "nan"])
def test_a_threshold_that_is_no_share_is_told(given: str) -> None:
    with pytest.raises(gate.BadGate, match="--min"):
        gate.least([given])
    with pytest.raises(gate.BadGate, match="--grader"):
        gate.least((), [given])


def test_a_grader_that_there_is_not_is_told() -> None:
    with pytest.raises(gate.BadGate, match="there are facts, end_state, policy, wording, answered"):
        gate.least((), ["tone=0.9"])


def test_junit_has_a_suite_a_group_a_failure_with_the_difference_and_no_times(
    cases: tuple[Case, ...], tmp_path: Path, stages: Staging
) -> None:
    root = fromstring(junit.xml_of(played(cases, tmp_path, stages)))
    suites = {suite.get("name"): suite for suite in root}
    assert {name: suite.get("tests") for name, suite in suites.items()} == {"happy": "5", "talk_over": "1"}
    assert (suites["happy"].get("failures"), suites["happy"].get("skipped")) == ("1", "1")
    failure = root.find(".//testcase[@name='wrong-words']/failure")
    assert failure is not None
    assert "expected unicorn" in str(failure.text)
    assert {name for each in root.iter() for name in each.attrib} <= {
        *("name", "tests", "failures", "skipped", "errors", "classname", "message")
    }


def test_a_mood_colours_the_words_and_leaves_numbers_alone() -> None:
    random = Random(1)
    assert coloured("Please cancel 1001.", "terse", random) == "please cancel 1001"
    assert coloured("cancel 1001", "shouting", random) == "CANCEL 1001!!"
    typed = coloured(
        "please could somebody finally cancel order 1001 because something happened " * 5, "typing", random
    )
    assert typed.count("1001") == 5
    assert typed != coloured(typed, "polite", random)


def test_a_scripted_customer_stops_when_nothing_fits_or_enough_was_said(tmp_path: Path, stages: Staging) -> None:
    text = """
- id: hurried
  says: A hurried customer agrees, then has nothing more to say.
  shop: {orders: ["1001 unpaid: carafe"], help: none}
  turns:
    - customer:
        opens: Please cancel order 1001
        reacts:
          - {when: {asked: order}, say: never said}
          - {when: {asked: confirm}, say: "yes"}
      expect: {disposition: acted}
  expect: {end_state: {"1001": {lifecycle: [confirmed, cancelled], items: [1 carafe, none]}}}
"""
    run = played(written(tmp_path, text), tmp_path, stages)
    assert run.standings[0].status == "passed"
    said = [line.text for line in run.standings[0].shown.transcript if line.who == "customer"]
    assert said == ["Please cancel order 1001", "yes"]
    assert Speaker(Scripted(opens="hello", at_most=1), Random(1)).opens() == "hello"


def test_the_example_of_the_guide_is_played_and_passes(tmp_path: Path, stages: Staging) -> None:
    guide = (ROOT / "docs" / "cases.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    assert len(blocks) == 1
    run = played(written(tmp_path, blocks[0]), tmp_path, stages)
    assert [(each.where, each.what, each.got) for each in run.standings[0].shown.differences] == []
    assert f"{len(cases_of([SHIPPED]))} cases come with Wismo" in " ".join(guide.split())


def test_a_digest_changes_with_a_byte_a_name_and_nothing_else(tmp_path: Path) -> None:
    one, other = tmp_path / "cases" / "one", tmp_path / "other"
    for folder in (one, other):
        (folder / "__pycache__").mkdir(parents=True)
        (folder / "a.py").write_text("x = 1\n", encoding="utf-8")
    first = digest.of_files((one,))
    (other / "__pycache__" / "a.pyc").write_bytes(b"whatever")
    assert digest.of_files((other,)) == first
    (other / "a.py").write_text("x = 2\n", encoding="utf-8")
    assert digest.of_files((other,)) != first
    (one / "a.py").rename(one / "b.py")
    assert digest.of_files((one,)) != first


# -- the command ------------------------------------------------------------------------------------------------


def wismo(home: Path, *words: str, code: int = 0) -> str:
    """The command in a process of its own, in an empty home, without the reference folder."""
    given = os.environ | {"WISMO_HOME": str(home), "WISMO_REFERENCE": str(home / "none"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "api.cli", *words]
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout + (done.stderr if code else "")


def here(home: Path, *words: str, code: int = 0) -> str:
    """The command in this process: quicker, for what plays no case."""
    done = CliRunner().invoke(app, words, env={"WISMO_HOME": str(home), "COLUMNS": "200"})
    assert done.exit_code == code, done.output
    return done.output if code else done.stdout


def test_two_runs_of_one_seed_are_byte_equal_whatever_the_workers(cases: tuple[Case, ...], tmp_path: Path) -> None:
    intents()
    folder = str(tmp_path / "cases")
    common = ("eval", "--cases", folder, "--json", "--seed", "5")
    alone = wismo(tmp_path / "one", *common, "--workers", "1", "--junit", str(tmp_path / "one.xml"))
    together = wismo(tmp_path / "two", *common, "--workers", "2", "--junit", str(tmp_path / "two.xml"))
    assert alone == together
    assert (tmp_path / "one.xml").read_bytes() == (tmp_path / "two.xml").read_bytes()
    told = json.loads(alone)
    assert (told["cases"], told["passed"], told["failed"], told["known"], told["fixed"]) == (6, 3, 1, 1, 1)
    assert set(told["digests"]) == {"model", "replies", "code", "knowledge", "policy", "cases"}
    assert str(tmp_path) not in alone


def test_a_run_is_written_as_one_file_that_is_the_report_of_its_json(cases: tuple[Case, ...], tmp_path: Path) -> None:
    intents()
    at_once, after, out = tmp_path / "a.html", tmp_path / "b.html", tmp_path / "run.json"
    common = ("eval", "--cases", str(tmp_path / "cases"), "--workers", "1", "--out", str(out))
    wismo(tmp_path, *common, "--html", str(at_once), "--markdown", str(tmp_path / "a.md"))
    here(tmp_path, "eval", "report", str(out), "--calibrate", "--html", str(after))
    assert at_once.read_bytes() == after.read_bytes()
    told = (tmp_path / "a.md").read_text(encoding="utf-8")
    assert all(part in told for part in ("# Test cases: shipped", "Wismo, verified", "wrong-words: must say"))


def test_only_the_gate_makes_a_failing_run_exit_with_one(cases: tuple[Case, ...], tmp_path: Path) -> None:
    intents()
    folder, out = str(tmp_path / "cases"), tmp_path / "run.json"
    wismo(tmp_path, "eval", "--cases", folder, "--workers", "1", "--min", "1", "--out", str(out))
    assert json.loads(out.read_text(encoding="utf-8"))["failed"] == 1
    told = wismo(tmp_path, "eval", "--cases", folder, "--case", "wrong-words", "--gate", code=1)
    assert "gate: all groups: 0.0% pass, at least 95.0% must" in told
    assert "unicorn" in told


def test_a_case_is_written_from_the_journal_and_passes(tmp_path: Path) -> None:
    intents()
    address = {"line1": "77 Hidden Lane", "city": "Xyloville", "zip": "69001", "country": "FR"}
    item = {"product_id": "p9", "sku": "p9-s", "name": "Iron teapot", "quantity": 1, "price": "31.00", "options": {}}
    shop = {
        "currency": "EUR",
        "customers": [{"id": "z", "name": "Zoltan Quorn", "email": "zq@corp.example", "address": address}],
        "products": [
            {
                "id": "p9",
                "name": "Iron teapot",
                "returnable": True,
                "variants": [{"sku": "p9-s", "options": {}, "price": "31.00"}],
            }
        ],
        "orders": [
            {
                "id": "#88123",
                "customer_id": "z",
                "status": "pending",
                "placed_at": "2026-01-02T09:30:00Z",
                "total": "31.00",
                "shipping_address": address,
                "items": [item],
            }
        ],
    }
    (tmp_path / "shop.json").write_text(json.dumps(shop), encoding="utf-8")
    sender = {"email": "zq@corp.example", "verified": True}
    said = ("Please cancel order 88123", "yes")
    turns = [{"id": f"t{place}", "from": sender, "text": text, "conversation": "c"} for place, text in enumerate(said)]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, turns)), encoding="utf-8")
    here(tmp_path, "orders", "import", str(tmp_path / "shop.json"))
    here(tmp_path, "run", str(tmp_path / "t.jsonl"))
    newest = json.loads(here(tmp_path, "explain", "--json").splitlines()[0])["ticket"]
    here(tmp_path, "eval", "add", newest)
    (file,) = (tmp_path / "cases").glob("*.yaml")
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"Zoltan|Quorn|corp\.example|Hidden|Xyloville|88123", text)
    case = read(file)[0]
    assert case.expect.end_state["1001"]["lifecycle"] == ("confirmed", "cancelled")
    assert case.turns[1].expect.disposition == ("acted",)
    told = json.loads(wismo(tmp_path, "eval", "--suite", "own", "--json"))
    assert (told["cases"], told["passed"]) == (1, 1)
    assert "is there already" in here(tmp_path, "eval", "add", newest, code=2)
    assert "no case nowhere" in here(tmp_path, "eval", "add", "nowhere", code=2)


def test_cases_are_listed_by_group_and_a_wrong_name_is_told(tmp_path: Path) -> None:
    assert "talk_over" in here(tmp_path, "eval", "cases")
    assert "injection-sql" in here(tmp_path, "eval", "cases", "--group", "injection")
    both = here(tmp_path, "eval", "cases", "--group", "injection", "--group", "abuse")
    assert "injection-sql" in both
    assert "abuse-insults-with-order" in both
    assert "no case nothing; see: wismo eval cases" in here(tmp_path, "eval", "--case", "nothing", code=2)
    assert "no group abused; see: wismo eval cases" in here(
        tmp_path, "eval", "--group", "abuse", "--group", "abused", code=2
    )
    assert "no suite everything; there are shipped, own, all" in wismo(
        tmp_path, "eval", "--suite", "everything", code=2
    )


def test_what_cannot_be_used_is_told_before_anything_is_played(tmp_path: Path) -> None:
    other, nowhere = tmp_path / "other.json", str(tmp_path / "no" / "cases.xml")
    other.write_text('{"populations": {}}', encoding="utf-8")
    for given, why in (
        (("--gate", "--baseline", str(other)), "the baseline is no run: make one with wismo eval --out RUN.json"),
        (("--gate", "--baseline", nowhere), "cannot read"),
        (("--junit", nowhere), "cannot write"),
        (("--html", str(tmp_path)), "it is a folder"),
        (("--suite", "own"), "write one with: wismo eval add CASE_ID"),
        (("--group", "abuse", "--case", "injection-sql"), "no case is of both"),
    ):
        assert why in here(tmp_path, "eval", *given, code=2)
    assert not (tmp_path / "eval").exists()


@pytest.mark.proof
def test_every_shipped_case_passes_but_for_known_issues(tmp_path: Path) -> None:
    intents()
    told = json.loads(wismo(tmp_path, "eval", "--json", "--workers", "2"))
    counts = {name: told[name] for name in ("cases", "passed", "failed", "known", "fixed")}
    print(f"\nproof: {json.dumps(counts)}")  # noqa: T201
    assert [each for each in told["results"] if each["status"] == "failed"] == []
    assert [each["id"] for each in told["results"] if each["status"] == "fixed"] == []
    assert told["cases"] >= 300
