"""A report made of each run's JSON: what the run tells stands in it, what it does not tell stays absent."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from eval.report import html, markdown
from eval.report.contents import BadReport, Report
from eval.report.sources.reading import read


def rate(hits: int, of: int, low: float = 0.1, high: float = 0.9) -> dict[str, Any]:
    return {"hits": hits, "of": of, "value": hits / of if of else None, "low": low, "high": high}


def failing(name: str, what: str, status: str = "failed", known: str = "") -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": name,
        "group": "happy",
        "status": status,
        "trials": [False, True],
        "differences": [{"where": "turn 1", "what": what, "expected": "24.90", "got": "40.00"}],
        "transcript": [
            {"who": "customer", "text": "my money?", "note": ""},
            {"who": "agent", "text": "no", "note": "CAN-2"},
        ],
    }
    return told | ({"known_issue": known} if known else {})


SUITE: dict[str, Any] = {
    "suite": "shipped",
    "seed": 3,
    "cases": 4,
    "trials": 2,
    "passed": 1,
    "failed": 2,
    "known": 1,
    "fixed": 0,
    "rate": 0.333333,
    "pass_all": {"1": 0.5, "2": 0.25},
    "groups": {"happy": {"cases": 4, "rate": 0.333333, "passed": 1, "failed": 2, "known": 1}},
    "digests": {"model": "aa", "policy": "bb"},
    "results": [
        {"id": "good", "group": "happy", "status": "passed", "trials": [True, True]},
        failing("words", "must_say"),
        failing("money", "refund"),
        failing("old", "refund", "known", "not built yet"),
    ],
}
RATES = (
    "coverage",
    "contained",
    "resolution",
    "automation",
    "false_resolution",
    "handed_off",
    "waiting_for_approval",
    "left_asking",
)
PREDICTED: dict[str, Any] = {
    "tickets": 10,
    "rates": {name: rate(8 - place, 10) for place, name in enumerate(RATES)},
    "minutes_saved": {"value": 56.0, "low": 40.0, "high": 70.0},
    "money_saved": {"value": 28.0, "low": 20.0, "high": 35.0},
    "model_cost": {"value": 120.0, "low": 100.0, "high": 140.0},
    "money_moved": {"EUR": {"value": 24.9, "low": 0.0, "high": 60.0}},
    "handoff_reasons": {"identity": 1},
    "agreement": {
        "same": 4,
        "different_amount": 1,
        "different_action": 0,
        "agent_only": 1,
        "people_only": 0,
        "neither": 4,
    },
    "assumed_yes": 2,
    "tables": {"intent": {"order_status": {"tickets": 6, **{name: rate(3, 6) for name in RATES}}}},
}
SIMULATION: dict[str, Any] = {
    "export": {"records": 12, "tickets": 11, "skipped": {"no_customer": 1}, "time_zone_assumed": 0},
    "usability": {"recorded": 8, "reconstructed": 2, "not_tied": 0, "unusable": 1, "usable": rate(10, 11)},
    "unusable": {"an order that is not in the shop": 1},
    "assumed": {"yes": True, "proven": True},
    "seed": 1,
    "predicted": PREDICTED,
    "disagreements": [
        {
            "ticket": "t-1",
            "intent": "refund_request",
            "asked": "my money?",
            "agreement": "different_amount",
            "agent": {"actions": ["refund 1001 40.00 EUR"], "reply": "done"},
            "people": {"actions": ["refund 1001 24.90 EUR"], "sure": False, "reply": "I have refunded 24.90 EUR"},
            "why": {"end_state": "another amount"},
        }
    ],
    "hashes": {"policy": "bb", "export": "cc"},
}
CHANGE: dict[str, Any] = {
    "tickets": 10,
    "same": 8,
    "better": 1,
    "worse": 0,
    "other": 0,
    "words": 1,
    "changed": [
        {
            "ticket": "t-2",
            "change": "better",
            "intent": "cancel_order",
            "asked": "cancel it",
            "before": {"disposition": "handed_off", "actions": [], "reply": "a colleague"},
            "after": {"disposition": "acted", "actions": ["cancel_order 1002"], "reply": "cancelled"},
        }
    ],
}


def told(hits: int, of: int) -> dict[str, Any]:
    return {"hits": hits, "of": of, "share": hits / of if of else None, "low": 0.2, "high": 0.8}


LIVE: dict[str, Any] = {
    "period": {"since": "2026-10-01T00:00:00+02:00", "until": "2026-11-01T00:00:00+01:00"},
    "window": "72h",
    "populations": {"inbound": 20, "meaningful": 18, "eligible": 16, "involved": 14, "answered": 12},
    "coverage": told(14, 20),
    "answer_rate": told(12, 14),
    "contained": {"24h": told(11, 14), "72h": told(10, 14), "7d": told(9, 13)},
    "verified": told(0, 0),
    "automation": told(0, 0),
    "false_resolution": told(0, 0),
    "decided": 14,
    "graded": 0,
    "definitions": [
        {"key": "fin", "name": "Fin-like", "says": "nothing more asked", "over": "involved", **told(11, 14)}
    ],
    "deflection": {
        "plain": told(10, 18),
        "causal": {"deflection": None, "low": None, "high": None, "why": "no holdout"},
    },
    "handoffs": {"assisted": told(1, 2)},
    "csat": {"mean": 0.75, "count": 4},
    "latency": {"count": 40, "p50_ms": 120.0, "p95_ms": 1400.0},
    "spending": {
        "inputs": {"handoff_minutes": 7, "person_hour_cents": 3000},
        "contained": 10,
        "minutes_saved": 70,
        "ticket_cost_cents": 350,
        "automation_micros": 2_000_000,
        "micros_per_ticket": 100_000,
        "micros_per_verified": None,
        "saved_cents": 3300,
    },
    "by": {
        "intent": [
            {
                "name": "order_status",
                "inbound": 9,
                "involved": 8,
                "handed_over": 1,
                **{name: told(5, 8) for name in ("contained", "verified", "automation")},
            }
        ]
    },
    "held_out": 2,
    "left_out": 0,
    "calibration": [
        {"intent": "order_status", "predicted": told(6, 10), "realised": told(5, 9), "error": 0.044, "agrees": True}
    ],
    "gaps": [
        {
            "type": "missing_knowledge",
            "intent": "product_question",
            "rule": "KNW-1",
            "count": 3,
            "examples": ["is it waterproof?"],
        }
    ],
}
CALIBRATION: dict[str, Any] = {
    "risk_coverage": [{"threshold": 0.3, "coverage": 1.0, "precision": 0.8}],
    "intents": {
        "order_status": {"wanted": 0.9, "threshold": 0.5, "coverage": 0.9, "precision": 0.92, "validated": 50},
        "praise": {"wanted": None, "threshold": 0.3, "coverage": 0.0, "precision": None, "validated": 0},
    },
}


def figures(report: Report) -> dict[str, float | None]:
    return {one.name: one.value for one in report.figures}


def test_a_suite_tells_its_cases_and_the_worst_first() -> None:
    report = read(SUITE)
    assert (report.source, report.seed, report.hashes) == ("suite", 3, {"model": "aa", "policy": "bb"})
    assert figures(report)["Cases that hold"] == 0.333333
    assert figures(report)["pass^2"] == 0.25
    assert [one.id for one in report.worst] == ["money", "words", "old"]
    assert report.worst[0].differences[0].expected == "24.90"
    assert report.worst[0].transcript[1].note == "CAN-2"
    assert report.worst[2].known_issue == "not built yet"
    assert report.worst_of == 3


def test_a_suite_claims_no_interval_no_gaps_and_no_populations() -> None:
    report = read(SUITE)
    assert all(one.low is None and one.high is None for one in report.figures)
    page = html.rendered(report)
    assert "a run of test cases has no populations" in page
    assert "No gaps were found" not in page


def test_a_suite_that_tells_its_conversations_tells_every_definition_and_what_was_read() -> None:
    pairs = [
        {"expected": "cancel_order", "read": "refund_request", "count": 1},
        {"expected": "cancel_order", "read": "refund_request", "count": 2},
    ]
    report = read(SUITE | {"summary": LIVE, "read": pairs})
    assert [(one.name, one.counted, one.of) for one in report.definitions] == [("Fin-like", 11, 14)]
    assert report.confusion is not None
    assert [(one.expected, one.read, one.count) for one in report.confusion.cells] == [
        ("cancel_order", "refund_request", 3)
    ]
    assert [one.by for one in report.breakdowns] == ["group of cases", "intent"]


def test_a_suite_held_against_an_earlier_one_names_what_got_worse_first() -> None:
    before = deepcopy(SUITE) | {"rate": 0.666667, "digests": {"model": "aa", "policy": "b0"}}
    before["results"] = [
        failing("good", "refund"),
        {"id": "money", "group": "happy", "status": "passed", "trials": [True]},
        failing("gone", "x"),
    ]
    changes = read(SUITE, before).changes
    assert changes is not None
    turned = [(one.id, one.before, one.now, one.verdict) for one in changes.cases]
    assert turned[:2] == [("money", "passed", "failed", "worse"), ("good", "failed", "passed", "better")]
    assert ("gone", "failed", "not run", "other") in turned
    assert next((one.name, one.before, one.now) for one in changes.figures) == ("Cases that hold", 0.666667, 0.333333)
    assert changes.causes == ("policy",)


def test_a_run_held_against_itself_changed_nothing() -> None:
    for run in (SUITE, SIMULATION, LIVE):
        changes = read(run, run).changes
        assert changes is not None
        assert (changes.figures, changes.cases, changes.causes) == ((), (), ())


def test_runs_of_different_kinds_are_not_compared() -> None:
    with pytest.raises(BadReport, match="a suite cannot be held against a live"):
        read(SUITE, LIVE)


def test_a_simulation_tells_its_prediction_with_intervals_and_what_it_could_use() -> None:
    report = read(SIMULATION)
    resolution = next(one for one in report.figures if one.name == "Verified resolution")
    assert (resolution.value, resolution.low, resolution.high, resolution.n) == (0.6, 0.1, 0.9, 10)
    assert figures(report)["Money moved"] == 24.9
    assert [one.count for one in report.funnel] == [10, 8, 7, 6]
    assert report.worst_of == 2
    assert report.worst[0].differences[0].expected == "refund 1001 24.90 EUR (only said, not in the order's history)"
    assert (
        report.not_measured[0] == "Orders as they were, by ticket: recorded 8, reconstructed 2, not tied 0, unusable 1."
    )
    assert "Left out, 1 times: an order that is not in the shop." in report.not_measured
    assert {one.name: one.amount for one in report.costs}["the agent"] == "1.20"
    assert report.counterfactual is None


def test_a_simulation_of_two_configurations_pairs_what_came_otherwise() -> None:
    other = deepcopy(PREDICTED)
    other["rates"]["handed_off"] = rate(1, 10)
    two = read(SIMULATION | {"other": other, "change": CHANGE}).counterfactual
    assert two is not None
    assert (two.tickets, two.all_that_differ, len(two.pairs)) == (10, 2, 1)
    assert (two.pairs[0].verdict, two.pairs[0].before, two.pairs[0].after) == ("better", "a colleague", "cancelled")
    assert two.pairs[0].action_after == "acted; cancel_order 1002"
    moved = {one.name: (one.before, one.now) for one in two.figures}
    assert moved["Handed over"] == (0.3, 0.1)


def test_a_live_period_tells_what_was_graded_and_what_it_cost() -> None:
    report = read(LIVE)
    assert report.period == "2026-10-01 to 2026-11-01"
    assert figures(report)["Contained (72h)"] == 10 / 14
    assert figures(report)["Verified resolution"] is None
    assert figures(report)["Deflection, causal"] is None
    assert report.latency[0].p95 == 1400
    assert {one.name: one.amount for one in report.costs}["saved"] == "33.00"
    assert "the agent, a verified resolution" not in {one.name for one in report.costs}
    assert report.gaps is not None
    assert report.gaps[0].examples == ("is it waterproof?",)
    assert report.not_measured[0].startswith("Verified and false resolutions: no conversation")
    assert [one.by for one in report.breakdowns] == ["intent", "intent, predicted and realised"]


def test_the_dial_of_an_intent_that_nothing_was_held_out_of_is_not_drawn() -> None:
    risk = read(LIVE, calibration=CALIBRATION).risk
    assert risk is not None
    assert [one.intent for one in risk.dials] == ["order_status"]
    assert [one.precision for one in risk.points] == [0.8]


@pytest.mark.parametrize("run", [SUITE, SIMULATION, LIVE, SIMULATION | {"other": PREDICTED, "change": CHANGE}])
def test_every_run_can_be_told_on_both_pages_and_kept_as_a_report(run: dict[str, Any]) -> None:
    report = read(run)
    assert read(json.loads(json.dumps(report.as_json()))) == report
    assert html.rendered(report).endswith("</html>\n")
    assert markdown.rendered(report).startswith("# ")


@pytest.mark.parametrize("run", [SUITE, SIMULATION, LIVE])
def test_a_run_that_lacks_something_is_refused_by_its_name(run: dict[str, Any]) -> None:
    for name in ("seed", "groups", "predicted", "hashes", "spending", "gaps", "definitions", "disagreements"):
        if name in run and name != "predicted" and not (run is SIMULATION and name == "definitions"):
            with pytest.raises(BadReport, match=f"wismo .* --json: it lacks '{name}'"):
                read({key: value for key, value in run.items() if key != name})


@pytest.mark.parametrize(
    "kept", [None, [], {}, {"results": 5}, {"predicted": []}, {"populations": None}, {"kind": "report"}]
)
def test_what_is_no_run_is_refused(kept: Any) -> None:
    with pytest.raises(BadReport):
        read(kept)


def test_the_command_takes_a_run_an_earlier_one_and_the_classifiers_calibration(tmp_path: Path) -> None:
    run = tmp_path / "run.json"
    run.write_text(json.dumps(SUITE))
    done = CliRunner().invoke(app, ["eval", "report", str(run), "--baseline", str(run), "--calibrate"])
    assert done.exit_code == 0
    assert "No figure and no case came otherwise." in done.stdout
    assert "Where the dial of each intent stands" in done.stdout
