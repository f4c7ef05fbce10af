"""A file of the import format, checked: every error with its place, so that it is mended in one go. Nothing is written.

What pydantic says of one part is told by shape.py's models; here is what parts say of each other, and the sums.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from tools.orders import emails
from tools.orders.importing import ImportRefused
from tools.orders.importing.shape import CustomerIn, HeadIn, ItemIn, OrderIn, ProductIn, cents
from tools.orders.money import CURRENCIES, Money, MoneyError
from tools.orders.store import order_key


@dataclass(frozen=True, slots=True)
class ShopIn:
    """A checked file. Orders are read again each time that they are asked for: they need not fit into memory.

    `currency` is the file's, else the only one that orders name. `strangers` are (place, customer) of orders whose
    customer is not in the file; `loose` are items, with their currency, that are in no product of it.
    """

    head: HeadIn
    currency: str | None
    raw_orders: Collection[Any]
    strangers: tuple[tuple[int, str], ...]
    loose: Mapping[str, tuple[ItemIn, str]]
    ignored: int

    @property
    def customers(self) -> tuple[CustomerIn, ...]:
        return self.head.customers

    @property
    def products(self) -> tuple[ProductIn, ...]:
        return self.head.products

    def orders(self) -> Iterator[OrderIn]:
        return (OrderIn.model_validate(raw) for raw in self.raw_orders)

    def currency_of(self, order: OrderIn) -> str:
        return order.currency or self.currency or ""


def checked(raw: Mapping[str, Any]) -> ShopIn:
    """Raises `ImportRefused` with every error, so that a file is mended in one go.

    `raw["orders"]` is gone through twice at most, one order at a time.
    """
    orders = raw.get("orders", ())
    if isinstance(orders, str | bytes | Mapping) or not isinstance(orders, Collection):
        raise ImportRefused(["orders: must be a list"])
    head = _head({name: value for name, value in raw.items() if name != "orders"})
    pass_one = _Pass(head, _currency(head, orders))
    for at, one in enumerate(orders):
        pass_one.order(at, one)
    if pass_one.malformed:
        raise ImportRefused(pass_one.malformed)
    errors = [*_doubles(head, pass_one.ids), *_catalogue_errors(head, pass_one.currency), *pass_one.errors]
    if errors:
        raise ImportRefused(errors)
    strangers, loose = tuple(pass_one.strangers), pass_one.loose
    return ShopIn(head, pass_one.currency, orders, strangers, loose, pass_one.ignored + unknown_fields(head))


def _head(raw: Mapping[str, Any]) -> HeadIn:
    try:
        return HeadIn.model_validate(raw)
    except ValidationError as error:
        raise ImportRefused([f"{_place(e['loc'])}: {e['msg']}" for e in error.errors()]) from None


def _currency(head: HeadIn, orders: Iterable[Any]) -> str | None:
    """The file's, else the only one that orders name."""
    if head.currency:
        return head.currency
    named = {one.get("currency") for one in orders if isinstance(one, Mapping)} - {None, ""}
    only = named.pop() if len(named) == 1 else None
    return only if isinstance(only, str) else None


class _Pass:
    """One look at each order: what is wrong with it, and what the writer wants to know beforehand."""

    def __init__(self, head: HeadIn, currency: str | None) -> None:
        self.currency = currency
        self.customers = {one.id for one in head.customers}
        self.skus = {variant.sku for product in head.products for variant in product.variants}
        self.ids: list[str] = []
        self.malformed: list[str] = []
        self.errors: list[str] = []
        self.strangers: list[tuple[int, str]] = []
        self.loose: dict[str, tuple[ItemIn, str]] = {}
        self.ignored = 0

    def order(self, at: int, raw: Any) -> None:
        try:
            order = OrderIn.model_validate(raw)
        except ValidationError as error:
            self.malformed += [f"{_place(('orders', at, *e['loc']))}: {e['msg']}" for e in error.errors()]
            return
        currency = order.currency or self.currency or ""
        self.errors += _order_errors(f"orders[{at}]", order, currency)
        self.ids.append(order_key(order.id))
        self.ignored += unknown_fields(order)
        if order.customer_id not in self.customers:
            self.strangers.append((at, order.customer_id))
        for item in order.items:
            if item.sku not in self.skus:
                self.loose.setdefault(item.sku, (item, currency))


def unknown_fields(part: BaseModel) -> int:
    """How many fields of the file mean nothing to us."""
    own = len(part.__pydantic_extra__ or ())
    return own + sum(unknown_fields(one) for value in part.__dict__.values() for one in _parts(value))


def _parts(value: Any) -> tuple[BaseModel, ...]:
    if type(value) is tuple and value and isinstance(value[0], BaseModel):
        return value
    return (value,) if isinstance(value, BaseModel) else ()


def _place(location: tuple[str | int, ...]) -> str:
    words = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return words.removeprefix(".") or "file"


def _doubles(head: HeadIn, orders: Sequence[str]) -> Iterator[str]:
    yield from _twice("customers", "id", (one.id for one in head.customers))
    yield from _twice("customers", "email", (emails.folded(one.email) for one in head.customers))
    yield from _twice("products", "id", (one.id for one in head.products))
    yield from _twice("products", "sku", (variant.sku for one in head.products for variant in one.variants))
    yield from _twice("orders", "id", orders)


def _twice(where: str, what: str, values: Iterable[str]) -> Iterator[str]:
    yield from (f"{where}: {what} {value!r} stands there {n} times" for value, n in Counter(values).items() if n > 1)


def _catalogue_errors(head: HeadIn, currency: str | None) -> Iterator[str]:
    for at, product in enumerate(head.products):
        for place, variant in enumerate(product.variants):
            yield from _amount_errors(f"products[{at}].variants[{place}].price", variant.price, currency or "EUR")
    for at, customer in enumerate(head.customers):
        for place, method in enumerate(customer.payment_methods):
            if method.balance is not None:
                where = f"customers[{at}].payment_methods[{place}].balance"
                yield from _amount_errors(where, method.balance, currency or "EUR")


def _order_errors(where: str, order: OrderIn, currency: str) -> Iterator[str]:
    if currency not in CURRENCIES:
        yield f"{where}.currency: {currency or 'missing'}: not an ISO 4217 currency"
        return
    wrong = list(_amounts_of(where, order, currency))
    yield from wrong or _sums(where, order, currency)
    yield from _parcel_errors(where, order)


def _amounts_of(where: str, order: OrderIn, currency: str) -> Iterator[str]:
    for name in ("total", "discount", "tax", "shipping"):
        yield from _amount_errors(f"{where}.{name}", getattr(order, name), currency)
    for place, item in enumerate(order.items):
        yield from _amount_errors(f"{where}.items[{place}].price", item.price, currency)
    for place, payment in enumerate(order.payments):
        yield from _amount_errors(f"{where}.payments[{place}].amount", payment.amount, currency)


def _amount_errors(where: str, amount: Any, currency: str) -> Iterator[str]:
    try:
        if cents(amount, currency) < 0:
            yield f"{where}: must not be negative"
    except MoneyError as error:
        yield f"{where}: {error}"


def _sums(where: str, order: OrderIn, currency: str) -> Iterator[str]:
    def minor(amount: Any) -> int:
        return cents(amount, currency)

    items = sum(minor(item.price) * item.quantity for item in order.items)
    wanted = items - minor(order.discount) + minor(order.tax) + minor(order.shipping)
    if wanted != minor(order.total):
        says = Money(wanted, currency).decimal()
        yield f"{where}.total: is {order.total}, but items − discount + tax + shipping is {says}"
    if minor(order.discount) > items:
        yield f"{where}.discount: is more than the items"
    paid: Mapping[str, int] = {
        kind: sum(minor(one.amount) for one in order.payments if one.type == kind) for kind in ("payment", "refund")
    }
    if paid["refund"] > paid["payment"]:
        yield f"{where}.payments: refunds are more than payments"


def _parcel_errors(where: str, order: OrderIn) -> Iterator[str]:
    known = {item.sku for item in order.items}
    for place, parcel in enumerate(order.shipments):
        for sku in parcel.skus:
            if sku not in known:
                yield f"{where}.shipments[{place}].skus: {sku} is not among the items"
