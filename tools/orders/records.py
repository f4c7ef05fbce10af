"""What another system may be told of an order, a stock level, a customer or a posting, by name: one catalogue each.

A record is a plain mapping: a name of the catalogue to its value; the names under a list ("lines.sku") are in rows of
that list. An order is told as it was when the message was put, not as it is when the message leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, select

from tools.orders import replay, store, tables
from tools.orders.events import rows_of
from tools.orders.fed import What
from tools.orders.model import Customer, CustomerId, Order, OrderId
from tools.orders.money import Money
from tools.orders.rows import Row, fetch
from tools.orders.work import CUSTOMER

Record = Mapping[str, Any]
Type = Literal["text", "number", "money", "moment"]
LISTS = ("lines", "parcels", "work", "entries")
_ADDRESS = ("line1", "line2", "city", "postcode", "state", "country")
_PERSON = ("id", "name", "email", "phone", "language")


def _of(kind: Type, *names: str) -> dict[str, Type]:
    return dict.fromkeys(names, kind)


CATALOGUE: Mapping[What, Mapping[str, Type]] = {
    "orders": {
        **_of("text", "id", "number", "channel", "currency", "lifecycle", "payment", "fulfilment", "cancel_reason"),
        **_of("number", "version"),
        **_of("money", "total", "shipping", "shipping_tax"),
        **_of("moment", "placed_at", "promised_at", "cancelled_at", "delivered_at"),
        **_of("text", *(f"address.{name}" for name in _ADDRESS), *(f"customer.{name}" for name in _PERSON)),
        **_of("text", "lines.id", "lines.sku", "lines.name"),
        **_of("number", "lines.position", "lines.quantity", "lines.open", "lines.cancelled", "lines.shipped"),
        **_of("money", "lines.unit_price", "lines.net", "lines.tax"),
        **_of("text", "parcels.tracking", "parcels.carrier", "parcels.state"),
        **_of("moment", "parcels.shipped_at", "parcels.delivered_at"),
        **_of("text", "work.id", "work.location", "work.state"),
    },
    "stock": {
        **_of("text", "sku", "location"),
        **_of("number", "on_hand", "reserved", "available", "damaged", "quality_control", "safety", "incoming"),
    },
    "customers": _of("text", *_PERSON, *(f"address.{name}" for name in _ADDRESS)),
    "journal": {
        **_of("text", "id", "kind", "order", "currency"),
        **_of("money", "total"),
        **_of("moment", "at"),
        **_of("text", "entries.account", "entries.group", "entries.side"),
        **_of("money", "entries.amount", "entries.debit", "entries.credit"),
    },
}
"""`entries.amount` is a debit above zero and a credit below; `entries.group` is the account's first part."""


class NoSuchRecord(LookupError):
    """What the message speaks of is not there (any more)."""


def of_message(db: Connection, body: Mapping[str, Any]) -> Record:
    """Raises `NoSuchRecord`."""
    subject, what = str(body["subject"]), body["what"]
    if what == "journal":
        return _journal(db, subject)
    if what == "stock":
        return _stock(db, *subject.split("\n"))
    if what == "customers":
        return _customer(db, subject.removeprefix(CUSTOMER))
    return _order(db, _order_after(db, OrderId(subject), int(body["at"])))


def newest(db: Connection, what: What, limit: int, since: datetime | None = None) -> Iterator[Record]:
    """Records as they are now, the newest first where there is such an order; at most `limit` of them."""
    if what == "orders":
        for order in store.newest(db, limit):
            if since is None or order.placed_at >= since:
                yield _order(db, order)
        return
    for name in _names(db, what, limit, since):
        yield of_message(db, {"what": what, "subject": name})


def _names(db: Connection, what: What, limit: int, since: datetime | None) -> Iterator[str]:
    if what == "journal":
        table = tables.ledger_transactions
        chosen = select(table.c.id).order_by(table.c.at.desc(), table.c.id).limit(limit)
        yield from db.execute(chosen.where(table.c.at >= since) if since else chosen).scalars()
    elif what == "stock":
        levels = tables.stock_levels
        for row in db.execute(select(levels.c.sku, levels.c.location_id).order_by(levels.c.sku).limit(limit)):
            yield f"{row.sku}\n{row.location_id}"
    else:
        chosen = select(tables.customers.c.id).order_by(tables.customers.c.id).limit(limit)
        yield from db.execute(chosen).scalars()


def _order_after(db: Connection, name: OrderId, sequence: int) -> Order:
    told = [row for row in rows_of(db, name) if row["sequence"] <= sequence]
    with replay.rebuilt() as then:
        replay.tell(then, name, told)
        found = fetch(then, tables.orders, id=name)
        if not found:
            raise NoSuchRecord(f"order {name}")
        return store.load(then, [found[0] | {"version": sequence}])[0]


def _order(db: Connection, order: Order) -> Record:
    customer = store.customer(db, order.customer_id)
    return {
        "channel": order.id.partition(":")[0],
        **{name: getattr(order, name) for name in _plain_names("orders") if name != "channel"},
        **_address(asdict(order.address)),
        **_person(db, customer),
        "lines": [
            {f"lines.{name}": getattr(line, name) for name in _names_under("orders", "lines")} for line in order.lines
        ],
        "parcels": [_parcel(one.tracking_number, one) for one in order.shipments],
        "work": [{"work.id": one.id, "work.location": one.location_id, "work.state": one.state} for one in order.work],
    }


def _parcel(tracking: str, parcel: Any) -> Record:
    others = {f"parcels.{name}": getattr(parcel, name) for name in ("carrier", "state", "shipped_at", "delivered_at")}
    return {"parcels.tracking": tracking, **others}


def _plain_names(what: What) -> Iterator[str]:
    return (name for name in CATALOGUE[what] if "." not in name)


def _names_under(what: What, one: str) -> Iterator[str]:
    return (name.partition(".")[2] for name in CATALOGUE[what] if name.startswith(f"{one}."))


def _address(given: Mapping[str, Any]) -> Record:
    return {f"address.{name}": given.get(name) or "" for name in _ADDRESS}


def _person(db: Connection, customer: Customer | None, before: str = "customer.") -> Record:
    """A customer who was erased has a row all the same."""
    if customer is None:
        return {f"{before}{name}": "" for name in _PERSON}
    phone = fetch(db, tables.customers, id=customer.id)[0]["phone"]
    given = {"id": customer.id, "name": customer.name, "email": customer.email, "language": customer.language}
    return {f"{before}{name}": value for name, value in {**given, "phone": phone}.items()}


def _customer(db: Connection, name: str) -> Record:
    customer = store.customer(db, CustomerId(name))
    if customer is None:
        raise NoSuchRecord(f"customer {name}")
    return {**_person(db, customer, ""), **_address(asdict(customer.address) if customer.address else {})}


def _stock(db: Connection, sku: str, location: str) -> Record:
    found = fetch(db, tables.stock_levels, sku=sku, location_id=location)
    if not found:
        raise NoSuchRecord(f"stock of {sku} at {location}")
    level = found[0]
    kept = ("reserved", "damaged", "quality_control", "safety")
    counts = {name: level[name] for name in ("on_hand", "incoming", *kept)}
    return {"sku": sku, "location": location, **counts, "available": level["on_hand"] - sum(level[one] for one in kept)}


def _journal(db: Connection, name: str) -> Record:
    found = fetch(db, tables.ledger_transactions, id=name)
    if not found:
        raise NoSuchRecord(f"posting {name}")
    rows = fetch(db, tables.ledger_entries, "account", transaction_id=name)
    currency = rows[0]["currency"]
    order = found[0]["order_id"]
    number = store.by_id(db, OrderId(order)).number if order else ""
    head = {"id": name, "kind": found[0]["kind"], "at": found[0]["at"], "order": number, "currency": currency}
    debits = sum(row["amount"] for row in rows if row["amount"] > 0)
    return {**head, "total": Money(debits, currency), "entries": list(_entries(rows))}


def _entries(rows: Iterable[Row]) -> Iterator[Record]:
    for row in rows:
        amount = Money(row["amount"], row["currency"])
        nothing = Money.zero(row["currency"])
        debit, credit = (amount, nothing) if amount.minor > 0 else (nothing, -amount)
        yield {
            "entries.account": row["account"],
            "entries.group": str(row["account"]).partition(":")[0],
            "entries.side": "debit" if amount.minor > 0 else "credit",
            "entries.amount": amount,
            "entries.debit": debit,
            "entries.credit": credit,
        }
