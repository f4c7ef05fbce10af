"""Investigation by a model: it calls the registry's own tools, in rounds, and sees what came back.

What it may not do, it cannot. The playbooks' own look-ups come before it, without a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from pydantic import ValidationError

from agent.brains import InvalidOutput
from agent.brains.model.asking import Ask, Called, Model, Said, json_in
from agent.brains.model.prompting import Message, fenced, prompt, shortened, shown, system, user
from agent.brains.model.reading import message_of, places
from agent.brains.model.showing import result
from agent.case import Facts, Finding, Kind, Mood, Request, RequestId, Ticket, ToolCall, Triage
from agent.policy import Policy
from agent.routing import playbook_of
from agent.thinking import Thought, note
from tools.contract import Risk
from tools.registry import Registry, Tool, UnknownTool

GRAVE = frozenset({Mood.ANGRY, Mood.LEGAL, Mood.HARM})
CLOSED = frozenset({"talk", "person", "confirm", "deny"})
"""Playbooks in which there is nothing for a model to find out."""
MOST_CALLS = 12
"""In one answer."""
LONGEST_MESSAGE = 8_000
"""Characters."""


class BadCall(InvalidOutput):
    """A call that cannot be made as it stands; what is said is told to the model once."""


class Looker:
    def __init__(self, model: Model, tools: Registry, policy: Policy) -> None:
        self._model = model
        self._tools = tools
        self._policy = policy
        self._prompt = prompt("investigate")
        self._system = system(self._prompt.text)
        self._offered = tuple(map(as_function, tools))

    def __call__(self, ticket: Ticket, triage: Triage, facts: Facts) -> tuple[ToolCall, ...]:
        """Raises `BrainError`; nothing where no request is left that a model could find something out for."""
        open_now = self._open(ticket, triage, facts)
        if not open_now:
            return ()
        if facts.rounds > self._model.table.rounds:
            raise InvalidOutput("endless", "it never has enough")
        told = user(
            fenced("message", shortened(message_of(ticket, self._policy), LONGEST_MESSAGE)),
            fenced("wishes", "\n".join(map(_wish, open_now))),
        )
        messages = (self._system, told, *transcript(facts, self._policy))
        ask = Ask("investigate", self._prompt, messages, tools=self._offered)
        calls = self._calls(ask, ticket, triage)
        return tuple(one for one in calls if not _made(one, facts))

    def _open(self, ticket: Ticket, triage: Triage, facts: Facts) -> list[Request]:
        if triage.kind is not Kind.MESSAGE or triage.mood in GRAVE or ticket.thread.with_person:
            return []
        return [one for one in triage.requests if not self._settled(ticket, triage, one, facts)]

    def _settled(self, ticket: Ticket, triage: Triage, request: Request, facts: Facts) -> bool:
        playbook = playbook_of(self._policy, request, triage, ticket.received_at)
        return playbook.about in CLOSED or facts.refusal(request.id) is not None

    def _calls(self, ask: Ask, ticket: Ticket, triage: Triage) -> tuple[ToolCall, ...]:
        said = self._model.say(ask)
        try:
            return self._read(said, ticket, triage)
        except BadCall as error:
            note(Thought(ask.step, self._model.table.at(ask.step), ask.prompt.version, failed=error.code))
            wrong = tuple(
                {"role": "tool", "tool_call_id": _id(one, n), "content": str(error)} for n, one in _each(said)
            )
            again = self._model.say(ask.adding(_spoken(said), *wrong))
            return self._read(again, ticket, triage)

    def _read(self, said: Said, ticket: Ticket, triage: Triage) -> tuple[ToolCall, ...]:
        return tuple(self._call(one, ticket, triage) for one in said.calls[:MOST_CALLS])

    def _call(self, called: Called, ticket: Ticket, triage: Triage) -> ToolCall:
        try:
            tool = self._tools[called.tool]
        except UnknownTool:
            names = ", ".join(one.name for one in self._tools)
            raise BadCall("unknown_tool", f"there is no such tool; the tools are {names}") from None
        given = dict(_arguments(called))
        meant = given.pop("request", triage.requests[0].id)
        wish = next((one for one in triage.requests if one.id == meant), None)
        if wish is None:
            known = ", ".join(one.id for one in triage.requests)
            raise BadCall("wrong_arguments", f"request: one of {known}")
        _fits(tool, given)
        if tool.risk is Risk.WRITE and playbook_of(self._policy, wish, triage, ticket.received_at).about != "act":
            raise BadCall("not_asked_for", f"{wish.id} asks for no action")
        return ToolCall(RequestId(wish.id), tool.name, given)


def as_function(tool: Tool) -> Mapping[str, Any]:
    """A tool of the registry as models are told of it. The wish it is called for is an argument beside its own."""
    schema = tool.arguments.model_json_schema()
    wish = {"type": "string", "description": "The wish this is for: R1, R2, …"}
    own = {name: value for name, value in schema.items() if name not in {"title", "additionalProperties"}}
    own |= {"properties": {"request": wish, **schema.get("properties", {})}}
    own |= {"required": ["request", *schema.get("required", [])], "additionalProperties": False}
    says = tool.says if tool.risk is Risk.READ else f"{tool.says} Nothing is done by it: the customer is asked first."
    return {"type": "function", "function": {"name": tool.name, "description": says, "parameters": own}}


def transcript(facts: Facts, policy: Policy) -> Iterator[Message]:
    """What was looked up so far, round by round, as if the model had asked for all of it."""
    numbered = enumerate(facts.findings)
    for _, group in groupby(numbered, key=lambda one: one[1].round):
        together = list(group)
        yield {"role": "assistant", "content": None, "tool_calls": [_as_call(n, one.call) for n, one in together]}
        for number, finding in together:
            yield {"role": "tool", "tool_call_id": f"call_{number}", "content": result(finding.answer, policy)}


def _as_call(number: int, call: ToolCall) -> Mapping[str, Any]:
    arguments = shown({"request": call.request, **call.arguments})
    return {"id": f"call_{number}", "type": "function", "function": {"name": call.tool, "arguments": arguments}}


def _spoken(said: Said) -> Message:
    calls = [
        {"id": _id(one, n), "type": "function", "function": {"name": one.tool, "arguments": one.arguments}}
        for n, one in _each(said)
    ]
    return {"role": "assistant", "content": said.text or None, "tool_calls": calls}


def _each(said: Said) -> Iterator[tuple[int, Called]]:
    return enumerate(said.calls)


def _id(called: Called, number: int) -> str:
    return called.id or f"again_{number}"


def _arguments(called: Called) -> Mapping[str, Any]:
    try:
        return json_in(called.arguments)
    except InvalidOutput as error:
        raise BadCall("wrong_arguments", str(error)) from None


def _fits(tool: Tool, given: Mapping[str, Any]) -> None:
    try:
        tool.arguments.model_validate(given)
    except ValidationError as error:
        raise BadCall("wrong_arguments", f"{tool.name}: {places(error)}") from None


def _made(call: ToolCall, facts: Facts) -> bool:
    """It stands before the model already: asking again gives the same."""
    return any(_same(call, one) for one in facts.findings)


def _same(call: ToolCall, made: Finding) -> bool:
    return made.call.request == call.request and made.call.tool == call.tool and made.call.arguments == call.arguments


def _wish(request: Request) -> str:
    orders: Sequence[str] = request.slots.orders or request.slots.discussed
    told = {"request": request.id, "intent": request.intent, "words": request.text[:2_000], "orders": orders}
    spared = {"not_orders": request.slots.not_orders} if request.slots.not_orders else {}
    return shown({**told, **spared, "reason": request.slots.reason})
