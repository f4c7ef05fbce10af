"""The rules of the path: what may be done about one request. Pure; the rules of orders are the core's.

Read `decisions_on` top to bottom: the first rule that applies decides; an action on several orders is decided for each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from agent import consent, risk, telling
from agent.answerability import Answerability, Answered, Unanswered, Unclear, answerability
from agent.brains.addresses import missing_of
from agent.case import (
    Act,
    ApprovalId,
    Approve,
    Ask,
    Decision,
    Facts,
    HandOff,
    Inform,
    Intent,
    Kind,
    Mood,
    Reason,
    Request,
    Ticket,
    ToolCall,
    Triage,
)
from agent.meaning.goods import other_goods
from agent.meaning.items import named_lines
from agent.meaning.orders import Meant, meant_by
from agent.meaning.variants import clauses, variant_meant
from agent.playbooks import Playbook
from agent.policy import Policy
from agent.routing import playbook_of, team_of, to_person
from tools.contract import Level, Proposal, Refusal
from tools.orders.agreement import Action
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
SAME_ANSWERS = 2
"""So often an answer is given from a record that has not changed."""


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
        return playbook_of(self.policy, self.request, self.triage, self.ticket.received_at)

    @property
    def meant(self) -> Meant:
        return meant_by(self.request, self.facts, self.playbook)

    def inform(
        self, rule: str, code: str = "told", facts: tuple[str, ...] = (), proposal: Proposal | None = None
    ) -> Inform:
        return Inform(self.request.id, RuleId(rule), code, facts, proposal)

    def hand_off(self, rule: str, reason: Reason) -> HandOff:
        team = team_of(self.policy, self.request, self.triage, reason, self.ticket.received_at)
        return HandOff(self.request.id, RuleId(rule), reason, team)

    def ask(self, rule: str, missing: str, times: int = 1, facts: tuple[str, ...] = (), wished: str = "") -> Ask | None:
        """None when this was asked as often before, and then the caller hands over."""
        asked_before = self.ticket.thread.asked.get(rule, 0)
        return (
            None if asked_before >= times else Ask(self.request.id, RuleId(rule), missing, facts=facts, wished=wished)
        )


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
        _by_person(matter)
        or _by_machine(matter)
        or _must_hand_off(matter)
        or _foreign(matter)
        or _code_refused(matter)
        or _switched_off(matter)
        or _routed(matter)
        or _beyond_limits(matter)
        or _unserved(matter)
        or _not_understood(matter)
        or _not_answered_by_tools(matter)
    )
    if first:
        return (first,)
    made = matter.facts.proposals(matter.request.id)
    if made and matter.playbook.about in {"act", "confirm"}:
        judge = _confirmed if matter.playbook.about == "confirm" else _action
        return tuple(judge(matter, proposal, call) for proposal, call in made)
    return (_by_playbook(matter),)


def _by_person(matter: Matter) -> Decision | None:
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


def _by_machine(matter: Matter) -> Decision | None:
    """Nobody reads an answer to it, and two machines would go on for ever."""
    if matter.triage.kind in {Kind.AUTO_REPLY, Kind.BOUNCE}:
        return matter.inform("MCH-1", matter.triage.kind)
    return None


def _foreign(matter: Matter) -> Decision | None:
    if matter.triage.kind is Kind.FOREIGN:
        return matter.hand_off("LNG-1", Reason.MISSING_KNOWLEDGE)
    return None


def _must_hand_off(matter: Matter) -> Decision | None:
    """DESIGN section 4, rule 7: these four cannot be switched off."""
    if matter.ticket.thread.with_person:
        return matter.hand_off("HND-4", Reason.ASKED_FOR_PERSON)
    if matter.triage.mood in GRAVE:
        return matter.hand_off(*GRAVE[matter.triage.mood])
    if matter.request.intent is Intent.TALK_TO_HUMAN and matter.request.in_scope:
        return matter.hand_off("HND-1", Reason.ASKED_FOR_PERSON)
    return None


def _code_refused(matter: Matter) -> Decision | None:
    if not matter.ticket.code_refused:
        return None
    return matter.ask("IDN-4", "code_again", times=3) or matter.hand_off("IDN-2", Reason.IDENTITY)


def _switched_off(matter: Matter) -> Decision | None:
    if matter.request.in_scope and matter.policy.rollout.of(matter.request.intent) == "off":
        return matter.hand_off("ROL-1", Reason.NOT_PERMITTED)
    return None


def _routed(matter: Matter) -> Decision | None:
    if matter.request.in_scope and to_person(matter.policy, matter.request, matter.triage, matter.ticket.received_at):
        return matter.hand_off("ROU-1", Reason.NOT_PERMITTED)
    return None


def _beyond_limits(matter: Matter) -> Decision | None:
    limits = matter.policy.limits
    if len(matter.triage.requests) > limits.requests_per_message:
        return matter.hand_off("LIM-3", Reason.LIMIT)
    if len(matter.request.slots.orders) > limits.orders_per_message:
        return matter.hand_off("LIM-1", Reason.LIMIT)
    if matter.ticket.thread.turns - matter.ticket.thread.since >= limits.replies_per_conversation:
        return matter.hand_off("LIM-2", Reason.LIMIT)
    return None


def _unserved(matter: Matter) -> Decision | None:
    """Whoever looked found that nothing here does it, and says what is missing."""
    refusal = matter.facts.refusal(matter.request.id)
    if refusal is None or refusal.rule not in UNSERVED:
        return None
    return matter.hand_off(refusal.rule, UNSERVED[refusal.rule])


def _not_understood(matter: Matter) -> Decision | None:
    """Out of scope, or unsure: a sure passage may still answer; else ask once, then hand over."""
    if matter.request.in_scope:
        return None
    if matter.playbook.about == "help" and not isinstance(_answerability(matter), Unanswered):
        return _from_help(matter)
    missing = "words" if matter.triage.kind is Kind.EMPTY else "intent"
    return matter.ask("TRI-1", missing) or matter.hand_off("TRI-2", Reason.LOW_CONFIDENCE)


def _not_answered_by_tools(matter: Matter) -> Decision | None:
    refusal = matter.facts.refusal(matter.request.id)
    if refusal is None:
        return None
    if refusal.code == "tool_failure":
        return matter.hand_off("TLF-1", Reason.TOOL_FAILURE)
    if matter.playbook.about == "person":
        return matter.hand_off("HND-5", matter.playbook.reason)
    if _general(matter):
        return _from_help(matter)
    if refusal.code == "identity":
        return _unproven(matter) or matter.hand_off("IDN-2", Reason.IDENTITY)
    return _not_found(matter, refusal)


def _unproven(matter: Matter) -> Decision | None:
    """How this caller can prove who they are. Nothing here depends on whether the address is known."""
    if not matter.ticket.codes:
        return matter.ask("IDN-1", "identity")
    if matter.ticket.caller.email is None:
        return matter.ask("IDN-5", "email")
    return matter.ask("IDN-3", "code", times=2)


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
            return _nothing_open(matter)
        case "act":
            return _unmet(matter) or _incomplete(matter)
        case _:
            return _tell(matter)


def _tell(matter: Matter) -> Decision:
    every = matter.facts.facts(matter.request.id, "order")
    told = (matter.meant.orders or every[:1])[:3]
    if not told:
        return _no_orders(matter)
    rule = "IDN-6" if matter.ticket.caller.level is Level.MATCHED else "STA-1"
    return matter.inform(rule, matter.playbook.reply, tuple(fact.id for fact in told))


def _no_orders(matter: Matter) -> Decision:
    return matter.ask("STA-2", "no_orders") or matter.hand_off("IDN-2", Reason.IDENTITY)


def _from_help(matter: Matter) -> Decision:
    found, asked = _answerability(matter), None
    if isinstance(found, Answered):
        return matter.inform("KNO-1", "help", (found.passage.id,))
    if isinstance(found, Unclear):
        asked = matter.ask("KNO-3", "article", facts=tuple(passage.id for passage in found.passages))
    return asked or matter.hand_off("KNO-2", Reason.MISSING_KNOWLEDGE)


def _general(matter: Matter) -> bool:
    """It names no order, and the help centre answers it."""
    return matter.playbook.help and not matter.request.slots.orders and isinstance(_answerability(matter), Answered)


def _answerability(matter: Matter) -> Answerability:
    passages = matter.facts.facts(matter.request.id, "passage")
    understanding, language = matter.policy.understanding, matter.triage.language
    return answerability(passages, understanding, language, matter.request.in_scope, matter.request.text)


def _action(matter: Matter, proposal: Proposal, call: ToolCall) -> Decision:
    if not proposal.quote.ruling.allowed:
        return _refused(matter, proposal)
    blocked = _which_goods(matter, proposal, call) or _autonomy_block(matter, proposal)
    if blocked:
        return blocked
    asked = consent.asks_for(proposal.quote, matter.ticket.text, matter.policy, matter.request.text)
    if matter.ticket.careful or matter.policy.confirm.on(matter.ticket.channel) == "ask" or not asked:
        return Ask(matter.request.id, RuleId("CNF-1"), "confirm", proposal, call)
    return _permitted(matter, proposal, call)


def _refused(matter: Matter, proposal: Proposal) -> Decision:
    ruling = proposal.quote.ruling
    asked = matter.ask(ruling.rule, "address", times=2) if ruling.rule == "ADR-4" else None
    if asked:
        return asked
    return matter.inform(ruling.rule, ruling.code, _order_facts(matter, proposal), proposal)


def _which_goods(matter: Matter, proposal: Proposal, call: ToolCall) -> Decision | None:
    """A thing is named that is none of the order's: a quote for all of it would be one for something else."""
    if call.arguments.get("lines") != {}:
        return None
    ids = _order_facts(matter, proposal)
    orders = [one.order for one in matter.facts.facts(matter.request.id, "order") if one.id in ids]
    lines = [line for order in orders if order for line in order.lines]
    if len(lines) < 2 or not other_goods(matter.request.text, lines, matter.request.intent):
        return None
    return matter.ask("SLT-4", "goods", facts=ids) or matter.hand_off("SLT-3", Reason.LOW_CONFIDENCE)


def _incomplete(matter: Matter) -> Decision:
    """No proposal yet: which order, which items, for what, where to? A general question is answered as one."""
    if _general(matter):
        return _from_help(matter)
    meant = matter.meant
    if not meant.orders and not matter.facts.facts(matter.request.id, "order"):
        return _no_orders(matter)
    if len(meant.orders) > matter.policy.limits.orders_per_message:
        return matter.hand_off("LIM-1", Reason.LIMIT)
    asked: Decision | None
    if meant.unclear or not meant.orders:
        asked = matter.ask("SLT-1", "order", facts=tuple(fact.id for fact in meant.orders))
    else:
        asked = _missing_slot(matter, meant)
    return asked or matter.hand_off("SLT-3", Reason.LOW_CONFIDENCE)


def _unmet(matter: Matter) -> Decision | None:
    """Only where the customer's own words make a condition, whatever a brain says of it."""
    found = matter.facts.facts(matter.request.id, "unmet")
    if not (found and consent.CONDITION.search(matter.request.text)):
        return None
    looked_at = matter.facts.facts(matter.request.id, "variants") or matter.meant.orders
    return matter.inform("CND-1", "condition_unmet", tuple(one.id for one in looked_at[:3]))


def _missing_slot(matter: Matter, meant: Meant) -> Decision | None:
    """What the playbook needs besides the order; nothing else to ask for: a person."""
    needs = matter.playbook.needs
    if "address" in needs:
        lacks = missing_of(matter.request.text)
        return matter.ask("SLT-2", lacks, times=1 if lacks == "address" else 3)
    if "variant" in needs:
        lines = _lines_named(matter, meant)
        if not lines:
            return matter.ask("SLT-4", "items", facts=tuple(fact.id for fact in meant.orders))
        return _sold_out(matter, meant) or matter.ask("SLT-5", "variant", facts=lines)
    return matter.hand_off("HND-5", Reason.NOT_PERMITTED)


def _lines_named(matter: Matter, meant: Meant) -> tuple[str, ...]:
    """The catalogue's facts of the lines that are named, or of the only one."""
    lines = [line for fact in meant.orders if fact.order for line in fact.order.lines]
    named = {one.line.name for one in named_lines(matter.request.text, lines)}
    facts = matter.facts.facts(matter.request.id, "variants")
    return tuple(one.id for one in facts if one.fields["name"] in named or len(lines) == 1)


def _sold_out(matter: Matter, meant: Meant) -> Decision | None:
    """What was wished for is no question: it is sold, and there is none of it now."""
    for fact in meant.orders:
        made = (one for one in matter.facts.of(matter.request.id) if one.call.tool == "read_variants")
        found = next((f.answer for f in made if fact.order and f.call.arguments["order"] == fact.order.number), ())
        lines = fact.order.lines if fact.order and isinstance(found, tuple) else ()
        named = {one.line.id: (one.place,) for one in named_lines(matter.request.text, lines)}
        spoken = clauses(matter.request.text, named or {line.id: (0,) for line in lines[:1]})
        for line, sold in zip(lines, found if isinstance(found, tuple) else (), strict=False):
            wished = variant_meant(spoken[line.id], line, sold.variants).sold_out if line.id in spoken else None
            if wished:
                missing = "sold_out" if "choices" in sold.fields else "none_left"
                return matter.ask("SLT-6", missing, times=2, facts=(sold.id,), wished=wished.words)
    return None


def _autonomy_block(matter: Matter, proposal: Proposal) -> Decision | None:
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


def _permitted(
    matter: Matter, proposal: Proposal, call: ToolCall | None, offered: ApprovalId | None = None
) -> Decision:
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


def _confirmed(matter: Matter, proposal: Proposal, call: ToolCall) -> Decision:
    """The yes counts for the quote that was shown last: same digest, not expired; else it is asked again."""
    shown = matter.ticket.thread.proposals
    if not shown:
        return _nothing_open(matter)
    if not proposal.quote.ruling.allowed:
        return _refused(matter, proposal)
    thread, now = matter.ticket.thread, matter.ticket.received_at
    live = {one.digest: one for one in shown if one.expires_at > now and one.turn == thread.turns}
    if proposal.quote.digest not in live:
        return Ask(matter.request.id, RuleId("CNF-2"), "confirm", proposal, call)
    if not consent.says_yes(matter.ticket.text, matter.policy.shop.languages):
        return Ask(matter.request.id, RuleId("CNF-5"), "confirm", proposal, call)
    offered = live[proposal.quote.digest].approval
    return _autonomy_block(matter, proposal) or _permitted(matter, proposal, call, offered)


def _nothing_open(matter: Matter) -> Decision:
    if matter.playbook.about == "deny" and matter.ticket.thread.question:
        return matter.inform("CNF-3", "dropped")
    return matter.inform("CNF-4", "nothing_open")


def _order_facts(matter: Matter, proposal: Proposal) -> tuple[str, ...]:
    facts = matter.facts.facts(matter.request.id, "order")
    return tuple(fact.id for fact in facts if fact.order and fact.order.id == proposal.quote.order_id)
