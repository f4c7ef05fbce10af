"""What a turn tells, so that the next can know it: of which orders it spoke, and whether it said the same before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime

from agent.case import Act, Approve, Ask, Case, Decision, Facts, HandOff, Inform
from tools.contract import Fact
from tools.views import is_late

KEPT = 24
"""Marks of a conversation, the newest."""
DROPPED = "CNF-3"


def mark(decision: Decision, facts: Facts, now: datetime) -> str | None:
    """The same for the same answer from the same record, and for the same quote; None for what may be said again."""
    match decision:
        case Inform(proposal=refused) if refused is not None:
            told = f"{decision.code} {refused.quote.action} {refused.quote.order_number}"
        case Inform(facts=ids) if ids:
            told = f"{decision.code} {[_record(one, now) for one in facts.facts(decision.request) if one.id in ids]}"
        case Ask(proposal=offered) if offered is not None:
            told = offered.quote.digest
        case _:
            return None
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _record(fact: Fact, now: datetime) -> str:
    late = fact.order is not None and is_late(fact.order, now)
    return f"{sorted(fact.fields.items())!r} {late}"


def counted(case: Case) -> Mapping[str, int]:
    """How often each answer was given, this turn's included. What is done, or refused by the customer, begins anew."""
    ticket, decisions = case["ticket"], case["decisions"]
    if any(isinstance(one, Act | Approve) or one.rule == DROPPED for one in decisions):
        return {}
    before = dict(ticket.thread.told)
    if ticket.verdict or "facts" not in case:
        return before
    marks = (mark(one, case["facts"], ticket.received_at) for one in decisions)
    for told in dict.fromkeys(one for one in marks if one):
        before[told] = before.pop(told, 0) + 1
    return dict([*before.items()][-KEPT:])


def spoken_of(case: Case) -> tuple[str, ...]:
    """The numbers of the orders that this turn told of or quoted; a question which one is meant speaks of none."""
    return tuple(dict.fromkeys(number for one in case["decisions"] for number in _numbers(case, one)))


def _numbers(case: Case, decision: Decision) -> Iterator[str]:
    if isinstance(decision, HandOff):
        return
    if decision.proposal is not None:
        yield decision.proposal.quote.order_number
    elif not isinstance(decision, Ask) or decision.missing != "order":
        told = case["facts"].facts(decision.request) if "facts" in case else ()
        ids = decision.facts if isinstance(decision, Inform | Ask) else ()
        yield from (one.order.number for one in told if one.order and one.id in ids)
