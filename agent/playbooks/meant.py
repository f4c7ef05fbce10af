"""Which orders, and which lines of an order, the customer's words mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from agent.brains.reading import matches
from agent.case import Facts, Request
from agent.playbooks import Playbook
from tools.contract import Fact
from tools.orders.agreement import Action
from tools.orders.model import FulfilmentAxis, Lifecycle, Line, LineId, Order, ReturnAxis

LANGUAGES = ("en", "fr")
KEEPS = re.compile(r"(?i)\b(?:keep|except|but not|not the|sauf|garde\w*|pas l[ea])\b")
COUNTS = {"one": 1, "1": 1, "un": 1, "une": 1, "two": 2, "2": 2, "deux": 2, "three": 3, "3": 3, "trois": 3}
TOO_COMMON = {
    "order",
    "item",
    "set",
    "pack",
    "the",
    "de",
    "la",
    "le",
    "for",
    "with",
    "and",
    "of",
    "in",
    "my",
    "commande",
}


def meant_orders(request: Request, playbook: Playbook, facts: Facts) -> tuple[Fact, ...]:
    """The orders that the request may mean: those named, else the candidates of its playbook."""
    orders = facts.facts(request.id, "order")
    if request.slots.orders:
        return orders
    literal = tuple(fact for fact in orders if fact.order and _says(request.text, fact.order.number))
    if literal:
        return literal
    fitting = tuple(fact for fact in orders if fact.order and _is_candidate(fact.order, playbook.candidates))
    named = tuple(fact for fact in fitting if fact.order and mentions(request.text, fact.order))
    if len(orders) == 1:
        return orders
    return named or fitting


def _says(text: str, number: str) -> bool:
    """The caller's own number in a form that no pattern of the shop knows."""
    return bool(re.search(rf"(?i)(?<!\w){re.escape(number.lstrip('#'))}(?!\w)", text))


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

    A line is named by any telling word of its name; with two lines of one name, the options that are named decide.
    """
    text = KEEPS.split(text)[0]
    words = _stems(text)
    said = {line.id: _stems(line.name) & words - TOO_COMMON for line in order.lines if _left(line) > 0}
    named = [line for line in order.lines if said.get(line.id) and not _better(line.id, said)]
    exact = [line for line in named if any(_stems(option) <= words for option in line.options.values() if option)]
    chosen = _prefer(named, exact)
    all_units = all(_units(text, line) == _left(line) for line in chosen)
    whole = len(chosen) == len(order.lines) and all_units and action is not None
    if whole or (matches(text, "whole", "everything", LANGUAGES) and not named):
        return {}
    return {line.id: _units(text, line) for line in chosen}


def _units(text: str, line: Line) -> int:
    """As many as are said ("one of the shirts", "deux tasses"), one for a singular, else all that are left."""
    words, names = _words(text), _stems(line.name) - TOO_COMMON
    for place, word in enumerate(words):
        if _stem(word) in names:
            before = [COUNTS[one] for one in words[max(place - 4, 0) : place] if one in COUNTS]
            singular = not word.endswith("s")
            return min(before[0] if before else 1 if singular else _left(line), _left(line))
    return _left(line)


def _better(line: LineId, said: Mapping[LineId, set[str]]) -> bool:
    """Another line was named by more words, this one's among them (the electric kettle, not the tea kettle)."""
    return any(said[line] < other for other in said.values())


def _prefer(named: list[Line], exact: list[Line]) -> list[Line]:
    """Among lines of the same name, those whose options were named."""
    names = {line.name for line in exact}
    return [line for line in named if line.name not in names or line in exact]


def _left(line: Line) -> int:
    return line.quantity - line.cancelled - line.returned


def _stems(text: str) -> set[str]:
    return set(map(_stem, _words(text)))


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)))
