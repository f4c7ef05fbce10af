"""What stands in the journal for ever names no customer and repeats none of their words, whatever happened in a turn."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from agent.case import Draft, Incoming, Intent, RequestId, ToolCall, Turn
from agent.tables import journal, journal_private
from tests.desks import Counter, ScriptedBrain, policy_with, request
from tests.shop import ANA, Shop
from tools.orders import outbox

WORD = "Marzipanfox"
"""Stands in everything that a customer or a colleague writes."""
PERSONAL = (WORD, "Ana", "Lee", ANA, "Pasteur", "69007", "Lyon", "Zanzibar", "10115", "+33 6 12 34 56 78")
KINDS = (
    f"I am Ana Lee, 8 rue Pasteur, 69007 Lyon, {WORD}. Where is my order?",
    f"{WORD}! Bonjour, où est ma commande ?",
    f"please change the address to 5 Zanzibar street, 10115 Berlin, {WORD}",
    f"I want to talk to a human about {WORD}, call me at +33 6 12 34 56 78",
    f"I will sue you, {WORD}, my lawyer is Ana Lee",
    f"this is a disgrace, you {WORD} thieves",
    f"How long can I return something, {WORD}?",
    f"do you sell {WORD} in red?",
    f"{WORD} {WORD} blorb",
    f"thanks {WORD}, Ana",
    f"I never got it, {WORD}: refund me",
    f"the lamp is broken, {WORD}",
    f"unsubscribe {ANA} from the newsletter, {WORD}",
    f"I withdraw from the contract, {WORD}",
    f"i need an invoice for {WORD} Ltd, 8 rue Pasteur",
)


@pytest.fixture
def busy(shop: Shop) -> Iterator[Counter]:
    """Mail is connected, and order number with address is a proof."""
    made = Counter(shop, policy=policy_with(identity={"match": True}), mails=True)
    made.knows()
    yield made
    made.index.close()


def nothing_personal_in(shop: Shop, turns: int) -> None:
    with shop.database.read() as db:
        bodies = db.execute(select(journal.c.body)).scalars().all()
        words = " ".join(db.execute(select(journal_private.c.body)).scalars())
    assert len(bodies) == turns
    assert WORD in words, "it is kept, where an erasure finds it"
    trackings = [
        parcel.tracking_number for order in shop.orders.newest() for parcel in order.shipments if parcel.tracking_number
    ]
    for body in bodies:
        assert [one for one in (*PERSONAL, *trackings) if one in body] == [], body


def test_no_kind_of_message_leaves_a_word_or_a_name_in_a_body(busy: Counter) -> None:
    busy.shop.shipped()
    busy.shop.delivered(items={"lamp": 1})
    for text in KINDS:
        for verified in (True, False):
            busy.says(text, verified=verified)
    nothing_personal_in(busy.shop, 2 * len(KINDS))


def test_codes_matches_subjects_and_earlier_messages_leave_nothing_in_a_body(busy: Counter) -> None:
    number = busy.shop.shipped().number
    busy.says(f"where is {number}, {WORD}? {ANA}, 69007", email=None, verified=False, conversation="matched")
    busy.says(f"cancel {number}, {WORD}", verified=False, conversation="coded")
    with busy.shop.database.read() as db:
        (letter,) = (one for one in outbox.due(db, busy.shop.time, 10) if one.kind == "mail.code")
    busy.says(f"{str(letter.body['subject'])[:6]} {WORD}", verified=False, conversation="coded")
    earlier = (Turn("customer", f"I am Ana Lee, {WORD}"), Turn("agent", "Hello Ana"))
    busy.desk.answer(Incoming("h", "h", "email", WORD, ANA, True, f"{WORD} of Ana Lee", earlier))
    nothing_personal_in(busy.shop, 4)


def test_decisions_of_people_and_their_reasons_leave_only_who_decided_in_a_body(busy: Counter) -> None:
    answers = []
    for number in range(3):
        order = busy.shop.order(items={"shirt": 2})
        busy.says(f"please cancel {order.number}, {WORD}", conversation=f"c{number}")
        answers.append(busy.says(f"yes, {WORD}", conversation=f"c{number}").approvals[0])
    busy.rejects(answers[0], f"Ana Lee is a {WORD}", by="mia")
    busy.accepts(answers[1], by="mia")
    busy.shop.later(days=9)
    busy.desk.end_waiting()
    busy.shop.later(minutes=2)
    busy.desk.end_waiting()
    nothing_personal_in(busy.shop, 9)
    with busy.shop.database.read() as db:
        decided = [json.loads(one)["decided"] for one in db.execute(select(journal.c.body)).scalars()]
    assert [one["by"] for one in decided if one] == ["mia", "mia", ""]
    assert [one["word"] for one in decided if one] == ["rejected", "accepted", "expired"]


def test_what_the_check_refused_leaves_the_kind_of_problem_in_a_body_and_the_words_apart(shop: Shop) -> None:
    order = shop.shipped()
    brain = ScriptedBrain(
        (request(Intent.ORDER_STATUS, order.number),),
        [(ToolCall(RequestId("R1"), "read_order", {"order": order.number}),)],
        [Draft("en", f"Hello Ana Lee, {ANA} at 69007: 999.99 EUR, see https://{WORD}.example")],
    )
    counter = Counter(shop, brain)
    counter.says(f"where is it, {WORD}?")
    counter.index.close()
    nothing_personal_in(shop, 1)
    with shop.database.read() as db:
        body = json.loads(db.execute(select(journal.c.body)).scalar_one())
        private = json.loads(db.execute(select(journal_private.c.body)).scalar_one())
    assert "unsupported_figure" in body["check"]
    assert any("999.99" in one for one in private["check"])
