"""Writing an import: new records as they are, changed ones merged as new events. Our own changes are never undone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection, Table, select

from tools.orders import emails, ledger, store, tables
from tools.orders.importing import ImportRefused, ImportReport, conflicts, history, rows, tell
from tools.orders.importing.checking import ShopIn
from tools.orders.importing.gathered import Gathered
from tools.orders.importing.rows import IMPORT, order_id
from tools.orders.importing.shape import CustomerIn, OrderIn, ProductIn, cents
from tools.orders.model import Lifecycle, Order, Shipment, TrackingEvent
from tools.orders.rows import fetch
from tools.orders.work import Direct, Work, on_customer, on_order

BATCH = 500
Progress = Callable[[int, int], None]
"""(orders written, orders to write)."""


def silent(_: int, __: int) -> None:
    """No progress is shown."""


def write(db: Connection, shop: ShopIn, now: datetime, progress: Progress) -> ImportReport:
    """Everything in the caller's transaction. Raises `ImportRefused` where the file does not fit what is here."""
    _customers(db, shop, now)
    _catalogue(db, shop)
    counted, found = _orders(db, shop, now, progress)
    return ImportReport(
        created=counted["created"],
        merged=counted["merged"],
        unchanged=counted["unchanged"],
        customers=len(shop.customers),
        variants=sum(len(product.variants) for product in shop.products),
        ignored_fields=shop.ignored,
        conflicts=tuple(found),
    )


def _orders(db: Connection, shop: ShopIn, now: datetime, progress: Progress) -> tuple[Counter[str], list[str]]:
    """New ones batch by batch, changed ones each by itself, in one transaction."""
    returnable = {product.id: product.returnable for product in shop.products}
    known, cards, gathered = _known(db), _gift_cards(db), Gathered(db)
    counted: Counter[str] = Counter()
    found: list[str] = []
    for place, order in enumerate(shop.orders(), 1):
        digest = rows.digest_of(order)
        here = known.get(order_id(order))
        if here is None:
            card = cards.get(order.customer_id)
            tell.new_order(gathered, db, order, digest, shop.currency_of(order), returnable, card, now)
        elif here != digest:
            found += _merged(db, shop, order, digest, now)
        counted["created" if here is None else "unchanged" if here == digest else "merged"] += 1
        if place % BATCH == 0 or place == len(shop.raw_orders):
            gathered.flush()
            progress(place, len(shop.raw_orders))
    return counted, found


def _known(db: Connection) -> Mapping[str, str]:
    here = select(tables.orders.c.id, tables.orders.c.source_digest).where(tables.orders.c.channel == "import")
    return {row.id: row.source_digest or "" for row in db.execute(here)}


def _gift_cards(db: Connection) -> Mapping[str, str]:
    """The file says only that a gift card paid; with one card there is no doubt which."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in fetch(db, tables.payment_methods, type="gift_card"):
        found[row["customer_id"]].append(row["id"])
    return {customer: cards[0] for customer, cards in found.items() if len(cards) == 1}


# -- customers and catalogue ---------------------------------------------------------------------------------


def _customers(db: Connection, shop: ShopIn, now: datetime) -> None:
    owners = {
        row.email_folded: row.id for row in db.execute(select(tables.customers.c.email_folded, tables.customers.c.id))
    }
    errors = [
        f"customers[{at}].email: {one.email} belongs to customer {owners[emails.folded(one.email)]} already"
        for at, one in enumerate(shop.customers)
        if owners.get(emails.folded(one.email), one.id) != one.id
    ]
    there = set(owners.values())
    errors += [
        f"orders[{at}].customer_id: {customer} is neither in the file nor known"
        for at, customer in shop.strangers
        if customer not in there
    ]
    if errors:
        raise ImportRefused(errors)
    for customer in shop.customers:
        _upsert(db, tables.customers, _customer(customer), "id")
        _methods(db, shop, customer, now)


def _customer(one: CustomerIn) -> rows.Row:
    return {
        "id": one.id,
        "name": one.name,
        "email": one.email,
        "email_folded": emails.folded(one.email),
        "phone": one.phone,
        "language": one.language,
        "address": rows.address(one.address) if one.address else None,
    }


def _methods(db: Connection, shop: ShopIn, customer: CustomerIn, now: datetime) -> None:
    """A gift card's balance is its ledger account; it is opened once and then lives here."""
    work: Work | None = None
    for method in customer.payment_methods:
        row = {"customer_id": customer.id, "id": method.id, "type": method.type}
        if not Direct(db).insert_once(tables.payment_methods, row) or method.balance is None:
            continue
        currency = shop.currency or "EUR"
        amount = cents(method.balance, currency)
        work = work or on_customer(db, customer.id, IMPORT, now, "import")
        opening = {"opening:gift_card": amount, f"gift_card:{method.id}": -amount}
        ledger.post(work, None, "import.opening", currency, opening, key=f"gift_card:{method.id}:opening")
        if amount:
            work.event("payment.method_opened", {"method": method.id, "balance": amount})
    if work:
        work.finish()


def _catalogue(db: Connection, shop: ShopIn) -> None:
    """Variants that only orders name are kept too, not sellable."""
    _upsert(db, tables.locations, {"id": "main", "name": "main"}, "id")
    for product in shop.products:
        _product(db, product, shop.currency or "EUR")
    known = set(db.execute(select(tables.variants.c.sku)).scalars()) if shop.loose else set()
    for sku, (item, currency) in shop.loose.items():
        if sku not in known:
            row = {"id": item.product_id, "name": item.name, "returnable": 1}
            _upsert(db, tables.products, row, "id", change=False)
            variant = {"sku": sku, "product_id": item.product_id, "options": item.options, "sellable": 0}
            _upsert(db, tables.variants, variant | {"price": cents(item.price, currency), "currency": currency}, "sku")


def _product(db: Connection, product: ProductIn, currency: str) -> None:
    _upsert(
        db,
        tables.products,
        {"id": product.id, "name": product.name, "returnable": int(product.returnable)},
        "id",
    )
    for one in product.variants:
        row = {
            "sku": one.sku,
            "product_id": product.id,
            "options": one.options,
            "price": cents(one.price, currency),
        }
        row |= {"grams": one.grams} if one.grams else {}
        _upsert(db, tables.variants, row | {"currency": currency, "sellable": int(one.available)}, "sku")


def _upsert(db: Connection, table: Table, row: rows.Row, key: str, *, change: bool = True) -> None:
    """Catalogue and customers have no history of their own: the file's word is the last."""
    if Direct(db).insert_once(table, row) or not change:
        return
    others = {name: value for name, value in row.items() if name != key}
    if others:
        Direct(db).update(table, {key: row[key]}, others, {}, {})


# -- a changed order -----------------------------------------------------------------------------------------


def _merged(db: Connection, shop: ShopIn, given: OrderIn, digest: str, now: datetime) -> list[str]:
    """What can be merged is; a conflict is told and left. The digest is kept, so that it is told once a change."""
    order = store.by_id(db, order_id(given))
    currency = shop.currency_of(given)
    found = list(conflicts.of(db, order, given, currency))
    work = on_order(db, order.id, IMPORT, now, "import")
    work.set(tables.orders, order.id, {"source_digest": digest})
    if not found:
        if given.promised_at != order.promised_at:
            work.set(tables.orders, order.id, {"promised_at": given.promised_at})
        _whats_new(db, work, order, given, currency, _gift_cards(db).get(given.customer_id))
    if not work.events:
        kind = "order.conflict" if found else "order.imported"
        work.event(kind, {"conflicts": found} if found else {})
    work.finish()
    return found


def _whats_new(db: Connection, work: Work, order: Order, given: OrderIn, currency: str, gift_card: str | None) -> None:
    lines = fetch(db, tables.order_lines, "position", order_id=order.id)
    teller = tell.Teller(work, given, currency, lines, gift_card)
    begun = fetch(db, tables.fulfillment_orders, "id", order_id=order.id)
    teller.fulfilment = begun[0]["state"] if begun else "shipped"
    _address(work, order, given)
    _money(teller, conflicts.refunds(db, order, given, currency).known, {one.payment_id for one in order.tenders})
    _progress(teller, order)
    _scans(db, teller, order)


def _address(work: Work, order: Order, given: OrderIn) -> None:
    if conflicts.ours_stands(work.db, order) or not conflicts.moved(order, given):
        return
    fresh = rows.address(given.shipping_address)
    work.set(tables.orders, order.id, {"address": fresh})
    work.event("order.changed", {"address": fresh, "before": store.address_as_json(order.address)})


def _money(teller: tell.Teller, known: frozenset[str], tenders: set[str]) -> None:
    """Payments and refunds that are not here yet. A refund that Wismo made itself is not a second one."""
    fresh = {refund[1]: refund for refund in rows.refunds_of(teller.given, teller.currency) if refund[0] not in known}
    number = 0
    for told in history.of(teller.given):
        if told.payment < 0:
            continue
        one = teller.given.payments[told.payment]
        if one.type == "payment":
            number = sum(each.type == "payment" for each in teller.given.payments[: told.payment + 1])
            if f"{teller.order}:pay:{number}" not in tenders:
                teller.tell(told)
        elif one in fresh:
            teller.tell(told)


def _progress(teller: tell.Teller, order: Order) -> None:
    given = teller.given
    if given.status == "cancelled" and order.lifecycle is not Lifecycle.CANCELLED:
        at = given.cancelled_at or teller.work.now
        teller.cancelled(at)
        teller.work.event("order.cancelled", {}, at=at)
    else:
        teller.work_state(rows.WORK[given.status])


def _scans(db: Connection, teller: tell.Teller, order: Order) -> None:
    """New parcels, new scans of known ones; each new scan is an event."""
    known = {parcel.tracking_number: parcel for parcel in order.shipments}
    number = len(order.shipments)
    for place, given in enumerate(history.parcels_of(teller.given)):
        here = known.get(given.tracking_id)
        if here is None:
            number += 1
            parcel = teller.new_parcel(place, rows.parcel(teller.given, given, number))
        else:
            row = fetch(db, tables.shipments, id=here.id)[0]
            parcel = {**row, "contents": [(line, units) for line, units in here.lines.items()]}
            teller.scans[here.id] = list(here.events)
        seen = {(one.code, one.at) for one in (here.events if here else ())}
        for scan in history.scans(teller.given, given):
            if (scan.code, scan.at) not in seen and not _arrived_already(here, scan):
                teller.scan(parcel, scan)
                body = {"tracking": given.tracking_id, "place": scan.place}
                teller.work.event(f"shipment.{scan.code}", body, at=scan.at, reconstructed=scan.reconstructed)


def _arrived_already(parcel: Shipment | None, scan: TrackingEvent) -> bool:
    """A date that the file only lets us guess adds nothing to a parcel whose arrival is known."""
    return bool(parcel and scan.reconstructed and parcel.delivered_at and scan.code == "delivered")
