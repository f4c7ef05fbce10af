"""A home as one file that can be trusted, and back. Made while others write; whole, checked and audited, or refused.

BackupError
├── NotABackup    the file is no archive of ours, or of a form that we do not know
├── Damaged       it is one, but a file in it is not what was written
├── NotEmpty      the home holds something already
├── Running       a service works on this home
├── NoRoom        the disk is too small for it
└── Failed        an upgrade did not end well, and the home is what it was before
"""

from __future__ import annotations


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
