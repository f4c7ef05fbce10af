"""What a model is shown of facts, quotes and refusals: values as a customer reads them, ids as tools want them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.brains.model.prompting import fenced, shown
from agent.meaning.items import open_units
from agent.policy import Policy
from agent.replies.render import say
from agent.replies.sources import quote_fields
from tools.contract import Answer, Fact, Proposal, Refusal, Value

MOST_OF_A_PASSAGE = 2_500
"""Characters."""
MOST_ORDERS = 12
MOST_VARIANTS = 30


def result(answer: Answer, policy: Policy) -> str:
    """As the content of a tool message: fenced, for names and notes in it come from outside."""
    match answer:
        case Refusal():
            return fenced("result", shown({"refused": answer.code, "rule": answer.rule}))
        case Proposal():
            return fenced("result", shown(_quoted(answer, policy)))
    if not answer:
        return fenced("result", "nothing was found")
    return fenced("result", "\n".join(shown(fact_shown(one, policy)) for one in answer[:MOST_ORDERS]))


def fact_shown(fact: Fact, policy: Policy, language: str = "en") -> Mapping[str, Any]:
    return {"id": fact.id, "kind": fact.kind, **fields_shown(fact.fields, policy, language), **_ids(fact)}


def fields_shown(fields: Mapping[str, Value], policy: Policy, language: str) -> Mapping[str, str]:
    said = {name: say(value, language, policy.terms.timezone) for name, value in fields.items()}
    return {name: text[:MOST_OF_A_PASSAGE] for name, text in said.items()}


def _quoted(proposal: Proposal, policy: Policy) -> Mapping[str, Any]:
    ruling = proposal.quote.ruling
    told = {"proposal": proposal.id, "action": proposal.action, "allowed": ruling.allowed, "rule": ruling.rule}
    return {**told, "because": ruling.code, **fields_shown(quote_fields(proposal.quote), policy, "en")}


def _ids(fact: Fact) -> Mapping[str, Any]:
    """What tools are called with; nothing of an order that its caller may hear the status of and no more."""
    if fact.account is not None:
        return {"methods": [{"method": one.id, "kind": one.kind} for one in fact.account.methods]}
    if fact.variants:
        return {
            "variants": [
                {"sku": one.sku, "options": dict(one.options), "price": one.price.decimal(), "in_stock": one.available}
                for one in fact.variants[:MOST_VARIANTS]
            ]
        }
    if fact.order is None or "items" not in fact.fields:
        return {}
    lines = fact.order.lines
    return {"lines": [{"line": one.id, "sku": one.sku, "name": one.name, "units": open_units(one)} for one in lines]}
