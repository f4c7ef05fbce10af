"""The rules of the path: what may be done about one request. Pure; the rules of orders are the core's.

Read `decide_request` top to bottom: the first rule that applies decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.case import (
    Act,
    Approve,
    Ask,
    Decision,
    Facts,
    HandOff,
    Inform,
    Intent,
    Mood,
    Reason,
    Request,
    Ticket,
    Triage,
)
from agent.playbooks import Playbook, playbooks
from agent.playbooks.meant import meant_orders
from agent.policy import Policy
from tools.contract import Proposal, Refusal
from tools.orders.agreement import Action
from tools.orders.model import RuleId

RULES: Mapping[RuleId, str] = {
    RuleId(rule): says
    for rule, says in {
        "HND-1": "A plain request for a person is always met.",
        "HND-2": "Anger and threats of self-harm go to a person, whatever the policy says.",
        "HND-3": "A legal threat goes to a person, whatever the policy says.",
        "HND-4": "A conversation that a person has taken stays with the person.",
        "HND-5": "What the playbook hands over, or no tool can do (a part of an order cancelled), goes to a person.",
        "IDN-1": "Orders are told, and acted on, only for a proven caller: Wismo asks for the proof.",
        "IDN-2": "A caller who still cannot be proven goes to a person.",
        "SLT-1": "Wismo asks which order is meant when several may be.",
        "SLT-2": "Wismo asks for the new address when none can be read.",
        "SLT-3": "What was asked once and not answered goes to a person.",
        "STA-1": "A question about one's own order is answered from the record.",
        "STA-2": "The customer has no order that the question could mean.",
        "KNO-1": "A general question is answered from a passage of the help centre, which is cited.",
        "KNO-2": "A question that no passage answers goes to a person and becomes a gap.",
        "TLK-1": "Small talk is answered shortly, and looks up nothing.",
        "TRI-1": "A message that is not understood is asked about, never guessed at.",
        "TRI-2": "A message that is not understood a second time goes to a person.",
        "CNF-1": "A consequential action waits for the customer's yes to the exact quote.",
        "CNF-2": "A quote that changed since it was shown, or was not the last thing asked, is asked about again.",
        "CNF-3": "The customer's no drops what was proposed.",
        "CNF-4": "A yes or no with nothing open changes nothing.",
        "AUT-1": "An action whose autonomy is off goes to a person.",
        "AUT-2": "An action whose autonomy is auto runs, within the caps.",
        "AUT-3": "An action whose autonomy is approve, or that moves money above a cap, waits for a person.",
        "AUT-4": "An action whose autonomy is draft is only suggested to a person.",
        "APR-1": "A person accepted exactly this action.",
        "APR-2": "A person rejected this action.",
        "LIM-1": "A message that names more orders than the limit goes to a person.",
        "LIM-2": "A conversation that is longer than the limit goes to a person.",
        "TLF-1": "What cannot be looked up because a tool failed goes to a person.",
    }.items()
}
GRAVE = {
    Mood.LEGAL: (RuleId("HND-3"), Reason.LEGAL),
    Mood.HARM: (RuleId("HND-2"), Reason.DISTRESS),
    Mood.ANGRY: (RuleId("HND-2"), Reason.DISTRESS),
}


@dataclass(frozen=True, slots=True)
class Matter:
    """One request with all that the rules look at."""

    ticket: Ticket
    triage: Triage
    request: Request
    facts: Facts
    policy: Policy

    @property
    def playbook(self) -> Playbook:
        return playbooks()[self.request.intent]

    def inform(self, rule: str, code: str = "told", facts: tuple[str, ...] = ()) -> Inform:
        return Inform(self.request.id, RuleId(rule), code, facts)

    def hand_off(self, rule: str, reason: Reason) -> HandOff:
        return HandOff(self.request.id, RuleId(rule), reason, self.policy.handoff.team(reason))

    def ask(self, rule: str, missing: str) -> Ask | None:
        """Once; None when this was asked before, and then the caller hands over."""
        asked_before = self.ticket.thread.asked.get(rule, 0)
        return None if asked_before else Ask(self.request.id, RuleId(rule), missing)


def decide_request(matter: Matter) -> Decision:
    return (
        _by_person(matter)
        or _must_hand_off(matter)
        or _beyond_limits(matter)
        or _not_understood(matter)
        or _not_answered_by_tools(matter)
        or _by_playbook(matter)
    )


def _by_person(matter: Matter) -> Decision | None:
    verdict = matter.ticket.verdict
    if verdict is None:
        return None
    if not verdict.accepted:
        return matter.inform("APR-2", "rejected")
    return Act(matter.request.id, RuleId("APR-1"), Proposal("P1", verdict.quote))


def _must_hand_off(matter: Matter) -> Decision | None:
    """DESIGN section 4, rule 7: these four cannot be switched off."""
    if matter.ticket.thread.with_person:
        return matter.hand_off("HND-4", Reason.ASKED_FOR_PERSON)
    if matter.triage.mood in GRAVE:
        return matter.hand_off(*GRAVE[matter.triage.mood])
    if matter.request.intent is Intent.TALK_TO_HUMAN and matter.request.in_scope:
        return matter.hand_off("HND-1", Reason.ASKED_FOR_PERSON)
    return None


def _beyond_limits(matter: Matter) -> Decision | None:
    limits = matter.policy.limits
    if len(matter.request.slots.orders) > limits.orders_per_message:
        return matter.hand_off("LIM-1", Reason.LIMIT)
    if matter.ticket.thread.turns >= limits.replies_per_conversation:
        return matter.hand_off("LIM-2", Reason.LIMIT)
    return None


def _not_understood(matter: Matter) -> Decision | None:
    """Out of scope, or unsure: a sure passage may still answer; else ask once, then hand over."""
    if matter.request.in_scope:
        return None
    if matter.playbook.about == "help" and _passage(matter):
        return _from_help(matter)
    return matter.ask("TRI-1", "intent") or matter.hand_off("TRI-2", Reason.LOW_CONFIDENCE)


def _not_answered_by_tools(matter: Matter) -> Decision | None:
    refusal = matter.facts.refusal(matter.request.id)
    if refusal is None:
        return None
    if refusal.code == "tool_failure":
        return matter.hand_off("TLF-1", Reason.TOOL_FAILURE)
    if matter.playbook.about == "person":
        return matter.hand_off("HND-5", matter.playbook.reason)
    if refusal.code == "identity":
        return matter.ask("IDN-1", "identity") or matter.hand_off("IDN-2", Reason.IDENTITY)
    return _not_found(matter, refusal)


def _not_found(matter: Matter, refusal: Refusal) -> Decision:
    """SCP-1: missing and foreign are the same. What was found beside it is not told: the request is unclear."""
    return matter.ask(refusal.rule, "number") or matter.hand_off("IDN-2", Reason.IDENTITY)


def _by_playbook(matter: Matter) -> Decision:
    match matter.playbook.about:
        case "talk":
            return matter.inform("TLK-1", matter.playbook.reply)
        case "person":
            return matter.hand_off("HND-5", matter.playbook.reason)
        case "help":
            return _from_help(matter)
        case "deny":
            return matter.inform("CNF-3", "dropped") if matter.ticket.thread.proposals else _nothing_open(matter)
        case "confirm":
            return _confirmed(matter)
        case "act":
            return _action(matter)
        case _:
            return _tell(matter)


def _tell(matter: Matter) -> Decision:
    meant = meant_orders(matter.request, matter.playbook, matter.facts)
    every = matter.facts.facts(matter.request.id, "order")
    told = (meant or every[:1])[:3]
    if not told:
        return _no_orders(matter)
    return matter.inform("STA-1", matter.playbook.reply, tuple(fact.id for fact in told))


def _no_orders(matter: Matter) -> Decision:
    return matter.ask("STA-2", "no_orders") or matter.hand_off("IDN-2", Reason.IDENTITY)


def _from_help(matter: Matter) -> Decision:
    passage = _passage(matter)
    if passage is None:
        return matter.hand_off("KNO-2", Reason.MISSING_KNOWLEDGE)
    return matter.inform("KNO-1", "help", (passage,))


def _passage(matter: Matter) -> str | None:
    """The best-ranked passage, if it shares a word with the question and is near enough (docs/decisions/0005).

    Nearer than that where the embedding is weaker (any language but English), and where the question does not look
    like one of ours.
    """
    best = next(iter(matter.facts.facts(matter.request.id, "passage")), None)
    least = matter.policy.understanding.answer_similarity
    least += 0.2 * (matter.triage.language != "en") + 0.2 * (not matter.request.in_scope)
    return best.id if best and best.shares_words and best.score >= least else None


def _action(matter: Matter) -> Decision:
    made = matter.facts.proposal(matter.request.id)
    if made is None:
        return _incomplete(matter)
    proposal, call = made
    if not proposal.quote.ruling.allowed:
        return matter.inform(proposal.quote.ruling.rule, proposal.quote.ruling.code, _order_facts(matter, proposal))
    blocked = _autonomy_block(matter, proposal)
    if blocked:
        return blocked
    if matter.policy.confirm.on(matter.ticket.channel) == "ask":
        return Ask(matter.request.id, RuleId("CNF-1"), "confirm", proposal, call)
    return _permitted(matter, proposal)


def _incomplete(matter: Matter) -> Decision:
    """No proposal yet: which order, or where to?"""
    meant = meant_orders(matter.request, matter.playbook, matter.facts)
    if not meant and not matter.facts.facts(matter.request.id, "order"):
        return _no_orders(matter)
    if len(meant) == 1 and Action.CHANGE_ADDRESS not in matter.playbook.propose:
        return matter.hand_off("HND-5", Reason.NOT_PERMITTED)
    if len(meant) == 1:
        return matter.ask("SLT-2", "address") or matter.hand_off("SLT-3", Reason.LOW_CONFIDENCE)
    return matter.ask("SLT-1", "order") or matter.hand_off("SLT-3", Reason.LOW_CONFIDENCE)


def _autonomy_block(matter: Matter, proposal: Proposal) -> Decision | None:
    """In draft mode nothing is done that the customer would not hear of."""
    step = matter.policy.may(proposal.quote)
    if step == "off":
        return matter.hand_off("AUT-1", Reason.NOT_PERMITTED)
    if step == "draft" or matter.ticket.mode == "draft":
        return matter.hand_off("AUT-4", Reason.NOT_PERMITTED)
    return None


def _permitted(matter: Matter, proposal: Proposal) -> Decision:
    step = matter.policy.may(proposal.quote)
    if step == "auto" and not proposal.quote.ruling.needs_person:
        return Act(matter.request.id, RuleId("AUT-2"), proposal)
    return Approve(matter.request.id, RuleId("AUT-3"), proposal)


def _confirmed(matter: Matter) -> Decision:
    """The yes counts for the quote that was shown last: same digest, not expired; else it is asked again."""
    made = matter.facts.proposal(matter.request.id)
    shown = matter.ticket.thread.proposals
    if made is None or not shown:
        return _nothing_open(matter)
    proposal, call = made
    if not proposal.quote.ruling.allowed:
        return matter.inform(proposal.quote.ruling.rule, proposal.quote.ruling.code, _order_facts(matter, proposal))
    thread, now = matter.ticket.thread, matter.ticket.received_at
    live = {one.digest for one in shown if one.expires_at > now and one.turn == thread.turns}
    if proposal.quote.digest not in live:
        return Ask(matter.request.id, RuleId("CNF-2"), "confirm", proposal, call)
    return _autonomy_block(matter, proposal) or _permitted(matter, proposal)


def _nothing_open(matter: Matter) -> Decision:
    return matter.inform("CNF-4", "nothing_open")


def _order_facts(matter: Matter, proposal: Proposal) -> tuple[str, ...]:
    facts = matter.facts.facts(matter.request.id, "order")
    return tuple(fact.id for fact in facts if fact.order and fact.order.id == proposal.quote.order_id)
