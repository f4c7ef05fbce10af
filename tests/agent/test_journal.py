"""The record of every case: a chain that shows what was touched, and words that can be erased without breaking it."""

from __future__ import annotations

import json

import pytest
from sqlalchemy.exc import IntegrityError

from agent import journal
from agent.case import ConversationId, TicketId
from eval.metrics import gaps, volume
from tests.desks import Counter
from tests.shop import NOW, Shop

C = ConversationId("c")


def record(number: int) -> journal.Record:
    return journal.Record(TicketId(f"t{number}"), C, NOW, {"rules": ["STA-1"], "n": number}, {"text": "Ana writes"})


def chain(shop: Shop, count: int = 3) -> None:
    with shop.database.write() as db:
        for number in range(count):
            journal.append(db, record(number))


def test_a_chain_holds_until_somebody_touches_it(shop: Shop) -> None:
    chain(shop)
    with shop.database.write() as db:
        assert journal.broken_links(db, C) == ()
        db.exec_driver_sql("UPDATE journal SET body = '{\"rules\":[]}' WHERE sequence = 2")
        assert journal.broken_links(db, C) == (2,)


def test_words_that_were_changed_no_longer_open_their_commitment(shop: Shop) -> None:
    chain(shop)
    with shop.database.write() as db:
        db.exec_driver_sql("UPDATE journal_private SET body = '{}' WHERE sequence = 3")
        assert journal.broken_links(db, C) == (3,)


def test_erased_words_are_gone_and_the_chain_still_holds(shop: Shop) -> None:
    chain(shop)
    with shop.database.write() as db:
        db.exec_driver_sql("DELETE FROM journal_private")
        assert journal.broken_links(db, C) == ()
        assert [entry.private for entry in journal.of_conversation(db, C)] == [None, None, None]


def test_a_turn_is_recorded_once(shop: Shop) -> None:
    chain(shop, 1)
    with pytest.raises(IntegrityError), shop.database.write() as db:
        journal.append(db, record(0))


def test_the_journals_body_holds_no_personal_data(counter: Counter) -> None:
    order = counter.shop.shipped()
    counter.says(f"I am Ana Lee, ana@example.com, 8 rue Pasteur. Where is {order.number}?", conversation="c")
    with counter.shop.database.read() as db:
        (entry,) = journal.of_conversation(db, C)
    body = json.dumps(entry.body)
    for personal in ("Ana", "ana@example.com", "Pasteur", order.shipments[0].tracking_number):
        assert personal not in body
    assert entry.private
    assert "Pasteur" in entry.private["text"]


def test_metrics_and_gaps_come_from_the_journal(counter: Counter) -> None:
    order = counter.shop.shipped()
    counter.says(f"where is {order.number}?")
    counter.says("where is my order 1001?", verified=False)
    counter.says("I want to talk to a human")
    with counter.shop.database.read() as db:
        entries = list(journal.between(db, NOW.replace(day=1), NOW.replace(day=28)))
    counted = volume(entries)
    assert (counted.turns, counted.without_person, counted.handed_off) == (3, 2, 1)
    assert counted.by_intent["order_status"] == {"answered": 1, "asked": 1}
    (gap,) = gaps(entries)
    assert (gap.type, gap.intent, gap.rule, gap.count) == ("identity", "order_status", "IDN-1", 1)
    assert "#1234" in gap.examples[0]
