"""What came of a turn, as the world outside sees it: the line of `wismo run`, the body of the API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from agent.caps import CAP
from agent.cards import cards_of
from agent.case import Act, Approve, Ask, Case, Decision, Disposition, Done, HandOff, Inform, Reason, Request
from agent.policy import Policy
from agent.rulebook.autonomy import mode_of
from tools.contract import Proposal
from tools.orders.agreement import Quote, Result
from tools.orders.model import RuleId

GRAVEST = tuple(Disposition)


@dataclass(frozen=True, slots=True)
class Answer:
    """`note` is for the person who takes over; `approvals` wait for one; `cards` are for chats that draw them.

    The other fields are as in DESIGN section 9.
    """

    id: str
    conversation: str
    intents: tuple[str, ...]
    disposition: Disposition
    mode: Literal["sent", "draft"]
    reply: str
    language: str
    requests: tuple[dict[str, str], ...]
    actions: tuple[dict[str, str], ...]
    rules: tuple[str, ...]
    handoff: dict[str, str] | None
    citations: tuple[str, ...]
    approvals: tuple[str, ...] = ()
    note: str = ""
    cards: tuple[dict[str, Any], ...] = ()

    def as_line(self) -> dict[str, Any]:
        """The contract of `wismo run`: these keys, in this order."""
        kept = (
            "id",
            "intents",
            "disposition",
            "mode",
            "reply",
            "requests",
            "actions",
            "rules",
            "handoff",
            "citations",
        )
        return {name: _plain(getattr(self, name)) for name in kept}

    def as_json(self) -> dict[str, Any]:
        more = ("conversation", "language", "approvals", "note", "cards")
        return self.as_line() | {name: _plain(getattr(self, name)) for name in more}


def from_json(kept: dict[str, Any]) -> Answer:
    """The same answer again, from what the journal holds."""
    tuples = {name: tuple(kept[name]) for name in ("intents", "requests", "actions", "rules", "citations", "approvals")}
    cards = tuple(kept.get("cards", ()))  # entries of before cards were made have none
    return Answer(**{**kept, **tuples, "cards": cards, "disposition": Disposition(kept["disposition"])})


def without_words(ticket: str, conversation: str, body: dict[str, Any]) -> Answer:
    """The same turn again after its words were erased: what came of it, and nothing that was said."""
    return Answer(
        id=ticket,
        conversation=conversation,
        intents=tuple(dict.fromkeys(one["intent"] for one in body["requests"])),
        disposition=Disposition(body["disposition"]),
        mode=body["mode"],
        reply="",
        language=body["language"],
        requests=tuple({name: one[name] for name in ("intent", "disposition", "rule")} for one in body["requests"]),
        actions=tuple(body["actions"]),
        rules=tuple(body["rules"]),
        handoff=body["handoff"],
        citations=tuple(body["citations"]),
    )


def answer_of(case: Case, policy: Policy, note: str) -> Answer:
    ticket, reply = case["ticket"], case["reply"]
    outcomes = {done.proposal: done for done in case.get("outcomes", ())}
    ends = [_disposition(decision, _done(decision, outcomes)) for decision in case["decisions"]]
    handoff = _handoff(case, policy)
    if reply.verdict == "hand_off":
        ends = [Disposition.HANDED_OFF for _ in ends]
    return Answer(
        id=ticket.id,
        conversation=ticket.conversation,
        intents=tuple(dict.fromkeys(request.intent.value for request in case["triage"].requests)),
        disposition=min(ends, key=GRAVEST.index),
        mode="draft" if ticket.thread.with_person and not ticket.verdict else mode_of(ticket, case["triage"], policy),
        reply=reply.text,
        language=reply.language,
        requests=tuple(
            _request(one, list(zip(ends, case["decisions"], strict=True))) for one in case["triage"].requests
        ),
        actions=tuple(_actions(case, outcomes)),
        rules=_rules(case),
        handoff=handoff,
        citations=reply.citations,
        approvals=tuple(str(done.approval) for done in outcomes.values() if done.approval),
        note=note if handoff else "",
        cards=cards_of(case, policy),
    )


def _request(request: Request, ends: list[tuple[Disposition, Decision]]) -> dict[str, str]:
    """The gravest of its decisions speaks for a request about several orders."""
    own = [(end, decision.rule) for end, decision in ends if decision.request == request.id]
    end, rule = min(own, key=lambda one: GRAVEST.index(one[0]))
    return {"intent": request.intent.value, "disposition": end.value, "rule": rule}


def _done(decision: Decision, outcomes: dict[str, Done]) -> Done | None:
    proposal = decision.proposal if isinstance(decision, Act | Approve) else None
    return outcomes.get(proposal.id) if proposal else None


def _disposition(decision: Decision, done: Done | None) -> Disposition:
    match decision:
        case HandOff():
            return Disposition.HANDED_OFF
        case Approve():
            return Disposition.QUEUED
        case Ask():
            return Disposition.ASKED
        case Act() if done and done.approval:
            return Disposition.QUEUED
        case Act() if done and done.outcome:
            ends = {Result.DONE: Disposition.ACTED, Result.CHANGED: Disposition.ASKED}
            return ends.get(done.outcome.result, Disposition.ANSWERED)
    return Disposition.ANSWERED


def _handoff(case: Case, policy: Policy) -> dict[str, str] | None:
    """The first hand-off of the case speaks for it; a draft that never passed the check is one too."""
    if case["reply"].verdict == "hand_off":
        reason = Reason.LOW_CONFIDENCE
        return {"reason": reason.value, "team": policy.handoff.team(reason)}
    found = next((one for one in case["decisions"] if isinstance(one, HandOff)), None)
    return {"reason": found.reason.value, "team": found.team} if found else None


def _actions(case: Case, outcomes: dict[str, Done]) -> Iterator[dict[str, str]]:
    for decision in case["decisions"]:
        for proposal in _proposals(case, decision):
            yield _action(proposal.quote, _status(decision, _done(decision, outcomes)))


def _proposals(case: Case, decision: Decision) -> tuple[Proposal, ...]:
    """Its own; of a hand-off all that was proposed for the request."""
    if not isinstance(decision, HandOff):
        return (decision.proposal,) if decision.proposal else ()
    return tuple(one for one, _ in case["facts"].proposals(decision.request)) if "facts" in case else ()


def _status(decision: Decision, done: Done | None) -> str:
    """`done` only for what is committed in the core."""
    match decision:
        case Approve():
            return "queued"
        case Act() if done and done.approval:
            return "queued"
        case Act() if done and done.outcome:
            ends = {Result.DONE: "done", Result.CHANGED: "proposed", Result.REFUSED: "denied"}
            return ends[done.outcome.result]
        case Inform():
            return "denied"
    return "proposed"


def _action(quote: Quote, status: str) -> dict[str, str]:
    return {
        "action": quote.action.value,
        "order_id": quote.order_number,
        "amount": quote.amount.decimal(),
        "currency": quote.amount.currency,
        "status": status,
    }


def _rules(case: Case) -> tuple[str, ...]:
    """Every rule that had a say, once: the decisions', and those of the quotes they rest on."""
    named: list[str] = []
    outcomes = {one.proposal: one for one in case.get("outcomes", ())}
    for decision in case["decisions"]:
        done = _done(decision, outcomes)
        capped = [CAP] if isinstance(decision, Act) and done and done.approval else []
        named += [decision.rule, *capped, *_grounds(case, decision, done)]
    return tuple(dict.fromkeys(named))


def _grounds(case: Case, decision: Decision, done: Done | None) -> list[RuleId]:
    """What the core ruled when it came to it; else what the quotes rest on."""
    if done and done.outcome:
        return [done.outcome.ruling.rule]
    return [one.quote.ruling.rule for one in _proposals(case, decision)]


def _plain(value: Any) -> Any:
    if isinstance(value, Disposition):
        return value.value
    return [dict(one) if isinstance(one, dict) else one for one in value] if isinstance(value, tuple) else value
