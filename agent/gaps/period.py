"""The gaps of the last days, as the command and the page show them: journal in, groups out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from agent import journal
from agent.gaps.grouping import Group, Meanings, Progress, grouped
from agent.gaps.kinds import Kind
from agent.gaps.observing import Observation, observe
from agent.policy import CostTable


@dataclass(frozen=True, slots=True)
class Period:
    """`tickets` are the turns of customers in these days."""

    days: int
    tickets: int
    observations: tuple[Observation, ...]
    groups: tuple[Group, ...] = ()

    def only(self, kind: Kind | None) -> Period:
        kept = tuple(one for one in self.observations if kind in {None, one.kind})
        return replace(self, observations=kept)

    def grouped(self, meanings: Meanings, cost: CostTable, on_progress: Progress = lambda *_: None) -> Period:
        return replace(self, groups=grouped(self.observations, meanings, self.tickets, cost, on_progress))

    def group(self, wanted: str) -> Group | None:
        return next((one for one in self.groups if one.id == wanted), None)


def of_days(db: Connection, days: int, now: datetime) -> Period:
    until = now + timedelta(seconds=1)
    entries = [one for one in journal.between(db, until - timedelta(days=days), until) if one.body["kind"] == "message"]
    return Period(days, len(entries), observe(entries))


def described(one: Group) -> dict[str, Any]:
    """A group, as programs see it (docs/gaps.md)."""
    cost: Mapping[str, Any] = {
        "handoffs": one.cost.handoffs,
        "minutes": one.cost.minutes,
        "money": None if one.cost.money is None else f"{one.cost.money / 100:.2f}",
    }
    return {
        "id": one.id,
        "kind": one.kind.value,
        "told": one.told,
        "label": one.label,
        "count": one.count,
        "tickets": one.tickets,
        "conversations": one.conversations,
        "share": one.share,
        "first": one.first.isoformat(),
        "last": one.last.isoformat(),
        "cost": dict(cost),
        "rules": dict(one.rules),
        "intents": dict(one.intents),
        "languages": dict(one.languages),
        "examples": list(one.examples),
        "remedy": one.remedy,
    }
