"""`wismo report` on a terminal of 80 columns, whatever there is to tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.policy import CostTable
from api.cli import show_report
from eval.conversation import Conversation, Grades
from eval.metrics.calibration import compared
from eval.metrics.intervals import rate
from eval.metrics.live import Live
from eval.metrics.restating import months, restated
from eval.metrics.spending import Inputs
from eval.metrics.summary import Given, Period, summarise
from eval.metrics.volume import Gap, Volume
from tests.api.conftest import Wismo
from tests.eval.talks import GOOD, after, talk, turn
from tests.eval.test_metrics import PARIS


def shown(talks: tuple[Conversation, ...], capsys: pytest.CaptureFixture[str], given: Given | None = None) -> str:
    now = after(24 * 90)
    period = Period(after(-24), now)
    summary = summarise(talks, now=now, period=period, given=given)
    missing = (Gap("knowledge", "product_question", "KNO-2", 3, ("do you sell saddles for unicorns?",), 2),)
    past = restated(talks, months(now, PARIS, 3), now)
    told = Live(period, Volume(turns=3, conversations=2, actions={"refund done": 1}), missing, summary, past)
    errors = compared({"order_status": rate(9, 10)}, {"order_status": rate(1, 10)})
    show_report.report(told, "intent", errors, CostTable(), "the last quarter")
    return capsys.readouterr().out


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.usefixtures("narrow")
def test_a_full_report_fits_eighty_columns_and_names_what_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    handed = talk(turn(end="handed_off", handoff="not_permitted"), name="c2", customer="bob", grades=Grades())
    text = shown((talk(turn(), reversed_at=after(24 * 60)), handed), capsys, Given(inputs=Inputs(6, 3_000, 70_000)))
    assert max(map(len, text.splitlines())) <= 80
    for said in (
        "contained (72h)",
        "50% (9–91), 1 of 2",
        "reversed 1",
        "1 of 2 conversations are not graded",
        "read the intervals",
        "2026-03",
        "no customers are held out",
        "not_permitted 1",
        "not recorded",
        "not collected",
        "2.93",
        "+80%",
        "apart",
        "12 min",
    ):
        assert said in " ".join(text.split()), said


@pytest.mark.usefixtures("narrow")
def test_where_nobody_graded_no_share_is_told_as_verified(capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(shown((talk(turn(), grades=Grades()),), capsys).split())
    assert "verified not graded of inbound not graded false resolutions not graded" in text
    assert "verified not graded" not in " ".join(shown((talk(turn(), grades=GOOD),), capsys).split())


@pytest.mark.usefixtures("narrow")
def test_what_was_graded_only_in_part_is_told_as_a_part(capsys: pytest.CaptureFixture[str]) -> None:
    both = (talk(turn(), grades=GOOD), talk(turn(), name="c2", customer="bob", grades=Grades()))
    text = " ".join(shown(both, capsys).split())
    assert "of inbound, at least 50%" in text
    assert "Verified and false resolutions are of the 1 that were graded; --grade N grades more." in text


def test_a_live_report_is_graded_and_written_as_one_file(wismo: Wismo, tmp_path: Path) -> None:
    wismo("run", "-", given='{"id": "1", "text": "thanks"}\n')
    html, markdown = tmp_path / "live.html", tmp_path / "live.md"
    done = wismo("report", "--html", str(html), "--markdown", str(markdown), "--grade", "1")
    assert (done.returncode, "1 turns in 1 conversations" in done.stdout) == (0, True)
    assert html.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert markdown.read_text(encoding="utf-8").startswith("# Live conversations")


def test_a_period_that_ends_before_it_begins_and_a_file_without_a_prediction_are_unusable(
    wismo: Wismo, tmp_path: Path
) -> None:
    turned = wismo("report", "--since", "2026-03-02", "--until", "2026-02-01")
    assert (turned.returncode, "is not before the end" in turned.stderr) == (2, True)
    (tmp_path / "none.json").write_text(json.dumps({"anything": 1}), encoding="utf-8")
    empty = wismo("report", "--predicted", str(tmp_path / "none.json"))
    assert (empty.returncode, "no prediction in it" in empty.stderr) == (2, True)
