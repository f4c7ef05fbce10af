"""What is asked, quoted, agreed to and done: wishes, rulings, quotes, evidence, outcomes. No behaviour."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tools.orders.model import Address, LineId, OrderId, ReturnId, RuleId
from tools.orders.money import Money

LOST = RuleId("LST-1")


class Action(StrEnum):
    """What can be quoted and then executed for a customer."""

    CANCEL_ORDER = "cancel_order"
    CHANGE_ADDRESS = "change_address"
    CHANGE_ITEMS = "change_items"
    CHANGE_PAYMENT = "change_payment"
    REQUEST_RETURN = "request_return"
    REQUEST_EXCHANGE = "request_exchange"
    WITHDRAW = "withdraw"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule says. `until` is the moment a window closed or closes; `needs_person` forbids `auto`.

    `accepts` says, for a refusal, what would be accepted instead.
    """

    rule: RuleId
    allowed: bool
    code: str
    until: datetime | None = None
    needs_person: bool = False
    accepts: str = ""


@dataclass(frozen=True, slots=True)
class QuoteLine:
    line_id: LineId
    name: str
    quantity: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Swap:
    """`quantity` units of a line for `to_quantity` units (None: as many) of a variant, or of the same one."""

    line_id: LineId
    quantity: int
    sku: str
    to_quantity: int | None = None

    @property
    def units(self) -> int:
        """Units of the new variant."""
        return self.quantity if self.to_quantity is None else self.to_quantity


@dataclass(frozen=True, slots=True)
class Quote:
    """One exact action on one order. `amount` goes back to the customer, `charge` is what the customer pays more.

    `basis` counts what was done to the order so far: an agreement is for one execution, not for the next one like it.
    """

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
    charge: Money | None = None
    shipping: Money | None = None
    swaps: tuple[Swap, ...] = ()
    method_id: str | None = None
    deduction: int = 0
    basis: int = 0
    expires_at: datetime | None = None
    becomes: tuple[str, ...] = ()
    """What each swap is for, in words, in the order of `swaps`; `pays` is the kind of the method that is named."""
    pays: str = ""

    @property
    def digest(self) -> str:
        """Hash of everything the customer or the approver agrees to; ruling and expiry may change, this may not.

        That the parcel is lost is agreed to as well: once it has arrived, the same money is another matter.
        """
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
            self.charge.minor if self.charge else 0,
            [(one.line_id, one.quantity, one.sku, one.units) for one in self.swaps],
            self.method_id,
            self.deduction,
            self.basis,
            *([LOST] if self.ruling.rule == LOST else []),
        ]
        return hashlib.sha256(json.dumps(agreed, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Selection:
    """Some units of some lines; empty means everything that is left."""

    units: Mapping[LineId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer wants done, before the core has said what that means in units and money.

    `goodwill` (minor units) is a gesture beyond any line (R13); `deduction` the documented loss of value of goods that
    came back after a withdrawal (CRD Art. 14(2)); `method_id` the tender that pays a difference or gets it.
    """

    action: Action
    reason: str = ""
    selection: Selection = field(default_factory=Selection)
    address: Address | None = None
    swaps: tuple[Swap, ...] = ()
    method_id: str | None = None
    goodwill: int = 0
    deduction: int = 0


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
