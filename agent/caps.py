"""What may leave without a person, in one order, by one customer and in all, a day. Judged where the money moves.

The sums are read and written in the core's own transaction, under a lock: two conversations at once can not each
have what is left for one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, func, insert, select, text

from agent.policy import Policy
from agent.tables import spending
from tools.orders.agreement import Action, Quote, Ruling
from tools.orders.model import CustomerId, RuleId
from tools.orders.service import Permit

CAP = RuleId("CAP-1")


def within(policy: Policy, customer: CustomerId | None, key: str, now: datetime) -> Permit:
    """A guard for `Orders.execute`: records what moves, or refuses with CAP-1."""

    def permit(db: Connection, quote: Quote) -> Ruling | None:
        if not quote.amount or quote.action in {Action.REQUEST_RETURN, Action.WITHDRAW}:
            return None
        _alone(db)
        row = {
            "key": key,
            "customer": customer or "",
            "order_id": quote.order_id,
            "day": now.astimezone(ZoneInfo(policy.terms.timezone)).date().isoformat(),
            "currency": quote.amount.currency,
            "minor": quote.amount.minor,
        }
        if _too_much(db, row, policy):
            return Ruling(CAP, False, "cap")
        db.execute(insert(spending), row)
        return None

    return permit


def _too_much(db: Connection, row: Mapping[str, object], policy: Policy) -> bool:
    today = (spending.c.day == row["day"], spending.c.currency == row["currency"])
    order = spending.c.order_id == row["order_id"]
    customer = spending.c.customer == row["customer"]
    minor = int(str(row["minor"]))
    return (
        _sum(db, order) + minor > policy.caps.refund_per_order
        or _sum(db, customer, *today) + minor > policy.caps.refund_per_customer_day
        or _sum(db, *today) + minor > policy.caps.refund_per_day
    )


def _sum(db: Connection, *where: ColumnElement[bool]) -> int:
    return int(db.execute(select(func.coalesce(func.sum(spending.c.minor), 0)).where(*where)).scalar_one())


def _alone(db: Connection) -> None:
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(hashtext('wismo spending'))"))
