"""What a backup says of itself: its files with their checksums, and the state of the database in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from api.backups import NotABackup

FORM = 1
NAME = "wismo-backup.json"
PART = 1 << 20


@dataclass(frozen=True, slots=True)
class Held:
    """`name` is relative to the home, with `/`."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`schema` is none where the database is not in it; `rows` are those of each table."""

    form: int
    wismo: str
    made_at: str
    schema: str | None
    rows: Mapping[str, int]
    files: tuple[Held, ...]

    def as_text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"


def parsed(text: str) -> Manifest:
    """Raises `NotABackup`."""
    try:
        given = json.loads(text)
        files = tuple(Held(str(one["name"]), int(one["bytes"]), str(one["sha256"])) for one in given["files"])
        made = Manifest(
            int(given["form"]), str(given["wismo"]), str(given["made_at"]), given["schema"], given["rows"], files
        )
    except (ValueError, KeyError, TypeError):
        raise NotABackup("its list of contents cannot be read") from None
    if made.form != FORM:
        raise NotABackup(f"it has form {made.form}, this Wismo knows {FORM}: restore it with Wismo {made.wismo}")
    return made


def held(root: Path, path: Path) -> Held:
    with path.open("rb") as file:
        size, digest = digest_of(file)
    return Held(path.relative_to(root).as_posix(), size, digest)


def digest_of(file: IO[bytes]) -> tuple[int, str]:
    """Bytes and SHA-256."""
    digest, size = hashlib.sha256(), 0
    while part := file.read(PART):
        digest.update(part)
        size += len(part)
    return size, digest.hexdigest()
