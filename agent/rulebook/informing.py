"""What is told, from the record or the help centre; what is asked where it cannot be told."""

from __future__ import annotations

from agent.answerability import Answerability, Answered, Unanswered, Unclear, answerability
from agent.case import Decision, Kind, Reason
from agent.rulebook.matter import Matter
from tools.contract import Level, Refusal


def not_understood(matter: Matter) -> Decision | None:
    """Out of scope, or unsure: a sure passage may still answer; else ask once, then hand over."""
    if matter.request.in_scope:
        return None
    if matter.playbook.about == "help" and not isinstance(_answerability(matter), Unanswered):
        return from_help(matter)
    missing = "words" if matter.triage.kind is Kind.EMPTY else "intent"
    return matter.ask("TRI-1", missing) or matter.hand_off("TRI-2", Reason.LOW_CONFIDENCE)


def not_answered_by_tools(matter: Matter) -> Decision | None:
    refusal = matter.facts.refusal(matter.request.id)
    if refusal is None:
        return None
    if refusal.code == "tool_failure":
        return matter.hand_off("TLF-1", Reason.TOOL_FAILURE)
    if matter.playbook.about == "person":
        return matter.hand_off("HND-5", matter.playbook.reason)
    if is_general(matter):
        return from_help(matter)
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


def from_record(matter: Matter) -> Decision:
    every = matter.facts.facts(matter.request.id, "order")
    told = (matter.meant.orders or every[:1])[:3]
    if not told:
        return no_orders(matter)
    rule = "IDN-6" if matter.ticket.caller.level is Level.MATCHED else "STA-1"
    return matter.inform(rule, matter.playbook.reply, tuple(fact.id for fact in told))


def no_orders(matter: Matter) -> Decision:
    return matter.ask("STA-2", "no_orders") or matter.hand_off("IDN-2", Reason.IDENTITY)


def from_help(matter: Matter) -> Decision:
    found, asked = _answerability(matter), None
    if isinstance(found, Answered):
        return matter.inform("KNO-1", "help", (found.passage.id,))
    if isinstance(found, Unclear):
        asked = matter.ask("KNO-3", "article", facts=tuple(passage.id for passage in found.passages))
    return asked or matter.hand_off("KNO-2", Reason.MISSING_KNOWLEDGE)


def is_general(matter: Matter) -> bool:
    """It names no order, and the help centre answers it."""
    return matter.playbook.help and not matter.request.slots.orders and isinstance(_answerability(matter), Answered)


def _answerability(matter: Matter) -> Answerability:
    passages = matter.facts.facts(matter.request.id, "passage")
    understanding, language = matter.policy.understanding, matter.triage.language
    return answerability(passages, understanding, language, matter.request.in_scope, matter.request.text)
