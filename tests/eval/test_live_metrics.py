"""Figures of a shop as it runs: from real turns of the desk, and from what the order core did afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert

from agent import ratings
from agent.case import ConversationId
from agent.journal import Entry
from agent.policy import Policy
from agent.tables import costs, journal_private
from eval.conversation import Grades
from eval.metrics.deflection import TOO_FEW, UNKNOWN
from eval.metrics.live import Live, Reading, live
from eval.metrics.summary import Period
from tests.desks import Counter, policy_with
from tests.shop import ANA, BOB, NOW, Shop
from tools.orders.agreement import Action

GRADED = Grades(True, True, True, True, True)
WHERE = "Where is my order #1001?"


@pytest.fixture
def shop_desk(shop: Shop) -> Iterator[Counter]:
    made = desk(shop)
    yield made
    made.index.close()


def desk(shop: Shop, policy: Policy | None = None) -> Counter:
    return Counter(shop, policy=policy)


def figures(counter: Counter, days: float = 30, graded: bool = True) -> Live:
    now = counter.shop.time
    reading = Reading(counter.policy, lambda who: f"key of {who}", now, lambda _: GRADED if graded else Grades())
    with counter.shop.database.read() as db:
        return live(db, Period(now - timedelta(days=days), now + timedelta(seconds=1)), "72h", reading)


def test_an_answered_turn_becomes_a_conversation_with_its_order_its_key_and_its_time(shop_desk: Counter) -> None:
    shop_desk.shop.shipped()
    shop_desk.says(WHERE, conversation="c")
    shop_desk.shop.later(days=4)
    told = figures(shop_desk).summary
    assert (told.contained.hits, told.headline.verified.hits) == (1, 1)
    assert told.latency is not None
    assert [row.name for row in told.by["segment"]] == ["new"]
    assert told.headline.states["provisional"] == 1


def test_without_graders_nothing_is_verified(shop_desk: Counter) -> None:
    shop_desk.shop.shipped()
    shop_desk.says(WHERE)
    shop_desk.shop.later(days=4)
    told = figures(shop_desk, graded=False).summary.headline
    assert (told.contained["72h"].hits, told.verified.share, told.graded, told.decided) == (1, None, 0, 1)


def test_a_sample_is_the_same_each_time_and_verified_is_of_it_alone(shop_desk: Counter) -> None:
    shop_desk.shop.shipped()
    for number in range(6):
        shop_desk.says(WHERE, conversation=f"c{number}")
    shop_desk.shop.later(days=4)
    seen: list[str] = []

    def grader(talk: Sequence[Entry]) -> Grades:
        seen.append(talk[0].conversation)
        return GRADED

    now = shop_desk.shop.time
    for sample in (3, 3, 5, 0):
        reading = Reading(shop_desk.policy, str, now, grader, sample)
        with shop_desk.shop.database.read() as db:
            told = live(db, Period(now - timedelta(days=30), now), "72h", reading).summary.headline
        assert (told.graded, told.verified.of, told.decided) == (sample, sample, 6)
    first, again, more = seen[:3], seen[3:6], seen[6:]
    assert (first, again, more[:3], len(set(more))) == (again, first, first, 5)


def test_an_erased_conversation_still_counts_and_nobody_can_come_back_to_it(shop_desk: Counter) -> None:
    shop_desk.shop.shipped()
    shop_desk.says(WHERE, conversation="c")
    shop_desk.shop.later(days=4)
    with shop_desk.shop.database.write() as db:
        db.execute(delete(journal_private))
    told = figures(shop_desk)
    assert (told.volume.turns, told.summary.contained.hits) == (1, 1)
    assert [row.name for row in told.summary.by["segment"]] == [""]


def test_a_conversation_that_began_before_the_period_is_not_of_it_and_its_turns_are(shop_desk: Counter) -> None:
    shop_desk.shop.shipped()
    shop_desk.says(WHERE, conversation="c")
    shop_desk.shop.later(days=200)
    shop_desk.says("and where is #1001 now?", conversation="c")
    told = figures(shop_desk, days=10)
    assert (told.volume.turns, told.summary.headline.populations.inbound) == (1, 0)


def test_a_refund_that_fails_reverses_what_was_promised_about_it(shop: Shop) -> None:
    counter = desk(shop)
    order = shop.delivered()
    shop.do(order, Action.REQUEST_RETURN, "unwanted")
    shop.come_back(order)
    shop.do(shop.get(order.number), Action.REFUND, "unwanted")
    counter.says("where is my refund for order #1001?", conversation="c")
    shop.later(days=4)
    assert figures(counter).summary.headline.states["provisional"] == 1
    assert shop.provider_answers(succeeded=False) == 1
    counter.index.close()
    told = figures(counter).summary.headline
    assert (told.states["reversed"], told.verified.hits, told.contained["72h"].hits) == (1, 0, 1)


def test_a_status_that_was_told_is_not_reversed_by_a_later_return(shop_desk: Counter) -> None:
    order = shop_desk.shop.delivered()
    shop_desk.says(WHERE, conversation="c")
    shop_desk.shop.later(days=4)
    shop_desk.shop.do(order, Action.REQUEST_RETURN, "unwanted")
    assert figures(shop_desk).summary.headline.states["reversed"] == 0


def test_customers_held_out_always_get_people_and_are_compared_by_their_orders(shop: Shop) -> None:
    share = next(n / 100 for n in range(1, 100) if _separates(n / 100))
    counter = desk(shop, policy_with(rollout={"holdout": share}))
    shop.shipped()
    modes = {who: counter.says(WHERE, email=who, conversation=who).mode for who in (ANA, BOB)}
    assert sorted(modes.values()) == ["draft", "sent"]
    counter.index.close()
    found = figures(counter)
    assert found.summary.held_out == 1
    assert (found.summary.causal.treated.contacts, found.summary.causal.holdout.contacts) == (1, 1)
    assert found.summary.causal.treated.orders + found.summary.causal.holdout.orders == 1
    assert found.summary.causal.why == TOO_FEW


def _separates(share: float) -> bool:
    rollout = policy_with(rollout={"holdout": share}).rollout
    return rollout.held_out(ANA) != rollout.held_out(BOB)


def test_a_larger_holdout_keeps_every_customer_of_a_smaller_one_and_is_not_the_rollouts_share() -> None:
    small, large = (policy_with(rollout={"holdout": size}).rollout for size in (0.1, 0.3))
    held = [name for name in map(str, range(2_000)) if small.held_out(name)]
    assert 150 < len(held) < 250
    assert all(large.held_out(name) for name in held)
    share = policy_with(rollout={"share": 0.5}).rollout
    assert 0.3 < sum(share.takes(name) for name in held) / len(held) < 0.7


def test_what_a_model_cost_in_the_period_is_told_a_conversation(shop_desk: Counter) -> None:
    shop_desk.shop.shipped()
    shop_desk.says(WHERE)
    rows = [("a", NOW, 900), ("b", NOW - timedelta(days=40), 5_000)]
    with shop_desk.shop.database.write() as db:
        for name, at, micros in rows:
            row = {"id": name, "month": f"{at:%Y-%m}", "conversation": "c", "micros": micros, "at": at.isoformat()}
            db.execute(insert(costs), row)
    spent = figures(shop_desk).summary.spending
    assert (spent.automation_micros, spent.per(spent.inbound)) == (900, 900)
    assert figures(shop_desk).summary.causal.why == UNKNOWN


def test_the_last_rating_of_a_conversation_counts(shop_desk: Counter) -> None:
    shop_desk.shop.shipped()
    shop_desk.says(WHERE, conversation="c")
    with shop_desk.shop.database.write() as db:
        for score in (1, 4):
            ratings.add(db, ConversationId("c"), score, NOW)
    assert figures(shop_desk).summary.csat == (0.75, 1)


def test_what_the_shop_tried_itself_is_left_out(shop_desk: Counter) -> None:
    shop_desk.shop.shipped()
    shop_desk.says(WHERE, conversation="ask:1", turn="ask:1")
    told = figures(shop_desk).summary
    assert (told.headline.populations.inbound, told.left_out) == (0, 1)


def test_keys_of_customers_are_opaque(shop_desk: Counter) -> None:
    from agent import journal
    from eval.metrics.from_journal import conversations

    shop_desk.shop.shipped()
    shop_desk.says(WHERE, conversation="c")
    with shop_desk.shop.database.read() as db:
        (found,) = conversations(journal.of_conversation(db, ConversationId("c")), lambda who: f"k{len(who)}")
    assert (found.customer, found.orders, found.identified) == (f"k{len(ANA)}", ("#1001",), True)
