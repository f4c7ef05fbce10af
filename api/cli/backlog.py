"""`wismo inbox` and `wismo outbox`: what waits and what was given up, why, and what a person does about it."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer
from sqlalchemy import Connection

from api.cli import lines, show_backlog
from api.wiring import House, open_house
from connectors import backlog
from connectors.backlog import INBOX, OPEN, OUTBOX, BacklogError, Box, Item, State

Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
By = Annotated[str | None, typer.Option(help="Who decides; your user name by default.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids, as `list` shows them.")]
Dead = Annotated[bool, typer.Option("--dead", help="All that were given up.")]
Work = Callable[[Connection, Item, datetime], None]
ALL = 100_000


def family(box: Box, what: str) -> typer.Typer:
    """The same commands for both boxes; the context carries which one."""
    app = typer.Typer(help=f"{what}: list, show, replay, drop.", invoke_without_command=True)

    @app.callback()
    def overview(context: typer.Context, as_json: Json = False) -> None:
        context.obj = box
        if context.invoked_subcommand is None:
            _counts(box, as_json)

    for name, command in (("counts", counts), ("list", listed), ("show", show), ("replay", replay), ("drop", drop)):
        app.command(name)(command)
    return app


def counts(context: typer.Context, as_json: Json = False) -> None:
    """How many, by kind and state, and since when the oldest. The same as without a word."""
    _counts(context.obj, as_json)


def listed(
    context: typer.Context,
    state: Annotated[list[State] | None, typer.Option(help="Given up and waiting ones by default.")] = None,
    kind: Annotated[str | None, typer.Option(help="zendesk, payment.refund, mail.code, …")] = None,
    older_than: Annotated[int, typer.Option(min=0, help="Minutes.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=ALL, help="How many at most.")] = 50,
    as_json: Json = False,
) -> None:
    """What was given up first, each with its reason and what to do; then what waits, oldest first."""
    box: Box = context.obj
    with open_house() as house, house.database.read() as db:
        now = house.now()
        before = now - timedelta(minutes=older_than) if older_than else None
        found = backlog.listed(db, box, state or OPEN, kind, before, limit)
        whole = backlog.counts(db, box)
    if as_json:
        for one in found:
            lines.put(show_backlog.line(box, one, now))
    elif found:
        show_backlog.print_list(box, found, now, limit)
    else:
        lines.say(show_backlog.nothing(box, whole))


def show(
    context: typer.Context,
    item: Annotated[str, typer.Argument(help="Its name, as `list` shows it.")],
    personal: Annotated[bool, typer.Option("--with-personal-data", help="Words and addresses too.")] = False,
    as_json: Json = False,
) -> None:
    """One of them, and what people did with it. Words and addresses of customers are left out."""
    box: Box = context.obj
    with open_house() as house, house.database.read() as db:
        try:
            found = backlog.one(db, box, item)
        except BacklogError as error:
            lines.unusable(str(error))
        shown = show_backlog.whole(box, found, house.now(), backlog.history(db, box, found), personal)
    if as_json:
        lines.put(shown)
    else:
        show_backlog.print_whole(shown)


def replay(
    context: typer.Context,
    items: Ids = None,
    dead: Dead = False,
    even_if_done: Annotated[bool, typer.Option("--even-if-done", help="Its receiver knows the key.")] = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Try again now, with all attempts before it; a running worker takes it up at once."""
    box: Box = context.obj

    def work(db: Connection, item: Item, now: datetime) -> None:
        backlog.again(db, box, item, by or getpass.getuser(), now, even_if_done)

    _each(box, items, dead, as_json, work)


def drop(
    context: typer.Context,
    items: Ids = None,
    reason: Annotated[str, typer.Option(help="Kept beside it, with your name.")] = "",
    dead: Dead = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Never work it. It stays to be looked at, with the reason and your name."""
    box: Box = context.obj
    if not reason.strip():
        lines.unusable("say why with --reason: whoever looks later must know")

    def work(db: Connection, item: Item, now: datetime) -> None:
        backlog.drop(db, box, item, by or getpass.getuser(), reason.strip(), now)

    _each(box, items, dead, as_json, work)


def _counts(box: Box, as_json: bool) -> None:
    with open_house() as house, house.database.read() as db:
        found, now = backlog.counts(db, box), house.now()
    if as_json:
        for one in found:
            lines.put(show_backlog.count_line(one, now))
    else:
        show_backlog.print_counts(box, found, now)


def _each(box: Box, ids: Sequence[str] | None, dead: bool, as_json: bool, work: Work) -> None:
    """In a transaction each, so that one that cannot be stops none of the others; exit code 1 if there was one."""
    if bool(ids) == dead:
        lines.unusable(f"name ids (see: wismo {box.name} list), or say --dead for all that were given up")
    with open_house() as house:
        named = ids or _given_up(house, box)
        done = [_one(house, box, id, as_json, work) for id in named]  # noqa: A001
    if not done:
        lines.say(f"nothing in the {box.name} was given up")
    raise typer.Exit(0 if all(done) else 1)


def _one(house: House, box: Box, id: str, as_json: bool, work: Work) -> bool:  # noqa: A002
    now = house.now()
    try:
        with house.database.write() as db:
            work(db, backlog.one(db, box, id), now)
            after = backlog.one(db, box, id)
    except BacklogError as error:
        lines.say(f"error: {error}")
        return False
    if as_json:
        lines.put(show_backlog.line(box, after, now))
    else:
        lines.say(f"{after.id} {show_backlog.SAID[after.state]}")
    return True


def _given_up(house: House, box: Box) -> list[str]:
    with house.database.read() as db:
        return [one.id for one in backlog.listed(db, box, (State.DEAD,), limit=ALL)]


inbox_app = family(INBOX, "What helpdesks told us and is to be worked")
outbox_app = family(OUTBOX, "What is to leave: replies, letters, calls to providers")
