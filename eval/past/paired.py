"""The same tickets under two configurations: what changed, for the better or the worse, and whether by chance. Pure."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from agent.case import Disposition
from eval.past.intervals import bootstrap, mcnemar
from eval.past.kept import Line, Played
from eval.past.prediction import Scored, intent_of
from eval.past.telling import actions, described

MOST = 20
WORST_FIRST = ("worse", "better", "other", "words")


def paired(lines: Collection[Line], first: Sequence[Scored], second: Sequence[Scored], seed: int) -> dict[str, Any]:
    """`first` and `second` are of the usable tickets, in the order of `lines`."""
    counted: Counter[str] = Counter()

    def changed() -> Iterator[tuple[str, Line]]:
        for line, one, other in zip((line for line in lines if line.runs), first, second, strict=True):
            kind = _kind(line, one, other)
            counted[kind] += 1
            if kind != "same":
                yield kind, line

    shown = heapq.nsmallest(MOST, changed(), key=lambda one: (WORST_FIRST.index(one[0]), one[1].id))
    gained = [int(other.verified) - int(one.verified) for one, other in zip(first, second, strict=True)]
    better, worse = gained.count(1), gained.count(-1)
    return {
        "tickets": len(first),
        **{name: counted[name] for name in ("same", "better", "worse", "other", "words")},
        "verified": {"gained": better, "lost": worse, "p": round(mcnemar(better, worse), 4)},
        "resolution_difference": _per_ticket(gained, seed),
        "money": _money(first, second, seed),
        "changed": [_told(kind, line) for kind, line in shown],
    }


def _kind(line: Line, one: Scored, other: Scored) -> str:
    """By what counts as resolved, then by what was done, then by the words alone."""
    if one.verified != other.verified:
        return "better" if other.verified else "worse"
    before, after = line.runs
    if _doing(before) != _doing(after):
        return "other"
    return "same" if before.replies == after.replies else "words"


def _doing(played: Played) -> tuple[Any, ...]:
    """The end and the actions, without what was only shown on the way."""
    turns = played.conversation.turns
    end = turns[-1].disposition if turns else Disposition.HANDED_OFF
    return end, tuple(map(described, actions(played)))


def _per_ticket(gained: Sequence[int], seed: int) -> dict[str, Any]:
    if not gained:
        return {"value": 0.0, "low": 0.0, "high": 0.0}
    total = bootstrap([float(one) for one in gained], seed)
    return {name: round(value / len(gained), 4) for name, value in total.as_json().items()}


def _money(first: Sequence[Scored], second: Sequence[Scored], seed: int) -> dict[str, Any]:
    """Moved without a person under the second less under the first, in major units."""
    currencies = sorted({currency for one in (*first, *second) for currency in one.money})
    return {
        currency: bootstrap(
            [
                (other.money.get(currency, 0) - one.money.get(currency, 0)) / 100
                for one, other in zip(first, second, strict=True)
            ],
            seed,
        ).as_json()
        for currency in currencies
    }


def _told(kind: str, line: Line) -> dict[str, Any]:
    before, after = line.runs
    return {
        "ticket": line.id,
        "change": kind,
        "intent": intent_of(before.conversation),
        "asked": line.asked,
        "before": _one(before),
        "after": _one(after),
    }


def _one(played: Played) -> dict[str, Any]:
    end, done = _doing(played)
    reply = played.replies[-1] if played.replies else ""
    return {"disposition": end.value, "actions": list(done), "reply": reply}
