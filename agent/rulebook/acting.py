"""What becomes of an action that was quoted: refused, asked about, done, or left to a person."""

from __future__ import annotations

from agent import consent
from agent.case import Ask, Decision, Reason, ToolCall
from agent.meaning.goods import other_goods
from agent.rulebook.autonomy import held_back, permitted
from agent.rulebook.matter import Matter
from tools.contract import Proposal
from tools.orders.model import RuleId


def on_quote(matter: Matter, proposal: Proposal, call: ToolCall) -> Decision:
    if not proposal.quote.ruling.allowed:
        return _refused(matter, proposal)
    blocked = _which_goods(matter, proposal, call) or held_back(matter, proposal)
    if blocked:
        return blocked
    asked = consent.asks_for(proposal.quote, matter.ticket.text, matter.policy, matter.request.text)
    if matter.ticket.careful or matter.policy.confirm.on(matter.ticket.channel) == "ask" or not asked:
        return Ask(matter.request.id, RuleId("CNF-1"), "confirm", proposal, call)
    return permitted(matter, proposal, call)


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


def on_yes(matter: Matter, proposal: Proposal, call: ToolCall) -> Decision:
    """The yes counts for the quote that was shown last: same digest, not expired; else it is asked again."""
    shown = matter.ticket.thread.proposals
    if not shown:
        return nothing_open(matter)
    if not proposal.quote.ruling.allowed:
        return _refused(matter, proposal)
    thread, now = matter.ticket.thread, matter.ticket.received_at
    live = {one.digest: one for one in shown if one.expires_at > now and one.turn == thread.turns}
    if proposal.quote.digest not in live:
        return Ask(matter.request.id, RuleId("CNF-2"), "confirm", proposal, call)
    if not consent.says_yes(matter.ticket.text, matter.policy.shop.languages):
        return Ask(matter.request.id, RuleId("CNF-5"), "confirm", proposal, call)
    offered = live[proposal.quote.digest].approval
    return held_back(matter, proposal) or permitted(matter, proposal, call, offered)


def nothing_open(matter: Matter) -> Decision:
    if matter.playbook.about == "deny" and matter.ticket.thread.question:
        return matter.inform("CNF-3", "dropped")
    return matter.inform("CNF-4", "nothing_open")


def _order_facts(matter: Matter, proposal: Proposal) -> tuple[str, ...]:
    facts = matter.facts.facts(matter.request.id, "order")
    return tuple(fact.id for fact in facts if fact.order and fact.order.id == proposal.quote.order_id)
