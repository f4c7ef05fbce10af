"""What a period cost and saved, with every figure that it was reckoned from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eval.metrics.definitions import ours_contained
from eval.metrics.populations import turns
from eval.metrics.resolution import Standing

MICROS = 10_000
"""Millionths of the shop's currency in a hundredth of it."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """`handoff_minutes` and `person_hour` (cents; 0: no price) are shop.toml's [cost]; `micros` what models cost."""

    handoff_minutes: int = 0
    person_hour: int = 0
    micros: int = 0


@dataclass(frozen=True, slots=True)
class Spending:
    """`saved` (cents; None without a price) = contained × ticket cost - automation cost, both in `inputs`."""

    inputs: Inputs
    inbound: int
    contained: int
    verified: int
    automation_micros: int

    @property
    def minutes_saved(self) -> int:
        return self.contained * self.inputs.handoff_minutes

    @property
    def ticket_cost(self) -> int | None:
        """Cents of a person's time for one ticket."""
        if not self.inputs.person_hour:
            return None
        return round(self.inputs.handoff_minutes * self.inputs.person_hour / 60)

    @property
    def saved(self) -> int | None:
        if self.ticket_cost is None:
            return None
        return self.contained * self.ticket_cost - round(self.automation_micros / MICROS)

    def per(self, count: int) -> int | None:
        """Micros a ticket, or a verified resolution."""
        return round(self.automation_micros / count) if count else None

    def as_json(self) -> dict[str, Any]:
        return {
            "inputs": {"handoff_minutes": self.inputs.handoff_minutes, "person_hour_cents": self.inputs.person_hour},
            "contained": self.contained,
            "minutes_saved": self.minutes_saved,
            "ticket_cost_cents": self.ticket_cost,
            "automation_micros": self.automation_micros,
            "micros_per_ticket": self.per(self.inbound),
            "micros_per_verified": self.per(self.verified),
            "saved_cents": self.saved,
        }


def spending(standings: Iterable[Standing], inputs: Inputs) -> Spending:
    """Costs of the turns themselves are added to those that were given for the whole."""
    kept = [one for one in standings if one.inbound]
    of_turns = sum(turn.cost for one in kept for turn in turns(one.conversation))
    return Spending(
        inputs,
        len(kept),
        sum(map(ours_contained, kept)),
        sum(one.verified for one in kept),
        inputs.micros + of_turns * MICROS,
    )
