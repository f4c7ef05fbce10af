"""Speaking first: who is written to, once an event, by their own clock; and who never is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent import journal
from agent.case import ConversationId
from agent.checking import Context, check_draft
from agent.checking.record import records_of
from agent.identity.hashing import Keyed
from agent.policy import Policy
from agent.proactive import messages, quiet
from agent.proactive.choosing import held_out
from agent.proactive.messages import Message
from agent.proactive.speaking import KIND, Speaking, Spoken, Voice
from agent.replies.render import render
from agent.replies.templates import fill, variant
from tests.desks import Counter
from tests.shop import ANA, BOB, Shop
from tools import views
from tools.orders import outbox, tables
from tools.orders.actions.customers import SaveCustomer
from tools.orders.actions.preferences import SavePreferences
from tools.orders.alerts import store
from tools.orders.alerts.scanning import Watch
from tools.orders.model import Order

KEYED = Keyed(b"k" * 32)
ON: dict[str, Any] = {"mode": "on", "holdout": 0.0, "merge_minutes": 0}
SPAN = (time(21), time(8))


class Herald:
    """The watch and the voice over a small shop."""

    def __init__(self, shop: Shop, **terms: Any) -> None:
        self.shop = shop
        self.reaches: dict[str, str] = {}
        self.policy = Policy.model_validate({"proactive": ON | terms})
        zone = ZoneInfo("Europe/Paris")
        self.watch = Watch(shop.database, lambda: self.policy.proactive, lambda: zone, lambda: shop.time)
        voice = Voice(
            shop.database,
            shop.orders,
            lambda: self.policy,
            KEYED,
            lambda: shop.time,
            lambda channel, _: self.reaches.get(channel, ""),
        )
        self.speaking = Speaking(voice)

    def run(self) -> Spoken:
        self.watch.run()
        return self.speaking.run()

    def letters(self) -> list[outbox.Message]:
        with self.shop.database.read() as db:
            return [one for one in outbox.due(db, self.shop.time, 500) if one.kind == KIND]

    def messages(self) -> tuple[Message, ...]:
        with self.shop.database.read() as db:
            return messages.newest(db)

    def words(self, order: Order) -> list[str]:
        with self.shop.database.read() as db:
            return [one.word for one in store.of_order(db, order.id)]


@pytest.fixture
def herald(shop: Shop) -> Herald:
    return Herald(shop)


def late(shop: Shop, **given: Any) -> Order:
    return shop.shipped(promised_at=(shop.time - timedelta(hours=1)).isoformat(), **given)


def test_a_late_order_is_told_once_and_kept_like_any_other_turn(herald: Herald) -> None:
    shop = herald.shop
    order = late(shop)
    assert herald.run().told == 1
    assert herald.run().told == 0
    (letter,) = herald.letters()
    assert order.number in letter.body["reply"]
    assert letter.body["subject"] == f"About your order {order.number}"
    (told,) = herald.messages()
    assert (told.arm, told.mode, told.kinds, told.orders) == ("told", "sent", ("late",), (order.id,))
    with shop.database.read() as db:
        (entry,) = journal.of_conversation(db, ConversationId(told.conversation))
        assert journal.broken_links(db, ConversationId(told.conversation)) == ()
    assert entry.body["kind"] == "proactive"
    assert entry.body["rules"] == ["PRO-1"]
    assert entry.private
    assert entry.private["answer"]["reply"] == letter.body["reply"]


def test_off_says_nothing_and_a_draft_reaches_no_customer(shop: Shop) -> None:
    order = late(shop)
    off = Herald(shop, mode="off")
    assert off.run() == Spoken()
    assert off.words(order) == ["waiting"]
    draft = Herald(shop, mode="draft")
    assert draft.run().drafts == 1
    assert [one.body["mode"] for one in draft.letters()] == ["draft"]
    assert draft.words(order) == ["draft"]


def test_several_orders_of_a_customer_are_one_message_and_another_customer_has_their_own(herald: Herald) -> None:
    shop = herald.shop
    first, second = late(shop), late(shop)
    other = late(shop, customer_id="bob")
    assert herald.run().told == 2
    by_customer = {one.customer: one for one in herald.messages()}
    assert set(by_customer["ana"].orders) == {first.id, second.id}
    assert by_customer["bob"].orders == (other.id,)


def test_what_is_found_soon_after_goes_with_the_first(shop: Shop) -> None:
    herald = Herald(shop, merge_minutes=30)
    first = late(shop)
    assert (herald.run().told, herald.run().waiting) == (0, 1)
    shop.later(minutes=20)
    second = late(shop)
    assert herald.run().told == 0
    shop.later(minutes=31)
    assert herald.run().told == 1
    assert set(herald.messages()[0].orders) == {first.id, second.id}


def test_who_wants_none_of_them_or_can_not_be_reached_is_written_nothing(herald: Herald) -> None:
    shop = herald.shop
    muted = late(shop)
    gone = late(shop, customer_id="bob")
    shop.done(SavePreferences(customer_id="ana", muted=("proactive",)))
    shop.done(SaveCustomer(customer_id="bob", email="x@no-mail.invalid"))
    assert herald.run().told == 0
    assert herald.words(muted) == ["muted"]
    assert herald.words(gone) == ["unreachable"]
    assert herald.letters() == []


def test_the_holdout_is_written_nothing_and_what_it_would_have_heard_is_kept(shop: Shop) -> None:
    herald = Herald(shop, holdout=1.0)
    order = late(shop)
    assert herald.run().held_out == 1
    assert herald.letters() == []
    assert herald.words(order) == ["holdout"]
    (kept,) = herald.messages()
    assert (kept.arm, kept.mode, kept.conversation) == ("holdout", "none", "")


def test_the_holdout_is_the_same_for_ever_and_nobody_can_compute_it_without_the_key() -> None:
    names = [f"customer-{number}" for number in range(4_000)]
    held = {name for name in names if held_out(KEYED, name, 0.1)}
    assert held == {name for name in names if held_out(KEYED, name, 0.1)}
    assert held < {name for name in names if held_out(KEYED, name, 0.2)}
    assert 0.07 < len(held) / len(names) < 0.13
    other = {name for name in names if held_out(Keyed(b"o" * 32), name, 0.1)}
    assert len(held & other) < 0.5 * len(held)


def test_a_shop_that_is_switched_on_tells_nobody_of_last_year(herald: Herald) -> None:
    shop = herald.shop
    old = shop.shipped(days_ago=1, promised_at=(shop.time - timedelta(days=300)).isoformat())
    assert herald.run().told == 0
    assert herald.words(old) == ["stale"]


def test_what_is_over_before_it_was_told_is_told_to_nobody(shop: Shop) -> None:
    herald = Herald(shop, merge_minutes=60)
    order = late(shop)
    herald.run()
    shop.scan(order, "delivered", shop.time)
    shop.later(hours=2)
    assert herald.run().told == 0
    assert herald.words(order) == ["stale"]


def test_a_delay_is_told_in_two_stages_and_not_again_in_between(herald: Herald) -> None:
    shop = herald.shop
    order = shop.shipped(promised_at=(shop.time + timedelta(days=1)).isoformat())
    shop.scan(order, "exception", shop.time - timedelta(hours=1))
    assert herald.run().told == 1
    shop.later(days=1, hours=1)
    assert herald.run().told == 0  # late, as was foreseen
    assert "waiting" in herald.words(order)
    shop.later(days=3)
    assert herald.run().told == 1
    kinds = [one.kinds for one in herald.messages()]
    assert ("exception",) in kinds
    assert any("late" in one for one in kinds)


def test_no_more_than_so_many_messages_in_a_week_and_hours_between_two(shop: Shop) -> None:
    herald = Herald(shop, per_week=2, gap_hours=20)
    for day in range(6):
        late(shop)
        herald.run()
        shop.later(hours=10)
        late(shop)
        herald.run()
        shop.later(hours=14)
        assert len(herald.messages()) <= 2, day
    moments = sorted(one.at for one in herald.messages())
    assert moments[1] - moments[0] >= timedelta(hours=20)


def test_at_night_nobody_is_written_to_until_their_own_morning(herald: Herald) -> None:
    shop = herald.shop
    shop.time = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
    late(shop)
    assert (herald.run().told, herald.run().waiting) == (0, 1)
    shop.time = datetime(2026, 11, 21, 6, 59, tzinfo=UTC)
    assert herald.run().told == 0
    shop.time = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)  # eight in Lyon
    assert herald.run().told == 1


@pytest.mark.parametrize(
    ("now", "country", "allowed"),
    [
        ("2026-11-20T12:00+00:00", "FR", "2026-11-20T12:00+00:00"),
        ("2026-11-20T20:30+00:00", "FR", "2026-11-21T07:00+00:00"),
        # the night of 24 to 25 October 2026 has an hour more, that of 28 to 29 March 2026 one less
        ("2026-10-24T20:30+00:00", "FR", "2026-10-25T07:00+00:00"),
        ("2026-03-28T21:00+00:00", "FR", "2026-03-29T06:00+00:00"),
        # the leap day is a day as any other
        ("2028-02-28T23:00+00:00", "FR", "2028-02-29T07:00+00:00"),
        ("2028-02-29T23:00+00:00", "FR", "2028-03-01T07:00+00:00"),
        # every clock of the United States must allow it: eight in Honolulu is one in the afternoon in New York
        ("2026-11-20T13:00+00:00", "US", "2026-11-20T18:00+00:00"),
        ("2026-11-21T02:30+00:00", "US", "2026-11-21T18:00+00:00"),
        # a country that is none has the shop's clock
        ("2026-11-20T20:30+00:00", "XX", "2026-11-21T07:00+00:00"),
        ("2026-11-20T20:30+00:00", "", "2026-11-21T07:00+00:00"),
    ],
)
def test_quiet_hours_are_those_of_the_customers_wall_clock(now: str, country: str, allowed: str) -> None:
    found = quiet.next_allowed(datetime.fromisoformat(now), SPAN, country, "Europe/Paris")
    assert found == datetime.fromisoformat(allowed)


def test_quiet_hours_that_no_moment_satisfies_over_all_clocks_are_the_shops() -> None:
    long = (time(12), time(11, 30))
    found = quiet.next_allowed(datetime(2026, 11, 20, 13, tzinfo=UTC), long, "US", "Europe/Paris")
    assert found == datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


def test_the_later_question_in_another_channel_finds_what_was_told(herald: Herald) -> None:
    shop = herald.shop
    order = late(shop)
    herald.run()
    shop.later(minutes=5)
    counter = Counter(shop)
    reply = counter.says(f"where is my order {order.number}?", email=ANA, channel="chat")
    assert "wrote to you" in reply.reply
    other = late(shop, customer_id="bob")
    untold = counter.says(f"where is my order {other.number}?", email=BOB, channel="chat")
    assert "wrote to you" not in untold.reply


def test_who_talks_with_us_in_the_chat_hears_it_there(herald: Herald) -> None:
    shop = herald.shop
    order = late(shop)
    Counter(shop).says(f"where is my order {order.number}?", conversation="widget:1", channel="widget")
    herald.reaches["widget"] = "widget"
    assert herald.run().told == 1
    (told,) = herald.messages()
    assert (told.channel, told.conversation) == ("widget", "widget:1")
    with shop.database.read() as db:
        kinds = [one.kind for one in outbox.due(db, shop.time, 50)]
    assert "reply.widget" in kinds
    assert KIND not in kinds


@pytest.mark.parametrize("language", ["en", "fr", "es", "de"])
def test_what_was_told_is_said_again_in_every_language_with_its_days(shop: Shop, language: str) -> None:
    herald = Herald(shop)
    order = late(shop)
    herald.run()
    days = {"earliest": shop.time + timedelta(days=1), "latest": shop.time + timedelta(days=3)}
    with shop.database.write() as db:
        db.execute(tables.alerts.update().values(**days))
    fact = views.order_fact(order, told=shop.orders.told([order.id])[order.id])
    fact = replace(fact, id="F1")
    known = {"F1": fact.fields}
    text = fill(variant(language, "order_status", "told"), {"order": "F1"}, known)
    context = Context(language, "Europe/Paris", known, {"F1": order.number}, records_of([fact], [], shop.time))
    assert check_draft(text, context) == ()
    assert "2026" in render(text, known, language, "Europe/Paris")
