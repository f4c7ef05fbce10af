"""What a reply of a case may lean on: its facts, proposals and outcomes, the passages it cites, who takes over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from agent.case import Approve, Case, HandOff
from agent.checking.record import Context, records_of, stale_after
from agent.policy import Policy
from agent.replies.sources import Sources
from tools.contract import Fact, Proposal, Value
from tools.orders.agreement import Quote
from tools.orders.model import Address


def context_of(case: Case, language: str, citations: tuple[str, ...], known: Sources, policy: Policy) -> Context:
    facts = case["facts"].facts() if "facts" in case else ()
    quotes = dict(_quotes(case))
    done = [one.outcome for one in case.get("outcomes", ()) if one.outcome]
    caller = case["ticket"].caller
    order_of = {
        **{fact.id: fact.order.number for fact in facts if fact.order},
        **{source: quote.order_number for source, quote in quotes.items()},
        **{f"O{one.proposal}": one.outcome.quote.order_number for one in case.get("outcomes", ()) if one.outcome},
    }
    return Context(
        language,
        policy.terms.timezone,
        known,
        order_of,
        records_of(facts, done, case["ticket"].received_at, quotes.values()),
        tuple(_passage(fact) for fact in facts if fact.kind == "passage" and fact.id in citations),
        _with_a_person(case),
        frozenset((caller.name or "").lower().split()),
        frozenset(figures_of(known)),
        frozenset(stale_after(done, order_of, facts)),
    )


def _quotes(case: Case) -> Iterator[tuple[str, Quote]]:
    """Proposals by their source id: those that were made, those that were decided on, and what a person decided."""
    if "facts" in case:
        made = (finding.answer for finding in case["facts"].findings)
        yield from ((one.id, one.quote) for one in made if isinstance(one, Proposal))
    for decision in case.get("decisions", ()):
        if not isinstance(decision, HandOff) and decision.proposal:
            yield decision.proposal.id, decision.proposal.quote
    if case["ticket"].verdict:
        yield "P1", case["ticket"].verdict.quote


def _with_a_person(case: Case) -> bool:
    """One takes over, must confirm, or has decided."""
    decided = any(isinstance(one, HandOff | Approve) for one in case.get("decisions", ()))
    waits = any(one.approval for one in case.get("outcomes", ()))
    return decided or waits or case["ticket"].verdict is not None


def _passage(fact: Fact) -> str:
    return " ".join(str(fact.fields.get(name, "")) for name in ("title", "heading", "text"))


def figures_of(known: Mapping[str, Mapping[str, Value]]) -> Iterator[str]:
    """Numbers inside names and addresses: "Lamp 40 W" may be said, and its 40 is no figure of its own."""
    for fields in known.values():
        for name, value in fields.items():
            if name in {"items", "address", "title", "heading", "source", "name", "signature"}:
                words = value.one_line() if isinstance(value, Address) else str(value)
                yield from re.findall(r"\d(?:[\d.,:/]*\d)?", words)
