"""A model fails in every way there is: the customer is answered all the same, at once, and the journal says why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from time import perf_counter

import pytest

from agent.answer import Answer
from agent.brains.model.asking import json_in
from agent.brains.model.breaker import Breaker
from tests.fake_model import DONE, Given, ScriptedModel, calls, completion_of, says, scripted, triage, wish
from tests.model_desk import Thinking, asked_for_status
from tests.shop import Shop

DOWN = Given({"error": {"message": "overloaded"}}, 503)
REFUSAL = Given(completion_of({"role": "assistant", "content": None, "refusal": "I cannot help with that."}))
FULL = Given({"error": {"message": "maximum context length is 8192", "code": "context_length_exceeded"}}, 400)


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with scripted() as made:
        yield made


@pytest.fixture
def thinking(shop: Shop, model: ScriptedModel) -> Iterator[Thinking]:
    made = Thinking(shop, model, {"seconds": 0.6, "ticket_seconds": 5.0, "failures": 50})
    yield made
    made.close()


def where_is_it(thinking: Thinking) -> Answer:
    return thinking.says(f"Where is my order {thinking.shop.shipped().number}?")


def answered_by_the_template(answer: Answer) -> bool:
    return answer.disposition == "answered" and "is on its way. It was shipped on" in answer.reply


FOR_GOOD = {
    "timeout": Given(delay=1.5),
    "a byte now and then": Given(completion_of({"role": "assistant", "content": "x" * 400}), drip=0.05),
    "a refusal": REFUSAL,
    "a content filter": says("", finish="content_filter"),
    "a wrong key": Given({"error": {"message": "invalid key"}}, 401),
    "an unknown model": Given({"error": {"message": "no such model"}}, 404),
    "a parameter that it does not know": Given({"error": {"message": "unknown parameter"}}, 400),
    "no money left": Given({"error": {"message": "insufficient_quota"}}, 429),
    "an answer without choices": Given({"object": "chat.completion"}),
    "an answer that was cut short": says('{"language": "e', finish="length"),
    "a page of HTML": Given("<html>502 Bad Gateway</html>"),
    "a redirection": Given("", 302, {"location": "https://evil.example/v1"}),
}


@pytest.mark.parametrize("trouble", FOR_GOOD.values(), ids=FOR_GOOD)
def test_what_another_try_would_not_mend_is_not_tried_again(
    thinking: Thinking, model: ScriptedModel, trouble: Given
) -> None:
    model.always = {"triage": trouble, "investigate": trouble, "write": trouble}
    answer = where_is_it(thinking)
    assert answered_by_the_template(answer)
    assert len(model.asked("triage")) == 1
    assert len(thinking.failed(answer)) >= 3, "each step says what failed, and that another brain went on"
    assert thinking.body(answer)["written_by"] == "template"


MAY_PASS = {
    "a connection that is cut before the answer": Given(cut="before"),
    "a connection that is cut within it": Given(completion_of({"role": "assistant", "content": "{}"}), cut="within"),
    "an overloaded server": DOWN,
    "a limit that names its time": Given({"error": {"message": "slow down"}}, 429, {"retry-after": "2"}),
}


@pytest.mark.parametrize("trouble", MAY_PASS.values(), ids=MAY_PASS)
def test_what_may_pass_is_tried_once_more(thinking: Thinking, model: ScriptedModel, trouble: Given) -> None:
    number = thinking.shop.shipped().number
    model.on("triage", trouble)
    asked_for_status(model, number)
    answer = thinking.says(f"Where is my order {number}?")
    assert "DHL brings it" in answer.reply
    assert len(thinking.failed(answer)) == 1
    model.always = {"triage": trouble, "investigate": trouble, "write": trouble}
    assert answered_by_the_template(where_is_it(thinking))


def test_the_time_that_a_limit_names_is_waited_for_and_a_long_one_is_not(
    thinking: Thinking, model: ScriptedModel
) -> None:
    number = thinking.shop.shipped().number
    model.on("triage", Given({"error": {"message": "slow down"}}, 429, {"retry-after": "2"}))
    asked_for_status(model, number)
    thinking.says(f"Where is my order {number}?")
    assert thinking.waited == [2.0]
    long = Given({"error": {"message": "slow down"}}, 429, {"retry-after": "90"})
    model.always = {"triage": long, "investigate": long, "write": long}
    assert answered_by_the_template(where_is_it(thinking))
    assert thinking.waited == [2.0]


def test_an_answer_of_the_wrong_shape_may_be_given_once_more_with_what_was_wrong(
    thinking: Thinking, model: ScriptedModel
) -> None:
    for wrong in (says("certainly! here you are"), says(""), says("[]"), says('{"requests": []}')):
        number = thinking.shop.shipped().number
        model.on("triage", wrong)
        asked_for_status(model, number)
        answer = thinking.says(f"Where is my order {number}?")
        assert "DHL brings it" in answer.reply
        assert len(thinking.failed(answer)) == 1
    told = model.asked("triage")[-1]["messages"][-1]["content"]
    assert "cannot be used" in told


def test_a_tool_that_does_not_exist_and_arguments_that_do_not_fit_may_be_mended_once(
    thinking: Thinking, model: ScriptedModel
) -> None:
    for tool, given in (
        ("drop_tables", {"request": "R1"}),
        ("read_order", {"request": "R1"}),
        ("read_order", {"request": "R9", "order": "#1"}),
        ("read_order", "no json"),
        ("cancel_order", {"request": "R1", "order": "#1"}),
    ):
        number = thinking.shop.shipped().number
        model.on("triage", triage(wish("order_status", number)))
        model.on("investigate", calls([(tool, given)]), DONE)
        model.on("write", says('{"text": "It is {F1.status}.", "citations": []}'))
        answer = thinking.says(f"Where is my order {number}?")
        assert "It is on its way." in answer.reply
        assert len(thinking.failed(answer)) == 1
        assert model.asked("investigate")[-1]["messages"][-1]["role"] == "tool"


def test_an_endless_loop_ends_and_the_embedded_brain_goes_on(thinking: Thinking, model: ScriptedModel) -> None:
    number = thinking.shop.shipped().number
    model.on("triage", triage(wish("order_status", number)))
    queries = [calls([("search_help", {"request": "R1", "query": f"shipping {n}"})]) for n in range(20)]
    model.on("investigate", *queries)
    model.on("write", says('{"text": "It is {F1.status}.", "citations": []}'))
    answer = thinking.says(f"Where is my order {number}?")
    assert "It is on its way." in answer.reply
    assert len(model.asked("investigate")) == thinking.policy.model.rounds
    assert "endless" in thinking.failed(answer)


def test_a_question_that_does_not_fit_is_put_once_more_and_shorter(thinking: Thinking, model: ScriptedModel) -> None:
    number = thinking.shop.shipped().number
    model.on("triage", FULL)
    asked_for_status(model, number)
    long = "I have been waiting for so long now. " * 60
    assert "DHL brings it" in thinking.says(f"Where is my order {number}? {long}").reply
    first, second = model.asked("triage")
    assert len(second["messages"][1]["content"]) < len(first["messages"][1]["content"]) / 2
    assert first["messages"][0] == second["messages"][0]
    model.always = {"triage": FULL, "investigate": FULL, "write": FULL}
    assert answered_by_the_template(where_is_it(thinking))


def test_while_the_server_is_down_nobody_waits_for_it(shop: Shop, model: ScriptedModel) -> None:
    thinking = Thinking(shop, model, {"seconds": 0.4, "ticket_seconds": 5.0, "failures": 3, "cooling_seconds": 300})
    model.always = {step: Given(delay=2.0) for step in ("triage", "investigate", "write")}
    began = perf_counter()
    where_is_it(thinking)
    waited, asked, times = perf_counter() - began, len(model.bodies), []
    for _ in range(5):
        began = perf_counter()
        answer = where_is_it(thinking)
        times.append(perf_counter() - began)
        assert set(thinking.failed(answer)) == {"left_alone"}
    assert len(model.bodies) == asked == 3
    assert sorted(times)[2] < waited / 2
    thinking.close()


def test_after_the_cooling_one_call_tries_and_opens_the_way_again() -> None:
    time = [0.0]
    breaker = Breaker(2, 30.0, lambda: time[0])
    breaker.failed()
    assert breaker.lets_through()
    breaker.failed()
    assert not breaker.lets_through()
    time[0] = 31.0
    assert breaker.lets_through()
    assert not breaker.lets_through(), "one at a time"
    breaker.went_well()
    assert breaker.lets_through()


@pytest.mark.parametrize(
    "limit",
    [{"ticket_calls": 1}, {"ticket_tokens": 1_000}, {"ticket_cost": 1}],
    ids=["calls", "tokens", "money"],
)
def test_a_ticket_that_used_up_its_budget_is_finished_without_the_model(
    shop: Shop, model: ScriptedModel, limit: dict[str, int]
) -> None:
    prices = {"scripted": {"input": 10.0, "output": 10.0}}
    thinking = Thinking(shop, model, {**limit, "prices": prices})
    number = shop.shipped().number
    form = triage(wish("order_status", number))
    model.on("triage", says(json.dumps(form), sent=2_000))
    answer = thinking.says(f"Where is my order {number}?")
    assert answered_by_the_template(answer)
    assert set(thinking.failed(answer)) == {"ticket_budget"}
    thinking.close()


def test_json_is_found_in_the_fences_that_models_put_around_it() -> None:
    assert json_in('Sure!\n```json\n{"a": {"b": 1}}\n```') == {"a": {"b": 1}}


def test_neither_key_nor_words_of_the_customer_stand_in_what_failed(thinking: Thinking, model: ScriptedModel) -> None:
    echo = Given({"error": {"message": "bad key sk-scripted-key for: where is my order"}}, 401)
    model.always = {"triage": echo, "investigate": echo, "write": echo}
    answer = where_is_it(thinking)
    told = str(thinking.body(answer)["thinking"])
    assert "sk-scripted" not in told
    assert "where is" not in told.lower()
