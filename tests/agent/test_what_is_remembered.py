"""What a conversation remembers: the order spoken of last, what was told before, what a person has settled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent import conversations
from agent.brains.embedded import EmbeddedBrain
from agent.brains.language import LanguageGuess
from agent.case import ConversationId, Disposition, Incoming, Thread
from tests.agent.test_conversation import SIZES, with_caps
from tests.agent.test_conversation import delivered as as_delivered
from tests.desks import Counter, intents, policy_with
from tests.shop import ANA, Shop
from tools.orders.model import Lifecycle

LANGUAGES = ("en", "fr", "es", "de")


@pytest.fixture
def spoken(shop: Shop) -> Iterator[Counter]:
    """A shop that answers in four languages."""
    policy = policy_with(shop={"languages": list(LANGUAGES)})
    made = Counter(shop, EmbeddedBrain(intents(), LanguageGuess(LANGUAGES), policy), policy)
    yield made
    made.index.close()


def remembered(counter: Counter, conversation: str = "c") -> Thread:
    with counter.shop.database.read() as db:
        return conversations.load(db, ConversationId(conversation))[0]


# -- "it" ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["where is it now?", "and where is it?", "où est-il maintenant ?", "¿y dónde está?", "Wo ist sie jetzt?"],
)
def test_where_is_it_means_the_order_that_was_spoken_of_last(spoken: Counter, text: str) -> None:
    meant, other = spoken.shop.shipped(), spoken.shop.shipped()
    spoken.says(f"where is {meant.number}?", conversation="c")
    spoken.shop.later(days=2)
    answer = spoken.says(text, conversation="c", channel="chat")
    assert answer.intents == ("order_status",)
    assert meant.number in answer.reply
    assert other.number not in answer.reply


def test_with_nothing_spoken_of_it_means_every_open_order(counter: Counter) -> None:
    orders = [counter.shop.shipped() for _ in range(2)]
    answer = counter.says("where is it now?")
    assert all(one.number in answer.reply for one in orders)


def test_the_order_of_its_own_message_comes_first(counter: Counter) -> None:
    before, named = counter.shop.shipped(), counter.shop.shipped()
    counter.says(f"where is {before.number}?", conversation="c")
    answer = counter.says(f"My order {named.number} should be here. Where is it?", conversation="c")
    assert named.number in answer.reply
    assert before.number not in answer.reply


def test_it_may_be_delivered_cancelled_or_quoted_a_moment_ago(counter: Counter) -> None:
    came, _ = counter.shop.delivered({"mug": 1}), counter.shop.shipped()
    counter.says(f"I want to return order {came.number}", conversation="c")
    counter.says("no", conversation="c")
    assert came.number in counter.says("when will it arrive?", conversation="c").reply


@pytest.mark.parametrize("text", ["please cancel it", "Je voudrais l'annuler"])
def test_it_is_what_a_wish_is_about_too(counter: Counter, text: str) -> None:
    meant, _ = counter.shop.order(payments=[]), counter.shop.order(payments=[])
    counter.says(f"where is {meant.number}?", conversation="c")
    assert [one["order_id"] for one in counter.says(text, conversation="c").actions] == [meant.number]


def test_goods_that_are_named_say_more_than_it(counter: Counter) -> None:
    spoken_of, meant = counter.shop.delivered({"mug": 1}), counter.shop.delivered({"lamp": 1})
    counter.says(f"where is {spoken_of.number}?", conversation="c")
    quoted = counter.says("the lamp is too big, I want to return it", conversation="c")
    assert [one["order_id"] for one in quoted.actions] == [meant.number]


def test_it_opens_no_order_of_somebody_else(counter: Counter) -> None:
    """The conversation goes on under another address: what was spoken of is none of theirs."""
    order = counter.shop.shipped()
    counter.says(f"where is {order.number}?", conversation="c")
    answer = counter.says("where is it now?", conversation="c", email="bob@example.com")
    assert order.number not in answer.reply


# -- the same again --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("where is {}?", "the same as when you last asked"),
        ("où est la commande {} ?", "le même que lors de votre dernière question"),
        ("¿Dónde está el pedido {}?", "el mismo que cuando preguntó la última vez"),
        ("Wo ist die Bestellung {}?", "derselbe wie bei Ihrer letzten Frage"),
    ],
)
def test_a_status_is_told_once_then_as_unchanged_then_a_person_takes_over(
    spoken: Counter, text: str, same: str
) -> None:
    order = spoken.shop.shipped()
    answers = [spoken.says(text.format(order.number), conversation="c") for _ in range(3)]
    assert [one.rules for one in answers] == [("STA-1",), ("STA-3",), ("LIM-4",)]
    assert same not in answers[0].reply
    assert same in answers[1].reply
    assert order.shipments[0].tracking_number in answers[1].reply
    assert answers[2].handoff == {"reason": "limit", "team": "support"}


def test_a_new_scan_is_news(counter: Counter) -> None:
    order = counter.shop.shipped()
    for _ in range(2):
        counter.says(f"where is {order.number}?", conversation="c")
    counter.shop.later(hours=3)
    counter.shop.scan(order, "out_for_delivery", counter.shop.time)
    told = counter.says(f"where is {order.number}?", conversation="c")
    assert (told.rules, "out for delivery" in told.reply) == (("STA-1",), True)


def test_being_late_since_is_news(counter: Counter) -> None:
    order = counter.shop.shipped(promised_at="2026-11-21T12:00:00Z")
    counter.says(f"where is {order.number}?", conversation="c")
    counter.shop.later(days=3)
    told = counter.says(f"where is {order.number}?", conversation="c")
    assert (told.rules, "later than promised" in told.reply) == (("STA-1",), True)


def test_the_same_page_and_the_same_refusal_are_not_given_a_third_time(counter: Counter) -> None:
    counter.knows()
    pages = [counter.says("How long can I return something?", conversation="p") for _ in range(3)]
    order = counter.shop.delivered()
    refused = [counter.says(f"cancel {order.number}", conversation="r") for _ in range(3)]
    assert [one.rules[0] for one in pages] == ["KNO-1", "KNO-1", "LIM-4"]
    assert [one.rules[0] for one in refused] == ["CAN-2", "CAN-2", "LIM-4"]


def test_the_same_quote_is_not_put_a_third_time_unless_it_was_answered(counter: Counter) -> None:
    order = counter.shop.order(payments=[])
    wish = f"please cancel {order.number}"
    answered = [counter.says(text, conversation="a") for text in (wish, wish, "no", wish, wish)]
    assert answered[-1].rules[0] == "CNF-1"
    assert counter.says("yes", conversation="a").disposition is Disposition.ACTED
    other = counter.shop.order(payments=[])
    asked = [counter.says(f"please cancel {other.number}", conversation="b") for _ in range(3)]
    assert [one.rules[0] for one in asked] == ["CNF-1", "CNF-1", "LIM-4"]
    assert counter.shop.get(other.number).lifecycle is Lifecycle.CONFIRMED


# -- after a person's resolution -------------------------------------------------------------------------------


def again(counter: Counter, text: str, turn: str, reopened: bool = True) -> tuple[str, ...]:
    return counter.desk.answer(Incoming(turn, "c", "email", text, ANA, True, reopened=reopened)).rules


def test_after_a_resolution_a_yes_finds_no_offer_of_before(counter: Counter) -> None:
    order = counter.shop.order(payments=[])
    counter.says(f"please cancel {order.number}", conversation="c")
    counter.says("let me talk to a person", conversation="c")
    assert again(counter, "where is it?", "k", reopened=False) == ("HND-4",)
    assert again(counter, "yes", "y") == ("CNF-4",)
    assert counter.shop.get(order.number).lifecycle is Lifecycle.CONFIRMED


def test_after_a_resolution_a_number_answers_no_question_of_before(counter: Counter) -> None:
    first, _ = counter.shop.order(payments=[]), counter.shop.order(payments=[])
    assert counter.says("please cancel my order", conversation="c").rules == ("SLT-1",)
    counter.says("I want a human", conversation="c")
    assert again(counter, first.number, "n") == ("STA-1",)
    assert remembered(counter).question is None


def test_after_a_resolution_nothing_counts_as_asked_or_told_before(shop: Shop) -> None:
    counter = Counter(shop, policy=policy_with(limits={"replies_per_conversation": 4}))
    order = shop.shipped()
    for _ in range(3):
        counter.says(f"where is {order.number}?", conversation="c")
    assert again(counter, f"where is {order.number}?", "a") == ("STA-1",)
    assert again(counter, "blorb", "b", reopened=False) == ("TRI-1",)
    assert again(counter, f"where is {order.number}?", "d", reopened=False) == ("STA-3",)
    thread = remembered(counter)
    assert (thread.with_person, thread.turns, thread.since) == (False, 6, 3)
    counter.index.close()


# -- goods that are none of the order's ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "I want to return the jumper",
        "Je veux retourner le pull",
        "Quiero devolver el jersey",
        "Ich möchte den Pullover zurückschicken",
    ],
)
@pytest.mark.parametrize("word", ["lamp", "2"])
def test_goods_that_no_line_has_are_asked_about_with_what_there_is(spoken: Counter, text: str, word: str) -> None:
    order = spoken.shop.delivered({"mug": 1, "lamp": 1, "shirt": 2})
    asked = spoken.says(text, conversation="c")
    assert (asked.rules, asked.actions) == (("SLT-4",), ())
    assert all(name in asked.reply for name in ("Stoneware mug", "Paper lamp", "T-Shirt"))
    quoted = spoken.says(word, conversation="c")
    assert [one["order_id"] for one in quoted.actions] == [order.number]
    assert "Paper lamp" in quoted.reply
    assert "Stoneware mug" not in quoted.reply


def test_named_again_they_go_to_a_person_with_what_was_proposed(counter: Counter) -> None:
    counter.shop.delivered({"mug": 1, "lamp": 1})
    counter.says("I want to return the jumper", conversation="c")
    assert counter.says("the jumper, of course", conversation="c").rules[0] == "SLT-3"


def test_all_of_it_is_an_answer_too(counter: Counter) -> None:
    counter.shop.delivered({"mug": 1, "lamp": 1})
    counter.says("I want to return the jumper", conversation="c")
    quoted = counter.says("all of it then", conversation="c")
    assert "Stoneware mug" in quoted.reply
    assert "Paper lamp" in quoted.reply


@pytest.mark.parametrize(
    "text",
    [
        "I want to return my last purchase",
        "I'd like to return the whole thing please",
        "I would like to return it and get my money back",
        "My parcel arrived damaged",
        "the box was crushed and everything in it is broken",
        "Je veux renvoyer ma dernière commande",
        "Je souhaite retourner l'article reçu",
        "Quiero devolver mi compra",
        "Ich möchte die Bestellung zurückschicken",
    ],
)
def test_who_names_no_goods_means_the_order(spoken: Counter, text: str) -> None:
    spoken.shop.delivered({"mug": 1, "lamp": 1})
    answer = spoken.says(text)
    assert answer.rules[0] == "CNF-1"
    assert "Paper lamp" in answer.reply


def test_what_is_refused_anyway_is_refused_and_nobody_is_asked_for_the_goods(counter: Counter) -> None:
    counter.shop.delivered({"mug": 1, "lamp": 1})
    assert counter.says("Please cancel the jumper").rules == ("CAN-2",)


# -- sold out --------------------------------------------------------------------------------------------------


def caps(counter: Counter, *there: str, **given: object) -> str:
    """The order of a cap; of its variants only these can be had."""
    number = with_caps(counter.shop, **given)
    sold = [{**one, "available": one["sku"] in there} for one in SIZES]
    counter.shop.import_shop([], products=[{"id": "cap", "name": "Wool cap", "variants": sold}])
    return number


@pytest.mark.parametrize("given", [as_delivered(), {}])
def test_what_is_sold_out_is_said_to_be_so_with_what_there_is(counter: Counter, given: dict[str, object]) -> None:
    number = caps(counter, "cap-s", "cap-m", "cap-l", **given)
    told = counter.says(f"I would like to exchange the cap of order {number} for the red one", conversation="c")
    assert (told.rules, told.actions, told.disposition) == (("SLT-6",), (), Disposition.ASKED)
    assert "Wool cap (red, M) is sold out" in told.reply
    assert "blue / S" in told.reply
    assert "blue / L" in told.reply
    assert "red / M" not in told.reply
    quoted = counter.says("then the S please", conversation="c")
    assert "Wool cap (blue, S)" in quoted.reply
    assert quoted.rules[0] == "CNF-1"


@pytest.mark.parametrize("said", ["then the S please", "No, the S please", "actually, make it the S"])
def test_another_size_after_a_quote_is_a_new_quote(counter: Counter, said: str) -> None:
    number = caps(counter, "cap-s", "cap-m", "cap-l", **as_delivered())
    first = counter.says(f"I would like to exchange the cap of order {number} for one size up", conversation="c")
    assert "Wool cap (blue, L)" in first.reply
    quoted = counter.says(said, conversation="c")
    assert "Wool cap (blue, S)" in quoted.reply
    assert quoted.rules[0] == "CNF-1"


def test_nothing_is_named_where_nothing_is_left(counter: Counter) -> None:
    number = caps(counter, "cap-m", **as_delivered())
    told = counter.says(f"exchange the cap of order {number} for one size up", conversation="c")
    assert told.rules == ("SLT-6",)
    assert "Wool cap (blue, L) is sold out at the moment, and so are its other variants" in told.reply
    assert "there is:" not in told.reply


def test_another_size_is_not_offered_for_the_one_that_was_meant(counter: Counter) -> None:
    """Red there is, but not in the size that the customer has: that is said, and not quoted as if it were the same."""
    sizes = [*SIZES, {"sku": "cap-l-red", "options": {"color": "red", "size": "L"}, "price": "18.00"}]
    number = with_caps(counter.shop, **as_delivered())
    sold = [{**one, "available": one["sku"] != "cap-m-red"} for one in sizes]
    counter.shop.import_shop([], products=[{"id": "cap", "name": "Wool cap", "variants": sold}])
    told = counter.says(f"exchange the cap of order {number} for a red one", conversation="c")
    assert told.rules == ("SLT-6",)
    assert "red / L" in told.reply
    named = counter.says(f"exchange the cap of order {number} for a red one in L", conversation="d")
    assert "Wool cap (red, L)" in named.reply
