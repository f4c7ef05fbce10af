"""Conversations as they may happen, by chance and seeded: late returns of customers, reversals, borders of months,
time zones and the days on which clocks change. Moments are clustered on the edges of windows, where mistakes live.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from agent.case import Disposition
from eval.conversation import SMALL_TALK, Conversation, Grades, Request, Turn

ZONES = tuple(ZoneInfo(name) for name in ("UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"))
BEGINS = (
    datetime(2026, 1, 31, 23, 30, tzinfo=UTC),  # the border of a month, in some zones already past it
    datetime(2026, 2, 28, 22, 59, tzinfo=UTC),
    datetime(2026, 3, 8, 6, 30, tzinfo=UTC),  # clocks change in New York
    datetime(2026, 3, 29, 0, 30, tzinfo=UTC),  # clocks change in Paris
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 0, tzinfo=UTC),
)
EDGES = tuple(timedelta(hours=hours) for hours in (24, 72, 168))
NEAR = (timedelta(0), timedelta(seconds=-1), timedelta(seconds=1), timedelta(hours=1), timedelta(hours=-1))
WISHES = ("order_status", "return_request", "refund_status", "product_question", "cancel_order", "out_of_scope")
SMALL = tuple(sorted(SMALL_TALK))
RULES = ("STA-1", "RET-2", "ROL-1", "ROU-1", "KNO-2")
GIVEN = (True, True, True, True, False, None)


def conversations(random: Random, count: int) -> tuple[Conversation, ...]:
    """About a customer and an order for every three conversations, so that many come back."""
    return tuple(_conversation(random, f"c{number}", max(count // 3, 1)) for number in range(count))


def moments(random: Random, made: Sequence[Conversation], count: int) -> tuple[datetime, ...]:
    """At which to look: some exactly on an edge of what was said."""
    said = [turn.at for one in made for turn in one.turns]
    return tuple(_after(random, random.choice(said)) for _ in range(count))


def _conversation(random: Random, name: str, crowd: int) -> Conversation:
    at, turns = _began(random), []
    for place in range(random.choice((1, 1, 2, 3, 5))):
        turns.append(_turn(random, f"{name}-{place}", at, crowd))
        at = _after(random, at)
    closed = _after(random, turns[-1].at) if random.random() < 0.1 else None
    undone = _after(random, at) + timedelta(days=random.choice((0, 20, 45))) if random.random() < 0.1 else None
    return Conversation(
        name,
        random.choice(("chat", "email")),
        tuple(turns),
        customer=f"k{random.randrange(crowd)}" if random.random() < 0.8 else "",
        orders=(f"W{random.randrange(crowd)}",) if random.random() < 0.4 else (),
        closed_by_person=closed,
        csat=random.choice((None, None, 0.0, 0.5, 1.0)),
        reversed_at=undone,
        grades=_grades(random),
        holdout=random.random() < 0.05,
        test=random.random() < 0.03,
        segment=random.choice(("new", "returning")),
        in_share=random.random() < 0.95,
        identified=random.random() < 0.6,
    )


def _turn(random: Random, name: str, at: datetime, crowd: int) -> Turn:
    asked = tuple(_request(random) for _ in range(random.choice((0, 1, 1, 1, 2))))
    ends = [one.disposition for one in asked] or [Disposition.ANSWERED]
    handed = Disposition.HANDED_OFF in ends
    return Turn(
        name,
        at,
        "decision" if random.random() < 0.04 else "message",
        asked,
        min(ends, key=list(Disposition).index),
        sent=random.random() < 0.93,
        handoff=random.choice(("not_permitted", "identity")) if handed else "",
        language=random.choice(("en", "fr")),
        orders=(f"W{random.randrange(crowd)}",) if random.random() < 0.2 else (),
        machine=random.random() < 0.05,
        took_ms=random.choice((0.0, 12.5, 80.0)),
        cost=random.choice((0, 0, 3)),
    )


def _request(random: Random) -> Request:
    small = random.random() < 0.3
    intent = random.choice(("affirm", *SMALL) if small else WISHES)
    often = (Disposition.ANSWERED, Disposition.ANSWERED, Disposition.ANSWERED, Disposition.ACTED)
    ends = (*often, Disposition.ASKED, Disposition.QUEUED, Disposition.HANDED_OFF)
    disposition = random.choice(often[:3] if small and random.random() < 0.8 else ends)
    rule = random.choice(RULES) if random.random() < 0.2 else "STA-1"
    return Request(intent, 0.9, intent != "out_of_scope" and random.random() < 0.97, disposition, rule)


def _grades(random: Random) -> Grades:
    if random.random() < 0.4:
        return Grades(True, True, True, True, True)
    facts, end_state, policy, wording, answered = (random.choice(GIVEN) for _ in range(5))
    return Grades(facts, end_state, policy, wording, answered)


def _began(random: Random) -> datetime:
    begin = random.choice(BEGINS) + timedelta(minutes=random.randint(-3 * 24 * 60, 3 * 24 * 60))
    return begin.astimezone(random.choice(ZONES))


def _after(random: Random, at: datetime) -> datetime:
    """Soon, or around the end of a window; in whatever zone, as systems write it."""
    soon = timedelta(minutes=random.randint(0, 90))
    gap = soon if random.random() < 0.6 else random.choice(EDGES) + random.choice(NEAR)
    return (at.astimezone(UTC) + gap).astimezone(random.choice(ZONES))
