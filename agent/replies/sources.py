"""Everything a reply of this case may say, by the id that stands in its placeholders. Values, not words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.case import Ask, Case, Done, HandOff
from agent.policy import Policy
from tools.contract import Proposal, Term, Value
from tools.orders.agreement import Outcome, Quote

Sources = dict[str, Mapping[str, Value]]


def sources(case: Case, policy: Policy) -> Sources:
    """F… facts, P… proposals, O… outcomes, W… wishes that are sold out, and `shop`, `terms`, `caller`."""
    known: Sources = {
        "shop": _named(name=policy.shop.name, assistant=policy.voice.assistant, signature=policy.voice.signature),
        "terms": {k: v for k, v in policy.terms.model_dump().items() if isinstance(v, int) and not isinstance(v, bool)},
        "caller": _named(name=_first_name(case["ticket"].caller.name)),
    }
    if "facts" in case:
        known |= {fact.id: fact.fields for fact in case["facts"].facts()}
        made = (finding.answer for finding in case["facts"].findings)
        known |= {one.id: quote_fields(one.quote) for one in made if isinstance(one, Proposal)}
    known |= {p.id: quote_fields(p.quote) for p in _decided(case)}
    known |= {f"W{d.request}": {"name": d.wished} for d in case.get("decisions", ()) if isinstance(d, Ask) and d.wished}
    verdict = case["ticket"].verdict
    known |= {"P1": quote_fields(verdict.quote)} if verdict else {}
    known |= {f"O{done.proposal}": outcome_fields(done) for done in case.get("outcomes", ())}
    return known


def quote_fields(quote: Quote) -> Mapping[str, Value]:
    items = tuple(f"{line.quantity} × {line.name}" if line.quantity > 1 else line.name for line in quote.lines)
    fee = quote.fee if quote.fee and quote.fee.minor else None
    return _named(
        order=quote.order_number,
        amount=quote.amount if quote.amount.minor else None,
        items=items or None,
        fee=fee,
        address=quote.address,
        becomes=quote.becomes or None,
        charge=quote.charge,
        pays=Term(f"method.{quote.pays}") if quote.pays else None,
        until=quote.ruling.until,
    )


def outcome_fields(done: Done) -> Mapping[str, Value]:
    fields = _named(approval=done.approval)
    if isinstance(done.outcome, Outcome):
        fields = {
            **fields,
            **quote_fields(done.outcome.quote),
            **_named(reference=done.outcome.reference or None),
        }
    return fields


def _decided(case: Case) -> list[Proposal]:
    decisions = case.get("decisions", ())
    return [d.proposal for d in decisions if not isinstance(d, HandOff) and d.proposal is not None]


def _named(**values: Any) -> Mapping[str, Value]:
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _first_name(name: str | None) -> str | None:
    return name.split()[0] if name and name.split() else None
