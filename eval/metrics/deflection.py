"""Deflection: the plain rate of answered order questions, and what the agent caused, against customers held out.

A conversation that began is contained, never deflected: only contacts that did not come are, and those only a holdout
can show. Before and after is no comparison: seasons, campaigns and late parcels move contacts more than any agent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

from eval.metrics.intervals import Z95, Rate, rate
from eval.metrics.populations import turns, wishes
from eval.metrics.resolution import NEVER, Standing

ORDER_QUESTIONS = frozenset(
    (
        *("order_status", "cancel_order", "change_address", "change_order", "return_request", "exchange_request"),
        *("refund_request", "refund_status", "withdrawal", "missing_or_damaged", "payment_problem", "invoice"),
    )
)
UNKNOWN = "no customers are held out ([rollout] holdout in shop.toml), so what the agent deflects can not be known"
TOO_FEW = "one of the groups has no contact or no order yet, so no interval can be told"


@dataclass(frozen=True, slots=True)
class Arm:
    """Contacts and orders of the customers of one group, in one period."""

    contacts: int
    orders: int

    @property
    def per_100_orders(self) -> float | None:
        return round(100 * self.contacts / self.orders, 4) if self.orders else None


@dataclass(frozen=True, slots=True)
class Causal:
    """`deflection` = 1 - contacts per order (treated) / contacts per order (holdout), with its 95 % interval.

    None with `why` where it can not be known. Below zero: the treated write more often.
    """

    treated: Arm
    holdout: Arm
    deflection: float | None = None
    low: float | None = None
    high: float | None = None
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        arms = {"treated": self.treated, "holdout": self.holdout}
        told = {
            name: {"contacts": arm.contacts, "orders": arm.orders, "per_100_orders": arm.per_100_orders}
            for name, arm in arms.items()
        }
        figures = {name: _rounded(getattr(self, name)) for name in ("deflection", "low", "high")}
        return {**figures, **told, "why": self.why}


def plain(standings: Iterable[Standing]) -> Rate:
    """Order questions answered without a person, of all order questions that came in."""
    asked = [one for one in standings if one.inbound and asks_about_an_order(one)]
    return rate(sum(one.answered and one.person_at == NEVER for one in asked), len(asked))


def asks_about_an_order(one: Standing) -> bool:
    return any(wishes(turn) & ORDER_QUESTIONS for turn in turns(one.conversation) if turn.kind == "message")


def contacts(standings: Iterable[Standing]) -> tuple[int, int]:
    """Inbound conversations of known customers: (treated, held out). Strangers belong to no group of orders."""
    known = [one.conversation for one in standings if one.inbound and one.conversation.customer]
    held = sum(one.holdout for one in known)
    return len(known) - held, held


def causal(treated: Arm, holdout: Arm) -> Causal:
    """Source of the interval: the log-normal one of a ratio of rates, K. J. Rothman, "Epidemiology", 2nd ed., ch. 9.

    It takes contacts as independent; customers who write often make it a little too narrow.
    """
    if not holdout.contacts and not holdout.orders:
        return Causal(treated, holdout, why=UNKNOWN)
    if not (treated.contacts and holdout.contacts and treated.orders and holdout.orders):
        return Causal(treated, holdout, why=TOO_FEW)
    ratio = (treated.contacts / treated.orders) / (holdout.contacts / holdout.orders)
    spread = Z95 * sqrt(1 / treated.contacts + 1 / holdout.contacts)
    return Causal(treated, holdout, 1 - ratio, 1 - exp(log(ratio) + spread), 1 - exp(log(ratio) - spread))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
