"""`wismo move`: from SQLite to PostgreSQL, once, when one machine is no longer enough."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import SecretStr, ValidationError

from api.backups import presence
from api.backups.moving import Moved, move
from api.cli import lines
from api.cli.backup import telling
from api.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def register(app: typer.Typer) -> None:
    app.command("move")(move_command)


def move_command(
    to: Annotated[
        str | None,
        typer.Option(help="postgresql://user:password@host:5432/wismo, empty. Default: WISMO_DATABASE_URL."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring everything of this home's SQLite database to PostgreSQL: all or nothing, counted and audited there.

    Stop wismo serve and wismo worker first. Afterwards set WISMO_DATABASE_URL for every process; the SQLite file is
    kept under another name. Example: `wismo move --to postgresql://wismo@db.lan/wismo`
    """
    settings = _towards(to)
    if not settings.database.exists():
        lines.unusable(f"there is no SQLite database in {settings.home}: is WISMO_HOME right, or was it moved already?")
    with telling() as told, presence.alone(settings.home):
        done = move(settings.database, str(settings.where), settings.anchors, told)
    _tell(done, as_json)


def _towards(to: str | None) -> Settings:
    try:
        settings = Settings(database_url=SecretStr(to)) if to else Settings()
    except ValidationError as error:
        lines.unusable(f"--to: {error.errors()[0]['msg'].removeprefix('Value error, ')}")
    if not settings.database_url.get_secret_value():
        lines.unusable("name the target: --to postgresql://user@host:5432/wismo, or WISMO_DATABASE_URL")
    return settings


def _tell(done: Moved, as_json: bool) -> None:
    if as_json:
        return lines.put({"rows": dict(done.rows), "kept": str(done.kept)})
    whole = sum(done.rows.values())
    lines.say(f"moved {whole:,} rows of {len(done.rows)} tables; counted, orders and journal audited there")
    lines.say(f"next: set WISMO_DATABASE_URL for every process, then wismo doctor. The file is kept: {done.kept}")
    return None
