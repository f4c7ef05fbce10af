"""`wismo backup` and `wismo restore`: the home as one file, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from api.backups import BackupError
from api.backups.checking import Soundness
from api.backups.making import Made, Told, in_folder, make, thin_out
from api.backups.restoring import Restored, is_empty, restore
from api.cli import lines, show
from api.ground import utc_now
from api.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
SHOWN = 20


def register(app: typer.Typer) -> None:
    app.command("backup")(backup)
    app.command("restore")(restore_command)


def backup(
    target: Annotated[Path, typer.Argument(help="A new file (.tar, .tar.gz), or a folder that gets one by date.")],
    keep: Annotated[int | None, typer.Option(min=1, help="In a folder: remove all but the newest ones.")] = None,
    files_only: Annotated[
        bool, typer.Option("--files-only", help="Without the database; the default cannot be on PostgreSQL.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Copy the whole home into one file while Wismo works: database, shop.toml, keys, help index, anchors.

    The copy is opened and audited, the file read again. It holds customers' data and keys: keep it as you keep those.
    Example: `wismo backup /mnt/backup --keep 14`
    """
    settings, now = Settings(), utc_now()
    if settings.database_url.get_secret_value() and not files_only:
        lines.unusable(
            "the database is on PostgreSQL: take it with pg_dump (docs/operate.md), and add --files-only here"
        )
    if keep and not target.is_dir():
        lines.unusable(f"--keep is for a folder, and {target} is none")
    if is_empty(settings.home):
        lines.unusable(f"there is nothing in {settings.home}: is WISMO_HOME right?")
    file = in_folder(target, now) if target.is_dir() else target
    lines.can_be_written(file)
    with telling() as told:
        made = make(settings.home, file, now, told, database=not files_only)
    gone = [path.name for path in thin_out(target, keep)] if keep else []
    _tell_made(made, gone, as_json)
    raise typer.Exit(0 if made.soundness is None or made.soundness.ok else 1)


def restore_command(
    file: Annotated[Path, typer.Argument(help="A file of wismo backup.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="What is in the home is put aside first, and kept.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a home out of a backup: unpacked beside, checked and audited, then put in place in one step.

    Example: `WISMO_HOME=/srv/wismo wismo restore /mnt/backup/wismo-20261129T021500Z.tar`
    """
    if not file.is_file():
        lines.unusable(f"cannot read {file}: no such file")
    settings = Settings()
    with telling() as told:
        done = restore(file, settings.home.resolve(), utc_now(), told, replace=replace)
    _tell_restored(done, settings, as_json)
    raise typer.Exit(0 if done.soundness is None or done.soundness.ok else 1)


@contextmanager
def telling() -> Iterator[Told]:
    """Steps and a bar on standard error; what a person can mend ends the command with its remedy."""
    try:
        with show.bar("pages") as bar:
            yield Told(bar, lambda step: lines.say(f"{step} …"))
    except BackupError as error:
        lines.unusable(str(error))
    except OSError as error:
        lines.unusable(f"{error.filename or 'the disk'}: {error.strerror or error}")


def _tell_made(made: Made, gone: Sequence[str], as_json: bool) -> None:
    rows = made.manifest.rows
    if as_json:
        shown = {"file": str(made.file), "bytes": made.bytes, "schema": made.manifest.schema, "rows": dict(rows)}
        return lines.put(shown | {"files": len(made.manifest.files), "removed": list(gone)} | _wrong(made.soundness))
    lines.say(f"{made.file}: {made.bytes / 1e6:.1f} MB, {_contents(made)}")
    if gone:
        lines.say(f"removed: {', '.join(gone)}")
    return _tell_wrong(made.soundness, "the backup is what the home is")


def _contents(made: Made) -> str:
    rows = made.manifest.rows
    if not rows:
        return f"{len(made.manifest.files)} files, no database"
    return f"{rows.get('orders', 0):,} orders, {rows.get('journal', 0):,} journal entries; opened, audited, read again"


def _tell_restored(done: Restored, settings: Settings, as_json: bool) -> None:
    kept = str(done.kept) if done.kept else None
    if as_json:
        shown: dict[str, Any] = {"made_at": done.manifest.made_at, "rows": dict(done.manifest.rows), "before": kept}
        return lines.put(shown | _wrong(done.soundness))
    lines.say(f"{settings.home} is as it was at {done.manifest.made_at}" + (f"; before: {kept}" if kept else ""))
    if done.manifest.schema and settings.database_url.get_secret_value():
        lines.say("the database in it is not used while WISMO_DATABASE_URL is set; bring it there: wismo move")
    lines.say("next: wismo doctor, then wismo serve; what was said since then stands at the helpdesk only")
    return _tell_wrong(done.soundness, "it was so when the backup was made")


def _wrong(found: Soundness | None) -> dict[str, Any]:
    return {"sound": found.ok, "wrong": list(found.wrong)} if found else {"sound": None, "wrong": []}


def _tell_wrong(found: Soundness | None, note: str) -> None:
    if found is None or found.ok:
        return
    for one in found.wrong[:SHOWN]:
        lines.say(f"not sound: {one}")
    lines.say(
        f"{len(found.wrong)} problems ({note}); what they mean: docs/operate.md, wismo orders audit, wismo audit verify"
    )
