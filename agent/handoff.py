"""What a person who takes over is given: who writes, what they want, what is known, what was found. Plain text."""

from __future__ import annotations

from collections.abc import Iterator

from agent.case import Case, HandOff
from agent.policy import Policy
from agent.replies.render import say
from tools.contract import Fact, Level


def note(case: Case, policy: Policy) -> str:
    """The internal note of a hand-off: nothing that the customer must repeat."""
    return "\n".join(_lines(case, policy))


def _lines(case: Case, policy: Policy) -> Iterator[str]:
    ticket, triage = case["ticket"], case["triage"]
    caller = ticket.caller
    proven = "proven" if caller.level >= Level.VERIFIED else "not proven"
    yield f"Customer: {caller.name or caller.email or 'unknown'} ({proven}: {caller.proof})"
    yield f"Language {triage.language}, mood {triage.mood}, urgency {triage.urgency}"
    for request in triage.requests:
        orders = f", orders {', '.join(request.slots.orders)}" if request.slots.orders else ""
        yield f"Wants: {request.intent} ({request.confidence:.0%} sure{orders})"
    for decision in case["decisions"]:
        if isinstance(decision, HandOff):
            yield f"Handed over because: {decision.reason} (rule {decision.rule})"
    for fact in case["facts"].facts() if "facts" in case else ():
        yield from _fact(fact, policy)
    yield f"Message: {ticket.text[:600]}"


def _fact(fact: Fact, policy: Policy) -> Iterator[str]:
    if fact.kind == "order":
        told = ("status", "placed", "total", "promised", "tracking", "refund", "rma")
        said = (f"{name} {say(fact.fields[name], 'en', policy.terms.timezone)}" for name in told if name in fact.fields)
        yield f"Known: {fact.source}: " + ", ".join(said)
    elif fact.score:
        yield f"Help page looked at: {fact.source} (similarity {fact.score:.2f})"
