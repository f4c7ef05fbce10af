"""The rules of the path in the order in which they are asked: the first that applies decides.

Read `decisions_on` top to bottom; an action on several orders is decided for each.
"""

from __future__ import annotations

from dataclasses import replace

from agent import telling
from agent.case import Decision, Inform, Reason
from agent.rulebook.acting import nothing_open, on_quote, on_yes
from agent.rulebook.guards import (
    beyond_limits,
    by_machine,
    by_person,
    code_refused,
    foreign,
    must_hand_off,
    routed,
    switched_off,
    unserved,
)
from agent.rulebook.informing import from_help, from_record, not_answered_by_tools, not_understood
from agent.rulebook.matter import Matter
from agent.rulebook.slot_filling import condition_unmet, incomplete
from tools.orders.model import RuleId

SAME_ANSWERS = 2
"""So often an answer is given from a record that has not changed."""


def decisions_on(matter: Matter) -> tuple[Decision, ...]:
    return tuple(_not_a_third_time(matter, decision) for decision in _decided(matter))


def _not_a_third_time(matter: Matter, decision: Decision) -> Decision:
    """Who gets the same answer from the same record twice is not helped by it: a person is."""
    if matter.ticket.verdict:
        return decision
    mark = telling.mark(decision, matter.facts, matter.ticket.received_at)
    before = matter.ticket.thread.told.get(mark, 0) if mark else 0
    if before >= SAME_ANSWERS:
        return matter.hand_off("LIM-4", Reason.LIMIT)
    if before and isinstance(decision, Inform) and decision.rule == "STA-1":
        return replace(decision, rule=RuleId("STA-3"))
    return decision


def _decided(matter: Matter) -> tuple[Decision, ...]:
    first = (
        by_person(matter)
        or by_machine(matter)
        or must_hand_off(matter)
        or foreign(matter)
        or code_refused(matter)
        or switched_off(matter)
        or routed(matter)
        or beyond_limits(matter)
        or unserved(matter)
        or not_understood(matter)
        or not_answered_by_tools(matter)
    )
    if first:
        return (first,)
    made = matter.facts.proposals(matter.request.id)
    if made and matter.playbook.about in {"act", "confirm"}:
        judge = on_yes if matter.playbook.about == "confirm" else on_quote
        return tuple(judge(matter, proposal, call) for proposal, call in made)
    return (_by_playbook(matter),)


def _by_playbook(matter: Matter) -> Decision:
    match matter.playbook.about:
        case "talk":
            return matter.inform("TLK-1", matter.playbook.reply)
        case "person":
            return matter.hand_off("HND-5", matter.playbook.reason)
        case "help":
            return from_help(matter)
        case "deny":
            return matter.inform("CNF-3", "dropped") if matter.ticket.thread.proposals else nothing_open(matter)
        case "confirm":
            return nothing_open(matter)
        case "act":
            return condition_unmet(matter) or incomplete(matter)
        case _:
            return from_record(matter)
