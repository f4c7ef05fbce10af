"""The shape of the import format, part by part. checking.py says what is wrong with a file of it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from tools.orders.money import Money


@lru_cache(maxsize=100_000)
def cents(amount: str | int | float, currency: str) -> int:
    """Minor units; many orders have the same prices. Raises `MoneyError`."""
    return Money.parse(amount, currency).minor


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
    grams: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


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


class HeadIn(Part):
    """Everything but the orders, which may be many."""

    currency: str | None = None
    customers: tuple[CustomerIn, ...] = ()
    products: tuple[ProductIn, ...] = ()
