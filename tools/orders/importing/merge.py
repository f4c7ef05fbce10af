"""Writing an import: new records as they are, changed ones merged as new events. Our own changes are never undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select, update
from sqlalchemy.dialects.sqlite import insert

from tools.orders import events, store, tables
from tools.orders.actions import fulfilment
from tools.orders.importing import ImportRefused, ImportReport, conflicts, history, rows
from tools.orders.importing.rows import IMPORT, cents, order_id
from tools.orders.importing.shape import CustomerIn, OrderIn, ProductIn, ShopIn, unknown_fields
from tools.orders.model import Lifecycle, Order, OrderId

PLENTY = 1_000_000


def write(db: Connection, shop: ShopIn, now: datetime) -> ImportReport:
    """Everything in the caller's transaction. Raises `ImportRefused` where the file does not fit what is here."""
    _customers(db, shop, now)
    _catalogue(db, shop, now)
    known = _known(db, shop.orders)
    fresh = [order for order in shop.orders if order_id(order) not in known]
    changed = [order for order in shop.orders if known.get(order_id(order), "") not in {"", rows.digest_of(order)}]
    _insert(db, (row for order in fresh for row in _rows(db, shop, order, now)))
    found = tuple(conflict for order in changed for conflict in _merged(db, shop, order, now))
    return ImportReport(
        created=len(fresh),
        merged=len(changed),
        unchanged=len(shop.orders) - len(fresh) - len(changed),
        customers=len(shop.customers),
        variants=sum(len(product.variants) for product in shop.products),
        ignored_fields=unknown_fields(shop),
        conflicts=found,
    )


def _known(db: Connection, orders: Iterable[OrderIn]) -> Mapping[OrderId, str]:
    digests = db.execute(
        select(tables.orders.c.id, tables.orders.c.source_digest).where(tables.orders.c.channel == "import")
    )
    wanted = {order_id(order) for order in orders}
    return {row.id: row.source_digest for row in digests if row.id in wanted}


def _rows(db: Connection, shop: ShopIn, order: OrderIn, now: datetime) -> rows.Rows:
    returnable = {product.id: product.returnable for product in shop.products}
    return rows.of_order(order, shop.currency_of(order), returnable, _gift_card(db, order.customer_id), now)


def _gift_card(db: Connection, customer: str) -> str | None:
    """The file says only that a gift card paid; with one card there is no doubt which."""
    cards = db.execute(
        select(tables.payment_methods.c.id).where(
            tables.payment_methods.c.customer_id == customer, tables.payment_methods.c.type == "gift_card"
        )
    ).scalars()
    found = list(cards)
    return found[0] if len(found) == 1 else None


def _insert(db: Connection, made: Iterable[tuple[Table, rows.Row]]) -> None:
    """Batches a table, in the order that foreign keys want."""
    batches: dict[Table, list[rows.Row]] = defaultdict(list)
    for table, row in made:
        batches[table].append(row)
    for table in tables.metadata.sorted_tables:
        for names, same in _alike(batches.get(table, [])).items():
            db.execute(table.insert(), [{name: row[name] for name in names} for row in same])


def _alike(batch: Iterable[rows.Row]) -> Mapping[tuple[str, ...], list[rows.Row]]:
    grouped: dict[tuple[str, ...], list[rows.Row]] = defaultdict(list)
    for row in batch:
        grouped[tuple(row)].append(row)
    return grouped


# -- customers and catalogue ---------------------------------------------------------------------------------


def _customers(db: Connection, shop: ShopIn, now: datetime) -> None:
    owners = {
        row.email_folded: row.id for row in db.execute(select(tables.customers.c.email_folded, tables.customers.c.id))
    }
    errors = [
        f"customers[{at}].email: {one.email} belongs to customer {owners[one.email.casefold()]} already"
        for at, one in enumerate(shop.customers)
        if owners.get(one.email.casefold(), one.id) != one.id
    ]
    there = set(owners.values()) | {one.id for one in shop.customers}
    errors += [
        f"orders[{at}].customer_id: {order.customer_id} is neither in the file nor known"
        for at, order in enumerate(shop.orders)
        if order.customer_id not in there
    ]
    if errors:
        raise ImportRefused(errors)
    for customer in shop.customers:
        _upsert(db, tables.customers, _customer(customer), ("id",))
        _methods(db, shop, customer, now)


def _customer(one: CustomerIn) -> rows.Row:
    return {
        "id": one.id,
        "name": one.name,
        "email": one.email,
        "email_folded": one.email.casefold(),
        "phone": one.phone,
        "language": one.language,
        "address": rows.address(one.address) if one.address else None,
    }


def _methods(db: Connection, shop: ShopIn, customer: CustomerIn, now: datetime) -> None:
    """A gift card's balance is its ledger account; it is opened once and then lives here."""
    for method in customer.payment_methods:
        row = {"customer_id": customer.id, "id": method.id, "type": method.type}
        fresh = db.execute(insert(tables.payment_methods).values(**row).on_conflict_do_nothing())
        if fresh.rowcount and method.balance is not None:
            currency = shop.currency or next((one.currency for one in shop.orders if one.currency), None) or "EUR"
            amount = cents(method.balance, currency)
            opening = {"opening:gift_card": amount, f"gift_card:{method.id}": -amount}
            _opening(db, f"gift_card:{method.id}:opening", currency, opening, now)


def _opening(db: Connection, key: str, currency: str, entries: Mapping[str, int], now: datetime) -> None:
    db.execute(
        tables.ledger_transactions.insert(),
        {"id": key, "order_id": None, "kind": "import.opening", "at": now},
    )
    made = [
        {"transaction_id": key, "account": account, "amount": amount, "currency": currency}
        for account, amount in entries.items()
        if amount
    ]
    if made:
        db.execute(tables.ledger_entries.insert(), made)


def _catalogue(db: Connection, shop: ShopIn, now: datetime) -> None:
    """Variants that only orders name are kept too, not sellable."""
    currency = shop.currency or next((shop.currency_of(order) for order in shop.orders), None) or "EUR"
    _upsert(db, tables.locations, {"id": "main", "name": "main"}, ("id",))
    seen = {variant.sku for product in shop.products for variant in product.variants}
    for product in shop.products:
        _product(db, product, currency, now)
    known = set(db.execute(select(tables.variants.c.sku)).scalars()) | seen
    for order in shop.orders:
        for item in order.items:
            if item.sku not in known:
                known.add(item.sku)
                _upsert(
                    db,
                    tables.products,
                    {"id": item.product_id, "name": item.name, "returnable": 1},
                    ("id",),
                    change=False,
                )
                variant = {
                    "sku": item.sku,
                    "product_id": item.product_id,
                    "options": item.options,
                    "sellable": 0,
                }
                price = cents(item.price, shop.currency_of(order))
                _upsert(
                    db,
                    tables.variants,
                    variant | {"price": price, "currency": shop.currency_of(order)},
                    ("sku",),
                )


def _product(db: Connection, product: ProductIn, currency: str, now: datetime) -> None:
    _upsert(
        db,
        tables.products,
        {"id": product.id, "name": product.name, "returnable": int(product.returnable)},
        ("id",),
    )
    for one in product.variants:
        row = {
            "sku": one.sku,
            "product_id": product.id,
            "options": one.options,
            "price": cents(one.price, currency),
        }
        _upsert(db, tables.variants, row | {"currency": currency, "sellable": int(one.available)}, ("sku",))
        if one.available:
            _stock(db, one.sku, now)


def _stock(db: Connection, sku: str, now: datetime) -> None:
    """The format has no stock: what is available has plenty, by a movement like any other."""
    level = {"sku": sku, "location_id": "main", "on_hand": PLENTY}
    fresh = db.execute(insert(tables.stock_levels).values(**level).on_conflict_do_nothing())
    if fresh.rowcount:
        moved = {
            "sku": sku,
            "location_id": "main",
            "quantity": PLENTY,
            "reason": "import",
            "reference": "opening",
            "at": now,
        }
        db.execute(tables.stock_movements.insert(), moved)


def _upsert(db: Connection, table: Table, row: rows.Row, key: tuple[str, ...], *, change: bool = True) -> None:
    statement = insert(table).values(**row)
    others = {name: value for name, value in row.items() if name not in key}
    if change and others:
        db.execute(statement.on_conflict_do_update(index_elements=list(key), set_=others))
    else:
        db.execute(statement.on_conflict_do_nothing())


# -- a changed order -----------------------------------------------------------------------------------------


def _merged(db: Connection, shop: ShopIn, given: OrderIn, now: datetime) -> Iterator[str]:
    """What can be merged is; a conflict is told and left. The digest is kept, so that it is told once a change."""
    order = store.by_id(db, order_id(given))
    found = list(conflicts.of(db, order, given, shop.currency_of(given)))
    if not found:
        _address(db, order, given, now)
        _money(db, shop, order, given, now)
        _progress(db, order, given, now)
        _scans(db, order, given, now)
        db.execute(update(tables.orders).where(tables.orders.c.id == order.id).values(promised_at=given.promised_at))
    digest = rows.digest_of(given)
    db.execute(update(tables.orders).where(tables.orders.c.id == order.id).values(source_digest=digest))
    return iter(found)


def _address(db: Connection, order: Order, given: OrderIn, now: datetime) -> None:
    if conflicts.ours_stands(db, order) or not conflicts.moved(order, given):
        return
    fresh = rows.address(given.shipping_address)
    db.execute(update(tables.orders).where(tables.orders.c.id == order.id).values(address=fresh))
    body = {"address": fresh, "before": store.address_as_json(order.address)}
    events.append(db, order.id, "order.changed", now, IMPORT, body, recorded_at=now)


def _money(db: Connection, shop: ShopIn, order: Order, given: OrderIn, now: datetime) -> None:
    """Payments and refunds that are not here yet. A refund that Wismo made itself is not a second one."""
    currency = shop.currency_of(given)
    skip = {one.payment_id for one in order.tenders} | conflicts.refunds(db, order, given, currency).known
    made = rows.money_rows(given, currency, _gift_card(db, given.customer_id))
    kept = [(table, row) for table, row in made if not any(_belongs(row, key) for key in skip)]
    _insert(db, kept)
    for table, row in kept:
        if table in {tables.payments, tables.refunds}:
            kind = "payment.captured" if table is tables.payments else "refund.succeeded"
            events.append(db, order.id, kind, row.get("settled_at") or now, IMPORT, {}, recorded_at=now)


def _belongs(row: Mapping[str, Any], key: str) -> bool:
    """Rows of one payment or refund have its id, or one that begins with it; entries have their transaction's."""
    own = str(row.get("id") or row["transaction_id"])
    return own == key or own.startswith(f"{key}:")


def _progress(db: Connection, order: Order, given: OrderIn, now: datetime) -> None:
    if given.status == "cancelled" and order.lifecycle is not Lifecycle.CANCELLED:
        at = given.cancelled_at or now
        values = {"lifecycle": "cancelled", "cancelled_at": at, "cancel_reason": "import"}
        db.execute(update(tables.orders).where(tables.orders.c.id == order.id).values(**values))
        lines = tables.order_lines
        db.execute(update(lines).where(lines.c.order_id == order.id).values(cancelled=lines.c.quantity))
        events.append(db, order.id, "order.cancelled", at, IMPORT, {}, recorded_at=now)
    work = tables.fulfillment_orders
    db.execute(update(work).where(work.c.order_id == order.id).values(state=rows.WORK[given.status]))


def _scans(db: Connection, order: Order, given: OrderIn, now: datetime) -> None:
    """New parcels, new scans of known ones; each new scan is an event."""
    lines = [
        dict(row)
        for row in db.execute(select(tables.order_lines).where(tables.order_lines.c.order_id == order.id)).mappings()
    ]
    known = {parcel.tracking_number: parcel.id for parcel in order.shipments}
    number = len(order.shipments)
    for parcel in history.parcels_of(given):
        if parcel.tracking_id not in known:
            number += 1
            _insert(db, rows.parcel_rows(given, parcel, number, lines))
            known[parcel.tracking_id] = f"{order.id}:parcel:{number}"
            fresh = history.scans(given, parcel)
        else:
            fresh = [one for one in history.scans(given, parcel) if _scan(db, known[parcel.tracking_id], one)]
            fulfilment.project(db, known[parcel.tracking_id])
        for scan in fresh:
            body = {"tracking": parcel.tracking_id, "place": scan.place}
            events.append(
                db,
                order.id,
                f"shipment.{scan.code}",
                scan.at,
                IMPORT,
                body,
                recorded_at=now,
                reconstructed=scan.reconstructed,
            )
    if given.status in {"shipped", "delivered"}:
        columns = tables.order_lines.c
        db.execute(
            update(tables.order_lines)
            .where(columns.order_id == order.id)
            .values(shipped=columns.quantity - columns.cancelled)
        )


def _scan(db: Connection, parcel: str, scan: Any) -> bool:
    done = db.execute(insert(tables.tracking_events).values(**rows.scan_row(parcel, scan)).on_conflict_do_nothing())
    return bool(done.rowcount)
