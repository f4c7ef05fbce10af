"""`wismo restore`: unpack beside the home, check, audit, and only then put it in place of what is there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from api import migrations
from api.backups import BackupError, Damaged, NoRoom, NotEmpty, archive, presence
from api.backups.checking import Soundness, soundness
from api.backups.copying import BACKUPS, DATABASE
from api.backups.making import Told
from api.backups.manifest import Manifest

EMPTY_ALL_THE_SAME = frozenset({presence.NAME, ".gitkeep", "lost+found"})


@dataclass(frozen=True, slots=True)
class Restored:
    manifest: Manifest
    soundness: Soundness | None
    kept: Path | None
    """Where the home that was there before lies now."""


def restore(file: Path, home: Path, now: datetime, told: Told, *, replace: bool) -> Restored:
    """The home is what it was, or the archive's, never something in between.

    Raises `NotABackup`, `Damaged`, `NotEmpty`, `Running`, `NoRoom`.
    """
    manifest = archive.read(file)
    _must_be_known(manifest)
    if not replace and not is_empty(home):
        raise NotEmpty(f"{home} holds a shop already: name an empty WISMO_HOME, or say --replace (the old one is kept)")
    with presence.alone(home), _beside(home, manifest) as fresh:
        told.step("unpacking")
        archive.unpack(file, fresh, told.pages)
        found = _checked(fresh, manifest, told)
        kept = _put_in_place(fresh, home, now)
    return Restored(manifest, found, kept)


def put_back(file: Path, home: Path, now: datetime, told: Told) -> Restored:
    """The same for a caller who has the home to itself: what is there goes into its folder of backups."""
    manifest = archive.read(file)
    _must_be_known(manifest)
    with _inside(home, manifest) as fresh:
        archive.unpack(file, fresh, told.pages)
        found = _checked(fresh, manifest, told)
        kept = _moved_in(fresh, home, now)
    return Restored(manifest, found, kept)


def is_empty(home: Path) -> bool:
    return not home.exists() or all(path.name in EMPTY_ALL_THE_SAME for path in home.iterdir())


def _checked(fresh: Path, manifest: Manifest, told: Told) -> Soundness | None:
    if not (fresh / DATABASE).exists():
        return None
    told.step("opening and auditing it")
    found = soundness(fresh)
    if dict(found.rows) != dict(manifest.rows):
        raise Damaged("the tables do not hold what they held when the backup was made; take another backup")
    return found


def _must_be_known(manifest: Manifest) -> None:
    """A newer Wismo's schema would be refused at the first start: better now."""
    if manifest.schema and manifest.schema not in migrations.known():
        raise BackupError(
            f"it holds schema {manifest.schema}, which this Wismo does not know: install Wismo {manifest.wismo} first"
        )


def _beside(home: Path, manifest: Manifest) -> AbstractContextManager[Path]:
    """On the same disk, so that it can take the home's place in one step, unless the home is a mount."""
    return _inside(home if home.is_mount() else home.parent, manifest)


@contextmanager
def _inside(disk: Path, manifest: Manifest) -> Iterator[Path]:
    needed, free = sum(one.bytes for one in manifest.files), shutil.disk_usage(disk).free
    if needed > free:
        raise NoRoom(f"{disk} has {free / 1e9:.1f} GB free, and {needed / 1e9:.1f} GB are needed")
    made = Path(tempfile.mkdtemp(prefix=".wismo-restoring-", dir=disk))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _put_in_place(fresh: Path, home: Path, now: datetime) -> Path | None:
    if home.is_mount():
        return _moved_in(fresh, home, now)
    kept = None if is_empty(home) else _free_name(home.with_name(f"{home.name}.before-{now:%Y%m%dT%H%M%SZ}"))
    if kept:
        home.rename(kept)
    else:
        shutil.rmtree(home)
    fresh.rename(home)
    return kept


def _moved_in(fresh: Path, home: Path, now: datetime) -> Path | None:
    """A mounted folder cannot be renamed: what is in it goes aside piece by piece, the database comes last."""
    there = [path for path in home.iterdir() if path not in {fresh, home / BACKUPS, home / presence.NAME}]
    kept = _free_name(home / BACKUPS / f"before-{now:%Y%m%dT%H%M%SZ}") if not is_empty(home) and there else None
    if kept:
        kept.mkdir(parents=True)
        for path in there:
            path.rename(kept / path.name)
    for path in sorted(fresh.iterdir(), key=lambda one: one.name == DATABASE):
        path.rename(home / path.name)
    return kept


def _free_name(wanted: Path) -> Path:
    tries = (wanted.with_name(f"{wanted.name}-{number}") if number else wanted for number in range(1_000))
    return next(path for path in tries if not path.exists())
