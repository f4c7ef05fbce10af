"""What a customer wants to be told of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import Connection

from tools.orders.commands import OnCustomer, verb
from tools.orders.rows import fetch
from tools.orders.tables import notification_preferences
from tools.orders.work import Work

Step = Literal[
    "confirmed",
    "paid",
    "packed",
    "shipped",
    "out_for_delivery",
    "delivered",
    "delayed",
    "refunded",
    "proactive",
    "all",
]
"""`proactive`: messages that come before the customer asks."""


class SavePreferences(OnCustomer):
    """Steps that this customer is not told of; `all` for none at all."""

    muted: tuple[Step, ...] = ()


@verb(SavePreferences)
def save_preferences(work: Work, wanted: SavePreferences) -> Mapping[str, Any]:
    muted = sorted(set(wanted.muted))
    row = {"customer_id": wanted.customer_id, "muted": muted}
    if not work.writer.insert_once(notification_preferences, row):
        work.writer.update(notification_preferences, {"customer_id": wanted.customer_id}, {"muted": muted}, {}, {})
    work.event("customer.preferences_saved", {"muted": muted})
    return {"customer": wanted.customer_id, "muted": muted}


def wants(db: Connection, customer: str, step: str) -> bool:
    found = fetch(db, notification_preferences, customer_id=customer)
    return not found or not set(found[0]["muted"]) & {step, "all"}
