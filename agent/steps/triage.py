"""What does the customer want? The brain reads; a person's decision needs no reading."""

from __future__ import annotations

from dataclasses import replace

from agent.brains import Brain
from agent.case import Case, Intent, Mood, Request, RequestId, Slots, Ticket, Triage
from agent.graph import Added
from agent.policy import Policy


def triage(case: Case, brain: Brain, policy: Policy) -> Added:
    ticket = case["ticket"]
    if ticket.verdict:
        return {"triage": _of_verdict(ticket, policy)}
    if ticket.code_refused:
        return {"triage": _of_code(ticket, policy)}
    read = brain.triage(ticket)
    requests = read.requests or (_nothing_asked(),)
    return {"triage": replace(read, requests=_numbered(_each_confirmed(requests, ticket)))}


def _of_verdict(ticket: Ticket, policy: Policy) -> Triage:
    assert ticket.verdict
    request = Request(
        RequestId("R1"), ticket.verdict.intent, 1.0, True, Slots((ticket.verdict.quote.order_number,)), ""
    )
    return Triage(ticket.language or policy.shop.languages[0], Mood.NEUTRAL, "normal", False, (request,))


def _of_code(ticket: Ticket, policy: Policy) -> Triage:
    """A code says nothing by itself: what was asked before it is still what is asked."""
    intent = ticket.thread.question.intent if ticket.thread.question else Intent.ORDER_STATUS
    language = ticket.language or policy.shop.languages[0]
    request = Request(RequestId("R1"), intent, 1.0, True, Slots(), "")
    return Triage(language, Mood.NEUTRAL, "normal", False, (request,))


def _nothing_asked() -> Request:
    """An empty message: not understood, so it is asked about."""
    return Request(RequestId("R1"), Intent.OUT_OF_SCOPE, 0.0, False, Slots(), "")


def _each_confirmed(requests: tuple[Request, ...], ticket: Ticket) -> tuple[Request, ...]:
    """One yes to several open proposals is a yes to each, a request apiece; one that names orders is to those alone."""
    every: list[Request] = []
    for request in requests:
        if request.intent is not Intent.AFFIRM or not request.in_scope or not ticket.thread.proposals:
            every.append(request)
        else:
            meant = _meant(request, ticket)
            every += [replace(request, slots=replace(request.slots, orders=(order,))) for order in meant] or [request]
    return tuple(every)


def _meant(request: Request, ticket: Ticket) -> list[str]:
    """The open orders that a yes is to; none where it names only others."""
    named = {order.lstrip("#").upper() for order in request.slots.orders}
    offered = [str(proposal.arguments["order"]) for proposal in ticket.thread.proposals]
    return [order for order in offered if not named or order.lstrip("#").upper() in named]


def _numbered(requests: tuple[Request, ...]) -> tuple[Request, ...]:
    return tuple(replace(request, id=RequestId(f"R{i}")) for i, request in enumerate(requests, 1))
