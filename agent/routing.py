"""Where a request goes: the first row of the shop's [[routing]] table that fits it. Nothing is done here."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from agent.case import Reason, Request, Triage
from agent.playbooks import Playbook
from agent.policy import Policy
from agent.routing_terms import HoursTable, Route

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def playbook_of(policy: Policy, request: Request, triage: Triage, now: datetime) -> Playbook:
    """The intent's, unless a row names another one's."""
    row = next((one for one in _fitting(policy, request, triage, now) if one.playbook), None)
    return policy.playbooks[row.playbook if row and row.playbook else request.intent]


def to_person(policy: Policy, request: Request, triage: Triage, now: datetime) -> bool:
    """Whether the first row that says who answers says that a person does."""
    return any(one.to == "person" for one in _fitting(policy, request, triage, now)[:1])


def team_of(policy: Policy, request: Request, triage: Triage, reason: Reason, now: datetime) -> str:
    """Of the first row that fits and names one for this reason; else the playbook's, else by the reason alone."""
    rows = (one for one in _fitting(policy, request, triage, now) if one.team and one.reason in {None, reason})
    row = next(rows, None)
    if row:
        return row.team
    return policy.playbooks[request.intent].team or policy.handoff.team(reason)


def is_open(hours: HoursTable, now: datetime, timezone: str) -> bool:
    """A shop that names no hours is always open."""
    if not hours.days:
        return True
    local = now.astimezone(ZoneInfo(timezone))
    span = hours.days.get(DAYS[local.weekday()])
    return span is not None and span[0] <= local.time().replace(tzinfo=None) < span[1]


def _fitting(policy: Policy, request: Request, triage: Triage, now: datetime) -> list[Route]:
    opened = is_open(policy.hours, now, policy.terms.timezone)
    return [row for row in policy.routing if _fits(row, request, triage, opened)]


def _fits(row: Route, request: Request, triage: Triage, opened: bool) -> bool:
    """An empty cell fits all."""
    return (
        (not row.intents or request.intent in row.intents)
        and (not row.languages or triage.language in row.languages)
        and (not row.moods or triage.mood in row.moods)
        and row.urgency in {None, triage.urgency}
        and row.hours in {None, "open" if opened else "closed"}
    )
