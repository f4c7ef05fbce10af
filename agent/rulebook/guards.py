"""What decides before anything that was found is looked at: a person's verdict, hand-offs that cannot be switched off,
the shop's switches and limits.
"""

from __future__ import annotations

from agent.case import Act, Ask, Decision, Intent, Kind, Mood, Reason
from agent.routing import to_person
from agent.rulebook.matter import Matter
from tools.contract import Proposal
from tools.orders.model import RuleId

GRAVE = {
    Mood.LEGAL: (RuleId("HND-3"), Reason.LEGAL),
    Mood.HARM: (RuleId("HND-2"), Reason.DISTRESS),
    Mood.ANGRY: (RuleId("HND-2"), Reason.DISTRESS),
}
UNSERVED = {
    RuleId("GAP-1"): Reason.MISSING_KNOWLEDGE,
    RuleId("GAP-2"): Reason.MISSING_KNOWLEDGE,
    RuleId("GAP-3"): Reason.NOT_PERMITTED,
    RuleId("GAP-4"): Reason.NOT_PERMITTED,
}


def by_person(matter: Matter) -> Decision | None:
    verdict = matter.ticket.verdict
    if verdict is None:
        return None
    proposal = Proposal("P1", verdict.quote)
    match verdict.word:
        case "accepted":
            return Act(matter.request.id, RuleId("APR-1"), proposal, approval=verdict.approval)
        case "edited":
            return Ask(matter.request.id, RuleId("APR-3"), "confirm", proposal, verdict.call)
        case "expired":
            return matter.hand_off("APR-4", Reason.LIMIT)
    return matter.inform("APR-2", "rejected")


def by_machine(matter: Matter) -> Decision | None:
    """Nobody reads an answer to it, and two machines would go on for ever."""
    if matter.triage.kind in {Kind.AUTO_REPLY, Kind.BOUNCE}:
        return matter.inform("MCH-1", matter.triage.kind)
    return None


def foreign(matter: Matter) -> Decision | None:
    if matter.triage.kind is Kind.FOREIGN:
        return matter.hand_off("LNG-1", Reason.MISSING_KNOWLEDGE)
    return None


def must_hand_off(matter: Matter) -> Decision | None:
    """DESIGN section 4, rule 7: these four cannot be switched off."""
    if matter.ticket.thread.with_person:
        return matter.hand_off("HND-4", Reason.ASKED_FOR_PERSON)
    if matter.triage.mood in GRAVE:
        return matter.hand_off(*GRAVE[matter.triage.mood])
    if matter.request.intent is Intent.TALK_TO_HUMAN and matter.request.in_scope:
        return matter.hand_off("HND-1", Reason.ASKED_FOR_PERSON)
    return None


def code_refused(matter: Matter) -> Decision | None:
    if not matter.ticket.code_refused:
        return None
    return matter.ask("IDN-4", "code_again", times=3) or matter.hand_off("IDN-2", Reason.IDENTITY)


def switched_off(matter: Matter) -> Decision | None:
    if matter.request.in_scope and matter.policy.rollout.of(matter.request.intent) == "off":
        return matter.hand_off("ROL-1", Reason.NOT_PERMITTED)
    return None


def routed(matter: Matter) -> Decision | None:
    if matter.request.in_scope and to_person(matter.policy, matter.request, matter.triage, matter.ticket.received_at):
        return matter.hand_off("ROU-1", Reason.NOT_PERMITTED)
    return None


def beyond_limits(matter: Matter) -> Decision | None:
    limits = matter.policy.limits
    if len(matter.triage.requests) > limits.requests_per_message:
        return matter.hand_off("LIM-3", Reason.LIMIT)
    if len(matter.request.slots.orders) > limits.orders_per_message:
        return matter.hand_off("LIM-1", Reason.LIMIT)
    if matter.ticket.thread.turns - matter.ticket.thread.since >= limits.replies_per_conversation:
        return matter.hand_off("LIM-2", Reason.LIMIT)
    return None


def unserved(matter: Matter) -> Decision | None:
    """Whoever looked found that nothing here does it, and says what is missing."""
    refusal = matter.facts.refusal(matter.request.id)
    if refusal is None or refusal.rule not in UNSERVED:
        return None
    return matter.hand_off(refusal.rule, UNSERVED[refusal.rule])
