"""Which of the caller's orders the words mean. Several may be meant, or one of several: these are not the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.case import Facts, Request
from agent.meaning.items import Named, Near, means_all, named_lines, open_units, parted
from agent.meaning.places import speaks_of
from agent.meaning.words import folded, listed
from agent.playbooks import Playbook
from tools.contract import Fact
from tools.orders.model import FulfilmentAxis, Lifecycle, Order, ReturnAxis

CLOSED = {Lifecycle.CANCELLED, Lifecycle.REJECTED, Lifecycle.CANCELLING}


@dataclass(frozen=True, slots=True)
class Meant:
    """`orders` are all meant, unless it is `unclear` which: then one of them is."""

    orders: tuple[Fact, ...] = ()
    unclear: bool = False

    @property
    def one(self) -> Fact | None:
        return self.orders[0] if len(self.orders) == 1 and not self.unclear else None


def meant_by(request: Request, facts: Facts, playbook: Playbook, near: Near | None = None) -> Meant:
    """What a request means among the orders that were read for it."""
    spared = {number.lstrip("#").upper() for number in request.slots.not_orders}
    orders = [one for one in facts.facts(request.id, "order") if _order(one).number.lstrip("#").upper() not in spared]
    slots = request.slots
    return meant_among(orders, request.text, playbook.candidates, slots.orders, near, slots.discussed)


def meant_among(
    facts: Sequence[Fact],
    text: str,
    kind: str,
    numbers: Sequence[str] = (),
    near: Near | None = None,
    discussed: Sequence[str] = (),
) -> Meant:
    """`facts` are the caller's orders, newest first; `kind` the playbook's candidates; `numbers` what it names.

    `discussed` are the numbers that an "it" points back to: where no goods are named beside it.
    """
    if numbers:
        return Meant(tuple(facts))
    literal = tuple(fact for fact in facts if _order(fact) and _says(text, _order(fact).number))
    if literal:
        return Meant(literal)
    fitting = tuple(fact for fact in facts if _is(_order(fact), kind))
    narrowed = _by_state(fitting, text) or fitting
    every = listed("orders", "every").search(folded(text))
    if every:
        return Meant(narrowed)
    named = _by_items_of(facts, narrowed, fitting, text, near)
    spoken_of = tuple(fact for fact in facts if _order(fact).number in discussed)
    if spoken_of and not named:
        return Meant(spoken_of)
    return named if named and not named.unclear else _by_place_or_time(facts, named.orders if named else narrowed, text)


def _by_items_of(
    facts: Sequence[Fact], narrowed: tuple[Fact, ...], fitting: tuple[Fact, ...], text: str, near: Near | None
) -> Meant | None:
    return _by_items(narrowed, text, near) or _by_items(fitting, text, near) or _by_items(tuple(facts), text, None)


def _by_place_or_time(facts: Sequence[Fact], among: tuple[Fact, ...], text: str) -> Meant:
    by_place = tuple(fact for fact in among if speaks_of(text, _order(fact).address))
    if 0 < len(by_place) < len(among):
        among = by_place
    if listed("orders", "newest").search(folded(text)):
        return Meant(among[:1] or tuple(facts[:1]))
    if len(facts) == 1:
        return Meant(tuple(facts))
    return Meant(among, unclear=len(among) != 1)


def _order(fact: Fact) -> Order:
    assert fact.order is not None
    return fact.order


def _says(text: str, number: str) -> bool:
    """The caller's own number in a form that no pattern of the shop knows."""
    return bool(re.search(rf"(?i)(?<!\w){re.escape(number.lstrip('#'))}(?!\w)", text))


def _is(order: Order, kind: str) -> bool:
    return KINDS.get(kind, _always)(order)


def _always(_: Order) -> bool:
    return True


def _open(order: Order) -> bool:
    return order.lifecycle not in CLOSED and order.fulfilment is not FulfilmentAxis.DELIVERED


def _delivered(order: Order) -> bool:
    return order.lifecycle not in CLOSED and order.fulfilment is FulfilmentAxis.DELIVERED


def _with_refunds(order: Order) -> bool:
    return bool(order.refunds) or order.returning is not ReturnAxis.NONE


KINDS: dict[str, Callable[[Order], bool]] = {
    "all": _always,
    "live": lambda order: order.lifecycle not in CLOSED,
    "open": _open,
    "delivered": _delivered,
    "refunds": _with_refunds,
}


def _by_state(facts: tuple[Fact, ...], text: str) -> tuple[Fact, ...]:
    """ "my pending order", "the one that I received": only where the text says one of the two."""
    plain = folded(text)
    waits, came = listed("orders", "open").search(plain), listed("orders", "arrived").search(plain)
    if bool(waits) == bool(came):
        return ()
    return tuple(fact for fact in facts if (_open if waits else _delivered)(_order(fact)))


def _by_items(facts: tuple[Fact, ...], text: str, near: Near | None) -> Meant | None:
    """The orders that hold what is named. Each thing in one order: all of them; a thing in several: unclear which."""
    wanted, _ = parted(text)
    every = [(fact, line) for fact in facts for line in _order(fact).lines if open_units(line) > 0]
    named = named_lines(wanted, [line for _, line in every], near)
    if not named:
        return None
    holders = _holders(every, named)
    together = [fact for fact in facts if all(any(fact is one for one in group) for group in holders)]
    if len(holders) > 1 and together:
        return Meant(tuple(together), unclear=len(together) > 1)
    found = tuple(fact for fact in facts if any(any(fact is one for one in group) for group in holders))
    return Meant(found, unclear=any(len(group) > 1 for group in holders) and not means_all(text))


def _holders(every: Sequence[tuple[Fact, object]], named: Sequence[Named]) -> list[list[Fact]]:
    """For each thing that is named, the orders that hold it; one thing is what begins at one place of the text."""
    groups: dict[int, list[Fact]] = {}
    for one in named:
        fact = next(fact for fact, line in every if line is one.line)
        group = groups.setdefault(one.place, [])
        if not any(fact is other for other in group):
            group.append(fact)
    return list(groups.values())
