"""`wismo tokens add|list|revoke`: who may come in, as what, until when."""

from __future__ import annotations

import getpass
from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from api.cli import lines, show
from api.edge import tokens
from api.edge.tokens import NoSuchToken, Role, Token
from api.wiring import open_house

app = typer.Typer(
    help="Tokens of people and programs: viewer (reads), lead (tickets, pause), approver (decides), admin (all).",
    no_args_is_help=True,
)
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
LONGEST_NAME = 100


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Whose it is: it stands beside every decision in the journal.")],
    role: Annotated[Role, typer.Option(help="What it may do; each role may do what those before it may.")],
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="How long it is good. Default: until revoked.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a token; its secret is shown this once. Example: `wismo tokens add mia --role approver --days 90`"""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        lines.unusable(f"the name has 1 to {LONGEST_NAME} printable characters")
    with open_house() as house, house.database.write() as db:
        lives = timedelta(days=days) if days else None
        made, secret = tokens.add(db, name, role, getpass.getuser(), house.now(), lives)
        now = house.now()
    if as_json:
        lines.put(made.as_json(now) | {"secret": secret})
    else:
        typer.echo(secret)
        lines.say(f"{made.id}: {role} {name}, {_until(made)}. The secret is not kept: note it now.")


@app.command("list")
def list_tokens(as_json: Json = False) -> None:
    """Every token and when it was last used. Example: `wismo tokens list --json`"""
    with open_house() as house:
        now = house.now()
        with house.database.read() as db:
            found = tokens.listed(db)
    if as_json:
        for one in found:
            lines.put(one.as_json(now))
    elif found:
        show.console().print(_table(found, now))
    else:
        lines.say("no tokens yet; the one in api_token is admin. Make one: wismo tokens add NAME --role viewer")


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(help="Its id, as `wismo tokens list` shows it.")], as_json: Json = False
) -> None:
    """End a token and every session opened with it, at once. Example: `wismo tokens revoke T-1f2e3d4c`"""
    with open_house() as house:
        try:
            with house.database.write() as db:
                gone = tokens.revoke(db, token, house.now())
        except NoSuchToken as error:
            lines.unusable(str(error))
    if as_json:
        lines.put(gone.as_json(house.now()))
    else:
        lines.say(f"{gone.id} ({gone.role} {gone.name}) is revoked")


def _until(one: Token) -> str:
    return f"good until {one.expires_at:%Y-%m-%d}" if one.expires_at else "good until it is revoked"


def _table(found: tuple[Token, ...], now: datetime) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in ("id", "name", "role", "state", "until", "last used", "made by"):
        table.add_column(column, overflow="fold")
    for one in found:
        until = f"{one.expires_at:%Y-%m-%d}" if one.expires_at else "no end"
        used = f"{one.used_at:%Y-%m-%d %H:%M}" if one.used_at else "never"
        table.add_row(one.id, one.name, one.role.value, one.state(now), until, used, one.made_by)
    return table
