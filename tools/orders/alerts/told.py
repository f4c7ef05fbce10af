"""What customers were told of an order before they asked, so that a later reply knows it. Nothing else of the watch is
needed for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from tools.orders.tables import alerts


@dataclass(frozen=True, slots=True)
class Told:
    """`at` it was said; the days that were named, if any were."""

    kind: str
    at: datetime
    earliest: datetime | None
    latest: datetime | None


def last(db: Connection, orders: Sequence[str]) -> Mapping[str, Told]:
    """The last that was said of each; nothing of orders that nothing was said of."""
    columns = (alerts.c.order_id, alerts.c.kind, alerts.c.word_at, alerts.c.earliest, alerts.c.latest)
    rows = select(*columns).where(alerts.c.order_id.in_(orders), alerts.c.word == "told")
    found = db.execute(rows.order_by(alerts.c.word_at, alerts.c.id))
    return {row.order_id: Told(row.kind, row.word_at, row.earliest, row.latest) for row in found}
