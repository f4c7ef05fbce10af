"""Which orders, and which lines of an order, the customer's words mean."""

from __future__ import annotations

import re
import unicodedata

from agent.brains.reading import matches
from agent.case import Facts, Request
from agent.playbooks import Playbook
from tools.contract import Fact
from tools.orders.model import Action, FulfilmentAxis, Lifecycle, Line, Order, ReturnAxis

LANGUAGES = ("en", "fr")


def meant_orders(request: Request, playbook: Playbook, facts: Facts) -> tuple[Fact, ...]:
    """The orders that the request may mean: those named, else the candidates of its playbook."""
    orders = facts.facts(request.id, "order")
    if request.slots.orders:
        return orders
    fitting = tuple(fact for fact in orders if fact.order and _is_candidate(fact.order, playbook.candidates))
    named = tuple(fact for fact in fitting if fact.order and mentions(request.text, fact.order))
    if len(orders) == 1:
        return orders
    return named or fitting


def mentions(text: str, order: Order) -> bool:
    return any(chosen_lines(text, order, None).values())


def _is_candidate(order: Order, kind: str) -> bool:
    closed = order.lifecycle in {Lifecycle.CANCELLED, Lifecycle.REJECTED}
    arrived = order.fulfilment is FulfilmentAxis.DELIVERED
    match kind:
        case "open":
            return not closed and not arrived
        case "delivered":
            return not closed and arrived
        case "refunds":
            return bool(order.refunds) or order.returning is not ReturnAxis.NONE
    return True


def chosen_lines(text: str, order: Order, action: Action | None) -> dict[str, int]:
    """Units by line id. Empty means the whole order: nothing was named, or everything was.

    With two lines of one name, the options that are named decide; if none is, both are meant.
    """
    words = _stems(text)
    named = [line for line in order.lines if _left(line) > 0 and _stems(line.name) <= words]
    loose = named or [line for line in order.lines if _left(line) > 0 and _head(line.name) in words]
    exact = [line for line in loose if any(_stems(option) <= words for option in line.options.values() if option)]
    chosen = _prefer(loose, exact)
    everything = matches(text, "whole", "everything", LANGUAGES) and not named
    if not chosen or everything or (len(chosen) == len(order.lines) and action is not None):
        return {}
    return {line.id: _left(line) for line in chosen}


def _prefer(loose: list[Line], exact: list[Line]) -> list[Line]:
    """Among lines of the same name, those whose options were named."""
    names = {line.name for line in exact}
    return [line for line in loose if line.name not in names or line in exact]


def _left(line: Line) -> int:
    return line.quantity - line.cancelled - line.returned


def _head(name: str) -> str:
    """The noun: last word in English, first in French; the longest serves both."""
    return max(_stems(name) or {""}, key=len)


def _stems(text: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    words = re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)))
    return {word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words}
