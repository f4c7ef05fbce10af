"""`wismo learn EXPORT`: solved tickets to proposals; `wismo learned …`: a person decides about them."""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from agent.case import Intent
from agent.learning import shelf
from agent.learning.learning import Export, Learned
from agent.learning.proposal import Kind, Proposal, State
from agent.learning.shelf import Changes
from api.cli import lines
from api.cli.history import begin, told
from api.cli.show import console
from api.connected import history
from api.connected.history import NotConnected
from api.wiring import House, open_house
from connectors.errors import ConnectorError
from connectors.exports.reading import Vendor, read
from connectors.exports.records import ExportError

app = typer.Typer(help="What solved tickets taught: list it, accept or reject it.", no_args_is_help=True)
Proposed = Annotated[str, typer.Argument(help="Its id, as `list` shows it.")]
By = Annotated[str | None, typer.Option(help="Who decides; your user name by default.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
SHOWN = 20
CALLED = {Kind.EXAMPLES: "group of examples", Kind.ARTICLE: "article", Kind.MACRO: "macro"}


def register(app: typer.Typer) -> None:
    app.command("learn")(learn)


def learn(
    export: Annotated[
        Path | None, typer.Argument(help="Solved tickets: an export of the helpdesk, or JSONL. None: see --from.")
    ] = None,
    vendor: Annotated[
        Vendor | None, typer.Option("--from", help="Whose export; without one, the helpdesk itself is asked.")
    ] = None,
    since: Annotated[datetime | None, typer.Option(help="Without an export: changed then or later (UTC).")] = None,
    at_least: Annotated[int, typer.Option(min=2, help="Customers that a group must be of.")] = 3,
    not_by: Annotated[
        list[str] | None, typer.Option(help="Id, name or e-mail of a seat that a bot writes from; repeatable.")
    ] = None,
    keep_going: Annotated[bool, typer.Option("--keep-going", help="Skip bad records.")] = False,
    as_json: Json = False,
) -> None:
    """Propose examples, help articles and macros from what people answered. Nothing is taught or published by it.

    Examples: `wismo learn tickets.json --at-least 3`, `wismo learn --from zendesk --since 2026-06-01`
    """
    found = _export(export, vendor, not_by or [], keep_going) if export else _asked(vendor, since, not_by, keep_going)
    export = export or Path(f"the history of {vendor}")
    for one in found.bad:
        lines.say(f"error: {export} line {one.line}: {one.reason}")
    if found.bad and not keep_going:
        lines.say("stopped here, nothing was learned; --keep-going skips bad records")
        raise typer.Exit(1 if found.tickets else 2)
    with open_house() as house:
        house.publish_learned()
        made = _learned(house, found, at_least)
    if as_json:
        lines.put(_summary(found, made) | {"proposals": [described(one) for one in made.proposals]})
    else:
        _tell(found, made)
    raise typer.Exit((1 if found.tickets else 2) if found.bad else 0)


def _export(export: Path, vendor: Vendor | None, not_by: list[str], keep_going: bool) -> Export:
    try:
        return Export.of(read(export, vendor, not_by), keep_going)
    except ExportError as error:
        lines.unusable(str(error))


def _asked(vendor: Vendor | None, since: datetime | None, not_by: list[str] | None, keep_going: bool) -> Export:
    """Out of the helpdesk's own API; what our seat there wrote is no person's answer."""
    if vendor not in (Vendor.ZENDESK, Vendor.INTERCOM, Vendor.FRESHDESK):
        lines.unusable("name an export, or with --from zendesk, intercom or freshdesk the helpdesk to ask")
    with open_house() as house:
        try:
            with history.passing(house, vendor.value, begin(since, house.now()), told) as found:
                return _export(found.path, vendor, [*(not_by or []), found.seat], keep_going)
        except (NotConnected, ConnectorError) as error:
            lines.unusable(str(error))


@app.command("list")
def list_learned(
    state: Annotated[State, typer.Option(help="Which.")] = State.PROPOSED,
    kind: Annotated[Kind | None, typer.Option(help="Only this kind.")] = None,
    as_json: Json = False,
) -> None:
    """What waits for a decision, the largest groups first; or what was decided. Example: `wismo learned list`"""
    with open_house() as house, house.database.read() as db:
        found = [one for one in shelf.all_of(db, (state,)) if kind in (None, one.kind)]
    if as_json:
        for one in found:
            lines.put(described(one))
    elif found:
        console().print(_table(found))
    else:
        lines.say(f"nothing is {state}; wismo learn EXPORT makes proposals")


@app.command()
def show(proposal: Proposed, as_json: Json = False) -> None:
    """All of one proposal: its texts with their numbers, and the tickets it comes from.

    Example: `wismo learned show L-1a2b3c4d`
    """
    with open_house() as house, house.database.read() as db:
        one = _one(db, proposal)
    if as_json:
        return lines.put(described(one))
    return _show(one)


@app.command()
def accept(
    proposal: Proposed,
    intent: Annotated[Intent | None, typer.Option(help="What it is about, if not what was proposed.")] = None,
    title: Annotated[str | None, typer.Option(help="Another title.")] = None,
    body: Annotated[Path | None, typer.Option(help="A file with the text as it should be.")] = None,
    as_kind: Annotated[
        Kind | None, typer.Option("--as", help="An article as a macro, or a macro as an article.")
    ] = None,
    without: Annotated[list[int] | None, typer.Option(help="Leave out the text of this number; repeatable.")] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Teach the examples, publish the article in the help index, or keep the macro.

    Example: `wismo learned accept L-1a2b3c4d --intent delivery_info`
    """
    written = _text(body) if body else None
    changes = Changes(intent.value if intent else None, title, written, as_kind, tuple(without or ()))
    one = _decided(proposal, State.ACCEPTED, by, changes)
    if as_json:
        return lines.put(described(one))
    return lines.say(f"{one.id} is accepted: {_effect(one)}")


@app.command()
def reject(proposal: Proposed, by: By = None, as_json: Json = False) -> None:
    """Do not use it, and do not propose it again; an accepted one is withdrawn.

    Example: `wismo learned reject L-1a2b3c4d`
    """
    one = _decided(proposal, State.REJECTED, by, Changes())
    if as_json:
        return lines.put(described(one))
    return lines.say(f"{one.id} is rejected: {_withdrawn(one)}")


def described(one: Proposal) -> dict[str, Any]:
    """For programs. `texts` are masked examples, in the numbers that `--without` takes; empty ones were left out."""
    return {
        "id": one.id,
        "kind": one.kind.value,
        "state": one.state.value,
        "intent": one.label,
        "count": one.count,
        "title": one.title,
        "body": one.body,
        "language": one.language,
        "why": one.why,
        "texts": [source.text for source in one.sources] if one.kind is Kind.EXAMPLES else [],
        "tickets": [source.ticket for source in one.sources],
        "decided_by": one.decided_by,
        "decided_at": one.decided_at.isoformat() if one.decided_at else None,
    }


def _learned(house: House, found: Export, at_least: int) -> Learned:
    with house.database.read() as db:
        known = shelf.all_of(db)
    made = house.learner(found.tickets, known, at_least, lines.say)
    with house.database.write() as db:
        shelf.put(db, made.proposals, house.now())
    return made


def _decided(proposal: str, state: State, by: str | None, changes: Changes) -> Proposal:
    with open_house() as house:
        try:
            with house.database.write() as db:
                held = shelf.one(db, proposal)
                if changes.kind and Kind.EXAMPLES in (changes.kind, held.kind) and changes.kind is not held.kind:
                    lines.unusable("examples stay examples; --as turns an article into a macro and back")
                one = shelf.decide(db, proposal, state, by or getpass.getuser(), house.now(), changes)
        except (shelf.UnknownProposal, shelf.Erased, ValueError) as error:
            lines.unusable(str(error))
        house.publish_learned()
    return one


def _one(db: Any, proposal: str) -> Proposal:
    try:
        return shelf.one(db, proposal)
    except shelf.UnknownProposal as error:
        lines.unusable(str(error))


def _text(path: Path) -> str:
    try:
        written = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        lines.unusable(f"cannot read {path}: {error}")
    return written or lines.unusable(f"{path} is empty")


def _effect(one: Proposal) -> str:
    match one.kind:
        case Kind.EXAMPLES:
            texts = len({source.text for source in one.sources if source.text})
            return f"{texts} texts of {one.label} stand in learned/examples.csv; next: wismo train --learned"
        case Kind.ARTICLE:
            return "it is in the help index, and customers are answered from it"
        case Kind.MACRO:
            return "it is in learned/macros.csv"


def _withdrawn(one: Proposal) -> str:
    match one.kind:
        case Kind.EXAMPLES:
            return "its examples are taught by the next wismo train --learned no more"
        case Kind.ARTICLE:
            return "the help index does not hold it"
        case Kind.MACRO:
            return "learned/macros.csv does not hold it"


def _summary(found: Export, made: Learned) -> dict[str, Any]:
    return {
        "tickets": len(found.tickets),
        "passed_over": dict(sorted(found.passed.items())),
        "bad_records": len(found.bad),
        "understood": made.understood,
        "alone": made.alone,
        "in_help_centre": made.in_help,
        "known": made.known,
    }


def _tell(found: Export, made: Learned) -> None:
    passed = ", ".join(f"{count} {reason}" for reason, count in sorted(found.passed.items()))
    lines.say(f"{len(found.tickets):,} solved tickets read" + (f"; passed over: {passed}" if passed else ""))
    lines.say(
        f"first messages: {made.understood:,} surely understood, {made.alone:,} unsure ones without enough like them; "
        f"answers: {made.in_help} groups stand in the help centre already; {made.known} were proposed before"
    )
    if not made.proposals:
        return lines.say("nothing new to propose")
    counts = Counter(one.kind for one in made.proposals)
    console().print(_table(made.proposals[:SHOWN]))
    told = ", ".join(f"{counts[kind]} × {CALLED[kind]}" for kind in Kind if counts[kind])
    return lines.say(
        f"proposed: {told}. Nothing is used before you accept it: wismo learned show ID, accept ID, reject ID"
    )


def _table(found: Sequence[Proposal]) -> Table:
    table = Table("id", "kind", "intent", "count", "language", "what", box=None, padding=(0, 1), header_style="dim")
    for one in found:
        what = one.title if one.kind is Kind.EXAMPLES else f"{one.title} → {one.body}"
        short = " ".join(what.split())
        table.add_row(
            one.id,
            one.kind.value,
            one.label,
            str(one.count),
            one.language,
            Text(short if len(short) <= 140 else f"{short[:139]}…"),
        )
    return table


def _show(one: Proposal) -> None:
    out = console()
    out.print(f"{one.id}  {one.kind} · {one.label or 'no intent'} · {one.language} · {one.count} tickets · {one.state}")
    out.print(Text(one.why))
    if one.kind is Kind.EXAMPLES:
        for number, source in enumerate(one.sources, 1):
            out.print(Text(f"{number:4}  {source.text or '(left out)'}"))
    else:
        out.print(Text(f"\n{one.title}\n\n{one.body}\n"))
    tickets = ", ".join(source.ticket for source in one.sources[:SHOWN])
    out.print(Text(f"tickets: {tickets}" + (", …" if one.count > SHOWN else "")))
    if one.decided_by:
        out.print(Text(f"{one.state} by {one.decided_by}, {one.decided_at:%Y-%m-%d %H:%M}"))
