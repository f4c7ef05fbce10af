"""What speaking first came to, for the desk and the command line: figures, the chain, alerts and messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from agent.proactive import messages
from agent.proactive.choosing import held_out
from agent.proactive.messages import Message
from api import foreseeing
from api.desk.demand import at_risk_of, risks
from api.wiring import House
from eval.metrics import restating
from eval.metrics.intervals import Rate
from eval.proactive.chain import Step, chain
from eval.proactive.figures import Figures, figures
from eval.report.charts import Bar, bars
from tools.orders.alerts import store
from tools.orders.alerts.kinds import MEANING, Kind
from tools.orders.alerts.store import Alert

LATEST = 50


@dataclass(frozen=True, slots=True)
class Shown:
    days: int
    mode: str
    holdout: float
    figures: Figures
    chain: tuple[Step, ...]

    def as_json(self) -> dict[str, Any]:
        steps = [one.as_json() for one in self.chain]
        return {"days": self.days, "mode": self.mode, "holdout": self.holdout, **self.figures.as_json(), "chain": steps}


def shown(house: House, days: int) -> Shown:
    policy, now = house.policy, house.now()
    period = restating.days(now, ZoneInfo(policy.terms.timezone), days)
    share = policy.proactive.holdout
    with house.database.read() as db:
        told = figures(db, period, policy, lambda customer: held_out(house.keyed, customer, share), now)
    return Shown(days, policy.proactive.mode, share, told, chain(told, _short(house)))


def _short(house: House) -> list[str] | None:
    """Items that the last forecast sees running out; None where none was made."""
    demand = foreseeing.kept(house, "demand")
    return [one.sku for one in risks(demand) if at_risk_of(one, demand)] if demand else None


def latest(house: House) -> tuple[tuple[Alert, ...], tuple[Message, ...]]:
    with house.database.read() as db:
        return store.newest(db, LATEST), messages.newest(db, LATEST)


def by_kind(told: Figures) -> list[tuple[str, str, int, str]]:
    """(kind, what it means, how many, what became of them)."""
    return [
        (kind, MEANING[Kind(kind)], sum(words.values()), ", ".join(f"{count} {word}" for word, count in words.items()))
        for kind, words in told.alerts.items()
    ]


def chart(told: Figures) -> str:
    """Contacts per 100 orders of both arms, as SVG; the same figures stand in the table beside it."""
    arms = (("May be written to", told.effect.told), ("Held out", told.effect.holdout))
    most = max((arm.high or arm.per_100_orders or 0 for _, arm in arms), default=0) or 1
    shown = [
        Bar(name, (arm.per_100_orders or 0) / most, "–" if arm.per_100_orders is None else f"{arm.per_100_orders:.1f}")
        for name, arm in arms
    ]
    return bars("contacts", "Contacts per 100 orders", "Customers are drawn by lot.", shown)


def share(rate: Rate) -> str:
    if rate.share is None:
        return "–"
    return f"{rate.share:.0%} ({rate.low:.0%} to {rate.high:.0%}, {rate.hits} of {rate.of})"
