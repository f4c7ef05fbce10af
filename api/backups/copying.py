"""A copy of a home while others use it: the database by SQLite's own online copy, the help index by its pointer."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from api.backups.presence import NAME as LOCK
from knowledge.shelf import Shelf

OnProgress = Callable[[int, int], None]
"""Called with the pages copied so far and the pages there are."""

DATABASE = "wismo.db"
WITNESS = "journal-anchors.jsonl"
KNOWLEDGE = "knowledge"
BACKUPS = "backups"
LEFT_OUT = frozenset({DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", "wismo.lock", "wismo.migrating", LOCK, BACKUPS})
PAGES = 2_000
TRIES = 5


def copy_home(home: Path, to: Path, on_progress: OnProgress) -> None:
    """The witness of the journal first: it may be older than the database beside it, never newer."""
    shutil.copytree(home, to, ignore=_only(WITNESS), dirs_exist_ok=True)
    if (home / DATABASE).exists():
        copy_database(home / DATABASE, to / DATABASE, on_progress)
    shutil.copytree(home, to, ignore=_not_these(home), dirs_exist_ok=True)
    _copy_index(home / KNOWLEDGE, to / KNOWLEDGE)


def copy_database(source: Path, target: Path, on_progress: OnProgress) -> None:
    """As it is at one moment. Writers go on: the copy reads a snapshot, which keeps it from starting over.

    The copy is one file, without a log beside it.
    """
    with closing(sqlite3.connect(source, isolation_level=None)) as live, closing(sqlite3.connect(target)) as copy:
        live.execute("PRAGMA busy_timeout=30000")
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the snapshot begins with the first read
        live.backup(copy, pages=PAGES, progress=lambda _, left, whole: on_progress(whole - left, whole), sleep=0)
        live.execute("ROLLBACK")
        as_one_file(copy)


def as_one_file(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode=DELETE")


def size_of(home: Path) -> int:
    """Bytes that a copy of it takes at most."""
    return sum(path.stat().st_size for path in _files(home) if BACKUPS not in path.relative_to(home).parts[:1])


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _copy_index(source: Path, target: Path) -> None:
    """The folder that the pointer names. An ingest may take it away meanwhile; then the new one is copied."""
    shelf, copied = Shelf(source), Shelf(target)
    for attempt in range(1, TRIES + 1):
        digest = shelf.current()
        if digest is None:
            return
        try:
            shutil.copytree(shelf.folder(digest), copied.folder(digest), dirs_exist_ok=True)
            copied.point_to(digest)
            return
        except (FileNotFoundError, shutil.Error):
            if attempt == TRIES:
                raise


def _only(name: str) -> Callable[[str, list[str]], set[str]]:
    return lambda _, names: {one for one in names if one != name}


def _not_these(home: Path) -> Callable[[str, list[str]], set[str]]:
    """Drafts of other processes (`.name`) and the index, which has its own way, are left out too."""

    def ignore(folder: str, names: list[str]) -> set[str]:
        if Path(folder) != home:
            return {one for one in names if one.startswith(".")}
        known = {*LEFT_OUT, KNOWLEDGE, WITNESS}
        return {one for one in names if one in known or one.startswith(".") or one.endswith(".lock")}

    return ignore
