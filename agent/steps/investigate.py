"""Read what the brain asks for, inside the caller's scope; collect its proposals. Bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import structlog
from pydantic import ValidationError

from agent.brains import Brain
from agent.case import Case, Facts, Finding, Ticket, ToolCall
from agent.graph import Added
from tools.contract import Answer, Fact, Proposal, Refusal
from tools.orders.model import RuleId
from tools.registry import Registry, ToolFailed, UnknownTool

ROUNDS = 6
CALLS = 48
log = structlog.get_logger()


def investigate(case: Case, brain: Brain, tools: Registry) -> Added:
    """One round. A brain that never has enough is stopped after `ROUNDS`."""
    facts = case.get("facts", Facts())
    room = CALLS - len(facts.findings)
    calls = _calls(case, brain, facts)[:room]
    found = tuple(_found(case["ticket"], calls, tools, facts))
    done = not calls or facts.rounds + 1 >= ROUNDS
    return {"facts": Facts(facts.findings + found, facts.rounds + 1, done)}


def _calls(case: Case, brain: Brain, facts: Facts) -> tuple[ToolCall, ...]:
    """A person's decision is told beside its order, as it is before what was decided is done."""
    ticket = case["ticket"]
    if ticket.code_refused:
        return ()
    if ticket.verdict:
        order = ToolCall(case["triage"].requests[0].id, "read_order", {"order": ticket.verdict.quote.order_number})
        return () if facts.findings else (order,)
    return brain.look_up(ticket, case["triage"], facts)


def _found(ticket: Ticket, calls: tuple[ToolCall, ...], tools: Registry, before: Facts) -> Iterator[Finding]:
    numbers = iter(range(len(before.facts()) + 1, 10_000))
    proposals = iter(range(sum(isinstance(f.answer, Proposal) for f in before.findings) + 1, 10_000))
    for call, answer in zip(calls, _answers(ticket, calls, tools), strict=True):
        yield Finding(call, _with_ids(answer, numbers, proposals), before.rounds)


def _answers(ticket: Ticket, calls: tuple[ToolCall, ...], tools: Registry) -> Iterator[Answer]:
    """In the order of the calls, which is not that in which they are made: what only reads runs at once."""
    reads = [call for call in calls if tools.only_reads(call.tool)]
    read = iter(tools.together.each([partial(_answer, ticket, call, tools) for call in reads]))
    for call in calls:
        yield next(read) if tools.only_reads(call.tool) else _answer(ticket, call, tools)


def _answer(ticket: Ticket, call: ToolCall, tools: Registry) -> Answer:
    try:
        return tools.call(call.tool, ticket.caller, call.arguments)
    except (UnknownTool, ValidationError) as error:
        log.warning("investigate.bad_call", tool=call.tool, error=type(error).__name__)
        return Refusal(RuleId("TLF-1"), "bad_call")
    except ToolFailed as error:
        log.error("investigate.tool_failed", tool=call.tool, error=str(error))
        return Refusal(RuleId("TLF-1"), "tool_failure")


def _with_ids(answer: Answer, numbers: Iterator[int], proposals: Iterator[int]) -> Answer:
    match answer:
        case Proposal():
            return replace(answer, id=f"P{next(proposals)}")
        case Refusal():
            return answer
    return tuple(_numbered(fact, next(numbers)) for fact in answer)


def _numbered(fact: Fact, number: int) -> Fact:
    return replace(fact, id=f"F{number}")
