"""From a file's orders to the core: each once, however often the file is sent, and each line told what became of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from pydantic import ValidationError

from connectors.capture import Captured, Item, Verdict
from tools.orders.actions.customers import SaveCustomer
from tools.orders.actions.payments import Pay
from tools.orders.actions.place import PlaceOrder, Wanted
from tools.orders.commands import Done, IdempotencyConflict, Refusal
from tools.orders.model import Actor, CustomerId
from tools.orders.money import CURRENCIES
from tools.orders.service import Orders

ACTOR = Actor("system", "capture")
NOWHERE = "no-mail.invalid"
"""Buyers without an address (RFC 2606): nothing is ever sent there."""
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
BESIDE, CHUNK = 8, 200
OF_A_LINE = re.compile(r"^(unknown_variant|not_sellable|price|stock): (?:not enough of )?(\S+)")


@dataclass(frozen=True, slots=True)
class Line:
    place: str
    sku: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one order: its id where there is one, and each line's verdict."""

    place: str
    number: str
    order: str
    lines: tuple[Line, ...]

    @property
    def verdict(self) -> Verdict:
        """Rejected when no line was taken, accepted when all were and none is held."""
        told = {line.verdict for line in self.lines}
        if not self.order:
            return Verdict.REJECTED
        return Verdict.ACCEPTED if told == {Verdict.ACCEPTED} else Verdict.HELD


def take(orders: Orders, captured: Iterable[Captured]) -> Iterator[Taken]:
    """One transaction an order, told in the file's order; what can not be an order keeps the others from nothing.

    Some are written beside each other, because writers of one process share commits.
    """
    every = iter(captured)
    with ThreadPoolExecutor(BESIDE, "capture") as hands:
        while some := list(islice(every, CHUNK)):
            prepared = [_prepared(orders, one) for one in some]
            yield from hands.map(lambda one: _placed(orders, *one), zip(some, prepared, strict=True))


def _prepared(orders: Orders, one: Captured) -> PlaceOrder | tuple[str, ...]:
    """The command, its customer being there; or why there is none."""
    good = [item for item in one.items if not item.reasons]
    reasons = [*one.reasons, *(() if good else ("no line can be taken",))]
    if one.currency not in CURRENCIES:
        reasons.append(f"currency {one.currency!r} is unknown")
    if reasons:
        return tuple(reasons)
    try:
        return _command(one, _customer(orders, one), good)
    except ValidationError as error:
        return tuple(_words(error))
    except CustomerRefused as refused:
        return (str(refused),)


def _placed(orders: Orders, one: Captured, wanted: PlaceOrder | tuple[str, ...]) -> Taken:
    if not isinstance(wanted, PlaceOrder):
        return _rejected(one, wanted)
    try:
        answer = orders.do(wanted, key=f"capture:{one.channel}:{one.number}", actor=ACTOR)
    except IdempotencyConflict:
        return _rejected(one, (f"{one.number} was taken already with other content; change that order by hand",))
    if isinstance(answer, Refusal):
        return _rejected(one, (f"{answer.ruling.code}: {answer.ruling.accepts}",))
    return Taken(one.place, one.number, answer.result["order"], tuple(_lines(one, answer.result["reasons"])))


class CustomerRefused(ValueError):
    pass


def _customer(orders: Orders, one: Captured) -> CustomerId:
    """The known one of this address, else one of the channel's own. Raises `CustomerRefused`."""
    email = one.buyer.email if EMAIL.fullmatch(one.buyer.email) else ""
    known = orders.customer_by_email(email) if email else None
    if known:
        return known.id
    name = CustomerId(f"{one.channel}:{one.buyer.id or _digest(one.buyer.name, one.address.one_line())}"[:200])
    if orders.customer(name):
        return name
    wanted = SaveCustomer(
        customer_id=name,
        full_name=(one.buyer.name or one.buyer.id or "unknown")[:200],
        email=email or f"{_digest(name)}@{NOWHERE}",
        phone=one.buyer.phone[:40] or None,
        address=one.address,
    )
    answer = orders.do(wanted, key=f"capture:customer:{name}", actor=ACTOR)
    if isinstance(answer, Done):
        return name
    raise CustomerRefused(f"customer: {answer.ruling.code}")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _command(one: Captured, customer: CustomerId, good: list[Item]) -> PlaceOrder:
    paid = (Pay(kind=one.channel, reference=f"{one.channel}:{one.number}", psp=one.channel),) if one.paid else ()
    return PlaceOrder(
        channel=one.channel,
        external_id=one.number,
        customer_id=customer,
        lines=tuple(
            Wanted(sku=item.sku, quantity=item.quantity, unit_price=item.unit_price, discount=item.discount)
            for item in good
        ),
        address=one.address,
        currency=one.currency,
        shipping=one.shipping,
        total=one.total,
        payments=paid,
        problems=tuple(f"line {item.place}: {', '.join(item.reasons)}" for item in one.items if item.reasons),
    )


def _lines(one: Captured, reasons: list[str]) -> Iterator[Line]:
    """Reasons that name a variant hold its lines; the rest hold all of them: an order is sent whole or not at all."""
    of_sku: dict[str, list[str]] = {}
    of_all = []
    for reason in reasons:
        found = OF_A_LINE.match(reason)
        if found:
            of_sku.setdefault(found[2], []).append(reason)
        elif not reason.startswith("line "):
            of_all.append(reason)
    for item in one.items:
        held = (*of_sku.get(item.sku, ()), *of_all) or (("the order waits for its other lines",) if reasons else ())
        verdict = Verdict.REJECTED if item.reasons else Verdict.HELD if held else Verdict.ACCEPTED
        yield Line(item.place, item.sku, verdict, item.reasons or held)


def _rejected(one: Captured, reasons: tuple[str, ...]) -> Taken:
    items = one.items or (Item("-", "", 0),)
    lines = tuple(Line(item.place, item.sku, Verdict.REJECTED, item.reasons or reasons) for item in items)
    return Taken(one.place, one.number, "", lines)


def _words(error: ValidationError) -> Iterator[str]:
    for one in error.errors():
        yield f"{'.'.join(map(str, one['loc']))}: {one['msg']}"
