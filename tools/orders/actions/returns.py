"""Goods coming back: receipt in parts, inspection, a person's decision. The money is refunds.py's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import Connection, select

from tools.orders import rules
from tools.orders import work as works
from tools.orders.actions import exchange, places, stock
from tools.orders.commands import Command, Name, verb
from tools.orders.model import Actor, LineId, OrderId, ReturnId
from tools.orders.rows import Row, fetch
from tools.orders.tables import exchanges, order_lines, return_lines, returns
from tools.orders.work import Refused, Work

Disposition = Literal["restocked", "damaged", "quarantined", "discarded"]


class OnReturn(Command):
    return_id: ReturnId

    def open(self, db: Connection, actor: Actor, now: datetime, key: str) -> Work:
        found = db.execute(select(returns.c.order_id).where(returns.c.id == self.return_id)).scalar_one_or_none()
        if found is None:
            raise KeyError(self.return_id)
        return works.on_order(db, OrderId(found), actor, now, key)


class ReceiveReturn(OnReturn):
    """Units that arrived. `last`: nothing more will come, what is missing is short (or lost, when nothing came)."""

    units: dict[LineId, int]
    last: bool = False
    wrong_items: tuple[LineId, ...] = ()


class InspectReturn(OnReturn):
    """Units that are accepted, and what becomes of what arrived (accepted: restocked, unless said otherwise).

    A line in `unsure` waits for a person: inspect again for it. A line is disposed of once.
    """

    accepted: dict[LineId, int]
    dispositions: dict[LineId, dict[Disposition, int]] = Field(default_factory=dict)
    unsure: tuple[LineId, ...] = ()
    location_id: Name = "main"


class MarkReturn(OnReturn):
    """Its label was issued, it is under way, it expired, was cancelled or lost, or was sent back to the customer."""

    state: Literal["label_issued", "in_transit", "expired", "cancelled", "lost", "shipped_back", "closed"]


class ReviewReturn(OnReturn):
    """A person's decision on a return that waited for one."""

    approved: bool


@verb(ReceiveReturn)
def receive_return(work: Work, wanted: ReceiveReturn) -> Mapping[str, Any]:
    rma, lines = _rows(work, wanted.return_id)
    _must_be_announced(wanted.units, lines)
    _must_have_left(work, rma, wanted.units)
    for line, units in wanted.units.items():
        if units:
            work.add(return_lines, _key(rma, line), {"received": units})
            work.add(order_lines, line, {"returned": units})
    complete = all(row["received"] + wanted.units.get(line, 0) == row["quantity"] for line, row in lines.items())
    after = "received" if complete or wanted.last else "partially_received"
    for line, row in lines.items():
        _reception(work, rma, line, row, wanted, after)
    if rma["state"] != after:
        work.change(returns, rma["id"], "return", rma["state"], after)
    work.event("return.received", {"return": rma["id"], "units": dict(wanted.units), "state": after})
    return {"return": rma["id"], "state": after}


def _reception(work: Work, rma: Row, line: LineId, row: Row, wanted: ReceiveReturn, after: str) -> None:
    here = row["received"] + wanted.units.get(line, 0)
    told = row["reception"]
    if line in wanted.wrong_items:
        told = "wrong_item"
    elif here == row["quantity"]:
        told = "received"
    elif after == "received":
        told = "short" if here else "lost"
    if told != row["reception"]:
        work.set(return_lines, _key(rma, line), {"reception": told})


@verb(InspectReturn)
def inspect_return(work: Work, wanted: InspectReturn) -> Mapping[str, Any]:
    """What is accepted becomes refundable (R6); what is restocked is available, once."""
    rma, lines = _rows(work, wanted.return_id)
    left = {line: row for line, row in lines.items() if row["inspected_at"] is None}
    if rma["state"] not in {"received", "inspected"} or not left:
        raise Refused(rules.refuse("RET-6", f"return_{rma['state']}", accepts="a return that has been received"))
    _must_have_arrived(wanted, left)
    places.refuse_unknown(work.db, wanted.location_id)
    places.known_location(work, wanted.location_id)
    if rma["state"] == "received":
        work.change(returns, rma["id"], "return", "received", "inspected")
    for line, row in left.items():
        _inspect(work, rma, line, row, wanted)
    state = _after_inspection(work, rma)
    work.event("return.inspected", {"return": rma["id"], "accepted": dict(wanted.accepted), "state": state})
    if state == "exchange_due":
        exchange.accepted(work, rma["id"])
    return {"return": rma["id"], "state": state}


def _inspect(work: Work, rma: Row, line: LineId, row: Row, wanted: InspectReturn) -> None:
    if line in wanted.unsure:
        work.set(return_lines, _key(rma, line), {"acceptance": "manual_intervention_required"})
        return
    accepted = wanted.accepted.get(line, 0)
    fate = wanted.dispositions.get(line, {"restocked": accepted})
    values: dict[str, Any] = {"accepted": accepted, "acceptance": "accepted" if accepted else "rejected"}
    values |= {name: units for name, units in fate.items() if units}
    work.set(return_lines, _key(rma, line), values | {"inspected_at": work.now}, was={"acceptance": row["acceptance"]})
    sku = fetch(work.db, order_lines, id=line)[0]["sku"]
    for name, units in fate.items():
        if units:
            stock.put_back(work, sku, units, wanted.location_id, name, rma["id"])


def _after_inspection(work: Work, rma: Row) -> str:
    rows = fetch(work.db, return_lines, return_id=rma["id"])
    if any(row["inspected_at"] is None for row in rows):
        return "inspected"
    accepted, asked = sum(row["accepted"] for row in rows), sum(row["quantity"] for row in rows)
    told = "rejected" if not accepted else "accepted" if accepted == asked else "partially_accepted"
    work.change(returns, rma["id"], "return", "inspected", told)
    if told == "rejected":
        return told
    due = "exchange_due" if fetch(work.db, exchanges, return_id=rma["id"], state="return_pending") else "refund_due"
    work.change(returns, rma["id"], "return", told, due)
    return due


@verb(MarkReturn)
def mark_return(work: Work, wanted: MarkReturn) -> Mapping[str, Any]:
    rma, lines = _rows(work, wanted.return_id)
    if wanted.state == "closed" and rma["state"] != "rejected":
        raise Refused(rules.refuse("RET-6", f"return_{rma['state']}", accepts="a rejected return"))
    work.change(returns, rma["id"], "return", rma["state"], wanted.state)
    if wanted.state == "lost":
        for line in lines:
            work.set(return_lines, _key(rma, line), {"reception": "lost"})
    work.event(f"return.{wanted.state}", {"return": rma["id"]})
    return {"return": rma["id"], "state": wanted.state}


@verb(ReviewReturn)
def review_return(work: Work, wanted: ReviewReturn) -> Mapping[str, Any]:
    rma, _ = _rows(work, wanted.return_id)
    after = "approved" if wanted.approved else "declined"
    work.change(returns, rma["id"], "return", rma["state"], after)
    work.event(f"return.{after}", {"return": rma["id"]})
    return {"return": rma["id"], "state": after}


def _rows(work: Work, rma: ReturnId) -> tuple[Row, Mapping[LineId, Row]]:
    rows = fetch(work.db, return_lines, "line_id", return_id=rma)
    return fetch(work.db, returns, id=rma)[0], {LineId(row["line_id"]): row for row in rows}


def _key(rma: Row, line: LineId) -> Row:
    return {"return_id": rma["id"], "line_id": line}


def _must_be_announced(units: Mapping[LineId, int], lines: Mapping[LineId, Row]) -> None:
    left = {line: row["quantity"] - row["received"] for line, row in lines.items()}
    if any(count < 0 or count > left.get(line, 0) for line, count in units.items()):
        raise Refused(rules.refuse("RET-7", "not_announced", accepts=str(left)))


def _must_have_left(work: Work, rma: Row, units: Mapping[LineId, int]) -> None:
    """A withdrawal may be announced before its goods leave; they do not come back before they left."""
    sent = {
        row["id"]: row["shipped"] - row["returned"] for row in fetch(work.db, order_lines, order_id=rma["order_id"])
    }
    if any(count > sent.get(line, 0) for line, count in units.items()):
        raise Refused(
            rules.refuse("RET-7", "not_sent", accepts=str({line: sent[line] for line in units if line in sent}))
        )


def _must_have_arrived(wanted: InspectReturn, left: Mapping[LineId, Row]) -> None:
    here = {line: row["received"] for line, row in left.items()}
    fates = {line: sum(fate.values()) for line, fate in wanted.dispositions.items()}
    told = [*wanted.accepted.items(), *fates.items()]
    negative = any(units < 0 for fate in wanted.dispositions.values() for units in fate.values())
    if negative or any(units < 0 or units > here.get(line, 0) for line, units in told):
        raise Refused(rules.refuse("RET-7", "not_received", accepts=str(here)))
