"""The report of `wismo report --json`: what customers met in a period, read from the journal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from eval.report.contents import Breakdown, Figure, Group, Report
from eval.report.sources.rates import Kept, figure, gap
from eval.report.sources.summary import with_summary


def from_live(kept: Kept) -> Report:
    period = kept.get("period")
    report = with_summary(Report("Live conversations", "live"), kept)
    calibration = Breakdown("intent, predicted and realised", tuple(_calibrated(kept.get("calibration", ()))))
    return replace(
        report,
        period=f"{period['since'][:10]} to {period['until'][:10]}" if period else "",
        figures=(*report.figures, *_more(kept)),
        breakdowns=(*report.breakdowns, calibration) if calibration.groups else report.breakdowns,
        gaps=tuple(gap(one | {"cost": _cost(one, kept)}) for one in kept["gaps"]),
        not_measured=tuple(_notes(kept)),
    )


def _more(kept: Kept) -> Iterator[Figure]:
    yield figure("Deflection, plain", kept["deflection"]["plain"], "order questions that needed no person")
    causal = kept["deflection"]["causal"]
    says = causal["why"] or "contacts an order, against customers whom the agent leaves alone"
    yield Figure("Deflection, causal", causal["deflection"], causal["low"], causal["high"], says=says)
    yield figure("Assisted hand-offs", kept["handoffs"]["assisted"], "handed over with identity, order and intent")
    csat = kept["csat"]
    if csat:
        yield Figure(
            "Satisfaction", csat["mean"], n=csat["count"], unit="score", says="from 0 to 1, of those who rated"
        )
    else:
        yield Figure("Satisfaction", None, says="nobody rated")


def _calibrated(rows: list[Kept]) -> Iterator[Group]:
    for one in rows:
        told = (figure("realised automation", one["realised"]), figure("predicted", one["predicted"]))
        yield Group(one["intent"], one["realised"]["of"], told)


def _cost(one: Kept, kept: Kept) -> str:
    """People's time for what went to them; "" where shop.toml names no price of it."""
    inputs = kept["spending"]["inputs"]
    if not inputs["person_hour_cents"] or "handoffs" not in one:
        return ""
    return f"{one['handoffs'] * inputs['handoff_minutes'] * inputs['person_hour_cents'] / 60 / 100:.2f}"


def _notes(kept: Kept) -> Iterator[str]:
    if not kept["graded"]:
        yield "Verified and false resolutions: no conversation of the period was graded."
    elif kept["graded"] < kept["decided"]:
        yield f"{kept['decided'] - kept['graded']:,} of {kept['decided']:,} decided conversations were not graded."
    for name, meaning in (
        ("held_out", "left to people as the holdout"),
        ("left_out", "not counted: tests and machines"),
    ):
        if kept.get(name):
            yield f"{kept[name]:,} conversations were {meaning}."
