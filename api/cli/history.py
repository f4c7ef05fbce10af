"""`wismo history VENDOR`: solved conversations of a connected helpdesk as a file, for `learn` and `simulate`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.cli import lines
from api.connected import history
from api.connected.history import NotConnected
from api.wiring import open_house
from connectors.errors import ConnectorError

DAYS = 90
EVERY = 100


class Which(StrEnum):
    """Messaging's conversations are Zendesk's tickets."""

    ZENDESK = "zendesk"
    INTERCOM = "intercom"
    FRESHDESK = "freshdesk"


def register(app: typer.Typer) -> None:
    app.command("history")(fetch)


def fetch(
    vendor: Annotated[Which, typer.Argument(help="A helpdesk that is connected.")],
    out: Annotated[Path, typer.Option(help="The file to write, a conversation a line.")],
    since: Annotated[datetime | None, typer.Option(help=f"Changed then or later (UTC); default {DAYS} days.")] = None,
) -> None:
    """Solved conversations out of the helpdesk's API. They hold your customers' words: only you can read the file.

    Example: `wismo history zendesk --out tickets.jsonl --since 2026-01-01`, then `wismo simulate tickets.jsonl`
    """
    lines.can_be_written(out)
    with open_house() as house:
        try:
            found = history.fetch(house, vendor.value, begin(since, house.now()), out, told)
        except (NotConnected, ConnectorError) as error:
            lines.unusable(str(error))
    lines.say(f"{found.count:,} solved conversations in {out}; our own seat there: --not-by {found.seat}")


def begin(since: datetime | None, now: datetime) -> datetime:
    return since.replace(tzinfo=UTC) if since else now - timedelta(days=DAYS)


def told(written: int) -> None:
    if written % EVERY == 0:
        lines.say(f"{written:,} conversations …")
