"""The shop's orders in our core, and kept so: batch by batch, each in one transaction with its mark.

Begun again it goes on from its mark. What both ends changed is told as a conflict and left for a person; nothing that
Wismo did itself is undone. The same page again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, delete, insert, select

from connectors.errors import Gone
from connectors.shops import Page, Place, Storefront
from connectors.tables import polls
from tools.orders.database import Database
from tools.orders.importing import ImportRefused, checking, merge
from tools.orders.model import Clock

SOURCE = "mirror:{name}"
BATCH = 2_000
BULK = ":bulk"
"""The mark of a file of all orders, beside that of what changed."""
EARLIER = timedelta(minutes=5)


class AtOnce(Protocol):
    """All orders in one file. Both raise `ConnectorError`."""

    def begin(self, now: str) -> Place: ...

    def pages(self, place: Place) -> Iterator[tuple[Page, Place]]: ...


@dataclass(slots=True)
class Mirrored:
    """`quarantined` are orders that could not be taken, with why; the others of their page were."""

    created: int = 0
    merged: int = 0
    unchanged: int = 0
    conflicts: tuple[str, ...] = ()
    quarantined: tuple[str, ...] = ()

    @property
    def seen(self) -> int:
        return self.created + self.merged + self.unchanged + len(self.quarantined)

    def and_then(self, later: Mirrored) -> Mirrored:
        return Mirrored(
            self.created + later.created,
            self.merged + later.merged,
            self.unchanged + later.unchanged,
            self.conflicts + later.conflicts,
            self.quarantined + later.quarantined,
        )


class Mirror:
    """`batch` orders are written together: what is known here is read once for each batch."""

    def __init__(self, database: Database, storefront: Storefront, name: str, now: Clock, batch: int = BATCH) -> None:
        self._database = database
        self._storefront = storefront
        self._source = SOURCE.format(name=name)
        self._now = now
        self._batch = batch

    def run(self, progress: Callable[[int], None] = lambda _: None, *, from_start: bool = False) -> Mirrored:
        """Everything that changed since the mark. Raises `ConnectorError`; what was read until then stays."""
        made = Mirrored()
        waiting: list[Page] = []
        try:
            for page in self._pages("" if from_start else self.mark()):
                waiting.append(page)
                if sum(len(one.orders) for one in waiting) >= self._batch:
                    together, waiting = _together(waiting), []
                    self._take(together, made)
                    progress(made.seen)
        finally:
            if waiting:
                self._take(_together(waiting), made)
        progress(made.seen)
        return made

    def _pages(self, since: str) -> Iterator[Page]:
        after = ""
        while True:
            page = self._storefront.changed(since, after)
            yield page
            if not page.more:
                return
            after = page.more

    def at_once(self, bulk: AtOnce, progress: Callable[[int], None] = lambda _: None) -> Mirrored:
        """Every order by one file of the shop's, then what changed meanwhile. Begun again it goes on in the same file.

        Raises `ConnectorError`; what was read until then stays.
        """
        made = Mirrored()
        place = Place.read(self.mark(BULK)) or self._begun(bulk)
        try:
            for page, after in bulk.pages(place):
                self._take(replace(page, changed_until=after.told()), made, BULK)
                progress(made.seen)
        except Gone:
            self._forget(BULK)
            raise
        self._keep(place.begun)
        self._forget(BULK)
        later = self.run()
        return made.and_then(later)

    def _begun(self, bulk: AtOnce) -> Place:
        """From a little before now on the incremental mirror goes on: clocks differ."""
        place = bulk.begin((self._now() - EARLIER).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"))
        with self._database.write() as db:
            _marked(db, self._source + BULK, place.told())
        return place

    def _forget(self, which: str) -> None:
        with self._database.write() as db:
            db.execute(delete(polls).where(polls.c.source == self._source + which))

    def one(self, name: str) -> Mirrored:
        """An order that is known to have changed; the mark stays."""
        made = Mirrored()
        page = self._storefront.order(name)
        self._take(Page(page.orders, page.customers, page.products, page.currency, ""), made)
        return made

    def mark(self, which: str = "") -> str:
        with self._database.read() as db:
            return str(db.execute(select(polls.c.until).where(polls.c.source == self._source + which)).scalar() or "")

    def _take(self, page: Page, made: Mirrored, which: str = "") -> None:
        """All of it, or where one order does not fit, each half by itself: its neighbours are taken all the same."""
        try:
            self._write(page, _form(page, list(page.orders)), made, which)
        except ImportRefused as refused:
            half = len(page.orders) // 2
            if half:
                self._take(_part(page, page.orders[:half]), made)
                self._take(_part(page, page.orders[half:]), made)
            else:
                name = page.orders[0].get("id") if page.orders else "page"
                made.quarantined += (f"{name}: {'; '.join(map(str, refused.errors[:3]))}",)
            self._keep(page.changed_until, which)

    def _write(self, page: Page, given: dict[str, Any], made: Mirrored, which: str) -> None:
        checked = checking.checked(given)
        with self._database.write() as db:
            report = merge.write(db, checked, self._now(), merge.silent)
            _marked(db, self._source + which, page.changed_until)
        made.created += report.created
        made.merged += report.merged
        made.unchanged += report.unchanged
        made.conflicts += report.conflicts

    def _keep(self, until: str, which: str = "") -> None:
        with self._database.write() as db:
            _marked(db, self._source + which, until)


def _marked(db: Connection, source: str, until: str) -> None:
    if until:
        db.execute(delete(polls).where(polls.c.source == source))
        db.execute(insert(polls), {"source": source, "until": until})


def _form(page: Page, orders: list[Mapping[str, Any]]) -> dict[str, Any]:
    whom = {order["customer_id"] for order in orders}
    sold = {item["product_id"] for order in orders for item in order["items"]}
    given: dict[str, Any] = {
        "customers": [one for one in page.customers if one["id"] in whom],
        "products": [one for one in page.products if one["id"] in sold],
        "orders": orders,
    }
    return given | ({"currency": page.currency} if page.currency else {})


def _part(page: Page, orders: Sequence[Mapping[str, Any]]) -> Page:
    currency = str(orders[0].get("currency") or page.currency)
    return Page(orders, page.customers, page.products, currency, "")


def _together(pages: Sequence[Page]) -> Page:
    """Of an order, a customer or a product that is there twice the last counts: it is the newest."""

    def newest(name: str) -> list[Mapping[str, Any]]:
        return list({one["id"]: one for page in pages for one in getattr(page, name)}.values())

    products: dict[str, dict[str, Any]] = {}
    for product in (one for page in pages for one in page.products):
        variants = {one["sku"]: one for one in products.get(product["id"], {}).get("variants", ())}
        variants |= {one["sku"]: one for one in product["variants"]}
        products[product["id"]] = {**product, "variants": list(variants.values())}
    currency = next((page.currency for page in pages if page.currency), "")
    return Page(newest("orders"), newest("customers"), list(products.values()), currency, pages[-1].changed_until)
