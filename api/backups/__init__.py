"""A home as one file that can be trusted, and back. Made while others write; whole, checked and audited, or refused.

BackupError
├── NotABackup    the file is no archive of ours, or of a form that we do not know
├── Damaged       it is one, but a file in it is not what was written
├── NotEmpty      the home holds something already
├── Running       a service works on this home
├── NoRoom        the disk is too small for it
├── Failed        an upgrade or a move did not end well, and everything is what it was before
└── LeftBehind    the database was moved to PostgreSQL, and this process does not know where
"""

from __future__ import annotations

from pathlib import Path

MOVED = "wismo.db.moved"


class BackupError(Exception):
    """The message carries the remedy, and names no customer."""


class NotABackup(BackupError):
    pass


class Damaged(BackupError):
    pass


class NotEmpty(BackupError):
    pass


class Running(BackupError):
    pass


class NoRoom(BackupError):
    pass


class Failed(BackupError):
    pass


class LeftBehind(BackupError):
    pass


def must_not_be_left_behind(where: Path | str) -> None:
    """An empty shop in place of one that was moved would answer customers wrongly. Raises `LeftBehind`."""
    if isinstance(where, Path) and not where.exists() and where.with_name(MOVED).exists():
        raise LeftBehind(
            "this home's database was moved to PostgreSQL: set WISMO_DATABASE_URL; "
            f"or, to go back to the state before, rename {where.with_name(MOVED)} to {where.name}"
        )
