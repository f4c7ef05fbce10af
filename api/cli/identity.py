"""`wismo identity keys|add-key|token`: the keys of the shop's signed tokens, and a token to try them with."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from agent.identity.tokens import LONGEST, BadToken, KeyUnusable, TokenKeys
from api.cli import lines
from api.ground import utc_now
from api.settings import Settings

app = typer.Typer(help="Keys of the shop's signed customer tokens (docs/identity.md).", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


@app.command()
def keys(as_json: Json = False) -> None:
    """The key ids that are accepted now. A key is taken away by removing its file."""
    folder = Settings().token_keys
    names = TokenKeys(folder).names()
    if as_json:
        lines.put({"folder": str(folder), "keys": list(names)})
    else:
        lines.say("\n".join(names) if names else "no keys; make one with: wismo identity add-key NAME")


@app.command("add-key")
def add_key(name: Annotated[str, typer.Argument(help="The key id (kid) that the shop puts into its tokens.")]) -> None:
    """Make a shared secret; the shop signs with it (HS256). Its old keys hold until their files are removed.

    Example: `wismo identity add-key 2026-11`
    """
    try:
        path = TokenKeys(Settings().token_keys).make(name)
    except KeyUnusable as error:
        lines.unusable(str(error))
    lines.say(f"made {path}; give its content to the shop's server, never to a browser")


@app.command()
def token(
    customer: Annotated[str, typer.Argument(help="The customer's id or e-mail.")],
    key: Annotated[str, typer.Option(help="Key id; the newest by name where none is given.")] = "",
    minutes: Annotated[int, typer.Option(min=1, max=24 * 60, help="How long it holds.")] = 15,
) -> None:
    """Sign a token as the shop's server would, to try the API or the widget. It goes to standard output.

    Example: `wismo identity token ana@example.com`
    """
    held = TokenKeys(Settings().token_keys)
    named = key or next(reversed(held.names()), "")
    try:
        signed = held.sign(named, customer, utc_now(), min(timedelta(minutes=minutes), LONGEST))
    except BadToken:
        lines.unusable("there is no such key; make one with: wismo identity add-key NAME")
    except KeyUnusable as error:
        lines.unusable(str(error))
    typer.echo(signed)
