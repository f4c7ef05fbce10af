"""The same conversations under other rules: what each vendor's published rule would count, and what ours does.

Each rule is ours to read: taken from what a vendor says it counts, applied to what we know of a conversation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from eval.metrics.contacts import utc
from eval.metrics.intervals import Rate, rate
from eval.metrics.populations import is_eligible, turns
from eval.metrics.resolution import NEVER, VERIFYING, WINDOWS, Standing

Counts = Callable[[Standing], bool]
GOOD = 0.5
"""The least satisfaction (0 to 1) that is not a negative click."""


@dataclass(frozen=True, slots=True)
class Row:
    """`says` is one sentence of what the rule counts; `over` names its denominator."""

    key: str
    name: str
    says: str
    over: str
    rate: Rate

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, "name": self.name, "says": self.says, "over": self.over, **self.rate.as_json()}


@dataclass(frozen=True, slots=True)
class Definition:
    """`among` is the denominator, `counts` the numerator within it. Conversations; Gorgias-like counts groups."""

    key: str
    name: str
    says: str
    over: str
    among: Counts
    counts: Counts

    def row(self, standings: Iterable[Standing]) -> Row:
        among = [one for one in standings if self.among(one)]
        return Row(self.key, self.name, self.says, self.over, rate(sum(map(self.counts, among)), len(among)))


def involved(one: Standing) -> bool:
    return one.involved


def fin_like(one: Standing) -> bool:
    return one.answered and one.person_at == NEVER and one.asked_at == NEVER


def decided(one: Standing) -> bool:
    return one.involved and one.over(VERIFYING)


def zendesk_contained(one: Standing) -> bool:
    return one.answered and not one.broken(VERIFYING)


def zendesk_graded(one: Standing) -> bool:
    return decided(one) and one.conversation.grades.answered is not None


def zendesk_verified(one: Standing) -> bool:
    return zendesk_contained(one) and one.conversation.grades.answered is True


def no_person_soon(one: Standing) -> bool:
    """Gorgias-like, of one conversation: further questions that the agent takes do not count against it."""
    return one.answered and one.person_at > one.answered_at + VERIFYING


def ada_graded(one: Standing) -> bool:
    grades = one.conversation.grades
    given = (grades.answered, grades.facts, grades.policy)
    return one.involved and (False in given or None not in given)


def ada_like(one: Standing) -> bool:
    grades = one.conversation.grades
    good = grades.answered is True and grades.facts is True and grades.policy is True
    return good and one.answered and one.person_at == NEVER


def forethought_like(one: Standing) -> bool:
    """Nothing at all from the customer after the first reply, not even thanks."""
    every = turns(one.conversation)
    first = next((place for place, turn in enumerate(every) if turn.sent), len(every))
    quiet = not any(turn.kind == "message" for turn in every[first + 1 :])
    csat = one.conversation.csat
    return one.answered and one.person_at == NEVER and quiet and (csat is None or csat >= GOOD)


def ours_contained(one: Standing) -> bool:
    return one.contained(VERIFYING)


def ours_graded(one: Standing) -> bool:
    return decided(one) and one.graded


def ours_verified(one: Standing) -> bool:
    return one.verified


def inbound(one: Standing) -> bool:
    return one.inbound


def eligible(one: Standing) -> bool:
    return is_eligible(one.conversation)


FORETHOUGHT = "answered at once, and then nothing from the customer, no person and no bad rating"
DEFINITIONS: Sequence[Definition] = (
    Definition(
        "fin",
        "Fin-like",
        "answered, no person, and nothing more asked in that conversation; silence counts as a yes at once",
        "involved",
        involved,
        fin_like,
    ),
    Definition(
        "zendesk_contained",
        "Zendesk-like, contained",
        "answered, no person and no follow-up in 72 hours; another channel is another conversation",
        "involved, the 72 hours over",
        decided,
        zendesk_contained,
    ),
    Definition(
        "zendesk_verified",
        "Zendesk-like, verified",
        "contained, and a reader of the conversation finds the request answered",
        "involved, the 72 hours over, graded",
        zendesk_graded,
        zendesk_verified,
    ),
    Definition(
        "ada",
        "Ada-like",
        "relevant, accurate and safe by the graders, and no person",
        "involved, graded",
        ada_graded,
        ada_like,
    ),
    Definition("forethought_received", "Forethought-like", FORETHOUGHT, "received", inbound, forethought_like),
    Definition("forethought_eligible", "Forethought-like", FORETHOUGHT, "eligible", eligible, forethought_like),
    Definition("forethought_responded", "Forethought-like", FORETHOUGHT, "responded to", involved, forethought_like),
    Definition(
        "contained",
        "Wismo, contained (72h)",
        "an explicit yes; or answered, no person and no further request in 72 hours",
        "involved, the 72 hours over",
        decided,
        ours_contained,
    ),
    Definition(
        "verified",
        "Wismo, verified",
        "contained; every order fact true; the order as the policy demands; the request answered; nobody back within 7 "
        "days with the same wish, in any channel; not undone since",
        "involved, the 72 hours over, graded",
        ours_graded,
        ours_verified,
    ),
)
GORGIAS = (
    "no person within 72 hours of the answer; further questions do not break it; a customer counts once in 72 hours"
)


def table(standings: Iterable[Standing]) -> tuple[Row, ...]:
    every = tuple(standings)
    rows = [one.row(every) for one in DEFINITIONS]
    return (*rows[:3], gorgias_like(every), *rows[3:])


def gorgias_like(standings: Iterable[Standing]) -> Row:
    """A group counts when no conversation of it needed a person."""
    groups = _of_one_customer_soon([one for one in standings if one.involved], WINDOWS["72h"])
    resolved = sum(all(map(no_person_soon, group)) for group in groups)
    over = "customers in 72 hours, involved"
    return Row("gorgias", "Gorgias-like", GORGIAS, over, rate(resolved, len(groups)))


def _of_one_customer_soon(standings: Iterable[Standing], window: timedelta) -> list[list[Standing]]:
    """Conversations that a customer began within the window of the group's first; strangers stand alone."""
    groups: list[list[Standing]] = []
    open_group: dict[str, list[Standing]] = {}
    for one in sorted(standings, key=lambda each: (utc(each.conversation.began), each.conversation.id)):
        customer = one.conversation.customer
        group = open_group.get(customer) if customer else None
        if group and utc(one.conversation.began) <= utc(group[0].conversation.began) + window:
            group.append(one)
            continue
        groups.append([one])
        if customer:
            open_group[customer] = groups[-1]
    return groups
