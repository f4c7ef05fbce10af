"""How far Wismo may go alone: off, draft, approve or auto, raised by signals; and whether a reply goes out at all."""

from __future__ import annotations

from typing import Literal

from agent import risk
from agent.case import Act, ApprovalId, Approve, Decision, Kind, Reason, Ticket, ToolCall, Triage
from agent.policy import Policy
from agent.rulebook.matter import Matter
from tools.contract import Proposal
from tools.orders.agreement import Action
from tools.orders.model import RuleId


def held_back(matter: Matter, proposal: Proposal) -> Decision | None:
    """In draft mode nothing is done that the customer would not hear of."""
    step = matter.policy.may(proposal.quote)
    if step == "off":
        return matter.hand_off("AUT-1", Reason.NOT_PERMITTED)
    if step == "draft" or mode_of(matter.ticket, matter.triage, matter.policy) == "draft":
        return matter.hand_off("AUT-4", Reason.NOT_PERMITTED)
    return None


def mode_of(ticket: Ticket, triage: Triage, policy: Policy) -> Literal["sent", "draft"]:
    """One reply answers all requests: one intent in draft makes all of it a draft. Machines get no reply."""
    if triage.kind in {Kind.AUTO_REPLY, Kind.BOUNCE}:
        return "draft"
    drafted = any(policy.rollout.of(request.intent) == "draft" for request in triage.requests if request.in_scope)
    return "draft" if drafted and not ticket.verdict else ticket.mode


def permitted(matter: Matter, proposal: Proposal, call: ToolCall | None, offered: ApprovalId | None = None) -> Decision:
    """Autonomy, raised by signals; what a person offered needs nobody but, above the second limit, a second."""
    quote = proposal.quote
    seen = risk.signals(proposal, matter.policy, matter.ticket.received_at)
    people = matter.policy.people(quote, seen)
    if quote.action is Action.WITHDRAW:
        return Act(matter.request.id, RuleId("AUT-5"), proposal, call)
    if offered and people == 1:
        return Act(matter.request.id, RuleId("APR-6"), proposal, call, offered)
    if matter.policy.may(quote) == "auto" and not quote.ruling.needs_person and not seen and not offered:
        return Act(matter.request.id, RuleId("AUT-2"), proposal, call)
    rule = RuleId("APR-5" if people == 2 else "AUT-3")
    return Approve(matter.request.id, rule, proposal, call, seen, people, offered)
