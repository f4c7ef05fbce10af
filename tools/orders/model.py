"""The words of the order core: ids, states, what a reader sees of an order, quotes, outcomes. No behaviour."""

from __future__ import annotations

import hashlib
import json
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


class Action(StrEnum):
    """What can be quoted and then executed for a customer."""

    CANCEL_ORDER = "cancel_order"
    CHANGE_ADDRESS = "change_address"
    REQUEST_RETURN = "request_return"
    REFUND = "refund"


class Lifecycle(StrEnum):
    VALIDATING = "validating"
    ON_HOLD = "on_hold"
    CONFIRMED = "confirmed"
    IN_CHANGE = "in_change"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    REJECTED = "rejected"


class PaymentAxis(StrEnum):
    UNPAID = "unpaid"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


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
    """Quantities are units. Money is frozen at sale (orders.md R1): `net` after discounts, `tax` on top of it."""

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
class Return:
    """`number` is what the customer writes on the parcel (RMA-…)."""

    id: ReturnId
    number: str
    state: str
    requested_at: datetime
    lines: Mapping[LineId, int]
    accepted: Mapping[LineId, int] = field(default_factory=dict)
    label_fee: int = 0


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


@dataclass(frozen=True, slots=True)
class Tender:
    """One payment of an order. Refundable = captured − refunded − pending: derived, never stored."""

    payment_id: str
    kind: str
    captured: Money
    refunded: Money
    pending: Money
    method_id: str | None = None


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


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule says. `until` is the moment a window closed or closes; `needs_person` forbids `auto`."""

    rule: RuleId
    allowed: bool
    code: str
    until: datetime | None = None
    needs_person: bool = False


@dataclass(frozen=True, slots=True)
class QuoteLine:
    line_id: LineId
    name: str
    quantity: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Quote:
    """One exact action on one order. `amount` is what goes back to the customer (zero: no money moves)."""

    action: Action
    order_id: OrderId
    order_number: str
    amount: Money
    lines: tuple[QuoteLine, ...]
    reason: str
    ruling: Ruling
    address: Address | None = None
    fee: Money | None = None
    return_id: ReturnId | None = None

    @property
    def digest(self) -> str:
        """Hash of everything the customer or the approver agrees to; the ruling may change, this may not."""
        agreed = [
            self.action,
            self.order_id,
            self.amount.minor,
            self.amount.currency,
            [(line.line_id, line.quantity, line.amount.minor) for line in self.lines],
            self.reason,
            self.address.one_line() if self.address else None,
            self.fee.minor if self.fee else 0,
            self.return_id,
        ]
        return hashlib.sha256(json.dumps(agreed, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Selection:
    """Some units of some lines; empty means everything that is left."""

    units: Mapping[LineId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer wants done, before the core has said what that means in units and money."""

    action: Action
    reason: str = ""
    selection: Selection = field(default_factory=Selection)
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused a change: kind is customer, agent, person or system; `id` says which."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a consequential command may run (I12): the confirming turn or approval, and the digest shown."""

    turn: str
    digest: str


class Result(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the core did. CHANGED: the quote no longer says what was agreed to; `quote` is the new one.

    `reference` is the RMA number or refund id; `settled` is True once no provider answer is awaited.
    """

    result: Result
    quote: Quote
    ruling: Ruling
    reference: str = ""
    settled: bool = True


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
