"""What a tool that proposes is called with, out of the customer's words and what was read. None while it is unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from agent.case import Facts, Intent, Request, Ticket
from agent.meaning.items import (
    Near,
    apart,
    every_place,
    lines_meant,
    means_everything,
    named_lines,
    open_units,
    parted,
    units_of,
)
from agent.meaning.orders import Meant
from agent.meaning.payment import method_meant, original
from agent.meaning.places import pointed_at
from agent.meaning.variants import clauses, variant_meant
from agent.meaning.words import folded, listed
from tools.contract import Fact
from tools.orders.agreement import Action
from tools.orders.catalogue import Account, Variant
from tools.orders.model import FulfilmentAxis, Lifecycle, Line, LineId, Order

Given = Mapping[str, object]
CLAIMS = ("damaged", "wrong_item", "missing", "lost")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request about one order, beside the others that it means."""

    ticket: Ticket
    request: Request
    order: Order
    meant: Meant
    facts: Facts
    near: Near | None = None

    @property
    def text(self) -> str:
        return self.request.text

    @property
    def account(self) -> Account | None:
        found = self.facts.facts(self.request.id, "account")
        return found[0].account if found else None

    @property
    def variants(self) -> tuple[Fact, ...]:
        """One a line of the order, in their order."""
        made = (one for one in self.facts.of(self.request.id) if one.call.tool == "read_variants")
        own = next((one for one in made if one.call.arguments["order"] == self.order.number), None)
        return own.answer if own and isinstance(own.answer, tuple) else ()


def arguments(action: Action, asked: Asked) -> Given | None:
    return BY_ACTION[action](asked)


def _base(asked: Asked) -> dict[str, object]:
    return {"order": asked.order.number}


def _lines(asked: Asked) -> dict[str, int]:
    return {str(line): units for line, units in lines_meant(asked.text, asked.order, asked.near).items()}


def _cancel(asked: Asked) -> Given | None:
    """As a change of the order it is asked for by what is taken out of it."""
    lines = _lines(asked)
    changes = asked.request.intent in {Intent.CHANGE_ORDER, Intent.EXCHANGE_REQUEST}
    if changes and not (lines and listed("change", "take_out").search(folded(asked.text))):
        return None
    return {**_base(asked), "reason": asked.request.slots.reason, "lines": lines}


def _address(asked: Asked) -> Given | None:
    address = asked.request.slots.address
    if address is None and asked.account is not None:
        others = (fact.order.address for fact in asked.facts.facts(asked.request.id, "order") if fact.order)
        address = pointed_at(asked.text, asked.account.address, others, asked.order.address)
    if address is None and not _address_is_open(asked.order):
        address = asked.order.address  # refused whatever it is: nobody is asked for one in vain
    if address is None:
        return None
    return {**_base(asked), **asdict(address), "country": address.country or asked.order.address.country}


def _address_is_open(order: Order) -> bool:
    return order.lifecycle in {Lifecycle.CONFIRMED, Lifecycle.ON_HOLD} and (
        order.fulfilment is FulfilmentAxis.UNFULFILLED
    )


def _payment(asked: Asked) -> Given | None:
    """Only where a means of payment is all that is to change."""
    if asked.account is None or asked.request.intent is not Intent.CHANGE_ORDER or _named(asked):
        return None
    method = method_meant(asked.text, asked.account, asked.order)
    return {**_base(asked), "method": method.id} if method else None


def _return(asked: Asked) -> Given:
    given = {**_base(asked), "reason": asked.request.slots.reason, "lines": _lines(asked)}
    method = _method(asked)
    return {**given, "method": method} if method else given


def _refund(asked: Asked) -> Given:
    return {**_base(asked), "reason": _claim(asked.request), "lines": _lines(asked)}


def _withdraw(asked: Asked) -> Given:
    return {**_base(asked), "reason": "", "lines": _lines(asked)}


def _swap(asked: Asked) -> Given | None:
    """A variant for each line that is named; none at all where one of them is unclear."""
    found = _named(asked) or _all_of_them(asked)
    spoken = clauses(asked.text, _places(asked, found))
    swaps = []
    for line, units in found:
        choice = variant_meant(spoken[line.id], line, _sold(asked, line))
        if choice.variant is None:
            return None
        swaps.append({"line": line.id, "units": units, "sku": choice.variant.sku})
    return {**_base(asked), "swaps": swaps, "method": _method(asked)} if swaps else None


def _sold(asked: Asked, line: Line) -> tuple[Variant, ...]:
    at = [one.id for one in asked.order.lines].index(line.id)
    return asked.variants[at].variants if at < len(asked.variants) else ()


def _named(asked: Asked) -> list[tuple[Line, int]]:
    wanted, spared = parted(asked.text)
    left = [line for line in asked.order.lines if open_units(line) > 0]
    kept = {one.line.id for one in named_lines(spared, left)} if spared else set()
    named = named_lines(wanted, left, asked.near)
    return [(one.line, units_of(wanted, one)) for one in named if one.line.id not in kept]


def _all_of_them(asked: Asked) -> list[tuple[Line, int]]:
    left = [line for line in asked.order.lines if open_units(line) > 0]
    every = len(left) == 1 or means_everything(asked.text)
    return [(line, open_units(line)) for line in left] if every else []


def _places(asked: Asked, found: list[tuple[Line, int]]) -> dict[LineId, tuple[int, ...]]:
    """Where each thing is named, those of the other orders too: a wish ends where the next thing begins."""
    others = [line for fact in asked.meant.orders if fact.order for line in fact.order.lines]
    named = named_lines(parted(asked.text)[0], others, asked.near)
    places = apart({one.line.id: (one.line.name, every_place(one, asked.text)) for one in named})
    return {**dict.fromkeys((line.id for line, _ in found), (0,)), **places}


def _method(asked: Asked) -> str | None:
    """Named by the customer, else what the order was paid with, where it is one of the customer's."""
    if asked.account is None:
        return None
    found = method_meant(asked.text, asked.account, asked.order)
    own = {one.id for one in asked.account.methods}
    paid = original(asked.order)
    return found.id if found else paid if paid in own else None


def _claim(request: Request) -> str:
    """A refund is a claim only where the customer says that something is wrong with what was sent."""
    reason = request.slots.reason
    if request.intent is Intent.MISSING_OR_DAMAGED:
        return reason if reason in CLAIMS else "damaged"
    return reason if reason in {"damaged", "wrong_item"} else ""


BY_ACTION: Mapping[Action, Callable[[Asked], Given | None]] = {
    Action.CANCEL_ORDER: _cancel,
    Action.CHANGE_ADDRESS: _address,
    Action.CHANGE_ITEMS: _swap,
    Action.CHANGE_PAYMENT: _payment,
    Action.REQUEST_RETURN: _return,
    Action.REQUEST_EXCHANGE: _swap,
    Action.REFUND: _refund,
    Action.WITHDRAW: _withdraw,
}
