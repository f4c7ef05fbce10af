"""A strict, scripted OpenAI-compatible server over real HTTP: what the script does not foresee is a complaint."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from eval.model_server import Body, Given, calls, completion, says, serving, step_of

KEY = "sk-scripted-key"
MAY = {"model", "messages", "max_completion_tokens", "response_format", "tools", "parallel_tool_calls"}
DONE = says("done")


@dataclass
class ScriptedModel:
    """`script` holds the answers of each step, first to last. `complaints` must stay empty; `bodies` is what was asked."""

    script: dict[str, list[Given]] = field(default_factory=lambda: defaultdict(list))
    complaints: list[str] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    always: dict[str, Given] = field(default_factory=dict)
    url: str = ""

    def on(self, step: str, *answers: Given | Mapping[str, Any]) -> ScriptedModel:
        self.script[step] += [one if isinstance(one, Given) else says(json.dumps(one)) for one in answers]
        return self

    def asked(self, step: str) -> list[Body]:
        return [one for one in self.bodies if step_of(one) == step]

    def answer(self, body: Body, headers: Mapping[str, str]) -> Given:
        step = step_of(body)
        self.bodies.append(body)
        self.complaints += [f"{step}: {one}" for one in complaints(body, headers)]
        if self.script[step]:
            return self.script[step].pop(0)
        if step in self.always:
            return self.always[step]
        self.complaints.append(f"{step}: nobody expected this request")
        return Given({"error": {"message": "unexpected"}}, 418)


def complaints(body: Body, headers: Mapping[str, str]) -> Iterator[str]:
    if headers[":path"] != "/v1/chat/completions":
        yield f"path {headers[':path']}"
    if headers.get("authorization") != f"Bearer {KEY}":
        yield "the key is missing"
    if set(body) - MAY:
        yield f"unknown parameters {set(body) - MAY}"
    if KEY in json.dumps(body):
        yield "the key stands in the body"
    yield from _of_messages(body["messages"])
    if "response_format" in body:
        yield from _of_schema(body["response_format"]["json_schema"]["schema"])
    for one in body.get("tools", ()):
        if set(one) != {"type", "function"} or one["function"]["parameters"]["type"] != "object":
            yield f"not a tool: {one}"


def _of_messages(messages: list[Mapping[str, Any]]) -> Iterator[str]:
    """As servers hold it: the system first, every call answered by its id before anything else is said."""
    if messages[0]["role"] != "system" or any(one["role"] == "system" for one in messages[1:]):
        yield "the system speaks first and once"
    open_calls: set[str] = set()
    for one in messages:
        if one["role"] == "tool":
            if one["tool_call_id"] not in open_calls:
                yield f"an answer to no call: {one['tool_call_id']}"
            open_calls.discard(one["tool_call_id"])
            continue
        if open_calls:
            yield f"unanswered calls: {open_calls}"
        open_calls = {call["id"] for call in one.get("tool_calls") or ()}
        if one["role"] in {"system", "user"} and not one["content"]:
            yield f"an empty message of {one['role']}"
    if open_calls:
        yield f"unanswered calls: {open_calls}"


def _of_schema(schema: Any) -> Iterator[str]:
    """As strict structured output wants it."""
    if isinstance(schema, list):
        for one in schema:
            yield from _of_schema(one)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            yield "additionalProperties must be false"
        if set(schema.get("required", ())) != set(schema["properties"]):
            yield "every property must be required"
    for value in schema.values():
        yield from _of_schema(value)


def completion_of(message: Mapping[str, Any]) -> Mapping[str, Any]:
    return completion(message, 100, 20, 0, "stop")


def wish(intent: str, *orders: str, quote: str = "", **given: Any) -> dict[str, Any]:
    empty = {
        "confidence": 0.95,
        "not_orders": [],
        "refers_back": False,
        "answers_question": False,
        "reason": "",
        "address": None,
    }
    return {"intent": intent, "orders": list(orders), "quote": quote, **empty, **given}


def triage(*wishes: Mapping[str, Any], **given: Any) -> dict[str, Any]:
    empty = {"language": "en", "mood": "neutral", "urgency": "normal", "wants_human": False}
    return {**empty, "requests": list(wishes), **given}


def letter(text: str, *citations: str) -> dict[str, Any]:
    return {"text": text, "citations": list(citations)}


@contextmanager
def scripted() -> Iterator[ScriptedModel]:
    """At the end nothing may be left to complain about."""
    model = ScriptedModel()
    with serving(model.answer) as url:
        model.url = url
        yield model
    assert model.complaints == []


__all__ = [
    "DONE",
    "KEY",
    "Given",
    "ScriptedModel",
    "calls",
    "completion_of",
    "letter",
    "says",
    "scripted",
    "triage",
    "wish",
]
