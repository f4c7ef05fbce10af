"""The figures that a simulation predicts, as metrics.md defines them, each with its interval. Pure.

Contained: the agent ended it without a person. Verified: contained, every grade holds, and no return of the customer
with the same wish within seven days where the agent did just what people did (else nobody can tell).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from agent.case import Disposition
from agent.policy import CostTable
from eval.conversation import SMALL_TALK, Conversation
from eval.past.grading import ending
from eval.past.intervals import Share, Sum, bootstrap
from eval.past.kept import Line, Played, Usability

AGAIN_WITHIN = timedelta(days=7)
SUBSTANTIVE = frozenset({Disposition.ANSWERED, Disposition.ACTED})
AGREEMENTS = ("same", "different_amount", "different_action", "agent_only", "people_only", "neither")


@dataclass(frozen=True, slots=True)
class Scored:
    """One ticket under one configuration, boiled down to what is counted.

    `passed_on`: people handed it over among themselves.
    """

    id: str
    intent: str
    language: str
    channel: str
    segment: str
    involved: bool
    contained: bool
    verified: bool
    handed_off: bool
    waiting: bool
    asking: bool
    handoff: str
    agreement: str
    passed_on: bool
    assumed: int
    money: Mapping[str, int]
    cost: int


Key = Callable[[Scored], str]
TABLES: Mapping[str, Key] = {
    "intent": lambda one: one.intent,
    "language": lambda one: one.language,
    "channel": lambda one: one.channel,
    "segment": lambda one: one.segment,
}


def scored(lines: Collection[Line], run: int) -> list[Scored]:
    """Of the usable tickets. `lines` hold every ticket, so that returns of a customer are seen."""
    again = _came_back(lines, run)
    return [_scored(line, line.runs[run], line.id in again) for line in lines if line.runs]


def _scored(line: Line, played: Played, again: bool) -> Scored:
    talk = played.conversation
    last = ending(talk.turns)
    handed = any(turn.disposition is Disposition.HANDED_OFF for turn in talk.turns)
    waiting = any(turn.disposition is Disposition.QUEUED for turn in talk.turns)
    involved = any(
        turn.sent and any(one.in_scope and one.intent not in SMALL_TALK for one in turn.requests) for turn in talk.turns
    )
    contained = involved and not handed and not waiting and last in SUBSTANTIVE
    money: Counter[str] = Counter()
    for turn in talk.turns:
        for one in turn.actions:
            money[one.currency] += one.amount if one.status == "done" else 0
    return Scored(
        line.id,
        intent_of(talk),
        line.language or "unknown",
        line.channel,
        line.segment,
        involved,
        contained,
        contained and not again and _holds(talk),
        handed,
        waiting,
        last is Disposition.ASKED,
        next((turn.handoff for turn in talk.turns if turn.handoff), ""),
        played.agreement,
        line.people.handoffs > 0,
        played.assumed,
        {currency: amount for currency, amount in sorted(money.items()) if amount},
        sum(turn.cost for turn in talk.turns),
    )


def intent_of(talk: Conversation) -> str:
    """What the conversation is about: its first wish that is more than small talk."""
    every = [one.intent for turn in talk.turns for one in turn.requests]
    return next((one for one in every if one not in SMALL_TALK), every[0] if every else "none")


def _holds(talk: Conversation) -> bool:
    grades = talk.grades
    return all((grades.facts, grades.end_state, grades.answered)) and grades.policy is not False


@dataclass(frozen=True, slots=True)
class _Visit:
    began: datetime
    ended: datetime
    id: str
    as_people: bool


def _came_back(lines: Collection[Line], run: int) -> set[str]:
    """Tickets after which the same customer came with the same wish, though the agent did as people did."""
    visits: dict[tuple[str, str], list[_Visit]] = defaultdict(list)
    for line in lines:
        talk = line.runs[run].conversation if line.runs else None
        if talk and talk.customer and talk.turns:
            as_people = line.runs[run].agreement in ("same", "neither")
            visits[talk.customer, intent_of(talk)].append(_Visit(talk.began, talk.turns[-1].at, line.id, as_people))
    found = set()
    for same in visits.values():
        same.sort(key=lambda one: (one.began, one.id))
        for first, then in pairwise(same):
            if first.as_people and then.began - first.ended <= AGAIN_WITHIN:
                found.add(first.id)
    return found


def predicted(every: Sequence[Scored], cost: CostTable, seed: int) -> dict[str, Any]:
    """Rates over all, then tables of the same rates."""
    saved = [float(cost.handoff_minutes) if one.contained else 0.0 for one in every]
    currencies = sorted({currency for one in every for currency in one.money})
    return {
        "tickets": len(every),
        "rates": _rates(every),
        "minutes_saved": bootstrap(saved, seed).as_json(),
        "money_saved": _of_an_hour(bootstrap(saved, seed), cost).as_json(),
        "model_cost": bootstrap([float(one.cost) for one in every], seed).as_json(),
        "money_moved": {
            currency: bootstrap([one.money.get(currency, 0) / 100 for one in every], seed).as_json()
            for currency in currencies
        },
        "handoff_reasons": _counted(one.handoff for one in every if one.handoff),
        "handoffs": _handoffs(every),
        "agreement": {name: sum(one.agreement == name for one in every) for name in AGREEMENTS},
        "assumed_yes": sum(bool(one.assumed) for one in every),
        "tables": {name: _table(every, key) for name, key in TABLES.items()},
    }


def _rates(every: Sequence[Scored]) -> dict[str, Any]:
    involved = [one for one in every if one.involved]
    contained = [one for one in involved if one.contained]
    verified = sum(one.verified for one in contained)
    shares = {
        "coverage": Share(len(involved), len(every)),
        "contained": Share(len(contained), len(involved)),
        "resolution": Share(verified, len(involved)),
        "automation": Share(verified, len(every)),
        "false_resolution": Share(len(contained) - verified, len(contained)),
        "handed_off": Share(sum(one.handed_off for one in every), len(every)),
        "waiting_for_approval": Share(sum(one.waiting and not one.handed_off for one in every), len(every)),
        "left_asking": Share(sum(one.asking and not one.handed_off for one in every), len(every)),
    }
    return {name: share.as_json() for name, share in shares.items()}


def _handoffs(every: Sequence[Scored]) -> dict[str, int]:
    """Beside what people did: a ticket that they passed on among themselves needed more than the first of them."""
    both = sum(one.handed_off and one.passed_on for one in every)
    agent, people = (sum(getattr(one, name) for one in every) for name in ("handed_off", "passed_on"))
    return {"agent": agent, "among_people": people, "both": both}


def _table(every: Sequence[Scored], key: Key) -> dict[str, Any]:
    groups: dict[str, list[Scored]] = defaultdict(list)
    for one in every:
        groups[key(one)].append(one)
    told = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return {name: {"tickets": len(group), **_rates(group)} for name, group in told}


def _of_an_hour(minutes: Sum, cost: CostTable) -> Sum:
    """In the shop's currency; nothing where shop.toml does not say what an hour costs."""
    rate = cost.person_hour / 100 / 60
    return Sum(minutes.value * rate, minutes.low * rate, minutes.high * rate)


def usability(lines: Iterable[Line]) -> dict[str, Any]:
    counted = Counter(line.usable for line in lines)
    every = sum(counted.values())
    usable = every - counted[Usability.UNUSABLE]
    return {one.value: counted[one] for one in Usability} | {"usable": Share(usable, every).as_json()}


def _counted(names: Iterable[str]) -> dict[str, int]:
    found = Counter(names)
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))
