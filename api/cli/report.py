"""`wismo report`: what was resolved, what was not, and what is missing. Read from the journal and the order core."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from api.cli import lines, reporting, show_report
from api.cli.show import bar
from api.wiring import House, open_house
from eval.grading import from_journal
from eval.metrics import restating
from eval.metrics.calibration import Compared, compared, predictions
from eval.metrics.intervals import Rate
from eval.metrics.live import Live, Reading, live
from eval.metrics.summary import Period, Summary, Window

OPAQUE = "metrics"
SAMPLE = 50
"""Conversations that are graded unless more are asked for: reading one takes a fifth of a second."""


class Windows(StrEnum):
    DAY = "24h"
    THREE_DAYS = "72h"
    WEEK = "7d"


class By(StrEnum):
    INTENT = "intent"
    LANGUAGE = "language"
    CHANNEL = "channel"
    SEGMENT = "segment"


Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day of the shop, both ends included.")]
Days = Annotated[int, typer.Option(min=1, max=36_500, help="How many of the shop's days back, today included.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def register(app: typer.Typer) -> None:
    app.command("report")(report)


def report(
    days: Days = 30,
    since: Day = None,
    until: Day = None,
    window: Annotated[Windows, typer.Option(help="How long silence must last to count.")] = Windows.THREE_DAYS,
    by: Annotated[By, typer.Option(help="What the table is made by.")] = By.INTENT,
    predicted: Annotated[Path | None, typer.Option(help="JSON of wismo simulate, to compare with.")] = None,
    html_file: reporting.HtmlFile = None,
    markdown_file: reporting.MarkdownFile = None,
    grade: Annotated[
        int | None, typer.Option(min=0, help="Grade so many conversations, 0 none. [50; all with --predicted]")
    ] = None,
    as_json: Json = False,
) -> None:
    """What was resolved, with intervals and under every definition; hand-offs, gaps, cost. docs/metrics.md explains it.

    Example: `wismo report --since 2026-10-01 --until 2026-10-31 --window 7d --by channel`
    """
    promised = _promised(predicted)
    for file in (html_file, markdown_file):
        lines.can_be_written(file)
    sample = grade if grade is not None else None if predicted else SAMPLE
    with open_house() as house:
        period = _period(house, days, since, until)
        told = _read(house, period, window.value, sample)
        cost, zone = house.policy.cost, house.policy.terms.timezone
    errors = compared(promised, realised(told.summary)) if promised else ()
    reporting.written(as_json_of(told, errors), html_file, markdown_file)
    if as_json:
        return lines.put(as_json_of(told, errors) | {"days": _length(period), "by_chosen": by.value})
    if not told.volume.turns:
        return lines.say(f'no tickets in {_named(period)}; try: wismo demo, or wismo ask "Where is my order?"')
    return show_report.report(told, by.value, errors, cost, f"{_named(period)}, {zone}")


def realised(summary: Summary) -> Mapping[str, Rate]:
    return {one.name: one.automation for one in summary.by["intent"]}


def as_json_of(told: Live, errors: tuple[Compared, ...]) -> dict[str, Any]:
    """Turns as before, then the figures of conversations."""
    period = {"since": told.period.since.isoformat(), "until": told.period.until.isoformat()}
    return {
        **asdict(told.volume),
        "period": period,
        **told.summary.as_json(),
        **({"thinking": told.thinking.as_json()} if told.thinking.turns else {}),
        "restated": [one.as_json() for one in told.restated],
        "calibration": [one.as_json() for one in errors],
        "gaps": [asdict(gap) for gap in told.gaps],
    }


def _read(house: House, period: Period, window: Window, sample: int | None) -> Live:
    keyed, grader = house.keyed, from_journal(house.orders, house.policy)
    with house.database.read() as db, bar("grading") as progress:
        reading = Reading(house.policy, lambda who: keyed.of(OPAQUE, who), house.now(), grader, sample, progress)
        return live(db, period, window, reading)


def _period(house: House, days: int, since: datetime | None, until: datetime | None) -> Period:
    """Whole days of the shop; today's ends now."""
    zone = ZoneInfo(house.policy.terms.timezone)
    now = house.now()
    end = (until + timedelta(days=1)).replace(tzinfo=zone) if until else now + timedelta(seconds=1)
    if since is None:
        return restating.days(end, zone, days) if until is None else Period(end - timedelta(days=days), end)
    start = since.replace(tzinfo=zone)
    if start >= end:
        lines.unusable(f"--since {since:%Y-%m-%d} is not before the end, {end:%Y-%m-%d}")
    return Period(start, end)


def _length(period: Period) -> int:
    return max((period.until - period.since).days + bool((period.until - period.since).seconds), 1)


def _named(period: Period) -> str:
    last = period.until - timedelta(seconds=1)
    if period.since.tzinfo:
        last = last.astimezone(period.since.tzinfo)
    return f"{period.since:%Y-%m-%d} to {last:%Y-%m-%d} ({_length(period)} days)"


def _promised(path: Path | None) -> Mapping[str, Rate]:
    if path is None:
        return {}
    try:
        return predictions(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        lines.unusable(f"cannot use {path}: {error}")
