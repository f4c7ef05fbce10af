"""`wismo upgrade`: after a newer Wismo was installed, or another embedding model set; and back."""

from __future__ import annotations

from typing import Annotated

import typer

from api import migrations
from api.backups import upgrading
from api.backups.making import Told
from api.backups.upgrading import Upgraded
from api.cli import lines
from api.cli.backup import telling
from api.settings import Settings
from api.wiring import House

Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def register(app: typer.Typer) -> None:
    app.command("upgrade")(upgrade)


def upgrade(
    rollback: Annotated[bool, typer.Option("--rollback", help="The home as it was before the last upgrade.")] = False,
    dumped: Annotated[bool, typer.Option("--dumped", help="On PostgreSQL: I have a dump of it.")] = False,
    as_json: Json = False,
) -> None:
    """Bring the home to this version: backup, schema, help index where the embedding model changed, check.

    Whatever fails, the home is put back as it was. Run it after an installation, while serve and worker are stopped.
    """
    with telling() as told:
        if rollback:
            return _rolled_back(told, as_json)
        done = upgrading.upgrade(lambda: House(Settings()), told, dumped=dumped)
    return _tell(done, as_json)


def _rolled_back(told: Told, as_json: bool) -> None:
    done = upgrading.roll_back(lambda: House(Settings()), told)
    if as_json:
        return lines.put({"made_at": done.manifest.made_at, "before": str(done.kept) if done.kept else None})
    lines.say(f"the home is as it was at {done.manifest.made_at}; what was there since: {done.kept}")
    if done.manifest.schema == migrations.PREVIEW:
        lines.say("use it with the Wismo that made it: this one brings it over again at its first command")
    return None


def _tell(done: Upgraded | None, as_json: bool) -> None:
    if as_json:
        schema = {"from": done.needed.schema, "to": done.needed.to_schema} if done else None
        backup = str(done.backup) if done and done.backup else None
        return lines.put({"schema": schema, "passages": done.passages if done else None, "backup": backup})
    if done is None:
        return lines.say("nothing to upgrade: schema and help index are this version's")
    index = f"; {done.passages:,} passages embedded anew" if done.passages is not None else ""
    lines.say(f"schema {done.needed.schema} to {done.needed.to_schema}{index}; audited")
    if done.backup:
        whose = "" if done.needed.schema == migrations.PREVIEW else "the former Wismo's "
        lines.say(f"before: {done.backup}; back to it: {whose}wismo upgrade --rollback")
    return None
