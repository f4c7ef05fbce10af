"""Rows to `Order`s: what a reader sees. Pure; store.py fetched the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tools.orders import axes
from tools.orders.model import (
    Address,
    Claim,
    CustomerId,
    Exchange,
    Line,
    LineId,
    Move,
    Order,
    OrderId,
    Refund,
    RefundId,
    Return,
    ReturnId,
    ReturnLine,
    Shipment,
    ShipmentState,
    Tender,
    TrackingEvent,
    Work,
)
from tools.orders.money import Money
from tools.orders.rows import Row

Rows = Mapping[str, Sequence[Row]]
AWAITED = frozenset({"submitting", "pending", "unknown"})


def order(row: Row, parts: Rows, details: Mapping[str, Rows]) -> Order:
    currency = row["currency"]
    lines = tuple(_line(one, currency) for one in parts["lines"])
    parcels = tuple(shipment(one, details) for one in parts["shipments"])
    rmas = tuple(_return(one, details["units"].get(one["id"], ())) for one in parts["returns"])
    elsewhere = {one["id"]: one["destination"] for sent in details["sent"].values() for one in sent}
    tenders = tuple(_tender(one, details["moved"].get(one["id"], ()), elsewhere) for one in parts["payments"])
    arrived, exactly = axes.delivered(parts["shipments"], lines)
    return Order(
        id=OrderId(row["id"]),
        number=row["number"],
        customer_id=CustomerId(row["customer_id"]),
        currency=currency,
        placed_at=row["placed_at"],
        promised_at=row["promised_at"],
        cancelled_at=row["cancelled_at"],
        delivered_at=arrived,
        delivered_exactly=exactly,
        total=Money(row["total"], currency),
        shipping=Money(row["shipping"], currency),
        shipping_tax=Money(row["shipping_tax"], currency),
        address=address_of(row["address"]),
        lifecycle=axes.lifecycle(row["lifecycle"]),
        payment=axes.payment(row["total"], tenders),
        fulfilment=axes.fulfilment([one["state"] for one in parts["work"]], parcels, lines),
        returning=axes.returning(rmas),
        hold_reason=row["hold_reason"],
        lines=lines,
        shipments=parcels,
        returns=rmas,
        refunds=tuple(_refund(one, details) for one in parts["refunds"]),
        tenders=tenders,
        version=row["version"],
        duty=row["duty"],
        standard_shipping=row["standard_shipping"],
        tax_included=bool(row["tax_included"]),
        cancel_reason=row["cancel_reason"],
        work=tuple(_work(one, details["to_do"].get(one["id"], ())) for one in parts["work"]),
        exchanges=tuple(map(_exchange, parts["exchanges"])),
        claims=tuple(map(_claim, parts["claims"])),
        receivable=sum(one["amount"] for one in parts["receivable"]),
    )


def address_of(kept: Mapping[str, str]) -> Address:
    return Address(**kept)


def _line(row: Row, currency: str) -> Line:
    return Line(
        LineId(row["id"]),
        row["position"],
        row["sku"],
        row["name"],
        row["options"],
        row["quantity"],
        Money(row["unit_price"], currency),
        Money(row["net"], currency),
        Money(row["tax"], currency),
        bool(row["returnable"]),
        row["cancelled"],
        row["shipped"],
        row["returned"],
        row["refunded"],
        Money(row["duty"], currency),
        Money(row["line_discount"] + row["order_discount"], currency),
        LineId(row["replaces"]) if row["replaces"] else None,
        bool(row["free"]),
    )


def shipment(row: Row, details: Mapping[str, Rows]) -> Shipment:
    return Shipment(
        row["id"],
        row["carrier"],
        row["tracking_number"],
        ShipmentState(row["state"]),
        row["shipped_at"],
        row["delivered_at"],
        {LineId(one["line_id"]): one["quantity"] for one in details["contents"].get(row["id"], ())},
        tuple(map(scan, details["scans"].get(row["id"], ()))),
    )


def scan(row: Row) -> TrackingEvent:
    return TrackingEvent(row["at"], row["code"], row["place"], bool(row["reconstructed"]))


def _work(row: Row, to_do: Sequence[Row]) -> Work:
    return Work(row["id"], row["location_id"], row["state"], {LineId(one["line_id"]): one["quantity"] for one in to_do})


def _return(row: Row, units: Sequence[Row]) -> Return:
    return Return(
        ReturnId(row["id"]),
        row["number"],
        row["state"],
        row["requested_at"],
        {LineId(one["line_id"]): one["quantity"] for one in units},
        {LineId(one["line_id"]): one["accepted"] for one in units if one["accepted"]},
        row["label_fee"],
        row["restocking_fee"],
        bool(row["withdrawal"]),
        row["reason"],
        row["method_id"],
        tuple(map(_return_line, units)),
    )


def _return_line(row: Row) -> ReturnLine:
    return ReturnLine(
        LineId(row["line_id"]),
        row["quantity"],
        row["reception"],
        row["acceptance"],
        row["received"],
        row["accepted"],
        row["inspected_at"] is not None,
    )


def _refund(row: Row, details: Mapping[str, Rows]) -> Refund:
    sent = details["sent"].get(row["id"], ())
    failed = bool(sent) and all(one["state"] == "failed" for one in sent)
    repaid = () if failed else details["repaid"].get(row["id"], ())
    return Refund(
        RefundId(row["id"]),
        row["state"],
        Money(row["amount"], row["currency"]),
        row["requested_at"],
        row["settled_at"],
        ReturnId(row["return_id"]) if row["return_id"] else None,
        tuple(one["payment_id"] for one in sent),
        {LineId(one["line_id"]): one["quantity"] for one in repaid},
        0 if failed else row["shipping"],
        0 if failed else row["goodwill"],
    )


def _tender(row: Row, moved: Sequence[Row], elsewhere: Mapping[str, str | None]) -> Tender:
    def amount(kind: str, *states: str) -> Money:
        found = (one["amount"] for one in moved if one["kind"] == kind and one["state"] in states)
        return Money(sum(found), row["currency"])

    return Tender(
        row["id"],
        row["kind"],
        amount("capture", "succeeded"),
        amount("refund", "succeeded"),
        amount("refund", *AWAITED),
        row["method_id"],
        row["state"],
        amount("authorize", "succeeded"),
        amount("capture", *AWAITED),
        amount("chargeback", "pending", "succeeded"),
        any(one["kind"] == "chargeback" and one["state"] == "pending" for one in moved),
        tuple(_move(one, row, elsewhere.get(one["allocation_id"] or "")) for one in moved),
    )


def _move(row: Row, tender: Row, destination: str | None) -> Move:
    amount = Money(row["amount"], tender["currency"])
    return Move(row["id"], row["kind"], amount, row["state"], row["at"], destination or tender["method_id"])


def _exchange(row: Row) -> Exchange:
    lines = tuple((LineId(one["line"]), one["quantity"], one["sku"]) for one in row["lines"])
    return Exchange(row["id"], row["state"], ReturnId(row["return_id"]), row["difference"], lines, row["method_id"])


def _claim(row: Row) -> Claim:
    return Claim(row["id"], row["kind"], row["state"], row["lines"], row["opened_at"])
