"""What no server should send, and proxies and models do send: the customer is answered, and the journal says why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from agent.answer import Answer
from agent.brains.model.looking import MOST_CALLS
from tests.fake_model import DONE, Given, ScriptedModel, calls, completion_of, letter, says, scripted, triage, wish
from tests.model_desk import Thinking, asked_for_status
from tests.shop import Shop

STEPS = ("triage", "investigate", "write")


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with scripted() as made:
        yield made


@pytest.fixture
def thinking(shop: Shop, model: ScriptedModel) -> Iterator[Thinking]:
    made = Thinking(shop, model, {"seconds": 5.0, "failures": 50})
    yield made
    made.close()


def where_is_it(thinking: Thinking) -> Answer:
    return thinking.says(f"Where is my order {thinking.shop.shipped().number}?")


def answered_by_the_template(answer: Answer) -> bool:
    return answer.disposition == "answered" and "is on its way. It was shipped on" in answer.reply


def message(**given: Any) -> Given:
    return Given(completion_of({"role": "assistant", "content": None, **given}))


ODD = {
    "no choices": Given({"choices": []}),
    "choices of nothing": Given({"choices": None}),
    "choices that are no list": Given({"choices": {"message": {}}}),
    "a message of nothing": Given({"choices": [{"message": None}]}),
    "a list": Given("[]"),
    "an empty body": Given(""),
    "half of a body": Given('{"choices": [{"mess'),
    "an error under a good status": Given({"error": {"message": "upstream failed"}}),
    "a number for words": message(content=5),
    "words in parts": message(content=[{"type": "text", "text": "hello"}]),
    "words nested without end": says("[" * 200_000 + "]" * 200_000),
    "a body nested without end": Given('{"choices": ' + "[" * 200_000 + "]" * 200_000 + "}"),
    "calls that are none": message(tool_calls="read_order"),
    "a call of nothing": message(tool_calls=[None]),
    "a call without a function": message(tool_calls=[{"id": "1", "type": "function"}]),
    "an answer without end": Given(completion_of({"role": "assistant", "content": "x" * 5_000_000})),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_whatever_comes_the_customer_is_answered(thinking: Thinking, model: ScriptedModel, odd: Given) -> None:
    model.always = dict.fromkeys(STEPS, odd)
    answer = where_is_it(thinking)
    assert answered_by_the_template(answer)
    told = {(one["step"], one["by"]) for one in thinking.body(answer)["thinking"] if one.get("failed")}
    assert {("triage", "fallback"), ("write", "fallback")} <= told


GATEWAYS = {
    "500": Given({"error": {"message": "oops"}}, 500),
    "502 of a proxy": Given("<html>Bad Gateway</html>", 502, {"content-type": "text/html"}),
    "504 of a proxy": Given("upstream timed out", 504, {"content-type": "text/plain"}),
    "529": Given({"error": {"message": "overloaded"}}, 529),
    "429 that names no time": Given({"error": {"message": "slow down"}}, 429),
}


@pytest.mark.parametrize("trouble", GATEWAYS.values(), ids=GATEWAYS)
def test_what_gateways_say_is_tried_once_more_in_every_step(
    thinking: Thinking, model: ScriptedModel, trouble: Given
) -> None:
    number = thinking.shop.shipped().number
    for step in STEPS:
        model.on(step, trouble)
    asked_for_status(model, number)
    answer = thinking.says(f"Where is my order {number}?")
    assert "DHL brings it" in answer.reply
    assert len(thinking.failed(answer)) == len(STEPS) == len(thinking.waited)
    model.always = dict.fromkeys(STEPS, trouble)
    assert answered_by_the_template(where_is_it(thinking))
    assert len(model.bodies) == 4 * len(STEPS), "never more than twice"


def test_a_limit_that_names_a_date_is_not_waited_for(thinking: Thinking, model: ScriptedModel) -> None:
    limited = Given({"error": {"message": "slow"}}, 429, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"})
    model.always = dict.fromkeys(STEPS, limited)
    assert answered_by_the_template(where_is_it(thinking))
    assert thinking.waited == []


def test_a_proxy_that_hangs_up_after_each_answer_costs_no_answer(thinking: Thinking, model: ScriptedModel) -> None:
    """It said that it would keep the connection: the next question opens another one, or is put once more."""
    for _ in range(5):
        number = thinking.shop.shipped().number
        for step, said in (
            ("triage", triage(wish("order_status", number))),
            ("write", letter("It is {F1.status}; {F1.carrier} brings it.")),
        ):
            model.on(step, Given(says(json.dumps(said)).body, cut="after"))
        model.on("investigate", Given(DONE.body, cut="after"))
        model.always = {"triage": says(json.dumps(triage(wish("order_status", number))))}
        assert "DHL brings it" in thinking.says(f"Where is my order {number}?").reply


@pytest.mark.parametrize("tool", ["drop_tables", "read_order"], ids=["unknown tool", "wrong arguments"])
def test_calls_that_are_wrong_twice_end_the_looking_and_the_rest_goes_on(
    thinking: Thinking, model: ScriptedModel, tool: str
) -> None:
    number = thinking.shop.shipped().number
    asked_for_status(model, number)
    model.script["investigate"] = [calls([(tool, {"request": "R1", "wrong": 1})])] * 2
    answer = thinking.says(f"Where is my order {number}?")
    assert "DHL brings it" in answer.reply
    assert len(model.asked("investigate")) == 2
    assert thinking.failed(answer)[-1] in {"unknown_tool", "wrong_arguments"}


def test_a_letter_that_is_empty_or_no_letter_twice_is_the_templates(thinking: Thinking, model: ScriptedModel) -> None:
    for wrong in (says(""), letter(" "), says("certainly!"), says('{"text": 5, "citations": []}')):
        number = thinking.shop.shipped().number
        asked_for_status(model, number)
        model.script["write"] = []
        model.on("write", wrong, wrong)
        answer = thinking.says(f"Where is my order {number}?")
        assert answered_by_the_template(answer)
        assert len(thinking.failed(answer)) == 2
        assert thinking.body(answer)["written_by"] == "template"


def test_the_same_call_again_and_again_is_made_once_and_ends_the_looking(
    thinking: Thinking, model: ScriptedModel
) -> None:
    number = thinking.shop.shipped().number
    asked_for_status(model, number)
    model.script["investigate"] = [calls([("read_account", {"request": "R1"})])] * 2
    answer = thinking.says(f"Where is my order {number}?")
    assert "DHL brings it" in answer.reply
    assert not thinking.failed(answer)


def test_of_a_flood_of_calls_only_the_first_are_made(thinking: Thinking, model: ScriptedModel) -> None:
    number = thinking.shop.shipped().number
    asked_for_status(model, number)
    flood = [("search_help", {"request": "R1", "query": f"shipping {place}"}) for place in range(200)]
    model.script["investigate"] = [calls(flood), DONE]
    assert "DHL brings it" in thinking.says(f"Where is my order {number}?").reply
    told = model.asked("investigate")[-1]["messages"]
    assert sum(one["role"] == "tool" for one in told) == MOST_CALLS + 1


def test_arguments_that_come_as_an_object_are_read_as_one(thinking: Thinking, model: ScriptedModel) -> None:
    number = thinking.shop.shipped().number
    asked_for_status(model, number)
    call = {"id": "1", "type": "function", "function": {"name": "read_account", "arguments": {"request": "R1"}}}
    model.script["investigate"] = [message(tool_calls=[call]), DONE]
    answer = thinking.says(f"Where is my order {number}?")
    assert "DHL brings it" in answer.reply
    assert not thinking.failed(answer)


def test_half_characters_and_zero_bytes_of_a_model_reach_neither_database_nor_wire(
    thinking: Thinking, model: ScriptedModel
) -> None:
    number = thinking.shop.shipped().number
    model.on("triage", says('{"half": "\ud800\x00"}'), triage(wish("order_status", number, quote="\udfff\x00")))
    model.on("investigate", calls([("search_help", {"request": "R1", "query": "a\ud800\x00b"})]), DONE)
    model.on("write", letter("It is {F1.status}. \ud83d\x00 Bye."))
    answer = thinking.says(f"Where is my order {number}?")
    assert "It is on its way. ?\ufffd Bye." in answer.reply
    assert thinking.body(answer)["written_by"] == "scripted"


def test_a_confidence_that_is_no_number_is_asked_for_again(thinking: Thinking, model: ScriptedModel) -> None:
    number = thinking.shop.shipped().number
    for odd in (float("nan"), float("inf")):
        model.on("triage", triage(wish("order_status", number, confidence=odd)))
        asked_for_status(model, number)
        answer = thinking.says(f"Where is my order {number}?")
        assert "DHL brings it" in answer.reply
        assert thinking.failed(answer) == ["wrong_shape"]


def test_a_server_that_is_back_is_asked_again_by_one_first_and_then_by_all(shop: Shop, model: ScriptedModel) -> None:
    thinking = Thinking(shop, model, {"failures": 2, "cooling_seconds": 10})
    down = Given({"error": {"message": "down"}}, 503)
    model.always = dict.fromkeys(STEPS, down)
    assert answered_by_the_template(where_is_it(thinking))
    assert len(model.bodies) == 2
    assert set(thinking.failed(where_is_it(thinking))) == {"left_alone"}
    thinking.passed = 11.0
    where_is_it(thinking)
    assert len(model.bodies) == 3, "one call tried, and found it down"
    where_is_it(thinking)
    assert len(model.bodies) == 3, "so it is left alone for as long again"
    thinking.passed, model.always = 22.0, {}
    for _ in range(2):
        number = shop.shipped().number
        asked_for_status(model, number)
        assert "DHL brings it" in thinking.says(f"Where is my order {number}?").reply
    thinking.close()
