"""One effect per idempotency key (I8): the same key again gives the same result, with other content it is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from tools.orders.tables import commands


class IdempotencyConflict(ValueError):
    """This key was used before for something else."""


class KeyMissing(ValueError):
    """A command that changes money, stock or orders needs a key."""


def earlier(db: Connection, key: str, fingerprint: str) -> Mapping[str, Any] | None:
    """What this key did before, or None. Raises `IdempotencyConflict`, `KeyMissing`."""
    if not key.strip():
        raise KeyMissing("an idempotency key is needed")
    row = db.execute(select(commands).where(commands.c.key == key)).mappings().one_or_none()
    if row is None:
        return None
    if row["fingerprint"] != fingerprint:
        raise IdempotencyConflict(f"the key {key!r} was used for another {row['command']}")
    found: Mapping[str, Any] = row["result"]
    return found


def remember(
    db: Connection,
    key: str,
    fingerprint: str,
    command: str,
    order: str | None,
    result: Mapping[str, Any],
    at: datetime,
) -> None:
    db.execute(
        insert(commands),
        {
            "key": key,
            "fingerprint": fingerprint,
            "command": command,
            "order_id": order,
            "result": dict(result),
            "at": at,
        },
    )


def fingerprint_of(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
