"""Labels of people: asked one by one, blind, taken up again, taken back, and held against the graders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.case import Incoming
from api.privacy import register
from api.wiring import House
from eval.grading.evidence import Verdict
from eval.grading.labels import BadLabels, Label, add, agreements, key_of, read, take_back, to_label
from tests.api.conftest import Wismo
from tests.shop import ANA, Shop

ORDER = {"where is order {n}?": "status", "please cancel order {n}": "cancel"}


@pytest.fixture
def talked(house: House, filled: Shop) -> House:
    for text, name in ORDER.items():
        order = filled.order()
        house.desk.answer(Incoming(f"{name}:1", name, "email", text.format(n=order.number), ANA, True))
    return house


def test_cases_are_judged_one_by_one_and_taken_up_where_they_were_left(talked: House, wismo: Wismo) -> None:
    assert "nobody has judged yet; begin with: wismo eval label" in wismo("eval", "agreement").stderr
    first = wismo("eval", "label", "--grader", "facts", "--who", "lea", given="y\nu\nn\nq\n")
    assert (first.returncode, "1 judged" in first.stderr) == (0, True)
    assert "where is order" in first.stdout + first.stderr
    assert "EUR; placed" in first.stdout
    assert "Money(" not in first.stdout
    assert "holds" not in first.stdout  # the grader's verdict is not shown
    assert [one.holds for one in read(talked.settings.home / "labels.jsonl")] == [False]
    second = wismo("eval", "label", "--grader", "facts", "--who", "lea", given="y\n")
    assert "[1/1]" in second.stderr
    assert "nothing to judge" in wismo("eval", "label", "--grader", "facts", "--who", "lea").stderr
    told = json.loads(wismo("eval", "agreement", "--json").stdout)
    assert (told["facts"]["n"], told["facts"]["agree"], told["facts"]["alarms"] + told["facts"]["missed"]) == (2, 1, 1)
    assert told["policy"]["kappa"] is None
    assert "not defined" in wismo("eval", "agreement").stdout


def test_labels_hold_nobodys_words_and_the_file_is_known_to_the_privacy_register(talked: House, wismo: Wismo) -> None:
    wismo("eval", "label", "--sample", "3", "--who", "lea", given="y\nn\ny\n")
    path = talked.settings.home / "labels.jsonl"
    assert {*json.loads(path.read_text(encoding="utf-8").splitlines()[0])} == {"conversation", "grader", "holds", "who"}
    assert ANA not in path.read_text(encoding="utf-8")
    assert path.name in register.FILES


def test_an_unknown_grader_is_named_with_those_there_are(wismo: Wismo) -> None:
    done = wismo("eval", "label", "--grader", "charm")
    assert (done.returncode, "one of facts, end_state" in done.stderr) == (2, True)


def test_an_id_with_an_address_in_it_is_masked() -> None:
    assert key_of("chat-7") == "chat-7"
    assert "@" not in key_of("ana@example.com-7")


def test_the_last_word_of_a_person_counts_and_can_be_taken_back(tmp_path: Path) -> None:
    path, yes, no = tmp_path / "labels.jsonl", Label("c", "facts", True, "lea"), Label("c", "facts", False, "lea")
    assert read(path) == ()
    add(path, yes)
    add(path, no)
    add(path, Label("c", "facts", True, "max"))
    assert [(one.who, one.holds) for one in read(path)] == [("lea", False), ("max", True)]
    take_back(path, no)
    assert [one.who for one in read(path)] == ["max"]


@pytest.mark.parametrize(
    "line", ["yes", '{"conversation": "c"}', '{"conversation":"c","grader":"f","holds":1,"who":"l"}']
)
def test_a_line_that_is_no_label_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(BadLabels, match="line 1"):
        read(path)


GRADED = {
    "clear": {"facts": Verdict(True), "policy": Verdict(True)},
    "split": {"facts": Verdict(True), "policy": Verdict(False, "refused")},
    "open": {"facts": Verdict(None, "?"), "policy": Verdict(True)},
}


def test_what_is_least_clear_is_asked_first_and_what_was_judged_not_again() -> None:
    order = to_label(GRADED, ["facts", "policy"], [], seed=7)
    assert order[0] == ("open", "facts")
    assert {one for one, _ in order[1:3]} == {"split"}
    assert to_label(GRADED, ["facts"], [("open", "facts")], seed=7, sample=1) == [("split", "facts")]


def test_labels_of_conversations_that_are_gone_count_for_nothing() -> None:
    given = [Label("split", "policy", False, "lea"), Label("gone", "policy", True, "lea")]
    assert agreements(given, GRADED, ["policy"])["policy"].n == 1
