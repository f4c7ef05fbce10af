"""Playbooks carried out: what to read for each request, and what to propose once it was read. No permission here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.brains.proposing import Asked, arguments
from agent.brains.searching import searched
from agent.case import Facts, Request, Ticket, ToolCall, Triage
from agent.meaning.items import Near
from agent.meaning.orders import Meant, meant_by
from agent.playbooks import Playbook
from agent.policy import Policy
from agent.routing import playbook_of
from tools.contract import Fact, Proposal
from tools.orders.agreement import Action

SWAPS = frozenset({Action.CHANGE_ITEMS, Action.REQUEST_EXCHANGE})


class Lookups:
    """First round: orders, account, passages. Then for each order that is meant the next action that may be allowed."""

    def __init__(self, policy: Policy, near: Near | None = None) -> None:
        self._policy = policy
        self._near = near

    def __call__(self, ticket: Ticket, triage: Triage, facts: Facts) -> tuple[ToolCall, ...]:
        return tuple(call for request in triage.requests for call in self._for(ticket, triage, request, facts))

    def _for(self, ticket: Ticket, triage: Triage, request: Request, facts: Facts) -> Iterator[ToolCall]:
        playbook = playbook_of(self._policy, request, triage, ticket.received_at)
        if not request.in_scope and playbook.about != "help":
            return
        if playbook.about == "confirm":
            yield from _confirmed(ticket, request, facts)
        elif not facts.of(request.id):
            yield from self._read(triage, request, playbook)
        elif playbook.about == "act" and facts.refusal(request.id) is None:
            yield from self._propose(ticket, request, playbook, facts)

    def _read(self, triage: Triage, request: Request, playbook: Playbook) -> Iterator[ToolCall]:
        if "orders" in playbook.looks_up:
            if request.slots.orders:
                for number in request.slots.orders[: self._policy.limits.orders_per_message]:
                    yield ToolCall(request.id, "read_order", {"order": number})
            else:
                yield ToolCall(request.id, "find_orders", {})
        if "account" in playbook.looks_up:
            yield ToolCall(request.id, "read_account", {})
        if playbook.help:
            query = {"query": searched(request.text, triage.language), "language": triage.language}
            yield ToolCall(request.id, "search_help", query)

    def _propose(self, ticket: Ticket, request: Request, playbook: Playbook, facts: Facts) -> Iterator[ToolCall]:
        meant = self._meant(request, playbook, facts)
        if meant.unclear or len(meant.orders) > self._policy.limits.orders_per_message:
            return
        for fact in meant.orders:
            yield from self._next(ticket, request, playbook, facts, fact, meant)

    def _meant(self, request: Request, playbook: Playbook, facts: Facts) -> Meant:
        return meant_by(request, facts, playbook, self._near)

    def _next(
        self, ticket: Ticket, request: Request, playbook: Playbook, facts: Facts, fact: Fact, meant: Meant
    ) -> Iterator[ToolCall]:
        """One action on one order: the first that was not tried and has all it needs; none once one is allowed."""
        assert fact.order is not None
        made = [one for one in facts.of(request.id) if one.call.arguments.get("order") == fact.order.number]
        if any(isinstance(one.answer, Proposal) and one.answer.quote.ruling.allowed for one in made):
            return
        tried = {one.call.tool for one in made}
        asked = Asked(ticket, request, fact.order, meant, facts, self._near)
        for action in (one for one in playbook.propose if one.value not in tried):
            if action in SWAPS and "read_variants" not in tried:
                yield ToolCall(request.id, "read_variants", {"order": fact.order.number})
                return
            given = arguments(action, asked)
            if given is not None:
                yield ToolCall(request.id, action.value, given)
                return


def _confirmed(ticket: Ticket, request: Request, facts: Facts) -> Iterator[ToolCall]:
    """A yes proposes again what stood open, so that the quote is the one of now."""
    if not facts.of(request.id):
        meant = [one for one in ticket.thread.proposals if one.arguments["order"] in request.slots.orders]
        for order in dict.fromkeys(_order(one.arguments) for one in meant):
            yield ToolCall(request.id, "read_order", {"order": order})
        for proposal in meant:
            yield ToolCall(request.id, proposal.tool, proposal.arguments)


def _order(arguments: Mapping[str, object]) -> str:
    return str(arguments["order"])
