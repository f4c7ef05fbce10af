"""Conversations over several turns, actions on several orders, and messages that nobody wrote to us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent.case import Disposition, Incoming
from tests.desks import Counter, policy_with
from tests.shop import ANA, Shop
from tools.orders.model import Lifecycle

SIZES = [
    {"sku": "cap-s", "options": {"color": "blue", "size": "S"}, "price": "20.00"},
    {"sku": "cap-m", "options": {"color": "blue", "size": "M"}, "price": "20.00"},
    {"sku": "cap-l", "options": {"color": "blue", "size": "L"}, "price": "24.00"},
    {"sku": "cap-m-red", "options": {"color": "red", "size": "M"}, "price": "18.00"},
]


def with_caps(shop: Shop, **given: object) -> str:
    """An order of one cap, blue, M, of a product that is sold in four variants."""
    record = shop.record(**given)  # type: ignore[arg-type]
    item = {"product_id": "cap", "sku": "cap-m", "name": "Wool cap", "quantity": 1, "price": "20.00"}
    record["items"] = [{**item, "options": {"color": "blue", "size": "M"}}]
    record["total"] = "20.00"
    for payment in record.get("payments", ()):
        payment["amount"] = "20.00"
    for parcel in record.get("shipments", ()):
        parcel["skus"] = ["cap-m"]
    shop.import_shop([record], products=[{"id": "cap", "name": "Wool cap", "variants": SIZES}])
    return str(record["id"])


def test_delivered_goods_are_exchanged_for_what_was_said(counter: Counter) -> None:
    number = with_caps(counter.shop, **delivered())
    asked = counter.says(f"I would like to exchange the cap of order {number} for one size up", conversation="c")
    assert asked.actions[0]["action"] == "request_exchange"
    assert "Wool cap (blue, L)" in asked.reply
    assert "€4.00" in asked.reply
    queued = counter.says("yes please", conversation="c")
    assert queued.disposition is Disposition.QUEUED
    done = counter.accepts(queued.approvals[0])
    assert done.disposition is Disposition.ACTED
    assert counter.shop.get(number).exchanges


def test_before_it_left_the_item_is_changed_instead(counter: Counter) -> None:
    number = with_caps(counter.shop)
    asked = counter.says(f"Can I have the cap of {number} in red instead?", conversation="c")
    assert (asked.actions[0]["action"], asked.disposition) == ("change_items", Disposition.ASKED)
    counter.accepts(counter.says("yes", conversation="c").approvals[0])
    assert [line.sku for line in counter.shop.get(number).lines if line.open] == ["cap-m-red"]


def test_an_unclear_wish_is_asked_about_and_a_short_answer_completes_it(counter: Counter) -> None:
    number = with_caps(counter.shop, **delivered())
    asked = counter.says(f"I want to exchange the cap of order {number}", conversation="c")
    assert (asked.disposition, asked.rules) == (Disposition.ASKED, ("SLT-5",))
    assert "red / M" in asked.reply
    quoted = counter.says("the red one", conversation="c")
    assert "Wool cap (red, M)" in quoted.reply
    assert quoted.actions[0]["status"] == "proposed"


def test_the_same_question_is_not_put_a_third_time(counter: Counter) -> None:
    number = with_caps(counter.shop, **delivered())
    said = [f"exchange the cap of order {number}", "something nicer", "nicer"]
    answers = [counter.says(text, conversation="c") for text in said]
    assert [one.rules[0] for one in answers].count("SLT-5") <= 2
    assert answers[-1].handoff


def test_an_answer_by_number_comes_days_later_and_through_another_channel(counter: Counter) -> None:
    first, second = counter.shop.order(payments=[]), counter.shop.order(payments=[])
    asked = counter.says("please cancel my order", conversation="c")
    assert asked.rules == ("SLT-1",)
    assert first.number in asked.reply
    counter.shop.time += timedelta(days=2)
    quoted = counter.says(second.number, conversation="c", channel="chat")
    assert [one["order_id"] for one in quoted.actions] == [second.number]


def test_no_the_other_order_corrects_what_was_offered(counter: Counter) -> None:
    first, second = counter.shop.order(payments=[]), counter.shop.order(payments=[])
    counter.says(f"cancel order {first.number}", conversation="c")
    corrected = counter.says("no, the other order", conversation="c")
    assert [one["order_id"] for one in corrected.actions] == [second.number]
    assert counter.says("yes", conversation="c").disposition is Disposition.ACTED
    assert counter.shop.get(first.number).lifecycle is Lifecycle.CONFIRMED
    assert counter.shop.get(second.number).lifecycle is Lifecycle.CANCELLED


def test_another_topic_is_answered_and_the_offer_is_asked_again_before_it_runs(counter: Counter) -> None:
    order = counter.shop.order(payments=[])
    counter.says(f"cancel order {order.number}", conversation="c")
    status = counter.says("where is it right now?", conversation="c")
    assert "STA-1" in status.rules
    assert counter.says("yes", conversation="c").rules[0] == "CNF-2"
    assert counter.says("never mind, leave it as it is", conversation="c").rules[0] == "CNF-3"
    assert counter.shop.get(order.number).lifecycle is Lifecycle.CONFIRMED


def test_all_orders_are_cancelled_each_with_its_own_quote(counter: Counter) -> None:
    orders = [counter.shop.order(payments=[]) for _ in range(3)]
    asked = counter.says("please cancel all my orders", conversation="c")
    assert sorted(one["order_id"] for one in asked.actions) == sorted(one.number for one in orders)
    assert len(asked.requests) == 1
    done = counter.says("yes", conversation="c")
    assert [one["status"] for one in done.actions] == ["done"] * 3


def test_items_of_two_orders_are_returned_from_each(counter: Counter) -> None:
    mug, lamp = counter.shop.delivered({"mug": 1}), counter.shop.delivered({"lamp": 1})
    asked = counter.says("I want to return the mug and the lamp")
    assert {one["order_id"] for one in asked.actions} == {mug.number, lamp.number}


@pytest.mark.parametrize(
    ("subject", "text", "code"),
    [
        ("Automatic reply: your order", "I am out of the office until Monday.", "auto"),
        ("Réponse automatique", "Je suis en congés jusqu'au 3 décembre.", "auto"),
        ("Undeliverable: your order", "The following recipients could not be reached", "bounce"),
        ("Mail delivery failed", "550 5.1.1 user unknown", "bounce"),
        ("Out of office", "Back on 3 December. In urgent cases see ticket 12345.", "auto"),
        ("Re: Your order", "Ich bin im Urlaub und ab dem 3. Dezember zurück.", "auto"),
    ],
)
def test_machines_are_noted_and_get_no_reply(counter: Counter, subject: str, text: str, code: str) -> None:
    order = counter.shop.order(payments=[])
    counter.says(f"cancel order {order.number}", conversation="c")
    answer = counter.desk.answer(Incoming("m", "c", "email", text, ANA, True, subject))
    assert (answer.mode, answer.rules) == ("draft", ("MCH-1",))
    assert counter.shop.get(order.number).lifecycle is Lifecycle.CONFIRMED


@pytest.mark.parametrize(
    "text",
    [
        "The carrier says my parcel is undeliverable",
        "I am out of the office on Friday, could you deliver on Monday?",
        "Je suis en vacances jusqu'au 5, pouvez-vous livrer après",
        "Mon colis n'a pas pu être remis au destinataire",
    ],
)
def test_a_customer_who_speaks_of_such_things_is_answered(counter: Counter, text: str) -> None:
    counter.shop.order()
    answer = counter.says(text)
    assert (answer.mode, "MCH-1" in answer.rules) == ("sent", False)


@pytest.mark.parametrize(
    "text", ["Hallo, ich möchte bitte wissen, wo meine Bestellung bleibt", "где мой заказ, пожалуйста ответьте мне"]
)
def test_a_language_that_the_shop_lacks_goes_to_a_person_and_says_so(counter: Counter, text: str) -> None:
    answer = counter.says(text)
    assert (answer.rules, answer.handoff) == (("LNG-1",), {"reason": "missing_knowledge", "team": "support"})
    assert "can not answer in your language" in answer.reply


@pytest.mark.parametrize(
    "text", ["", "   ", "> On Monday you wrote:\n> your order is here", "On 3 May 2026, Wismo wrote:\n> Shall I? yes"]
)
def test_a_message_without_words_of_its_own_is_asked_about(counter: Counter, text: str) -> None:
    order = counter.shop.order(payments=[])
    counter.says(f"cancel order {order.number}", conversation="c")
    answer = counter.says(text, conversation="c")
    assert answer.rules == ("TRI-1",)
    assert counter.shop.get(order.number).lifecycle is Lifecycle.CONFIRMED


def test_an_empty_reply_under_the_subject_of_our_mail_proposes_nothing(counter: Counter) -> None:
    order = counter.shop.order(payments=[])
    quoted = "\n\nOn Fri, Nov 27, 2026 at 10:12 AM Shop <hello@shop.example> wrote:\n> Cancel any time"
    answer = counter.desk.answer(Incoming("m", "c", "email", quoted, ANA, True, f"Re: Cancel order {order.number}"))
    assert (answer.rules, answer.actions) == (("TRI-1",), ())


def test_the_subject_of_an_earlier_mail_names_the_order_and_asks_for_nothing(counter: Counter) -> None:
    counter.shop.order()
    order = counter.shop.order()
    answer = counter.desk.answer(
        Incoming("m", "c", "email", "Where is it?", ANA, True, f"Re: Cancellation of {order.number}")
    )
    assert (answer.rules, answer.actions) == (("STA-1",), ())
    assert order.number in answer.reply


def test_more_wishes_than_the_limit_go_to_a_person(shop: Shop) -> None:
    number = shop.order().number
    counter = Counter(shop, policy=policy_with(limits={"requests_per_message": 2}))
    answer = counter.says(
        f"Where is {number}? How do I pay by invoice? I forgot my password. Do you ship to Spain? Unsubscribe me."
    )
    assert answer.rules == ("LIM-3",)
    assert answer.handoff


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("You are all idiots, where is my parcel", "distress"),
        ("My lawyer will write to you about order 1001", "legal"),
        ("If this does not arrive I will hurt myself", "distress"),
        ("I know where your office is and I will come and beat you up", "distress"),
    ],
)
def test_what_must_go_to_a_person_does(counter: Counter, text: str, reason: str) -> None:
    answer = counter.says(text)
    assert answer.handoff
    assert answer.handoff["reason"] == reason


def test_sarcasm_is_a_complaint_and_never_thanks(counter: Counter) -> None:
    order = counter.shop.shipped(promised_at="2026-11-10T12:00:00Z")
    answer = counter.says(f"Great job, {order.number} is lost again. Thanks for nothing.")
    assert "You are welcome" not in answer.reply
    assert answer.disposition is not Disposition.ACTED


@pytest.mark.parametrize(
    "text",
    [
        "Oh great, another week without my order. Fantastic job. Really brilliant service.",
        "Bravo, encore une semaine sans mon colis, quel service formidable, merci pour rien",
    ],
)
def test_praise_of_what_went_wrong_goes_to_a_person(counter: Counter, text: str) -> None:
    counter.shop.shipped()
    answer = counter.says(text)
    assert answer.handoff
    assert "TLK-1" not in answer.rules


# -- the routing table -----------------------------------------------------------------------------------------

MONDAY, SUNDAY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC), datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def routed(shop: Shop, *rows: dict[str, object], **tables: dict[str, object]) -> Counter:
    given = {"routing": rows, "hours": {"mon": "09:00-18:00"}, **tables}
    return Counter(shop, policy=policy_with(**given))  # type: ignore[arg-type]


def test_the_first_row_that_fits_says_who_takes_it_over(shop: Shop) -> None:
    counter = routed(
        shop,
        {"intents": ["payment_problem"], "languages": ["fr"], "team": "facturation"},
        {"intents": ["payment_problem"], "team": "billing"},
    )
    shop.order()
    french = counter.says("Bonjour, j'ai été débité deux fois pour ma commande")
    english = counter.says("I was charged twice for my order")
    assert french.handoff
    assert english.handoff
    assert (french.handoff["team"], english.handoff["team"]) == ("facturation", "billing")


def test_outside_the_hours_another_team_has_it(shop: Shop) -> None:
    counter = routed(shop, {"hours": "closed", "team": "night"})
    teams = []
    for moment in (MONDAY, SUNDAY):
        shop.time = moment
        answer = counter.says("I want to talk to a person")
        assert answer.handoff
        teams.append(answer.handoff["team"])
    assert teams == ["support", "night"]


def test_an_intent_can_be_given_to_people_or_to_another_playbook(shop: Shop) -> None:
    order = shop.order(payments=[])
    to_person = routed(shop, {"intents": ["cancel_order"], "to": "person"}).says(f"cancel {order.number}")
    status = routed(shop, {"intents": ["cancel_order"], "playbook": "order_status"})
    other = status.says(f"cancel {order.number}", turn="other")
    assert (to_person.rules[0], to_person.disposition) == ("ROU-1", Disposition.HANDED_OFF)
    assert shop.get(order.number) == order
    assert (other.rules, other.actions) == (("STA-1",), ())


def test_a_yes_under_a_condition_or_for_a_charge_is_asked_for(shop: Shop) -> None:
    implied = policy_with(confirm={"default": "implied"}, autonomy={"change_items": "auto", "refund": "auto"})
    number, counter = with_caps(shop), Counter(shop, policy=implied)
    dearer = counter.says(f"Please change the cap of order {number} to size L")
    hedged = counter.says(f"If it will not arrive by Friday, cancel order {number}")
    cheaper = counter.says(f"Please change the cap of order {number} to the red one")
    assert [one.disposition for one in (dearer, hedged, cheaper)] == [
        Disposition.ASKED,
        Disposition.ASKED,
        Disposition.ACTED,
    ]


def delivered() -> dict[str, object]:
    """What a record of a parcel that arrived three days ago is given."""
    scan = {"at": "2026-11-17T12:00:00Z", "code": "delivered", "place": "Lyon"}
    parcel = {"tracking_id": "T1", "carrier": "DHL", "skus": ["cap-m"], "events": [scan]}
    return {"status": "delivered", "shipments": [parcel]}


# -- answers in pieces, corrections, pointing ------------------------------------------------------------------


def test_an_address_comes_in_pieces_and_its_postcode_is_no_order(counter: Counter) -> None:
    order = counter.shop.order(payments=[])
    asked = counter.says("Je voudrais changer l'adresse de livraison de ma commande", conversation="c")
    pieces = [counter.says(text, conversation="c") for text in ("12 rue de la Paix", "75011")]
    quoted = counter.says("Paris", conversation="c")
    assert [one.rules for one in (asked, *pieces)] == [("SLT-2",)] * 3
    assert len({one.reply for one in (asked, *pieces)}) == 3
    assert "12 rue de la Paix, 75011 Paris" in quoted.reply
    counter.says("oui", conversation="c")
    assert counter.shop.get(order.number).address.postcode == "75011"


def test_an_address_is_in_the_language_of_its_country_and_answered_in_the_customers(counter: Counter) -> None:
    order = counter.shop.order()
    counter.says(f"I've moved! Please change the delivery address of order {order.number}", conversation="c")
    quoted = counter.says("3 place de la Mairie, 44000 Nantes, France", conversation="c")
    assert "3 place de la Mairie" in quoted.reply
    assert "Hello Ana" in quoted.reply


def test_another_wish_is_no_piece_of_an_address(counter: Counter) -> None:
    counter.shop.order(payments=[])
    counter.says("change my delivery address please", conversation="c")
    assert counter.says("cancel my order instead", conversation="c").actions[0]["action"] == "cancel_order"


def test_nobody_is_asked_for_an_address_that_can_not_be_used(counter: Counter) -> None:
    order = counter.shop.shipped()
    assert counter.says(f"Can you change the address of order {order.number}?").rules == ("ADR-2",)


def test_the_order_with_a_thing_is_all_of_that_order(counter: Counter) -> None:
    counter.shop.order(items={"shirt": 1}, payments=[])
    meant = counter.shop.order(items={"mug": 1, "lamp": 1}, payments=[])
    counter.says("I want to cancel my order", conversation="c")
    quoted = counter.says("the one with the mug", conversation="c")
    assert f"cancel your order {meant.number}" in quoted.reply
    counter.says("yes", conversation="c")
    assert counter.shop.get(meant.number).lifecycle is Lifecycle.CANCELLED


def test_a_no_that_names_another_variant_is_a_correction(counter: Counter) -> None:
    number = with_caps(counter.shop, **delivered())
    counter.says(f"I would like to exchange the cap of order {number} for one size up", conversation="c")
    corrected = counter.says("no, red please", conversation="c")
    assert "Wool cap (red, M)" in corrected.reply
    assert counter.says("no thanks, keep it as it is", conversation="c").rules == ("CNF-3",)


def test_who_does_not_know_the_order_is_handed_to_a_person(counter: Counter) -> None:
    counter.shop.order(payments=[])
    counter.shop.order(payments=[])
    counter.says("please cancel my order", conversation="c")
    assert counter.says("I don't know", conversation="c").rules == ("SLT-3",)


def test_where_is_it_goes_with_the_order_that_was_named_before_it(counter: Counter) -> None:
    order = counter.shop.shipped()
    answer = counter.says(f"Ma commande {order.number} devait arriver cette semaine. Où est-elle ?")
    assert answer.rules == ("STA-1",)


def test_goods_that_arrived_with_holes_are_damaged(counter: Counter) -> None:
    order = counter.shop.delivered({"shirt": 1})
    answer = counter.says(f"La chemise de ma commande {order.number} est arrivée trouée")
    assert answer.intents == ("missing_or_damaged",)


@pytest.mark.parametrize(
    "text",
    ["Can I have the cap of order {} in red instead?", "Puis-je avoir le cap de ma commande {} en red à la place ?"],
)
def test_what_is_on_its_way_is_not_changed_and_says_so(counter: Counter, text: str) -> None:
    at = (counter.shop.time - timedelta(days=1)).isoformat()
    parcel = {
        "tracking_id": "T1",
        "carrier": "DHL",
        "skus": ["cap-m"],
        "events": [{"at": at, "code": "in_transit", "place": "Lyon"}],
    }
    number = with_caps(counter.shop, status="shipped", shipments=[parcel])
    answer = counter.says(text.format(number))
    assert answer.disposition is Disposition.ANSWERED
    assert answer.rules[0] in {"CHG-1", "RET-1", "EXC-1"}


# -- yes and no in other words, what never came, several in one message -----------------------------------------

POLITE = "Hello,\n\n{}\n\nMany thanks and kind regards"


@pytest.mark.parametrize("text", ["Yes, cancel it.", "👍", "Yes. And where is it?", POLITE.format("yes")])
def test_a_yes_in_other_words_runs_what_was_offered(counter: Counter, text: str) -> None:
    order = counter.shop.order(payments=[])
    counter.says(f"cancel order {order.number}", conversation="c")
    counter.says(text, conversation="c")
    assert counter.shop.get(order.number).lifecycle is Lifecycle.CANCELLED


@pytest.mark.parametrize("more", ["do not cancel it", "only the mug", "if it has not left"])
def test_a_polite_yes_with_more_said_beside_it_runs_nothing(counter: Counter, more: str) -> None:
    order = counter.shop.order(payments=[])
    counter.says(f"cancel order {order.number}", conversation="c")
    counter.says(POLITE.format(f"yes\n\n{more}"), conversation="c")
    assert counter.shop.get(order.number).lifecycle is Lifecycle.CONFIRMED


@pytest.mark.parametrize(
    "text", ["no thanks, I'll glue it", "never mind, my husband likes it", "👎", POLITE.format("no")]
)
def test_a_no_with_its_reason_drops_the_offer(counter: Counter, text: str) -> None:
    order = counter.shop.order(payments=[])
    counter.says(f"cancel order {order.number}", conversation="c")
    assert counter.says(text, conversation="c").rules == ("CNF-3",)
    assert counter.shop.get(order.number).lifecycle is Lifecycle.CONFIRMED


@pytest.mark.parametrize(
    "text",
    [
        "Tracking says {} was delivered but I never received it",
        "{} never arrived, refund me",
        "Ma commande {} n'est jamais arrivée",
        "{} the box was empty, refund me now",
    ],
)
def test_what_never_came_is_a_claim_and_no_return(counter: Counter, text: str) -> None:
    order = counter.shop.delivered({"mug": 1})
    answer = counter.says(text.format(order.number))
    assert [one["action"] for one in answer.actions] == ["refund"]


@pytest.mark.parametrize("text", ["annuler les commandes {} et {}", "Please cancel {} and {} please"])
def test_two_numbers_are_two_proposals(counter: Counter, text: str) -> None:
    orders = [counter.shop.order(payments=[]).number for _ in range(2)]
    assert [one["order_id"] for one in counter.says(text.format(*orders)).actions] == orders


def test_an_unknown_number_beside_an_own_one_is_told(counter: Counter) -> None:
    order = counter.shop.order()
    assert counter.says(f"status of {order.number} and 99999 please").rules == ("SCP-1",)


def test_a_formal_complaint_beside_a_question_reaches_a_person(counter: Counter) -> None:
    order = counter.shop.shipped()
    answer = counter.says(f"I want to make a formal complaint about your service. And where is order {order.number}?")
    assert answer.handoff
    assert "HND-5" in answer.rules


def test_the_reason_for_a_cancellation_is_no_second_request(counter: Counter) -> None:
    order = counter.shop.order(payments=[])
    answer = counter.says(f"Please cancel order {order.number}. I no longer need the bag.")
    assert answer.intents == ("cancel_order",)


@pytest.mark.parametrize(("word", "agreed"), [("Yes, {first}", 1), ("yes", 2), ("Yes, #9999", 0)])
def test_a_yes_that_names_an_order_is_to_that_order_alone(counter: Counter, word: str, agreed: int) -> None:
    first, second = (counter.shop.order("pending").number for _ in range(2))
    counter.says(f"Please cancel {first} and cancel {second}", conversation="c")
    answer = counter.says(word.format(first=first), conversation="c")
    queued = [one["order_id"] for one in answer.actions if one["status"] in {"queued", "done"}]
    assert queued == [first, second][:agreed]


@pytest.mark.parametrize("text", ["pardon, {}", "sorry, I meant {}", "oops {}", "non, la {}", "no, it's {}"])
def test_a_number_behind_an_apology_answers_for_the_one_that_was_not_found(counter: Counter, text: str) -> None:
    order = counter.shop.shipped()
    assert counter.says("where is order 9999?", conversation="c").rules == ("SCP-1",)
    answer = counter.says(text.format(order.number), conversation="c")
    assert answer.rules == ("STA-1",)
    assert order.number in answer.reply


@pytest.mark.parametrize(
    "text",
    [
        "Can the courier bring {} on Saturday after 6 pm instead?",
        "Could you deliver order {} tomorrow evening?",
        "Peut-on me livrer la commande {} samedi matin ?",
    ],
)
def test_another_time_of_delivery_is_no_change_of_address(counter: Counter, text: str) -> None:
    answer = counter.says(text.format(counter.shop.shipped().number))
    assert "change_address" not in answer.intents
    assert answer.actions == ()


def test_an_address_with_a_day_is_still_an_address(counter: Counter) -> None:
    order = counter.shop.order()
    answer = counter.says(f"Please deliver {order.number} to 5 rue de la Paix, 75002 Paris on Saturday")
    assert [one["action"] for one in answer.actions] == ["change_address"]


def test_words_that_name_nothing_are_not_thanked_for(counter: Counter) -> None:
    answers = [
        counter.says(text, conversation="c") for text in ("zgloubi boulga truc machin", "bidule truc, tu vois bien")
    ]
    assert [one.rules for one in answers] == [("TRI-1",), ("TRI-2",)]


@pytest.mark.parametrize(
    "text", ["La lampe de la commande {} est fendue sur tout le côté.", "Le pied de la lampe ({}) est fissuré"]
)
def test_what_is_split_is_damaged(counter: Counter, text: str) -> None:
    order = counter.shop.delivered({"lamp": 1})
    assert counter.says(text.format(order.number)).intents == ("missing_or_damaged",)
