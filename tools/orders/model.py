"""The words of the order core: ids, states, what a reader sees of an order. No behaviour; agreement.py has the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from tools.orders.money import Money

CustomerId = NewType("CustomerId", str)
OrderId = NewType("OrderId", str)
LineId = NewType("LineId", str)
ReturnId = NewType("ReturnId", str)
RefundId = NewType("RefundId", str)
RuleId = NewType("RuleId", str)
Clock = Callable[[], datetime]


class Lifecycle(StrEnum):
    VALIDATING = "validating"
    ON_HOLD = "on_hold"
    CONFIRMED = "confirmed"
    IN_CHANGE = "in_change"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    CLOSED = "closed"
    REJECTED = "rejected"


class PaymentAxis(StrEnum):
    UNPAID = "unpaid"
    AUTHORIZED = "authorized"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"


class FulfilmentAxis(StrEnum):
    UNFULFILLED = "unfulfilled"
    IN_WAREHOUSE = "in_warehouse"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    LOST = "lost"


class ReturnAxis(StrEnum):
    NONE = "none"
    REQUESTED = "requested"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    CLOSED = "closed"


class ShipmentState(StrEnum):
    """orders.md section 4; `DELAYED` and `EXCEPTION` may move on, `DELIVERED` never moves back."""

    LABEL_PENDING = "label_pending"
    LABEL_CREATED = "label_created"
    HANDED_OVER = "handed_over"
    IN_TRANSIT = "in_transit"
    DELAYED = "delayed"
    EXCEPTION = "exception"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPT_FAILED = "attempt_failed"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    DELIVERED = "delivered"
    RETURNED_TO_SENDER = "returned_to_sender"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Address:
    line1: str
    city: str
    postcode: str
    country: str
    line2: str = ""
    state: str = ""

    def one_line(self) -> str:
        place = " ".join(part for part in (self.postcode, self.city) if part)
        return ", ".join(part for part in (self.line1, self.line2, place, self.state, self.country) if part)


@dataclass(frozen=True, slots=True)
class Customer:
    id: CustomerId
    name: str
    email: str
    language: str | None = None
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Quantities are units. Money is frozen at sale (orders.md R1): `net` after discounts, `tax` and `duty` on top.

    For prices that include tax, `tax` is what was extracted and `net` the rest. `refunded` counts money events:
    units given back, credited or sent again (R5). `replaces` is the line whose units an order change put here.
    """

    id: LineId
    position: int
    sku: str
    name: str
    options: Mapping[str, str]
    quantity: int
    unit_price: Money
    net: Money
    tax: Money
    returnable: bool
    cancelled: int = 0
    shipped: int = 0
    returned: int = 0
    refunded: int = 0
    duty: Money | None = None
    discount: Money | None = None
    replaces: LineId | None = None
    free: bool = False

    @property
    def open(self) -> int:
        """Units that are still to be shipped."""
        return self.quantity - self.cancelled - self.shipped

    @property
    def given_back(self) -> int:
        """Units that were sent and are settled: cancelled ones settle too, and are not counted here."""
        return max(self.refunded - self.cancelled, 0)


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    at: datetime
    code: str
    place: str = ""
    reconstructed: bool = False


@dataclass(frozen=True, slots=True)
class Shipment:
    id: str
    carrier: str | None
    tracking_number: str
    state: ShipmentState
    shipped_at: datetime | None
    delivered_at: datetime | None
    lines: Mapping[LineId, int]
    events: tuple[TrackingEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """Units of a line on their way back: reception × acceptance, and what became of what arrived."""

    line_id: LineId
    quantity: int
    reception: str
    acceptance: str
    received: int = 0
    accepted: int = 0
    inspected: bool = False


@dataclass(frozen=True, slots=True)
class Return:
    """`number` is what the customer writes on the parcel (RMA-…). Fees are minor units, agreed to at the request."""

    id: ReturnId
    number: str
    state: str
    requested_at: datetime
    lines: Mapping[LineId, int]
    accepted: Mapping[LineId, int] = field(default_factory=dict)
    label_fee: int = 0
    restocking_fee: int = 0
    withdrawal: bool = False
    reason: str = ""
    method_id: str | None = None
    parts: tuple[ReturnLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Refund:
    """`lines` and `shipping` (minor units) are what it pays back; none of it once all of its parts failed."""

    id: RefundId
    state: str
    amount: Money
    requested_at: datetime
    settled_at: datetime | None
    return_id: ReturnId | None
    tenders: tuple[str, ...]
    lines: Mapping[LineId, int] = field(default_factory=dict)
    shipping: int = 0
    goodwill: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """One thing asked of a provider, or moved in our own ledger. `method_id` is where the money came from or went."""

    id: str
    kind: str
    amount: Money
    state: str
    at: datetime
    method_id: str | None


@dataclass(frozen=True, slots=True)
class Tender:
    """One payment of an order. Refundable = captured − refunded − pending − disputed: derived, never stored.

    `pending` counts refunds that a provider has not answered for, unknown ones included; `capturing` likewise.
    """

    payment_id: str
    kind: str
    captured: Money
    refunded: Money
    pending: Money
    method_id: str | None = None
    state: str = "captured"
    authorized: Money | None = None
    capturing: Money | None = None
    disputed: Money | None = None
    open_dispute: bool = False
    moves: tuple[Move, ...] = ()

    @property
    def refundable(self) -> int:
        """In minor units; never below zero."""
        disputed = self.disputed.minor if self.disputed else 0
        return max(self.captured.minor - self.refunded.minor - self.pending.minor - disputed, 0)


@dataclass(frozen=True, slots=True)
class Work:
    """What one location has to do for an order."""

    id: str
    location_id: str
    state: str
    lines: Mapping[LineId, int]


@dataclass(frozen=True, slots=True)
class Exchange:
    """`difference` (minor units) is positive when the customer pays; `lines` are (line, units, new sku)."""

    id: str
    state: str
    return_id: ReturnId
    difference: int
    lines: tuple[tuple[LineId, int, str], ...]
    method_id: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    id: str
    kind: str
    state: str
    lines: Mapping[LineId, int]
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands. `number` is what customers write; the four axes are derived from the rows.

    `delivered_at` is None when nothing is delivered; `delivered_exactly` is False when the date was
    reconstructed and stands for the earliest possible moment.
    """

    id: OrderId
    number: str
    customer_id: CustomerId
    currency: str
    placed_at: datetime
    promised_at: datetime | None
    cancelled_at: datetime | None
    delivered_at: datetime | None
    delivered_exactly: bool
    total: Money
    shipping: Money
    shipping_tax: Money
    address: Address
    lifecycle: Lifecycle
    payment: PaymentAxis
    fulfilment: FulfilmentAxis
    returning: ReturnAxis
    hold_reason: str | None
    lines: tuple[Line, ...]
    shipments: tuple[Shipment, ...]
    returns: tuple[Return, ...]
    refunds: tuple[Refund, ...]
    tenders: tuple[Tender, ...]
    version: int
    duty: int = 0
    standard_shipping: int = 0
    tax_included: bool = False
    cancel_reason: str | None = None
    work: tuple[Work, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    claims: tuple[Claim, ...] = ()
    receivable: int = 0
    """What was sold and is not paid for yet, in minor units (the ledger's customer_receivable and customer_payable).

    Below zero: what was paid too much and could not be given back yet.
    """


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused a change: kind is customer, agent, person or system; `id` says which."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `at` is when it happened, `recorded_at` when we learned it."""

    sequence: int
    type: str
    at: datetime
    recorded_at: datetime
    actor: Actor
    reconstructed: bool
    body: Mapping[str, object]
