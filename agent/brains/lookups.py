"""Playbooks carried out: what to read for each request, and what to propose once it was read. No permission here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from agent.case import Facts, Intent, Request, Ticket, ToolCall, Triage
from agent.playbooks import Playbook, playbooks
from agent.playbooks.meant import chosen_lines, meant_orders
from agent.policy import Policy
from tools.contract import Proposal
from tools.orders.agreement import Action
from tools.orders.model import Order


class Lookups:
    """First round: the orders and passages. Later rounds: one proposal a request, the next if the rules refuse."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def __call__(self, ticket: Ticket, triage: Triage, facts: Facts) -> tuple[ToolCall, ...]:
        return tuple(call for request in triage.requests for call in self._for(ticket, triage, request, facts))

    def _for(self, ticket: Ticket, triage: Triage, request: Request, facts: Facts) -> Iterator[ToolCall]:
        playbook = playbooks()[request.intent]
        if not request.in_scope and playbook.about != "help":
            return
        if playbook.about == "confirm":
            yield from _confirmed(ticket, request, facts)
        elif not facts.of(request.id):
            yield from self._read(triage, request, playbook)
        elif playbook.about == "act" and facts.refusal(request.id) is None:
            yield from self._propose(request, playbook, facts)

    def _read(self, triage: Triage, request: Request, playbook: Playbook) -> Iterator[ToolCall]:
        if playbook.about in {"order", "act"} or (playbook.about == "person" and playbook.reason == "not_permitted"):
            limit = self._policy.limits.orders_per_message
            if request.slots.orders:
                for number in request.slots.orders[:limit]:
                    yield ToolCall(request.id, "read_order", {"order": number})
            else:
                yield ToolCall(request.id, "find_orders", {})
        if playbook.about == "help" or playbook.help:
            yield ToolCall(
                request.id, "search_help", {"query": request.text[:500].lower(), "language": triage.language}
            )

    def _propose(self, request: Request, playbook: Playbook, facts: Facts) -> Iterator[ToolCall]:
        """One order, then the first action that the rules allow; the last one's refusal is what is told."""
        meant = meant_orders(request, playbook, facts)
        tried = [f.answer for f in facts.of(request.id) if isinstance(f.answer, Proposal)]
        if len(meant) != 1 or meant[0].order is None or any(p.quote.ruling.allowed for p in tried):
            return
        untried = playbook.propose[len(tried) :]
        arguments = self._arguments(untried[0], meant[0].order, request) if untried else None
        if arguments is not None:
            yield ToolCall(request.id, untried[0].value, arguments)

    def _arguments(self, action: Action, order: Order, request: Request) -> Mapping[str, object] | None:
        """None while something that the action needs was not said."""
        if action is Action.CHANGE_ADDRESS:
            address = request.slots.address
            country = (address.country if address else "") or order.address.country
            return {"order": order.number, **asdict(address), "country": country} if address else None
        if action is Action.CANCEL_ORDER:
            whole = not chosen_lines(request.text, order, action)
            return {"order": order.number, "reason": request.slots.reason} if whole else None
        reason = _claim(request) if action is Action.REFUND else request.slots.reason
        lines = chosen_lines(request.text, order, action)
        return {"order": order.number, "reason": reason, "lines": lines}


def _claim(request: Request) -> str:
    """A refund is a claim only where the customer says that something is wrong with what was sent."""
    if request.intent is Intent.MISSING_OR_DAMAGED:
        return (
            request.slots.reason if request.slots.reason in {"damaged", "wrong_item", "missing", "lost"} else "damaged"
        )
    return request.slots.reason if request.slots.reason in {"damaged", "wrong_item"} else ""


def _confirmed(ticket: Ticket, request: Request, facts: Facts) -> Iterator[ToolCall]:
    """A yes proposes again what stood open, so that the quote is the one of now."""
    if not facts.of(request.id):
        for proposal in ticket.thread.proposals:
            if proposal.arguments["order"] in request.slots.orders:
                yield ToolCall(request.id, "read_order", {"order": proposal.arguments["order"]})
                yield ToolCall(request.id, proposal.tool, proposal.arguments)
