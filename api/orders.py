"""Orders as programs see them: the shapes of /v1/orders and of `wismo orders`, and how a wish is read from JSON.

Amounts are decimal strings in the order's currency; a JSON number is refused, since it may be a float.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tools.orders import rules
from tools.orders.agreement import Action, Outcome, Quote, Ruling, Selection, Swap, Wish
from tools.orders.commands import Done, IdempotencyConflict, KeyMissing, Refusal
from tools.orders.model import Address, Event, Line, LineId, Order, Shipment
from tools.orders.money import Money, MoneyError

STATUS = {"FND-1": 404, "VAL-1": 422, "IDM-1": 409}


class Change(BaseModel):
    """`quantity` units of a line become `to_quantity` units (None: as many) of `sku`."""

    model_config = ConfigDict(extra="forbid")

    line: str
    quantity: int = Field(strict=True, ge=0, le=1_000_000)
    sku: str
    to_quantity: int | None = Field(None, strict=True, ge=0, le=1_000_000)


class Asked(BaseModel):
    """What is wanted for a customer. `lines` are units by line id or position; none means everything that is left."""

    model_config = ConfigDict(extra="forbid")

    action: Action
    reason: str = Field("", max_length=200)
    lines: dict[str, int] = Field(default_factory=dict)
    address: Address | None = None
    changes: list[Change] = Field(default_factory=list)
    method: str | None = None
    goodwill: str | None = Field(None, description='A gesture, as a decimal string: "5.00".')
    deduction: str | None = Field(None, description="Documented loss of value of withdrawn goods, as a decimal string.")

    def wish(self, order: Order) -> Wish:
        """Raises ValueError with what would be accepted."""
        return Wish(
            self.action,
            "goodwill" if self.goodwill else self.reason,
            Selection({_line(order, name): _units(units) for name, units in self.lines.items()}),
            self.address,
            tuple(Swap(_line(order, one.line), one.quantity, one.sku, one.to_quantity) for one in self.changes),
            self.method,
            _minor(self.goodwill, order),
            _minor(self.deduction, order),
        )


class Agreed(Asked):
    """`digest` is the quote's that was shown: what changed since is not done."""

    digest: str


def _line(order: Order, name: str) -> LineId:
    for line in order.lines:
        if name in {line.id, str(line.position)}:
            return line.id
    raise ValueError(f"lines: {name} is not a line of {order.number}; there are 1 to {len(order.lines)}")


def _units(units: int) -> int:
    if units < 1:
        raise ValueError(f"lines: {units} units; at least 1 is needed")
    return units


def _minor(amount: str | None, order: Order) -> int:
    if amount is None:
        return 0
    try:
        minor = Money.parse(amount, order.currency).minor
    except MoneyError as error:
        raise ValueError(str(error)) from None
    if minor < 0:
        raise ValueError(f"{amount}: must not be negative")
    return minor


# -- out -----------------------------------------------------------------------------------------------------


def order_json(order: Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "number": order.number,
        "customer": order.customer_id,
        "placed_at": order.placed_at.isoformat(),
        "lifecycle": order.lifecycle.value,
        "payment": order.payment.value,
        "fulfilment": order.fulfilment.value,
        "return": order.returning.value,
        "hold_reason": order.hold_reason,
        "currency": order.currency,
        "total": order.total.decimal(),
        "shipping": order.shipping.decimal(),
        "address": order.address.one_line(),
        "delivered_at": order.delivered_at.isoformat() if order.delivered_at else None,
        "cancelled_at": order.cancelled_at.isoformat() if order.cancelled_at else None,
        "version": order.version,
        "lines": [_line_json(line) for line in order.lines],
        "payments": [_tender_json(order, one) for one in order.tenders],
        "shipments": [_shipment_json(one) for one in order.shipments],
        "work": [{"id": one.id, "location": one.location_id, "state": one.state} for one in order.work],
        "returns": [{"id": r.id, "number": r.number, "state": r.state, "units": r.lines} for r in order.returns],
        "refunds": [{"id": r.id, "state": r.state, "amount": r.amount.decimal()} for r in order.refunds],
        "exchanges": [{"id": one.id, "state": one.state} for one in order.exchanges],
        "claims": [{"id": one.id, "kind": one.kind, "state": one.state} for one in order.claims],
    }


def _line_json(line: Line) -> dict[str, Any]:
    counts = {name: getattr(line, name) for name in ("quantity", "cancelled", "shipped", "returned", "refunded")}
    words = {"id": line.id, "position": line.position, "sku": line.sku, "name": line.name}
    money = {"unit_price": line.unit_price.decimal(), "net": line.net.decimal(), "tax": line.tax.decimal()}
    return {**words, "options": dict(line.options), **counts, **money}


def _tender_json(order: Order, one: Any) -> dict[str, Any]:
    amounts = {name: getattr(one, name).decimal() for name in ("captured", "refunded", "pending")}
    return {"id": one.payment_id, "kind": one.kind, "state": one.state, **amounts, "currency": order.currency}


def _shipment_json(one: Shipment) -> dict[str, Any]:
    scans = [{"at": scan.at.isoformat(), "code": scan.code, "place": scan.place} for scan in one.events]
    return {"tracking": one.tracking_number, "carrier": one.carrier, "state": one.state.value, "scans": scans}


def quote_json(quote: Quote) -> dict[str, Any]:
    return {
        "action": quote.action.value,
        "order": quote.order_number,
        "allowed": quote.ruling.allowed,
        "needs_person": quote.ruling.needs_person,
        "ruling": ruling_json(quote.ruling),
        "lines": [
            {"line": one.line_id, "name": one.name, "quantity": one.quantity, "amount": one.amount.decimal()}
            for one in quote.lines
        ],
        "back": quote.amount.decimal(),
        "charge": quote.charge.decimal() if quote.charge else None,
        "fee": quote.fee.decimal() if quote.fee else None,
        "shipping": quote.shipping.decimal() if quote.shipping else None,
        "currency": quote.amount.currency,
        "digest": quote.digest,
        "expires_at": quote.expires_at.isoformat() if quote.expires_at else None,
    }


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    told = {"result": outcome.result.value, "reference": outcome.reference, "settled": outcome.settled}
    return {**told, "ruling": ruling_json(outcome.ruling), "quote": quote_json(outcome.quote)}


def event_json(event: Event) -> dict[str, Any]:
    return {
        "sequence": event.sequence,
        "type": event.type,
        "at": event.at.isoformat(),
        "recorded_at": event.recorded_at.isoformat(),
        "actor": f"{event.actor.kind}:{event.actor.id}",
        "reconstructed": event.reconstructed,
        "body": dict(event.body),
    }


def ruling_json(ruling: Ruling) -> dict[str, Any]:
    says = rules.RULES.get(ruling.rule, "")
    return {"rule": ruling.rule, "code": ruling.code, "says": says, "accepts": ruling.accepts or None}


def answer_json(answer: Done | Refusal) -> dict[str, Any]:
    if isinstance(answer, Refusal):
        return {"result": "refused", "ruling": ruling_json(answer.ruling)}
    return {"result": "done", "events": list(answer.events), **answer.result}


def misuse(error: Exception) -> Ruling:
    """The ruling of what never reached a verb: a key used otherwise, or a field that does not fit."""
    if isinstance(error, IdempotencyConflict | KeyMissing):
        code = "key_missing" if isinstance(error, KeyMissing) else "key_used_otherwise"
        accepts = "a new key for another content, the same key for the same; over HTTP as the Idempotency-Key header"
        return rules.refuse("IDM-1", code, accepts=accepts)
    if hasattr(error, "errors") and callable(error.errors):
        wrong = (f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in error.errors()[:10])
        return rules.refuse("VAL-1", "invalid", accepts="; ".join(wrong))
    return rules.refuse("VAL-1", "invalid", accepts=str(error))


def status_of(ruling: Ruling) -> int:
    """HTTP's word for a refusal: 409 unless it is about what was sent."""
    return STATUS.get(ruling.rule, 409)
