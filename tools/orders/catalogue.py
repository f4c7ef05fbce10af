"""What is sold beside what was ordered: the variants of a product, and what a customer can pay with. Reading only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from tools.orders import ledger
from tools.orders.actions import levels
from tools.orders.agreement import Wish
from tools.orders.model import Address, CustomerId, Order
from tools.orders.money import Money
from tools.orders.quotes import Known
from tools.orders.rows import Row, fetch
from tools.orders.tables import payment_methods, products, variants


@dataclass(frozen=True, slots=True)
class Variant:
    """`available`: the shop sells it, and has it where stock is counted."""

    sku: str
    product: str
    name: str
    options: Mapping[str, str]
    price: Money
    available: bool

    @property
    def words(self) -> str:
        options = ", ".join(self.options.values())
        return f"{self.name} ({options})" if options else self.name


@dataclass(frozen=True, slots=True)
class Method:
    """A means of payment of the customer's. `balance` (minor units) only of gift cards and store credit."""

    id: str
    kind: str
    balance: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What the shop keeps of a customer beside the orders."""

    customer: CustomerId
    address: Address | None
    methods: tuple[Method, ...]


def variants_beside(db: Connection, skus: Iterable[str]) -> tuple[Variant, ...]:
    """All variants of the products that these are of, in the order of their numbers; unknown ones have none."""
    known = fetch(db, variants, sku=sorted(set(skus)))
    own = sorted({row["product_id"] for row in known})
    if not own:
        return ()
    names = {row["id"]: row["name"] for row in fetch(db, products, id=own)}
    return tuple(_variant(db, row, names) for row in fetch(db, variants, "sku", product_id=own))


def _variant(db: Connection, row: Row, names: Mapping[str, str]) -> Variant:
    there = bool(row["sellable"]) and (not row["tracked"] or levels.available(db, row["sku"]) > 0)
    price = Money(row["price"], row["currency"])
    return Variant(row["sku"], row["product_id"], names[row["product_id"]], row["options"], price, there)


def methods(db: Connection, customer: CustomerId, currency: str) -> tuple[Method, ...]:
    rows = fetch(db, payment_methods, "id", customer_id=customer)
    return tuple(Method(row["id"], row["type"], balance(db, row["type"], row["id"], currency)) for row in rows)


def balance(db: Connection, kind: str, method: str, currency: str) -> int | None:
    """Minor units; None for what a provider keeps."""
    if not ledger.is_own(kind, method):
        return None
    return -ledger.balance(db, ledger.tender_account(kind, method), currency)


def known(db: Connection, order: Order, wish: Wish) -> Known:
    """Only what the wish asks about: prices of variants, the customer's methods with their balances."""
    if not wish.swaps and wish.method_id is None:
        return Known()
    skus = sorted({one.sku for one in wish.swaps})
    rows = fetch(db, variants, sku=skus) if skus else []
    own = methods(db, order.customer_id, order.currency)
    said = {one.sku: one.words for one in variants_beside(db, skus)}
    return Known(
        prices={row["sku"]: row["price"] for row in rows},
        sold={row["sku"]: bool(row["sellable"]) and row["currency"] == order.currency for row in rows},
        methods={one.id: one.balance for one in own},
        words=said,
        kinds={one.id: one.kind for one in own},
    )
