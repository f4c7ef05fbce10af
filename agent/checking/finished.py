"""What finished text about orders may lean on: for replies that people or other programs wrote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from agent.checking.cases import figures_of
from agent.checking.record import Context, records_of
from tools.orders.model import Order
from tools.views import order_fact


def context_for(
    orders: Sequence[Order],
    language: str,
    timezone: str,
    now: datetime,
    passages: Iterable[str] = (),
    names: Iterable[str] = (),
    person: bool = True,
) -> Context:
    """The orders as they stand. `person`: somebody stands behind the text, and may promise to look at it."""
    facts = [replace(order_fact(order), id=f"F{place}") for place, order in enumerate(orders, 1)]
    sources = {fact.id: fact.fields for fact in facts}
    return Context(
        language,
        timezone,
        sources,
        {fact.id: order.number for fact, order in zip(facts, orders, strict=True)},
        records_of(facts, (), now),
        tuple(passages),
        person,
        frozenset(word.lower() for name in names for word in name.split()),
        frozenset(figures_of(sources)),
    )
