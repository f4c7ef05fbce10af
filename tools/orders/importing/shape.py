"""The shape of the import format and its checks: every error of a file, each with its place. Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tools.orders.importing import ImportRefused
from tools.orders.money import CURRENCIES, Money, MoneyError
from tools.orders.store import order_key


def _not_float_text(value: Any) -> Any:
    """Amounts keep the form they were written in; a truth value is no amount."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("not an amount")
    return value


def _on_the_clock(moment: datetime) -> datetime:
    """A moment that has no counterpart in UTC (year 1 east of Greenwich) can not be kept."""
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a moment out of range") from None
    return moment


When = Annotated[AwareDatetime, AfterValidator(_on_the_clock)]
Amount = Annotated[str | int | float, BeforeValidator(_not_float_text)]
Text = Annotated[str, Field(min_length=1, max_length=500, coerce_numbers_to_str=True)]


class Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, str_strip_whitespace=True)


class AddressIn(Part):
    line1: Text
    line2: str = ""
    city: Text
    state: str = ""
    zip: str = Field("", coerce_numbers_to_str=True)
    country: Text


class MethodIn(Part):
    id: Text
    type: Text
    balance: Amount | None = None


class CustomerIn(Part):
    id: Text
    name: Text
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=320)]
    phone: str | None = None
    language: str | None = None
    payment_methods: tuple[MethodIn, ...] = ()
    address: AddressIn | None = None


class VariantIn(Part):
    sku: Text
    options: dict[str, str] = {}
    price: Amount
    available: bool = True


class ProductIn(Part):
    id: Text
    name: Text
    returnable: bool = True
    variants: tuple[VariantIn, ...] = ()


class ItemIn(Part):
    product_id: Text
    sku: Text
    name: Text
    quantity: Annotated[int, Field(ge=1, le=100_000)]
    price: Amount
    options: dict[str, str] = {}


class ScanIn(Part):
    at: When
    code: Text
    place: str = ""


class ParcelIn(Part):
    tracking_id: Text
    carrier: str | None = None
    skus: tuple[Text, ...] = ()
    shipped_at: When | None = None
    events: tuple[ScanIn, ...] = ()


class PaymentIn(Part):
    type: Literal["payment", "refund"]
    amount: Amount
    method: Text
    method_id: str | None = None
    """Which of the customer's payment methods, where the shop knows."""
    at: When | None = None


class OrderIn(Part):
    id: Text
    customer_id: Text
    status: Literal["pending", "processed", "shipped", "delivered", "cancelled"]
    placed_at: When
    paid_at: When | None = None
    cancelled_at: When | None = None
    delivered_at: When | None = None
    promised_at: When | None = None
    currency: str | None = None
    total: Amount
    discount: Amount = 0
    tax: Amount = 0
    shipping: Amount = 0
    shipping_address: AddressIn
    items: tuple[ItemIn, ...] = Field(min_length=1)
    shipments: tuple[ParcelIn, ...] = ()
    payments: tuple[PaymentIn, ...] = ()


class ShopIn(Part):
    currency: str | None = None
    customers: tuple[CustomerIn, ...] = ()
    products: tuple[ProductIn, ...] = ()
    orders: tuple[OrderIn, ...] = ()

    def currency_of(self, order: OrderIn) -> str:
        """The order's, else the file's, else the only one that orders name."""
        named = {one.currency for one in self.orders if one.currency}
        return order.currency or self.currency or (named.pop() if len(named) == 1 else "")


def checked(raw: Any) -> ShopIn:
    """Raises `ImportRefused` with every error, so that a file is mended in one go."""
    try:
        shop = ShopIn.model_validate(raw)
    except ValidationError as error:
        raise ImportRefused([f"{_place(e['loc'])}: {e['msg']}" for e in error.errors()]) from None
    errors = [*_doubles(shop), *_catalogue_errors(shop), *_order_errors(shop)]
    if errors:
        raise ImportRefused(errors)
    return shop


def unknown_fields(part: BaseModel) -> int:
    """How many fields of the file mean nothing to us."""
    own = len(part.__pydantic_extra__ or {})
    return own + sum(unknown_fields(one) for value in dict(part).values() for one in _parts(value))


def _parts(value: Any) -> Iterator[BaseModel]:
    if isinstance(value, BaseModel):
        yield value
    elif isinstance(value, tuple):
        yield from (one for one in value if isinstance(one, BaseModel))


def _place(location: tuple[str | int, ...]) -> str:
    words = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return words.removeprefix(".") or "file"


def _doubles(shop: ShopIn) -> Iterator[str]:
    yield from _twice("customers", "id", (one.id for one in shop.customers))
    yield from _twice("customers", "email", (one.email.casefold() for one in shop.customers))
    yield from _twice("products", "id", (one.id for one in shop.products))
    yield from _twice("products", "sku", (variant.sku for one in shop.products for variant in one.variants))
    yield from _twice("orders", "id", (order_key(one.id) for one in shop.orders))


def _twice(where: str, what: str, values: Iterable[str]) -> Iterator[str]:
    yield from (f"{where}: {what} {value!r} stands there {n} times" for value, n in Counter(values).items() if n > 1)


def _catalogue_errors(shop: ShopIn) -> Iterator[str]:
    currency = shop.currency or next((one.currency for one in shop.orders if one.currency), None)
    for at, product in enumerate(shop.products):
        for place, variant in enumerate(product.variants):
            yield from _amount_errors(f"products[{at}].variants[{place}].price", variant.price, currency or "EUR")
    for at, customer in enumerate(shop.customers):
        for place, method in enumerate(customer.payment_methods):
            if method.balance is not None:
                yield from _amount_errors(
                    f"customers[{at}].payment_methods[{place}].balance", method.balance, currency or "EUR"
                )


def _order_errors(shop: ShopIn) -> Iterator[str]:
    for at, order in enumerate(shop.orders):
        currency = shop.currency_of(order)
        if currency not in CURRENCIES:
            yield f"orders[{at}].currency: {currency or 'missing'}: not an ISO 4217 currency"
            continue
        wrong = list(_amounts_of(f"orders[{at}]", order, currency))
        yield from wrong or _sums(f"orders[{at}]", order, currency)
        yield from _parcel_errors(f"orders[{at}]", order)


def _amounts_of(where: str, order: OrderIn, currency: str) -> Iterator[str]:
    for name in ("total", "discount", "tax", "shipping"):
        yield from _amount_errors(f"{where}.{name}", getattr(order, name), currency)
    for place, item in enumerate(order.items):
        yield from _amount_errors(f"{where}.items[{place}].price", item.price, currency)
    for place, payment in enumerate(order.payments):
        yield from _amount_errors(f"{where}.payments[{place}].amount", payment.amount, currency)


def _amount_errors(where: str, amount: Any, currency: str) -> Iterator[str]:
    try:
        if Money.parse(amount, currency).minor < 0:
            yield f"{where}: must not be negative"
    except MoneyError as error:
        yield f"{where}: {error}"


def _sums(where: str, order: OrderIn, currency: str) -> Iterator[str]:
    def cents(amount: Any) -> int:
        return Money.parse(amount, currency).minor

    items = sum(cents(item.price) * item.quantity for item in order.items)
    wanted = items - cents(order.discount) + cents(order.tax) + cents(order.shipping)
    if wanted != cents(order.total):
        says = Money(wanted, currency).decimal()
        yield f"{where}.total: is {order.total}, but items − discount + tax + shipping is {says}"
    if cents(order.discount) > items:
        yield f"{where}.discount: is more than the items"
    paid: Mapping[str, int] = {
        kind: sum(cents(one.amount) for one in order.payments if one.type == kind) for kind in ("payment", "refund")
    }
    if paid["refund"] > paid["payment"]:
        yield f"{where}.payments: refunds are more than payments"


def _parcel_errors(where: str, order: OrderIn) -> Iterator[str]:
    known = {item.sku for item in order.items}
    for place, parcel in enumerate(order.shipments):
        for sku in parcel.skus:
            if sku not in known:
                yield f"{where}.shipments[{place}].skus: {sku} is not among the items"
