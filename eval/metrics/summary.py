"""All figures of a set of conversations, for a report: one value, the same bytes for the same conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from eval.conversation import Conversation
from eval.metrics import deflection
from eval.metrics.definitions import Row, decided, inbound, ours_contained, ours_graded, table
from eval.metrics.deflection import Arm, Causal
from eval.metrics.handoffs import Handoffs, quality
from eval.metrics.intervals import Rate, rate
from eval.metrics.populations import Funnel, funnel, main_intent, turns
from eval.metrics.resolution import EVER, STATES, VERIFYING, WINDOWS, Standing, judged
from eval.metrics.spending import Inputs, Spending, spending

Window = Literal["24h", "72h", "7d"]
GROUPS: Mapping[str, Callable[[Conversation], str]] = {
    "intent": main_intent,
    "language": lambda one: next((turn.language for turn in turns(one)), ""),
    "channel": lambda one: one.channel,
    "segment": lambda one: one.segment,
}
"""What tables are made by; a conversation stands in one row of each."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A row of a table: `handed_over` counts conversations in which a person had to."""

    name: str
    inbound: int
    involved: int
    handed_over: int
    contained: Rate
    verified: Rate
    automation: Rate

    def as_json(self) -> dict[str, Any]:
        counts = {name: getattr(self, name) for name in ("name", "inbound", "involved", "handed_over")}
        return counts | {name: getattr(self, name).as_json() for name in ("contained", "verified", "automation")}


@dataclass(frozen=True, slots=True)
class Headline:
    """What is told of a set of conversations as they were known at one moment.

    `verified` and `false_resolution` are over the graded only: `graded` of the `decided`, the involved conversations
    whose window is over. `automation` counts what nobody graded as not automated. All of nothing while nobody graded.
    """

    populations: Funnel
    confirmed: int
    contained: Mapping[Window, Rate]
    verified: Rate
    automation: Rate
    false_resolution: Rate
    decided: int
    graded: int
    states: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        people = {name: getattr(self.populations, name) for name in self.populations.__slots__}
        return {
            "populations": people,
            "coverage": self.populations.coverage.as_json(),
            "answer_rate": self.populations.answer_rate.as_json(),
            "confirmed": self.confirmed,
            "contained": {name: one.as_json() for name, one in self.contained.items()},
            "verified": self.verified.as_json(),
            "automation": self.automation.as_json(),
            "false_resolution": self.false_resolution.as_json(),
            "decided": self.decided,
            "graded": self.graded,
            "states": dict(self.states),
        }


@dataclass(frozen=True, slots=True)
class Latency:
    """Of full replies, in milliseconds, by the nearest rank; `count` were measured."""

    count: int
    p50: float
    p95: float

    def as_json(self) -> dict[str, Any]:
        return {"count": self.count, "p50_ms": self.p50, "p95_ms": self.p95}


@dataclass(frozen=True, slots=True)
class Summary:
    """`window` is the one that contained is shown for; `csat` a mean (0 to 1) of so many, None where nobody rated."""

    window: Window
    headline: Headline
    definitions: tuple[Row, ...]
    deflection: Rate
    causal: Causal
    handoffs: Handoffs
    csat: tuple[float, int] | None
    latency: Latency | None
    spending: Spending
    by: Mapping[str, tuple[Slice, ...]]
    held_out: int = 0
    left_out: int = 0

    @property
    def contained(self) -> Rate:
        return self.headline.contained[self.window]

    def as_json(self, timed: bool = True) -> dict[str, Any]:
        """Names as in docs/metrics.md. `timed` False leaves measured times out, where bytes must be equal."""
        return {
            "window": self.window,
            **self.headline.as_json(),
            "definitions": [row.as_json() for row in self.definitions],
            "deflection": {"plain": self.deflection.as_json(), "causal": self.causal.as_json()},
            "handoffs": self.handoffs.as_json(),
            "csat": None if self.csat is None else {"mean": round(self.csat[0], 6), "count": self.csat[1]},
            "latency": self.latency.as_json() if self.latency and timed else None,
            "spending": self.spending.as_json(),
            "by": {name: [one.as_json() for one in rows] for name, rows in self.by.items()},
            "held_out": self.held_out,
            "left_out": self.left_out,
        }


@dataclass(frozen=True, slots=True)
class Period:
    """`until` is excluded. A conversation belongs to the period in which it began."""

    since: datetime
    until: datetime

    def holds(self, conversation: Conversation) -> bool:
        return self.since <= min(turn.at for turn in conversation.turns) < self.until


@dataclass(frozen=True, slots=True)
class Given:
    """What a summary needs beside the conversations: orders of each group of customers, and what things cost."""

    treated_orders: int = 0
    holdout_orders: int = 0
    inputs: Inputs = field(default_factory=Inputs)


def summarise(
    conversations: Iterable[Conversation],
    window: Window = "72h",
    *,
    now: datetime = EVER,
    period: Period | None = None,
    given: Given | None = None,
) -> Summary:
    """`conversations` are all that are known, of whatever time: those outside the period tell who came back."""
    standings = judged(conversations, now)
    chosen = [one for one in standings if period is None or period.holds(one.conversation)]
    held = given or Given()
    treated, holdout = deflection.contacts(chosen)
    kept = [one for one in chosen if one.inbound]
    return Summary(
        window,
        headline(chosen),
        table(chosen),
        deflection.plain(chosen),
        deflection.causal(Arm(treated, held.treated_orders), Arm(holdout, held.holdout_orders)),
        quality(chosen),
        _csat(kept),
        _latency(kept),
        spending(chosen, held.inputs),
        {name: slices(chosen, window, name) for name in GROUPS},
        sum(one.conversation.holdout for one in kept),
        len(chosen) - len(kept),
    )


def headline(standings: Sequence[Standing]) -> Headline:
    ripe = [one for one in standings if decided(one)]
    graded = [one for one in ripe if one.graded]
    states = [one.state(WINDOWS["72h"]) for one in standings]
    return Headline(
        funnel(one.conversation for one in standings),
        sum(one.confirmed for one in standings),
        {name: _contained(standings, window) for name, window in _windows()},
        rate(sum(one.verified for one in graded), len(graded)),
        _automation(standings),
        false_resolution(graded),
        len(ripe),
        len(graded),
        {state: states.count(state) for state in STATES},
    )


def false_resolution(graded: Iterable[Standing]) -> Rate:
    """(contained - verified) / contained."""
    looked_solved = [one for one in graded if ours_contained(one)]
    return rate(sum(not one.verified for one in looked_solved), len(looked_solved))


def slices(standings: Iterable[Standing], window: Window, by: str) -> tuple[Slice, ...]:
    """The largest first."""
    groups: dict[str, list[Standing]] = {}
    for one in standings:
        if one.inbound:
            groups.setdefault(GROUPS[by](one.conversation), []).append(one)
    made = [_slice(name, members, WINDOWS[window]) for name, members in groups.items()]
    return tuple(sorted(made, key=lambda one: (-one.inbound, one.name)))


def _slice(name: str, members: Sequence[Standing], window: timedelta) -> Slice:
    graded = [one for one in members if ours_graded(one)]
    return Slice(
        name,
        len(members),
        sum(one.involved for one in members),
        sum(one.involved and one.person_at <= one.now for one in members),
        _contained(members, window),
        rate(sum(one.verified for one in graded), len(graded)),
        _automation(members),
    )


def _contained(standings: Iterable[Standing], window: timedelta) -> Rate:
    over = [one for one in standings if one.involved and one.over(window)]
    return rate(sum(one.contained(window) for one in over), len(over))


def _automation(standings: Iterable[Standing]) -> Rate:
    """Verified of inbound; what is open yet is left out, what nobody graded counts as not verified: a lower bound."""
    known = [one for one in standings if inbound(one) and one.over(VERIFYING)]
    if any(one.involved for one in known) and not any(map(ours_graded, known)):
        return rate(0, 0)
    return rate(sum(one.verified for one in known), len(known))


def _windows() -> tuple[tuple[Window, timedelta], ...]:
    return (("24h", WINDOWS["24h"]), ("72h", WINDOWS["72h"]), ("7d", WINDOWS["7d"]))


def _csat(standings: Sequence[Standing]) -> tuple[float, int] | None:
    given = sorted(one.conversation.csat for one in standings if one.conversation.csat is not None)
    return (sum(given) / len(given), len(given)) if given else None


def _latency(standings: Sequence[Standing]) -> Latency | None:
    took = sorted(turn.took_ms for one in standings for turn in turns(one.conversation) if turn.took_ms > 0)
    if not took:
        return None
    return Latency(len(took), round(_rank(took, 50), 1), round(_rank(took, 95), 1))


def _rank(ordered: Sequence[float], percent: int) -> float:
    """The nearest rank: the smallest value that so many percent do not exceed."""
    return ordered[max(-(-percent * len(ordered) // 100), 1) - 1]
