"""The journal as JSON lines that can be verified without Wismo; docs/operate.md holds the recipe.

Bodies stand as the very text that was hashed. Words and names of customers come along only where they are asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection

from agent import anchors, journal


def lines(db: Connection, since: date, until: date, personal: bool) -> Iterator[str]:
    """Entries of whole days (UTC), `until` included, each conversation in its order; then the anchors of those days."""
    for row in journal.raw(db, since.isoformat(), anchors.next_day(until).isoformat()):
        yield _line({"kind": "entry", **_shown(row, personal)})
    for one in anchors.every(db):
        if since.isoformat() <= one.day <= until.isoformat():
            yield _line({"kind": "anchor"} | json.loads(anchors.line_of(one)))


def _shown(row: dict[str, Any], personal: bool) -> dict[str, Any]:
    hidden = set() if personal else {"salt", "private"}
    return {name: value for name, value in row.items() if name not in hidden}


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"
