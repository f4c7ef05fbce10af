"""`wismo pause` and `wismo resume`: the pause button."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from agent import switches
from api.cli import lines
from api.routes.pause import shown
from api.wiring import open_house

Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def register(app: typer.Typer) -> None:
    for command in (pause, resume):
        app.command()(command)


def pause(
    why: Annotated[str, typer.Option(help="Shown to colleagues.")] = "",
    as_json: Json = False,
) -> None:
    """From the next message on every reply is a draft, nothing is done. Example: `wismo pause --why "wrong prices"`"""
    with open_house() as house, house.database.write() as db:
        standing = switches.pause(db, getpass.getuser(), why, house.now())
    if as_json:
        lines.put(shown(standing))
    else:
        told = f": {standing.why}" if standing.why else ""
        lines.say(f"paused by {standing.by} since {standing.at:%Y-%m-%d %H:%M} UTC{told}. Go on with: wismo resume")


def resume(as_json: Json = False) -> None:
    """Answer again, from the next message on. Example: `wismo resume`"""
    with open_house() as house, house.database.write() as db:
        was = switches.resume(db)
    if as_json:
        lines.put(shown(None))
    else:
        lines.say("Wismo answers again" if was else "nothing was paused")
