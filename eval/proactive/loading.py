"""Orders straight into the tables, as a bulk load writes them: for worlds and benchmarks, never for a shop.

What a core would write of these steps is written with the same tables, versions and events, without its rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from eval.proactive.world import CITIES, Happening, Truth
from tools.orders import driver
from tools.orders.axes import CODES
from tools.orders.work import moment

Row = list[Any]
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
BATCH = 20_000
LANGUAGES = ("fr", "en", "de", "es")


class Batch:
    """Rows to add by table, and what changes of rows that are there. `versions` are those of earlier batches."""

    def __init__(self, versions: dict[str, int]) -> None:
        self.versions = versions
        self.rows: dict[str, dict[Any, Row]] = {name: {} for name in ADDED}
        self._moved: dict[str, int] = {}
        self._states: dict[str, tuple[str, str | None]] = {}
        self._sent: list[str] = []

    def add(self, table: str, key: Any, *values: Any) -> None:
        self.rows[table][key] = list(values)

    def version(self, order: str) -> int:
        """The next one of this order."""
        self.versions[order] = self.versions.get(order, 0) + 1
        fresh = self.rows["orders"].get(order)
        if fresh:
            fresh[-1] = self.versions[order]
        else:
            self._moved[order] = self.versions[order]
        return self.versions[order]

    def state(self, parcel: str, state: str, arrived: str | None) -> None:
        fresh = self.rows["shipments"].get(parcel)
        if fresh:
            fresh[4], fresh[6] = state, arrived
        else:
            self._states[parcel] = state, arrived

    def sent(self, order: str) -> None:
        """Confirmed, with all of its units gone."""
        fresh, line = self.rows["orders"].get(order), self.rows["order_lines"].get(order)
        if fresh and line:
            fresh[12], fresh[13], line[-1] = "confirmed", None, line[6]
        else:
            self._sent.append(order)

    def write(self, db: Connection) -> None:
        for table in ADDED:
            rows = [tuple(row) for row in self.rows[table].values()]
            if rows:
                _added(db, table, rows)
        mark = driver.mark(db)
        moved = [(version, order) for order, version in self._moved.items()]
        _changed(db, f"UPDATE orders SET version = {mark} WHERE id = {mark}", moved)
        states = [(*told, parcel) for parcel, told in self._states.items()]
        _changed(db, f"UPDATE shipments SET state = {mark}, delivered_at = {mark} WHERE id = {mark}", states)
        sent = [(order,) for order in self._sent]
        _changed(db, f"UPDATE order_lines SET shipped = quantity WHERE order_id = {mark}", sent)
        _changed(db, f"UPDATE orders SET lifecycle = 'confirmed', hold_reason = NULL WHERE id = {mark}", sent)


def _changed(db: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        driver.write(db, "orders", sql, rows)


def _added(db: Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """By COPY on PostgreSQL, where many rows are many round trips otherwise; customers may be there already."""
    names = ", ".join(COLUMNS[table])
    if db.dialect.name == "postgresql" and table != "customers":
        raw: Any = db.connection.driver_connection
        with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join([driver.mark(db)] * len(COLUMNS[table]))
    again = " ON CONFLICT DO NOTHING" if table == "customers" else ""
    driver.write(db, table, f"INSERT INTO {table} ({names}) VALUES ({marks}){again}", rows)


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
    if happening.code == "placed":
        _placed(batch, truth, order)
    elif happening.code == "shipped":
        _shipped(batch, truth, order, happening.at)
    else:
        _scanned(batch, truth, order, happening)
    version = batch.version(order)
    kind = EVENTS.get(happening.code, f"shipment.{happening.code}")
    moments = (moment(happening.at), moment(now))
    batch.add("events", (order, version), order, version, kind, *moments, "system", "world", "{}", "[]")


def _placed(batch: Batch, truth: Truth, order: str) -> None:
    customer, address = f"c{truth.customer}", _address(truth)
    mail, language = f"{customer}@example.com", LANGUAGES[truth.customer % len(LANGUAGES)]
    batch.add("customers", customer, customer, f"Customer {truth.customer}", mail, mail, language, address)
    state = ("on_hold", "stock: not enough of s") if truth.short else ("confirmed", None)
    named = ("sim", str(truth.number), f"S{truth.number}", f"S{truth.number}", customer, "EUR")
    days = (moment(truth.placed_at), moment(truth.promised_at))
    batch.add("orders", order, order, *named, *days, 1990, 1990, address, *state, 0)
    batch.add("order_lines", order, f"{order}:1", order, 1, "s", "Thing", "{}", 1, 1990, 1990, 0)
    batch.add("fulfillment_orders", order, f"{order}:work:1", order, "main", "open")


def _address(truth: Truth) -> str:
    place = {"line1": "1 Main Street", "line2": "", "city": CITIES[truth.country], "state": ""}
    return json.dumps(place | {"postcode": truth.postcode, "country": truth.country}, sort_keys=True)


def _shipped(batch: Batch, truth: Truth, order: str, at: datetime) -> None:
    parcel = f"{order}:parcel:1"
    told = (truth.carrier, f"SIM{truth.number}", "handed_over", moment(at), None)
    batch.add("shipments", parcel, parcel, order, *told)
    batch.sent(order)


def _scanned(batch: Batch, truth: Truth, order: str, happening: Happening) -> None:
    parcel, at = f"{order}:parcel:1", moment(happening.at)
    batch.add("tracking_events", (parcel, at, happening.code), parcel, happening.code, at, CITIES[truth.country])
    batch.state(parcel, CODES[happening.code].value, at if happening.code == "delivered" else None)


def load(db: Connection, truths: Iterable[Truth], until: datetime, recorded: datetime) -> dict[str, int]:
    """Each order as it stands at `until`, in batches; their versions. What is `recorded` long ago is no news."""
    versions: dict[str, int] = {}
    for some in _by(truths, BATCH):
        batch = Batch(versions)
        for truth in some:
            for happening in truth.happenings:
                if happening.at <= until:
                    happened(batch, truth, happening, recorded)
        batch.write(db)
    return versions


def _by(truths: Iterable[Truth], size: int) -> Iterator[list[Truth]]:
    some: list[Truth] = []
    for truth in truths:
        some.append(truth)
        if len(some) == size:
            yield some
            some = []
    yield some
