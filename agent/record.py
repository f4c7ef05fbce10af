"""What the journal keeps of a case: ids, rules and figures in the body; words, names and addresses apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from agent.answer import Answer
from agent.case import Act, Approve, Case, Request
from agent.policy import Policy
from agent.thinking import Thought
from tools.contract import Fact, Refusal, Value
from tools.orders.model import FulfilmentAxis

KEPT = 20_000  # characters of a message that the journal keeps
ON_THE_WAY = frozenset({FulfilmentAxis.SHIPPED, FulfilmentAxis.PARTIALLY_SHIPPED})
VALUE: TypeAdapter[Value] = TypeAdapter(Value)


def body_of(case: Case, answer: Answer, policy: Policy, thoughts: Sequence[Thought] = ()) -> dict[str, Any]:
    """Message → identity → facts → rule → action → approver, without a word of the customer's or about them.

    Where a model took part, `thinking` says in what, by which prompts, at what cost, and what failed.

    `by` names who decided, for the shop's own people stay answerable; what they wrote is in the private part.
    """
    thinking = {"written_by": case["draft"].by, "thinking": [one.as_json() for one in thoughts]} if thoughts else {}
    return _understood(case, answer, policy) | _came_of_it(case, answer) | thinking


def _understood(case: Case, answer: Answer, policy: Policy) -> dict[str, Any]:
    ticket, triage = case["ticket"], case["triage"]
    return {
        "channel": ticket.channel,
        "kind": "decision" if ticket.verdict else "message",
        "identity": ticket.caller.level.name.lower(),
        "proof": ticket.caller.proof,
        "policy": policy.version,
        "language": triage.language,
        "mood": triage.mood.value,
        "requests": [{**_request(asked), **said} for asked, said in zip(triage.requests, answer.requests, strict=True)],
        "facts": [_fact(fact) for fact in _facts(case)],
        "refusals": [
            {"tool": f.call.tool, "rule": f.answer.rule}
            for f in (case["facts"].findings if "facts" in case else ())
            if isinstance(f.answer, Refusal)
        ],
    }


def _came_of_it(case: Case, answer: Answer) -> dict[str, Any]:
    return {
        "disposition": answer.disposition.value,
        "mode": answer.mode,
        "rollout": case["ticket"].rollout,
        "actions": list(answer.actions),
        "rules": list(answer.rules),
        "handoff": answer.handoff,
        "citations": list(answer.citations),
        "approvals": list(answer.approvals),
        "signals": [rule for one in case["decisions"] if isinstance(one, Approve) for rule in one.signals],
        "decided": _verdict(case),
        "rests_on": _rests_on(case),
        "check": [problem.partition(":")[0] for problem in case["reply"].problems],
    }


def private_of(case: Case, answer: Answer) -> dict[str, Any]:
    """What an erasure removes."""
    ticket = case["ticket"]
    return {
        "email": ticket.caller.email,
        "customer": ticket.caller.customer,
        "subject": ticket.subject,
        "text": ticket.text[:KEPT],
        "given": ticket.given,
        "asked": [request.text for request in case["triage"].requests],
        "facts": {fact.id: _fields(fact) for fact in _facts(case)},
        "check": list(case["reply"].problems),
        "reason": ticket.verdict.reason if ticket.verdict else "",
        "answer": answer.as_json(),
    }


def lacks(fact: Fact) -> tuple[str, ...]:
    """What a question about this order needs and the shop's record does not have: a gap in the data."""
    order = fact.order
    if fact.kind != "order" or order is None or order.fulfilment not in ON_THE_WAY:
        return ()
    scans = (scan for parcel in order.shipments for scan in parcel.events)
    followed = any(parcel.tracking_number for parcel in order.shipments) or not all(one.reconstructed for one in scans)
    return () if followed else ("tracking",)


def _fact(fact: Fact) -> dict[str, Any]:
    missing = lacks(fact)
    return {"id": fact.id, "kind": fact.kind, "source": fact.source} | ({"lacks": list(missing)} if missing else {})


def _request(request: Request) -> dict[str, Any]:
    return {"confidence": request.confidence, "in_scope": request.in_scope}


def _facts(case: Case) -> tuple[Fact, ...]:
    return case["facts"].facts() if "facts" in case else ()


def _fields(fact: Fact) -> dict[str, Any]:
    return {name: VALUE.dump_python(value, mode="json") for name, value in fact.fields.items()}


def _rests_on(case: Case) -> list[str]:
    """The approvals by which something was done now; the core's key of each is `approval:ID`."""
    verdict = case["ticket"].verdict
    acts = [one for one in case["decisions"] if isinstance(one, Act)]
    return [approval for one in acts if (approval := verdict.approval if verdict else one.approval)]


def _verdict(case: Case) -> dict[str, Any] | None:
    verdict = case["ticket"].verdict
    if verdict is None:
        return None
    return {
        "approval": verdict.approval,
        "word": verdict.word,
        "by": verdict.by,
    }
