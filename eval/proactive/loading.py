"""Orders straight into the tables, as a bulk load writes them: for worlds and benchmarks, never for a shop.

What a core would write of these steps is written with the same tables, versions and events, without its rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from eval.proactive.world import CITIES, Happening, Truth
from tools.orders import driver
from tools.orders.axes import CODES
from tools.orders.work import moment

Rows = dict[str, list[tuple[Any, ...]]]
COLUMNS: Mapping[str, Sequence[str]] = {
    "customers": ("id", "name", "email", "email_folded", "language", "address"),
    "orders": (
        *("id", "channel", "external_id", "number", "number_key", "customer_id", "currency", "placed_at"),
        *("promised_at", "items_total", "total", "address", "lifecycle", "hold_reason", "version"),
    ),
    "order_lines": ("id", "order_id", "position", "sku", "name", "options", "quantity", "unit_price", "net", "shipped"),
    "fulfillment_orders": ("id", "order_id", "location_id", "state"),
    "shipments": ("id", "order_id", "carrier", "tracking_number", "state", "shipped_at", "delivered_at"),
    "tracking_events": ("shipment_id", "code", "at", "place"),
    "events": (*("aggregate", "sequence", "type", "at", "recorded_at", "actor_kind", "actor_id", "body", "changes"),),
}
ADDED = ("customers", "orders", "order_lines", "fulfillment_orders", "shipments", "tracking_events", "events")
EVENTS = {"placed": "order.placed", "shipped": "shipment.handed_over"}
LANGUAGES = ("fr", "en", "de", "es")


@dataclass(slots=True)
class Batch:
    """Rows to add by table, and what changes of rows that are there."""

    rows: Rows = field(default_factory=lambda: {name: [] for name in ADDED})
    versions: dict[str, int] = field(default_factory=dict)
    states: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    released: list[str] = field(default_factory=list)

    def write(self, db: Connection) -> None:
        for table in ADDED:
            if self.rows[table]:
                driver.write(db, table, _insert(db, table), self.rows[table])
        mark = driver.mark(db)
        self._change(
            db, f"UPDATE orders SET version = {mark} WHERE id = {mark}", [(v, k) for k, v in self.versions.items()]
        )
        states = [(*told, parcel) for parcel, told in self.states.items()]
        self._change(db, f"UPDATE shipments SET state = {mark}, delivered_at = {mark} WHERE id = {mark}", states)
        sent = [(order,) for order in self.released]
        self._change(db, f"UPDATE order_lines SET shipped = quantity WHERE order_id = {mark}", sent)
        released = f"UPDATE orders SET lifecycle = 'confirmed', hold_reason = NULL WHERE id = {mark}"
        self._change(db, released, sent)

    def _change(self, db: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            driver.write(db, "orders", sql, rows)


def _insert(db: Connection, table: str) -> str:
    marks = ", ".join([driver.mark(db)] * len(COLUMNS[table]))
    again = " ON CONFLICT DO NOTHING" if table == "customers" else ""
    return f"INSERT INTO {table} ({', '.join(COLUMNS[table])}) VALUES ({marks}){again}"


def catalogue(db: Connection) -> None:
    """One thing to sell, in one place."""
    mark = driver.mark(db)
    driver.write(db, "products", f"INSERT INTO products (id, name) VALUES ({mark}, {mark})", [("p", "Thing")])
    sql = f"INSERT INTO variants (sku, product_id, options, price, currency) VALUES ({', '.join([mark] * 5)})"
    driver.write(db, "variants", sql, [("s", "p", "{}", 1990, "EUR")])
    driver.write(db, "locations", f"INSERT INTO locations (id, name) VALUES ({mark}, {mark})", [("main", "main")])


def happened(batch: Batch, truth: Truth, happening: Happening, now: datetime) -> None:
    """One step of an order's life, as the core would have written it."""
    order = f"sim:{truth.number}"
    version = batch.versions.get(order, 0)
    if happening.code == "placed":
        _placed(batch, truth, order)
        version = 0
    elif happening.code == "shipped":
        _shipped(batch, truth, order, happening.at)
    else:
        _scanned(batch, truth, order, happening)
    batch.versions[order] = version + 1
    kind = EVENTS.get(happening.code, f"shipment.{happening.code}")
    event = (order, version + 1, kind, moment(happening.at), moment(now), "system", "world", "{}", "[]")
    batch.rows["events"].append(event)


def _placed(batch: Batch, truth: Truth, order: str) -> None:
    customer, address = f"c{truth.customer}", _address(truth)
    mail = f"{customer}@example.com"
    language = LANGUAGES[truth.customer % len(LANGUAGES)]
    batch.rows["customers"].append((customer, f"Customer {truth.customer}", mail, mail, language, address))
    state = ("on_hold", "stock: not enough of s") if truth.short else ("confirmed", None)
    number = f"S{truth.number}"
    days = (moment(truth.placed_at), moment(truth.promised_at))
    batch.rows["orders"].append(
        (order, "sim", str(truth.number), number, number, customer, "EUR", *days, 1990, 1990, address, *state, 0)
    )
    batch.rows["order_lines"].append((f"{order}:1", order, 1, "s", "Thing", "{}", 1, 1990, 1990, 0))
    batch.rows["fulfillment_orders"].append((f"{order}:work:1", order, "main", "open"))


def _address(truth: Truth) -> str:
    place = {"line1": "1 Main Street", "line2": "", "city": CITIES[truth.country], "state": ""}
    return json.dumps(place | {"postcode": truth.postcode, "country": truth.country}, sort_keys=True)


def _shipped(batch: Batch, truth: Truth, order: str, at: datetime) -> None:
    row = (f"{order}:parcel:1", order, truth.carrier, f"SIM{truth.number}", "handed_over", moment(at), None)
    batch.rows["shipments"].append(row)
    batch.released.append(order)


def _scanned(batch: Batch, truth: Truth, order: str, happening: Happening) -> None:
    parcel = f"{order}:parcel:1"
    batch.rows["tracking_events"].append((parcel, happening.code, moment(happening.at), CITIES[truth.country]))
    arrived = moment(happening.at) if happening.code == "delivered" else None
    batch.states[parcel] = (CODES[happening.code].value, arrived)


def load(db: Connection, told: Iterable[tuple[Truth, datetime]], versions: dict[str, int]) -> None:
    """Each order as it stands at its moment, in one batch."""
    batch = Batch(versions=versions)
    for truth, until in told:
        for happening in truth.happenings:
            if happening.at <= until:
                happened(batch, truth, happening, until)
    batch.write(db)
