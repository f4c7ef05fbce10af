"""A question to a model: within the ticket's budget, never while its server is down, once more where that is useful.

What a caller must expect is `BrainError`; every call, also one that failed, is noted in agent.thinking.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import monotonic, sleep
from typing import Any, TypeVar

from agent import thinking
from agent.brains import BrainError, InvalidOutput, Passing, TooLong, Unavailable
from agent.brains.model.breaker import Breaker
from agent.brains.model.pricing import LONGEST_ANSWER, LONGEST_QUESTION, Usage, micros, price_of
from agent.brains.model.prompting import Message, Prompt, shortened
from agent.costs import MICROS_IN_A_CENT
from agent.model_terms import ModelTable
from agent.thinking import Step, Thought

T = TypeVar("T")
Body = dict[str, Any]
Chat = Callable[[Body, float], Mapping[str, Any]]
"""The server: the body of a Chat Completions request and how many seconds it may take; the body of the answer.

Raises `BrainError`.
"""
LONGEST_WAIT = 5.0
"""Seconds; a server that wants more before it is asked again is not waited for."""
AFTER_OVERFLOW = 3
"""By what each text is divided once the context was too small."""
OUTAGES = frozenset({"timeout", "cut", "server_error", "limited", "unreachable"})
"""What says that the server is not well, rather than that it did not like a question."""


@dataclass(frozen=True, slots=True)
class Ask:
    """`schema` is what the answer must be of, `tools` what it may call instead."""

    step: Step
    prompt: Prompt
    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None = None
    tools: tuple[Mapping[str, Any], ...] = ()

    def body(self, model: str) -> Body:
        body: Body = {
            "model": model,
            "messages": list(self.messages),
            "max_completion_tokens": LONGEST_ANSWER,
        }
        if self.tools:
            body |= {"tools": list(self.tools), "parallel_tool_calls": True}
        if self.schema:
            named = {"name": self.prompt.name, "strict": True, "schema": self.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        return body

    def adding(self, *messages: Message) -> Ask:
        return replace(self, messages=(*self.messages, *messages))

    def shorter(self) -> Ask:
        """Everything but the system's part."""
        head, *rest = self.messages
        return replace(self, messages=(head, *(_shorter(one) for one in rest)))


@dataclass(frozen=True, slots=True)
class Called:
    """A tool call as the model made it; `arguments` is text, and may be anything."""

    id: str
    tool: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a model answered: words, or calls."""

    text: str
    calls: tuple[Called, ...] = ()

    def as_message(self) -> Message:
        return {"role": "assistant", "content": self.text}


class Model:
    """A server, its models by step, its prices, its breaker. Safe for threads."""

    def __init__(
        self,
        chat: Chat,
        table: ModelTable,
        breaker: Breaker | None = None,
        wait: Callable[[float], None] = sleep,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.table = table
        self._chat = chat
        self._breaker = breaker or Breaker(table.failures, table.cooling_seconds, clock)
        self._wait = wait
        self._clock = clock

    def structured(self, ask: Ask, read: Callable[[str], T]) -> T:
        """The answer as `read` understands it; told what was wrong with it, the model may answer once more.

        `read` raises `InvalidOutput`; so does this, when the second answer is no better.
        """
        said = self.say(ask)
        try:
            return read(said.text)
        except InvalidOutput as error:
            thinking.note(Thought(ask.step, self.table.at(ask.step), ask.prompt.version, failed=error.code))
            told = {"role": "user", "content": f"That answer cannot be used ({error}). Answer again, as was asked."}
            return read(self.say(ask.adding(said.as_message(), told)).text)

    def say(self, ask: Ask) -> Said:
        """Asked once more, at once or after the time that the server names, where the failure may pass."""
        try:
            return self._said(ask)
        except Passing as error:
            if error.after > min(LONGEST_WAIT, self._seconds_left()):
                raise
            self._wait(error.after)
            return self._said(ask)
        except TooLong:
            return self._said(ask.shorter())

    def _said(self, ask: Ask) -> Said:
        model = self.table.at(ask.step)
        seconds = self._allowed(ask)
        began = self._clock()
        used, failed = Usage(), ""
        try:
            answer = self._chat(ask.body(model), seconds)
            used = usage_of(answer)
            said = said_in(answer)
        except BrainError as error:
            failed = error.code
            raise
        finally:
            self._judge(failed)
            cost = micros(price_of(self.table, model), used)
            took = round((self._clock() - began) * 1000, 1)
            thinking.note(
                Thought(ask.step, model, ask.prompt.version, used.sent, used.cached, used.said, cost, took, failed)
            )
        return said

    def _judge(self, failed: str) -> None:
        if failed in OUTAGES:
            self._breaker.failed()
        else:
            self._breaker.went_well()

    def _allowed(self, ask: Ask) -> float:
        """Seconds for this call. Raises where the ticket may not ask any more, and while the server is left alone."""
        spent, table = thinking.so_far(), self.table
        if sum(len(str(one.get("content") or "")) for one in ask.messages) > LONGEST_QUESTION:
            raise InvalidOutput("question_too_long", "the case is longer than a model is given")
        over = (
            spent.calls >= table.ticket_calls
            or spent.tokens >= table.ticket_tokens
            or bool(table.ticket_cost and spent.micros >= table.ticket_cost * MICROS_IN_A_CENT)
        )
        seconds = min(table.seconds, self._seconds_left())
        if over or seconds <= 0:
            raise Unavailable("ticket_budget", "this ticket's budget of calls, tokens, money or seconds is used up")
        if not self._breaker.lets_through():
            raise Unavailable("left_alone", "the server failed several times in a row and is not asked for a while")
        return seconds

    def _seconds_left(self) -> float:
        return self.table.ticket_seconds - (self._clock() - thinking.so_far().began)


def said_in(answer: Mapping[str, Any]) -> Said:
    """Raises `Unavailable` for a refusal, `InvalidOutput` for what is no answer."""
    try:
        choice = answer["choices"][0]
        message = choice["message"]
        calls = tuple(_called(one) for one in message.get("tool_calls") or ())
        text, refusal = message.get("content") or "", message.get("refusal")
        finish = choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise InvalidOutput("no_answer", f"no choices in it: {type(error).__name__}") from None
    if refusal or finish == "content_filter":
        raise Unavailable("refusal", "the model would not answer")
    if finish == "length":
        raise InvalidOutput("cut_short", "the answer was longer than it may be")
    return Said(str(text), calls)


def _called(call: Mapping[str, Any]) -> Called:
    function = call["function"]
    given = function.get("arguments") or "{}"
    text = json.dumps(given) if isinstance(given, Mapping) else str(given)  # some servers send an object
    return Called(str(call.get("id") or ""), str(function["name"]), text)


def usage_of(answer: Mapping[str, Any]) -> Usage:
    """As the server counts; nothing where it does not, or not in numbers."""
    told = answer.get("usage")
    told = told if isinstance(told, Mapping) else {}
    details = told.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else 0
    return Usage(*map(_count, (told.get("prompt_tokens"), cached, told.get("completion_tokens"))))


def _count(told: object) -> int:
    return max(told, 0) if isinstance(told, int) else 0


def json_in(text: str) -> Mapping[str, Any]:
    """An object, also where a model put a fence around it. Raises `InvalidOutput`."""
    if not text.strip():
        raise InvalidOutput("empty", "there is nothing in it")
    found = loaded(text[max(text.find("{"), 0) : text.rfind("}") + 1] or text)
    if not isinstance(found, Mapping):
        raise InvalidOutput("no_object", "it is not a JSON object")
    return found


def loaded(text: str | bytes) -> Any:
    """JSON from outside, without half characters (lone surrogates) and zero bytes: no database and no wire takes these.

    Raises `InvalidOutput`, also where it is nested so deep that nothing could walk through it.
    """
    try:
        return _whole(json.loads(text))
    except (ValueError, RecursionError):
        raise InvalidOutput("no_json", "it is not JSON") from None


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return {_whole(name): _whole(one) for name, one in value.items()} if isinstance(value, dict) else value


def _shorter(message: Message) -> Message:
    text = message.get("content")
    return {**message, "content": shortened(text, len(text) // AFTER_OVERFLOW)} if isinstance(text, str) else message
