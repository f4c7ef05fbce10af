"""A simulation on a terminal: the headline with its intervals, then where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from api.cli.show import console
from api.trials.simulation import Result

RATES: Mapping[str, str] = {
    "coverage": "coverage (involved of all)",
    "contained": "contained (of involved)",
    "resolution": "verified resolution (of involved)",
    "automation": "automation (verified of all)",
    "false_resolution": "false resolution (of contained)",
    "handed_off": "handed over",
    "waiting_for_approval": "waiting for an approval",
    "left_asking": "left with a question",
}
SHORT: Mapping[str, str] = {
    "coverage": "covered",
    "contained": "contained",
    "resolution": "verified",
    "false_resolution": "false",
    "handed_off": "to people",
}
"""Columns of the tables by intent and the like."""


def tell(result: Result) -> None:
    report, out = result.report, console()
    export = report["export"]
    out.print(f"{export['tickets']:,} tickets played of {export['records']:,} records")
    _counted("skipped", export["skipped"])
    if export["time_zone_assumed"]:
        out.print(f"  {export['time_zone_assumed']:,} without a time zone: the shop's was taken")
    usable = report["usability"]
    out.print(
        f"orders as they were: {usable['recorded']:,} recorded, {usable['reconstructed']:,} reconstructed, "
        f"{usable['not_tied']:,} about no order, {usable['unusable']:,} unusable ({_share(usable['usable'])} usable)"
    )
    _counted("unusable", report["unusable"])
    if not report["predicted"]["tickets"]:
        return
    out.print(_headline(report["predicted"], report.get("other")))
    _sums(report["predicted"])
    for name, table in report["predicted"]["tables"].items():
        out.print(_table(name, table))
    _counted("handed over because", report["predicted"]["handoff_reasons"])
    _passed_on(report["predicted"]["handoffs"])
    _counted("beside what people did", report["predicted"]["agreement"])
    if "change" in report:
        _change(report["change"])
    _disagreements(report["disagreements"])


def _headline(first: Mapping[str, Any], other: Mapping[str, Any] | None) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in ("figure", "predicted", "95 %", *(("compared", "95 %") if other else ())):
        table.add_column(column, justify="left" if column == "figure" else "right")
    for name, words in RATES.items():
        cells = [cell for one in (first, other) if one for cell in _cells(one["rates"][name])]
        table.add_row(words, *cells)
    return table


def _cells(share: Mapping[str, Any]) -> tuple[str, str]:
    return _share(share), f"{share['low']:.1%}–{share['high']:.1%}"


def _share(share: Mapping[str, Any]) -> str:
    return "–" if share["value"] is None else f"{share['value']:.1%}"


def _sums(first: Mapping[str, Any]) -> None:
    told = [("minutes of people saved", first["minutes_saved"])]
    if first["money_saved"]["value"]:
        told.append(("their cost", first["money_saved"]))
    told += [(f"money moved without a person, {currency}", one) for currency, one in first["money_moved"].items()]
    for words, one in told:
        console().print(f"{words}: {one['value']:,.2f} ({one['low']:,.2f}–{one['high']:,.2f})")
    if first["assumed_yes"]:
        console().print(f"in {first['assumed_yes']:,} tickets a yes was assumed (--no-assume-yes leaves them open)")


def _table(name: str, groups: Mapping[str, Any]) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim", title_justify="left")
    table.add_column(f"by {name}", no_wrap=True)
    for column in ("tickets", *SHORT.values()):
        table.add_column(column, justify="right")
    for group, one in groups.items():
        table.add_row(group, f"{one['tickets']:,}", *(_share(one[rate]) for rate in SHORT))
    return table


def _counted(words: str, counts: Mapping[str, int]) -> None:
    if counts:
        told = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in counts.items() if count)
        console().print(Text(f"  {words}: {told or 'nothing'}"))


def _passed_on(handoffs: Mapping[str, int]) -> None:
    if handoffs["among_people"]:
        told = f"{handoffs['among_people']:,} tickets, {handoffs['both']:,} of which the agent hands over too"
        console().print(Text(f"  passed on among people: {told}"))


def _change(change: Mapping[str, Any]) -> None:
    out = console()
    out.rule("compared, ticket by ticket", align="left")
    verified = change["verified"]
    out.print(
        f"{change['better']:,} better, {change['worse']:,} worse, {change['other']:,} done otherwise, "
        f"{change['words']:,} other words, {change['same']:,} the same"
    )
    out.print(f"verified: {verified['gained']:,} gained, {verified['lost']:,} lost (McNemar's p = {verified['p']})")
    difference = change["resolution_difference"]
    out.print(
        f"share of verified tickets: {difference['value']:+.1%} ({difference['low']:+.1%} to {difference['high']:+.1%})"
    )
    for currency, one in change["money"].items():
        out.print(f"money moved: {one['value']:+,.2f} {currency} ({one['low']:+,.2f} to {one['high']:+,.2f})")
    for one in change["changed"][:10]:
        out.print(Text(f"{one['ticket']} {one['change']}, {one['intent']}: {_line(one['asked'])}", style="bold"))
        for side in ("before", "after"):
            told = one[side]
            done = ", ".join(told["actions"]) or told["disposition"].replace("_", " ")
            out.print(Text(f"  {side}: {done} | {_line(told['reply'])}"))


def _disagreements(found: list[Mapping[str, Any]]) -> None:
    if not found:
        return
    out = console()
    out.rule("where the agent and people differ most", align="left")
    for one in found:
        out.print(Text(f"{one['ticket']}, {one['intent']}: {_line(one['asked'])}", style="bold"))
        for who in ("agent", "people"):
            said = one[who]
            out.print(Text(f"  {who}: {', '.join(said['actions']) or 'no action'} | {_line(said['reply'])}"))
        for grade, why in one["why"].items():
            out.print(Text(f"  {grade}: {why}"))


def _line(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 120 else f"{flat[:119]}…"
