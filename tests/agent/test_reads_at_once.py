"""The reads of one round run at once: in the caller's scope, told in the order of the calls, each on its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from contextvars import ContextVar
from pathlib import Path

import pytest
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError

from agent.case import Case, ConversationId, Facts, Intent, RequestId, Ticket, TicketId, ToolCall
from agent.steps.investigate import investigate
from tests.desks import ScriptedBrain, request
from tests.fake_model import DONE, calls, letter, scripted, triage, wish
from tests.model_desk import Thinking
from tests.shop import NOW, Shop
from tools.contract import Answer, Caller, Fact, Level, Refusal, Risk
from tools.orders.model import RuleId
from tools.registry import READS_AT_ONCE, Registry, Tool

R1 = RequestId("R1")
PATIENCE = 5.0
"""Seconds until a test that waits for what never comes gives up."""
WHO: ContextVar[str] = ContextVar("who", default="nobody")
Read = Callable[[Caller, str], Answer]


class Named(BaseModel):
    name: str


def tool(name: str, risk: Risk, run: Read) -> Tool:
    return Tool(name, risk, Level.ANONYMOUS, Named, lambda caller, args, _: run(caller, args.name), "Says its name.")


def answers(read: Read, *names: str, proposes: Read | None = None) -> tuple[Answer, ...]:
    """What one round brings: a call a name, those that begin with "!" of a tool that proposes."""
    tools = {"read": tool("read", Risk.READ, read), "propose": tool("propose", Risk.WRITE, proposes or read)}
    made = tuple(ToolCall(R1, "propose" if name[0] == "!" else "read", {"name": name}) for name in names)
    asked = request(Intent.ORDER_STATUS)
    brain = ScriptedBrain((asked,), [made])
    ticket = Ticket(TicketId("t"), ConversationId("c"), "chat", Caller(Level.CLAIMED, "ana@example.com"), "?", NOW)
    case = Case(ticket=ticket, triage=brain.triage(ticket))
    after: Facts = investigate(case, brain, Registry(tools, None))["facts"]
    return tuple(one.answer for one in after.findings)


def said(text: str) -> Answer:
    return (Fact("", "note", text, {"text": text}),)


def test_as_many_as_may_run_at_once_do() -> None:
    together = threading.Barrier(READS_AT_ONCE + 1, timeout=PATIENCE)

    def waits_for_the_others(_: Caller, name: str) -> Answer:
        together.wait()
        return said(name)

    assert len(answers(waits_for_the_others, *"abcdefghi")) == READS_AT_ONCE + 1


def test_more_than_that_wait_and_none_is_lost() -> None:
    at_once, most, guard = 0, 0, threading.Lock()

    def counted(_: Caller, name: str) -> Answer:
        nonlocal at_once, most
        with guard:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.01)
        with guard:
            at_once -= 1
        return said(name)

    names = [f"n{number}" for number in range(40)]
    assert [one[0].source for one in answers(counted, *names) if isinstance(one, tuple)] == names
    assert 1 < most <= READS_AT_ONCE + 1


def test_facts_are_numbered_in_the_order_of_the_calls_whichever_is_read_first() -> None:
    last = threading.Event()

    def in_reverse(_: Caller, name: str) -> Answer:
        if name == "c":
            last.set()
        else:
            assert last.wait(PATIENCE)
        return said(name)

    found = [one[0] for one in answers(in_reverse, "a", "b", "c") if isinstance(one, tuple)]
    assert [(one.id, one.source) for one in found] == [("F1", "a"), ("F2", "b"), ("F3", "c")]


def test_one_that_fails_is_refused_and_the_others_are_read() -> None:
    def some_fail(_: Caller, name: str) -> Answer:
        if name == "bad":
            raise OperationalError("SELECT 1", {}, OSError("gone"))
        return said(name)

    first, second, third = answers(some_fail, "a", "bad", "c")
    assert second == Refusal(RuleId("TLF-1"), "tool_failure")
    assert [one[0].source for one in (first, third) if isinstance(one, tuple)] == ["a", "c"]


def test_a_defect_in_one_ends_the_turn_once_the_others_are_done() -> None:
    done: list[str] = []

    def one_is_broken(_: Caller, name: str) -> Answer:
        if name == "broken":
            raise ZeroDivisionError(name)
        time.sleep(0.02)
        done.append(name)
        return said(name)

    with pytest.raises(ZeroDivisionError):
        answers(one_is_broken, "broken", "a", "b")
    assert sorted(done) == ["a", "b"]


def test_each_runs_in_its_callers_context_and_scope() -> None:
    seen: list[tuple[str, str | None]] = []

    def who(caller: Caller, name: str) -> Answer:
        seen.append((WHO.get(), caller.email))
        return said(name)

    token = WHO.set("this turn")
    answers(who, "a", "b", "c")
    WHO.reset(token)
    assert seen == [("this turn", "ana@example.com")] * 3


def test_what_proposes_runs_alone_and_in_its_order() -> None:
    threads: list[tuple[str, bool]] = []

    def proposes(_: Caller, name: str) -> Answer:
        threads.append((name, threading.current_thread() is threading.main_thread()))
        return said(name)

    answers(lambda _, name: said(name), "!1", "a", "!2", "b", "!3", proposes=proposes)
    assert threads == [("!1", True), ("!2", True), ("!3", True)]


def test_a_models_round_of_reads_is_read_at_once_on_each_database(each_database: Path | str, tmp_path: Path) -> None:
    shop = Shop(tmp_path, each_database)
    own, theirs = [shop.shipped() for _ in range(10)], shop.shipped(customer_id="bob")
    numbers = [order.number for order in own]
    every = [("read_order", {"request": "R1", "order": one}) for one in reversed(numbers)]
    with scripted() as model, closing(Thinking(shop, model)) as thinking:
        for more in ([], [("read_order", {"request": "R1", "order": theirs.number})]):
            model.on("triage", triage(wish("order_status", numbers[0])))
            model.on("investigate", calls([*more, *every]), *([] if more else [DONE]))
            model.on("write", *([] if more else [letter("It is {F1.status}.")]))
            answer = thinking.says(f"where is {numbers[0]}?")
            assert ("on its way" in answer.reply) != bool(more)
            assert theirs.shipments[0].tracking_number not in answer.reply
        told = [one["content"] for one in model.asked("investigate")[1]["messages"] if one["role"] == "tool"]
    shop.database.close()
    assert [f"F{place}" in one for place, one in enumerate(told, 1)] == [True] * 10
    assert [order in one for order, one in zip([numbers[0], *reversed(numbers[1:])], told, strict=True)] == [True] * 10
