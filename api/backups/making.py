"""`wismo backup`: copy, check, archive, and read the archive again."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from api.backups import BackupError, NoRoom, archive
from api.backups.checking import Soundness, soundness
from api.backups.copying import DATABASE, OnProgress, copy_home, size_of
from api.backups.manifest import FORM, Held, Manifest, held

OURS = re.compile(r"wismo-\d{8}T\d{6}Z\.tar(\.gz)?")
ROOM = 2.2
"""The copy and the archive of it lie side by side for a moment, and the copy is opened for the audit."""


@dataclass(frozen=True, slots=True)
class Made:
    file: Path
    bytes: int
    manifest: Manifest
    soundness: Soundness | None
    """None where no database is in it."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who hears how far it is: of the copying in pages, and of each new step in a word."""

    pages: OnProgress = lambda *_: None
    step: Callable[[str], None] = lambda _: None


def make(home: Path, file: Path, now: datetime, told: Told, *, database: bool = True) -> Made:
    """A database that is not sound is kept all the same, and said to be so: it may be all that there is.

    Raises `NoRoom`, `BackupError`, and OSError of the disk.
    """
    _must_be_new(file)
    _must_fit(home, file.parent)
    with tempfile.TemporaryDirectory(prefix=".wismo-backup-", dir=file.parent) as made:
        folder = Path(made)
        told.step("copying")
        copy_home(home, folder, told.pages)
        if not database:
            (folder / DATABASE).unlink(missing_ok=True)
        found = None
        if (folder / DATABASE).exists():
            told.step("opening and auditing the copy")
            found = soundness(folder)
        told.step("writing")
        manifest = _manifest(folder, found, now)
        archive.write(file, folder, manifest)
    told.step("reading it again")
    archive.verify(file, lambda *_: None)
    return Made(file, file.stat().st_size, manifest, found)


def in_folder(folder: Path, now: datetime) -> Path:
    return folder / f"wismo-{now:%Y%m%dT%H%M%SZ}.tar"


def thin_out(folder: Path, keep: int) -> Sequence[Path]:
    """Removes all but the newest `keep` of those that were made into a folder; which."""
    ours = sorted(path for path in folder.iterdir() if OURS.fullmatch(path.name))
    gone = ours[:-keep]
    for path in gone:
        path.unlink()
    return gone


def _manifest(folder: Path, found: Soundness | None, now: datetime) -> Manifest:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files: tuple[Held, ...] = tuple(held(folder, path) for path in paths)
    schema, rows = (found.schema, found.rows) if found else (None, {})
    return Manifest(FORM, version("wismo"), now.isoformat(), schema, rows, files)


def _must_be_new(file: Path) -> None:
    if file.exists():
        raise BackupError(f"{file} exists already: name another file, or a folder")


def _must_fit(home: Path, folder: Path) -> None:
    needed, free = int(size_of(home) * ROOM), shutil.disk_usage(folder).free
    if needed > free:
        raise NoRoom(f"{folder} has {free / 1e9:.1f} GB free, and about {needed / 1e9:.1f} GB are needed")
