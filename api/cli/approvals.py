"""`wismo approvals list|accept|reject`: what waits for a person."""

from __future__ import annotations

import getpass
import json
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.table import Table

from agent import approvals as waiting_room
from agent.approvals import Approval, ApprovalError
from agent.case import ApprovalId
from api.cli import lines, show
from api.shapes import described
from api.wiring import open_house

app = typer.Typer(help="Actions that wait for a person: list them, accept or reject one.", no_args_is_help=True)
Waits = Annotated[str, typer.Argument(help="Its id, as `list` shows it.")]
By = Annotated[str | None, typer.Option(help="Who decides; your user name by default.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


@app.command("list")
def list_waiting(as_json: Json = False) -> None:
    """What waits, oldest first, with the exact amount and until when."""
    with open_house() as house, house.database.read() as db:
        found = waiting_room.waiting(db, house.now())
    if as_json:
        for one in found:
            lines.put(described(one))
    elif found:
        show.console().print(_table(found))
    else:
        lines.say("nothing waits for a decision")


@app.command()
def accept(approval: Waits, by: By = None, as_json: Json = False) -> None:
    """Run exactly the action that was stored, and tell the customer. Example: `wismo approvals accept A-1f2e3d4c`"""
    _decide(approval, True, by, "", as_json)


@app.command()
def reject(
    approval: Waits,
    reason: Annotated[str, typer.Option(help="Kept in the journal.")] = "",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Do not run it, and tell the customer. Example: `wismo approvals reject A-1f2e3d4c --reason "already replaced"`"""
    _decide(approval, False, by, reason, as_json)


@app.command()
def edit(
    approval: Waits,
    changes: Annotated[list[str], typer.Option("--set", help="NAME=VALUE of the action; JSON where it is not text.")],
    reason: Annotated[str, typer.Option(help="Kept in the journal.")] = "",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Offer something else instead; the customer is asked about it. Amounts always follow from what is chosen.

    Example: `wismo approvals edit A-1f2e3d4c --set reason=damaged --set 'lines={"import:1002:1": 1}'`
    """
    with open_house() as house:
        try:
            answer = house.desk.edit(approval, by or getpass.getuser(), _named(changes), reason)
        except (ApprovalError, ValidationError) as error:
            lines.unusable(_plain(error))
        house.deliver()
    if as_json:
        lines.put(answer.as_json())
    else:
        show.reply(answer)


def _named(changes: list[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals:
            lines.unusable(f"--set takes NAME=VALUE, not {change!r}")
        try:
            found[name] = json.loads(value)
        except json.JSONDecodeError:
            found[name] = value
    return found


def _plain(error: ApprovalError | ValidationError) -> str:
    if isinstance(error, ApprovalError):
        return str(error)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())


def _decide(approval: str, accepted: bool, by: str | None, reason: str, as_json: bool) -> None:
    with open_house() as house:
        try:
            answer = house.desk.decide(approval, accepted, by or getpass.getuser(), reason)
        except ApprovalError as error:
            lines.unusable(str(error))
        house.deliver()
        with house.database.read() as db:
            now = waiting_room.one(db, ApprovalId(approval))
    if as_json:
        lines.put(answer.as_json() if answer else described(now))
    elif answer:
        show.reply(answer)
    else:
        lines.say(f"noted; a second person must accept {approval} too, then it is done and the customer is told")


def _table(found: tuple[Approval, ...]) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in ("id", "action", "order", "amount", "items", "customer", "signals", "people", "until"):
        table.add_column(column, overflow="fold", no_wrap=column in {"id", "order", "amount", "until"})
    for one in found:
        quote = one.quote
        table.add_row(
            one.id,
            quote.action.value,
            quote.order_number,
            f"{quote.amount.decimal()} {quote.amount.currency}",
            ", ".join(line.name for line in quote.lines),
            one.caller.name or "",
            " ".join(one.signals),
            f"{1 if one.first_by else 0}/{one.people}",
            f"{one.expires_at:%Y-%m-%d %H:%M}",
        )
    return table
