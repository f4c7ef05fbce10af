"""`wismo explain`: why a customer was told what they were told, from the journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from agent import explain as explaining
from agent import journal
from agent.explain import Explanation, Rule
from agent.journal import Entry
from api.cli import lines, show
from api.shapes import plain
from api.wiring import open_house

NEWEST = 20


def register(app: typer.Typer) -> None:
    app.command("explain")(explain)


def explain(
    ticket: Annotated[str | None, typer.Argument(help="The ticket's id; without one, the newest cases.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """One case: message, identity, facts, rule, action, change in the order, approver.

    Example: `wismo explain A-1f2e3d4c:decision`
    """
    with open_house() as house, house.database.read() as db:
        found = explaining.explain(db, ticket) if ticket else None
        newest = () if ticket else journal.newest(db, NEWEST)
    if ticket and found is None:
        lines.unusable(f"no case {ticket}; wismo explain lists the newest")
    if as_json:
        for one in [asdict(found)] if found else map(_short, newest):
            lines.put(plain(one))
    elif found:
        _print(found)
    elif newest:
        show.console().print(_list(newest))
    else:
        lines.say('no cases yet; try: wismo ask "Where is my order?"')


def _short(entry: Entry) -> dict[str, object]:
    kept = ("kind", "channel", "identity", "disposition", "rules")
    return {"ticket": entry.ticket, "at": entry.at, **{name: entry.body[name] for name in kept}}


def _list(newest: tuple[Entry, ...]) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in ("ticket", "at", "channel", "identity", "disposition", "rules"):
        table.add_column(column, overflow="fold", no_wrap=column == "ticket")
    for entry in newest:
        body = entry.body
        told = (body["channel"], body["identity"], body["disposition"], " ".join(body["rules"]))
        table.add_row(*map(Text, (entry.ticket, f"{entry.at:%Y-%m-%d %H:%M}", *told)))
    return table


def _print(found: Explanation) -> None:
    table = Table(box=None, padding=(0, 1), show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, told in _rows(found):
        table.add_row(name, Text(told))
    show.console().print(table)


def _rows(found: Explanation) -> Iterator[tuple[str, str]]:
    erased = "erased"
    yield "case", f"{found.ticket} ({found.kind}, no. {found.sequence} of {found.conversation})"
    yield "at", f"{found.at:%Y-%m-%d %H:%M:%S} UTC, {found.channel}, policy {found.policy}"
    if found.kind == "message":
        yield "message", erased if found.message is None else found.message
    who = f", customer {found.customer}" if found.customer else ""
    yield "identity", f"{found.identity} ({found.proof}){who}"
    for fact in found.facts:
        fields = "; ".join(f"{name} {explaining.shown(value)}" for name, value in fact.fields.items())
        yield "fact", f"{fact.id} {fact.source}" + (f": {fields}" if fields else f" ({erased})" * found.erased)
    for rule in found.refused:
        yield "refused", _rule(rule)
    for asked in found.requests:
        yield "asked", f"{asked.intent} ({asked.confidence:.0%} sure): {asked.disposition} by {asked.rule.id}"
    for rule in found.rules:
        yield "rule", _rule(rule)
    yield from _done(found)
    for thought in found.thinking:
        yield "thinking", _thought(thought)
    yield "reply", erased if found.reply is None else f"({found.mode}) {found.reply}"


def _thought(thought: Mapping[str, Any]) -> str:
    """A call of a model, or why another brain went on."""
    if thought["by"] == "fallback":
        return f"{thought['step']}: the embedded brain went on ({thought['failed']})"
    if not thought.get("ms"):
        return f"{thought['step']} by {thought['by']}: of no use ({thought['failed']})"
    told = f"{thought['step']} by {thought['by']}, prompt {thought['prompt']}, {thought['ms']:.0f} ms"
    used = f", {thought.get('sent', 0)} tokens in and {thought.get('said', 0)} out"
    return told + (f": failed ({thought['failed']})" if thought.get("failed") else used)


def _done(found: Explanation) -> Iterator[tuple[str, str]]:
    for one in found.actions:
        yield (
            "action",
            f"{one['action']} {one['order_id']}, {one['amount']} {one['currency']}: {one['status']}",
        )
    for change in found.changes:
        yield "change", f"order {change.order}: {', '.join(change.events)} (by {change.actor})"
    for approved in found.approvals:
        people = f" by {' and '.join(approved.people)}" if approved.people else ""
        reason = f": {approved.reason}" if approved.reason else ""
        after = f"; see {approved.case}" if approved.case and approved.case != found.ticket else ""
        yield "approval", f"{approved.id} {approved.state}{people}{reason}{after}"
    if found.handoff:
        yield "handed to", f"{found.handoff['team']} ({found.handoff['reason']})"
    for problem in found.check:
        yield "check", problem


def _rule(rule: Rule) -> str:
    return f"{rule.id}  {rule.says}".strip()
