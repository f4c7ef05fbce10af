"""Labels of parcels: their numbers, once each. How a label looks is connectors/carriers/labels.py's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection, update

from tools.orders import rules, tracking
from tools.orders.commands import Minor, Name, OnOrder, verb
from tools.orders.events import rows_of
from tools.orders.model import OrderId
from tools.orders.money import CURRENCIES
from tools.orders.rows import fetch
from tools.orders.store import by_id
from tools.orders.tables import counters
from tools.orders.work import Refused, Work

READY = frozenset({"open", "in_progress", "picked", "packed"})


class IssueLabel(OnOrder):
    """An SSCC for a parcel of this order, and a tracking number where the carrier has none of its own.

    `company_prefix` is the shop's of GS1; `price` is what the carrier takes, in minor units.
    """

    carrier: Name
    service: Name
    price: Minor = 0
    currency: str = "EUR"
    grams: int = Field(500, ge=1, le=1_000_000)
    company_prefix: Annotated[str, Field(pattern=r"^\d{7,10}$")] = "0000000"
    tracking: str | None = Field(None, max_length=200)
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "FR"


class VoidLabel(OnOrder):
    """A label that was not used: its numbers are used for nothing else. Without an SSCC the newest one."""

    sscc: str | None = Field(None, pattern=r"^\d{18}$")


@verb(IssueLabel)
def issue_label(work: Work, wanted: IssueLabel) -> Mapping[str, Any]:
    order = by_id(work.db, wanted.order_id)
    if order.lifecycle != "confirmed" or not any(one.state in READY for one in order.work):
        raise Refused(rules.refuse("FUL-1", "nothing_to_send", accepts="a confirmed order with work that is not sent"))
    if wanted.currency not in CURRENCIES:
        raise Refused(rules.refuse("ORD-1", "currency", accepts="a currency of ISO 4217"))
    if wanted.tracking and tracking.mistyped(wanted.tracking, wanted.carrier):
        raise Refused(rules.refuse("TRK-1", "wrong_check_digit", accepts="the number as the carrier gave it"))
    serial = _next(work)
    number = wanted.tracking or tracking.postal("RB", serial % 10**8, wanted.country)
    made = {"sscc": tracking.sscc(wanted.company_prefix, serial), "tracking": number}
    told = wanted.model_dump(include={"carrier", "service", "price", "currency", "grams"})
    work.event("shipment.label_created", made | told)
    return made | told


@verb(VoidLabel)
def void_label(work: Work, wanted: VoidLabel) -> Mapping[str, Any]:
    order = by_id(work.db, wanted.order_id)
    sent = {parcel.tracking_number for parcel in order.shipments}
    counting = [one for one in labels_of(work.db, order.id) if not one["void"]]
    unused = [one for one in counting if tracking.kept(one["tracking"]) not in sent]
    chosen = next((one for one in reversed(unused) if wanted.sscc in {None, one["sscc"]}), None)
    if chosen is None:
        known = ", ".join(one["sscc"] for one in unused) or "a label that was issued and not sent"
        raise Refused(rules.refuse("LBL-1", "no_such_label", accepts=known))
    told = {"sscc": chosen["sscc"], "tracking": chosen["tracking"]}
    work.event("shipment.label_voided", told)
    return told


def labels_of(db: Connection, order: OrderId) -> list[dict[str, Any]]:
    """Oldest first, as they were issued; `void` says whether one counts no more."""
    made: dict[str, dict[str, Any]] = {}
    for row in rows_of(db, order):
        if row["type"] == "shipment.label_created" and "sscc" in row["body"]:
            made[row["body"]["sscc"]] = {**row["body"], "void": False}
        elif row["type"] == "shipment.label_voided":
            made[row["body"]["sscc"]]["void"] = True
    return list(made.values())


def _next(work: Work) -> int:
    """The counter's row is locked until this transaction ends, so that no number is there twice."""
    work.writer.insert_once(counters, {"name": "sscc"})
    work.db.execute(update(counters).where(counters.c.name == "sscc").values(value=counters.c.value + 1))
    return int(fetch(work.db, counters, name="sscc")[0]["value"])
