"""Who is written to, about what and when; or why not. Pure: what is known of a customer in, a verdict out.

The same steps for everybody, and last of all the arm: so the holdout is compared with customers who would have been
written to at the same moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from agent.identity.hashing import Keyed
from agent.proactive.quiet import next_allowed
from agent.proactive.terms import ProactiveTable
from tools.orders.alerts.kinds import Kind
from tools.orders.alerts.store import Alert

HOLDOUT = "proactive holdout"
WEEK = timedelta(days=7)
FORESEEN = frozenset(
    {
        Kind.PREDICTED_LATE,
        Kind.EXCEPTION,
        Kind.SILENT,
        Kind.PROMISE_AT_RISK,
        Kind.BACK_ORDER_MOVED,
        Kind.LABEL_UNSCANNED,
    }
)
"""The first word about a delay; the second, once the days that were named are over, is `LATE`."""
DELAYS = FORESEEN | {Kind.LATE}
MOST = (
    *(Kind.RETURNED, Kind.READY_FOR_PICKUP, Kind.ATTEMPT_FAILED, Kind.DISPUTED, Kind.EXCEPTION, Kind.LATE),
    *(Kind.BACK_ORDER_MOVED, Kind.PROMISE_AT_RISK, Kind.SILENT, Kind.PREDICTED_LATE, Kind.LABEL_UNSCANNED),
    *(Kind.REFUND_OVERDUE, Kind.RETURN_WAITING),
)
FAR_AS = timedelta(days=1)
WITHOUT_DAYS = timedelta(days=3)
"""A first word that named no days stands for so long."""
OLD = timedelta(days=3)
"""What held for so long before it was seen is no news: a watch that is switched on tells nobody of last year."""
Word = Literal["off", "muted", "unreachable", "covered", "stale"]


@dataclass(frozen=True, slots=True)
class Known:
    """Of one customer: where they live, whether they can and want to be written to, and what they heard lately.

    `told` are alerts of the same orders that they were told of before.
    """

    customer: str
    country: str
    reachable: bool
    wants: bool
    lately: Sequence[datetime]
    told: Sequence[Alert] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`tell` now, as one message; `words` for those that will never be told; the rest waits until `wait`."""

    tell: tuple[Alert, ...] = ()
    words: tuple[tuple[Alert, Word], ...] = ()
    wait: datetime | None = None


def held_out(keyed: Keyed, customer: str, share: float) -> bool:
    """By a hash that only this house can compute: the same for ever, and nobody's to choose."""
    return int(keyed.of(HOLDOUT, customer)[:8], 16) / 0x1_0000_0000 < share


def choose(alerts: Sequence[Alert], known: Known, terms: ProactiveTable, zone: str, now: datetime) -> Verdict:
    """`alerts` are all that wait for this customer, open ones, oldest first."""
    words = tuple(_never(alerts, known, terms))
    gone = {alert.id for alert, _ in words}
    left = tuple(one for one in alerts if one.id not in gone and not _still_covered(one, known, now))
    if not left:
        return Verdict(words=words)
    at = _when(left, known, terms, zone, now)
    return Verdict(words=words, wait=at) if at > now else Verdict(in_order(left), words)


def _never(alerts: Sequence[Alert], known: Known, terms: ProactiveTable) -> Iterator[tuple[Alert, Word]]:
    for one in alerts:
        if one.kind not in terms.kinds:
            yield one, "off"
        elif not known.reachable:
            yield one, "unreachable"
        elif not known.wants:
            yield one, "muted"
        elif one.at - one.since > OLD:
            yield one, "stale"
        elif _said_already(one, known):
            yield one, "covered"


def _said_already(alert: Alert, known: Known) -> bool:
    """Another first word about the same delay says nothing new, unless the days moved by more than one."""
    before = [one for one in known.told if one.order_id == alert.order_id and one.kind in FORESEEN]
    if alert.kind not in FORESEEN or not before or alert.facts.get("code") == "lost":
        return False
    last = before[-1]
    if alert.kind is Kind.BACK_ORDER_MOVED:
        return last.kind is Kind.BACK_ORDER_MOVED and last.event == alert.event
    return not (alert.latest and last.latest and alert.latest - last.latest > FAR_AS)


def _still_covered(alert: Alert, known: Known, now: datetime) -> bool:
    """Late, and told so before: said again when the days that were named are over too."""
    if alert.kind is not Kind.LATE:
        return False
    ends = [
        one.latest or (one.word_at or one.at) + WITHOUT_DAYS
        for one in known.told
        if one.order_id == alert.order_id and one.kind in FORESEEN
    ]
    return bool(ends) and now < max(ends)


def _when(alerts: Sequence[Alert], known: Known, terms: ProactiveTable, zone: str, now: datetime) -> datetime:
    """What comes soon after the first goes with it; then the caps, then the quiet hours of that moment."""
    merge = timedelta(minutes=terms.merge_minutes)
    at = max(min(alerts[-1].at + merge, alerts[0].at + 2 * merge), now)
    recent = sorted(known.lately)
    if recent:
        at = max(at, recent[-1] + timedelta(hours=terms.gap_hours))
    week = [one for one in recent if one > at - WEEK]
    if len(week) >= terms.per_week:
        at = max(at, week[-terms.per_week] + WEEK)
    return next_allowed(at, terms.quiet_span, known.country, zone)


def in_order(alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    """An order at a time, the word that says most about it first."""
    orders = list(dict.fromkeys(one.order_id for one in alerts))
    return tuple(sorted(alerts, key=lambda one: (orders.index(one.order_id), MOST.index(one.kind))))


def leads(alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    """Of one order's alerts in order: of several about the same delay the first speaks for all."""
    delay = next((one for one in alerts if one.kind in DELAYS), None)
    return tuple(one for one in alerts if one.kind not in DELAYS or one is delay)
