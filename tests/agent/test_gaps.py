"""Gaps: what was not answered, seen in the journal, grouped by meaning, and asked again without a trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from agent import journal
from agent.brains.embedded import EmbeddedBrain
from agent.case import ConversationId, TicketId
from agent.gaps import period
from agent.gaps.grouping import NEAR, Group, Meanings, clusters, grouped
from agent.gaps.kinds import KIND_OF, NO_GAP, REMEDY, RULES_OF, Kind
from agent.gaps.observing import Observation, observe, of_entry
from agent.gaps.rehearsal import Rehearsal, Replay, Replayed
from agent.journal import Entry
from agent.policy import CostTable, Policy
from agent.rules import RULES as PATH_RULES
from agent.tables import journal_private
from agent.tables import metadata as agent_tables
from knowledge.embed import FloatArray
from knowledge.search import Searcher
from tests.desks import Counter, embedder, intents, language, policy_with
from tests.shop import ANA, NOW, Shop
from tools.orders.rules import RULES as ORDER_RULES
from tools.orders.service import Orders
from tools.orders.tables import metadata as order_tables
from tools.registry import Registry
from tools.shop import Shop as Tooled
from tools.verbs import TOOLS

WRAP = ("do you gift wrap parcels?", "is gift wrapping possible?", "can you wrap my parcel as a gift")
WRAPPING = """---
title: Do you gift wrap?
language: en
---
# Do you gift wrap?

Gift wrapping is possible: we wrap your parcel as a gift for 3.00 EUR. Choose gift wrap in the basket.
"""


# -- what the tests look at ------------------------------------------------------------------------------------


def entries(counter: Counter) -> list[Entry]:
    with counter.shop.database.read() as db:
        return list(journal.between(db, NOW - timedelta(days=100), NOW + timedelta(days=100)))


def observed(counter: Counter) -> tuple[Observation, ...]:
    return observe(entries(counter))


def gaps(counter: Counter) -> tuple[Group, ...]:
    every = entries(counter)
    return grouped(observe(every), Meanings(embedder()), len(every), CostTable())


def rehearsal(counter: Counter, policy: Policy | None = None, codes: bool = False) -> Rehearsal:
    """Over the counter's own shop, as it stands now."""
    shop, wanted = counter.shop, policy or counter.policy

    def tools_at(moment: Any) -> Registry:
        orders = Orders(shop.database, lambda: wanted.terms, lambda: moment)
        return Registry(TOOLS, Tooled(orders, Searcher(counter.index, embedder())))

    return Rehearsal(EmbeddedBrain(intents(), language(), wanted), tools_at, wanted, codes)


def replayed(counter: Counter, policy: Policy | None = None, codes: bool = False) -> list[Replayed]:
    with counter.shop.database.read() as db:
        again = Replay(rehearsal(counter, policy, codes), lambda ticket: journal.of_ticket(db, TicketId(ticket)))
        return [again.group(one) for one in gaps(counter)]


def everything(shop: Shop) -> list[list[Any]]:
    """Every row of every table."""
    with shop.database.read() as db:
        tables = (*order_tables.sorted_tables, *agent_tables.sorted_tables)
        return [sorted(map(repr, db.execute(select(table)))) for table in tables]


def told(kind: Kind, words: str, number: int = 0, **given: Any) -> Observation:
    """As the journal would tell it."""
    at = NOW + timedelta(minutes=number)
    made = Observation(kind, "KNO-2", "product_question", "en", f"t{number:03}", f"c{number}", 0, at, words)
    return replace(made, **given)


# -- every rule has a kind -------------------------------------------------------------------------------------


def test_every_rule_of_the_path_and_of_orders_is_a_gap_of_one_kind_or_none() -> None:
    listed = [*NO_GAP.split(), *(rule for rules in RULES_OF.values() for rule in rules.split())]
    assert sorted(listed) == sorted(set(listed)), "a rule stands twice"
    assert set(listed) == {str(rule) for rule in (*PATH_RULES, *ORDER_RULES)}
    assert set(REMEDY) == set(RULES_OF) == set(Kind)


# -- what counts as not answered -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "given", "kind", "rule"),
    [
        ("do you sell unicorn saddles?", {}, Kind.KNOWLEDGE, "KNO-2"),
        ("where is my order 999999?", {}, Kind.DATA, "SCP-1"),
        ("where is my order?", {"email": "new@example.com"}, Kind.DATA, "STA-2"),
        ("I was charged twice, my card shows two payments", {}, Kind.ACTION, "HND-5"),
        ("where is my order 1001?", {"verified": False}, Kind.IDENTITY, "IDN-1"),
        ("blorb fnord zzz", {}, Kind.LANGUAGE, "TRI-1"),
    ],
)
def test_what_was_not_answered_has_the_kind_of_the_rule_that_ended_it(
    counter: Counter, text: str, given: dict[str, Any], kind: Kind, rule: str
) -> None:
    counter.says(text, **given)
    (one,) = observed(counter)
    assert (one.kind, one.rule, one.told) == (kind, rule, False)
    assert one.ticket == "t1"
    assert one.day == NOW.date()


def test_a_wish_that_the_terms_refuse_was_answered_and_is_still_a_gap_of_policy(counter: Counter) -> None:
    order = counter.shop.shipped()
    counter.says(f"cancel {order.number}")
    (one,) = observed(counter)
    assert (one.kind, one.rule, one.told, one.handed_off) == (Kind.POLICY, "CAN-2", True, False)
    assert one.words == "cancel #1234"


def test_what_is_switched_off_is_policy_and_was_not_told(shop: Shop) -> None:
    counter = Counter(shop, policy=policy_with(autonomy={"cancel_order": "off"}))
    counter.says(f"cancel {shop.order().number}")
    (one,) = observed(counter)
    assert (one.kind, one.rule, one.told, one.handed_off) == (Kind.POLICY, "AUT-1", False, True)
    counter.index.close()


@pytest.mark.parametrize(
    "text", ["thanks", "hello", "I want to talk to a human", "I will sue you", "How long can I return something?"]
)
def test_what_was_met_is_no_gap(counter: Counter, text: str) -> None:
    counter.knows()
    counter.says(text)
    assert observed(counter) == ()


def test_an_order_under_way_that_nothing_is_known_of_is_a_gap_in_the_data(counter: Counter) -> None:
    blind = counter.shop.order("shipped")
    answer = counter.says(f"where is {blind.number}?")
    assert answer.rules == ("STA-1",)
    (one,) = observed(counter)
    assert (one.kind, one.rule, one.told) == (Kind.DATA, "STA-1", True)


def test_an_answer_that_could_not_be_said_is_a_gap_of_language(counter: Counter) -> None:
    counter.says(f"where is {counter.shop.shipped().number}?")
    (entry,) = entries(counter)
    (request,) = entry.body["requests"]
    unsaid = {
        "requests": [request | {"disposition": "handed_off"}],
        "handoff": {"reason": "low_confidence", "team": "support"},
        "check": ["figure", "figure"],
    }
    (one,) = of_entry(replace(entry, body={**entry.body, **unsaid}))
    assert (one.kind, one.rule, one.handed_off) == (Kind.LANGUAGE, "STA-1", True)
    (group,) = groups_of([one])
    assert "wismo explain" in group.remedy


def test_an_order_that_can_be_followed_is_no_gap(counter: Counter) -> None:
    counter.says(f"where is {counter.shop.shipped().number}?")
    assert observed(counter) == ()


def test_a_question_back_is_a_gap_only_while_it_is_the_last_word(counter: Counter) -> None:
    order = counter.shop.shipped()
    counter.says("where is 999999?", conversation="c")
    assert [one.rule for one in observed(counter)] == ["SCP-1"]
    counter.says("thanks", conversation="c")
    assert [one.rule for one in observed(counter)] == ["SCP-1"], "thanks answer nothing"
    counter.says(order.number, conversation="c")
    assert observed(counter) == ()


def test_a_question_that_took_several_turns_counts_once_with_its_first_words(counter: Counter) -> None:
    counter.shop.shipped()
    counter.says("where is 999999?", conversation="c")
    counter.says("999998", conversation="c")
    (one,) = observed(counter)
    assert (one.words, one.ticket, one.kind, one.handed_off) == ("where is #1234?", "t1", Kind.DATA, True)


def test_a_persons_decision_is_no_question(counter: Counter) -> None:
    order = counter.shop.order()
    counter.says(f"cancel {order.number}", conversation="c")
    (approval,) = counter.says("yes", conversation="c").approvals
    counter.rejects(approval, "no")
    assert observed(counter) == ()
    assert of_entry(entries(counter)[-1]) == ()


def test_words_may_be_erased_and_the_question_still_counts(counter: Counter) -> None:
    for text in WRAP:
        counter.says(text)
    before = observed(counter)
    with counter.shop.database.write() as db:
        db.execute(delete(journal_private))
    after = observed(counter)
    assert len(after) == len(before) == 3
    assert [replace(one, words="", erased=True) for one in before] == list(after)
    labels = {one.label for one in gaps(counter)}
    assert all(label.startswith("(words erased)") for label in labels)
    assert {one.state for one in replayed(counter)} == {"erased"}


# -- grouped by meaning ----------------------------------------------------------------------------------------


def groups_of(observations: Sequence[Observation], cost: CostTable | None = None) -> tuple[Group, ...]:
    return grouped(observations, Meanings(embedder()), 50, cost or CostTable())


def test_the_same_wish_in_other_words_and_in_french_is_one_gap() -> None:
    asked = (
        "do you ship to Japan?",
        "is delivery to Japan possible",
        "livrez-vous au Japon ?",
        "how do I reset my password",
    )
    first, second = groups_of([told(Kind.KNOWLEDGE, text, number) for number, text in enumerate(asked)])
    assert {one.words for one in first.observations} == set(asked[:3])
    assert first.label in asked[:3]
    assert second.label == asked[3]


def test_one_wish_of_two_kinds_or_refused_by_two_rules_is_two_gaps() -> None:
    same = "I want to send my shirt back"
    made = [
        told(Kind.POLICY, same, 1, rule="RET-2", told=True),
        told(Kind.POLICY, same, 2, rule="RET-3", told=True),
        told(Kind.ACTION, same, 3, rule="HND-5"),
    ]
    assert len(groups_of(made)) == 3


def test_a_group_tells_its_size_its_days_its_cost_and_its_newest_tickets() -> None:
    made = [told(Kind.KNOWLEDGE, "do you gift wrap?", number, handed_off=number < 4) for number in range(5)]
    made[4] = replace(made[4], at=NOW + timedelta(days=3))
    (one,) = groups_of(made, CostTable(handoff_minutes=5, person_hour=3000))
    assert (one.count, one.tickets, one.conversations, one.share) == (5, 5, 5, 0.1)
    assert (one.cost.handoffs, one.cost.minutes, one.cost.money) == (4, 20, 1000)
    assert (one.last - one.first).days == 3
    assert one.examples == ("t004", "t003", "t002")
    assert "wismo ingest" in one.remedy


def test_two_requests_of_a_ticket_that_went_to_a_person_cost_one_hand_off() -> None:
    made = [told(Kind.KNOWLEDGE, "do you gift wrap?", 1, index=index, handed_off=True) for index in range(2)]
    (one,) = groups_of(made)
    assert (one.count, one.tickets, one.cost.handoffs, one.cost.money) == (2, 1, 1, None)


def test_the_id_of_a_group_stays_when_new_questions_come() -> None:
    old = [told(Kind.KNOWLEDGE, text, number) for number, text in enumerate(WRAP)]
    (before,) = groups_of(old)
    (after,) = groups_of([*old, *(told(Kind.KNOWLEDGE, "gift wrapping?", number) for number in range(5, 9))])
    assert before.id == after.id
    assert after.count == 7


def test_no_question_is_lost_or_counted_twice_whatever_is_grouped() -> None:
    words = ["", *WRAP, "wo ist mein paket", "😀", "x" * 4000, "do you gift wrap parcels?"]
    kinds = list(Kind)
    made = [told(kinds[n % 6], words[n % 8], n, rule="KNO-2" if n % 2 else "TRI-2", told=n % 3 == 0) for n in range(96)]
    found = groups_of(made)
    assert sorted(one.ticket for group in found for one in group.observations) == sorted(one.ticket for one in made)
    assert len({group.id for group in found}) == len(found)
    assert found == groups_of(made)
    assert [group.count for group in found] == sorted((group.count for group in found), reverse=True)


def test_more_texts_than_are_linked_join_the_nearest_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.gaps.grouping.LINKED", 4)
    corners = np.eye(8, dtype=np.float32)
    rows: FloatArray = np.stack([corners[number % 3] for number in range(12)] + [corners[7], corners[7]])
    numbers = clusters(rows)
    assert [len({int(n) for n in numbers[corner:12:3]}) for corner in range(3)] == [1, 1, 1]
    assert numbers[12] == numbers[13]
    assert len(set(numbers.tolist())) == 4
    assert 0 < NEAR < 1


def test_each_text_is_embedded_once_and_progress_is_told() -> None:
    seen: list[tuple[int, int]] = []
    meanings = Meanings(embedder())
    first = meanings.of(["a parcel", "a letter", "a parcel"], lambda done, total: seen.append((done, total)))
    assert seen == [(2, 2)]
    assert np.array_equal(first[0], first[2])
    meanings.of(["a letter"], lambda done, total: seen.append((done, total)))
    assert seen == [(2, 2)]


# -- asked again -----------------------------------------------------------------------------------------------


def test_an_article_closes_the_gap_and_nothing_was_kept_of_the_proof(counter: Counter) -> None:
    for text in WRAP:
        assert counter.says(text).rules == ("KNO-2",)
    (open_still,) = replayed(counter)
    assert (open_still.state, open_still.still, open_still.as_json()["still_rules"]) == ("open", 3, {"KNO-2": 3})
    before = everything(counter.shop)
    counter.knows(WRAPPING, "wrapping.md")
    (closed,) = replayed(counter)
    assert (closed.state, closed.served, closed.as_json()["now"]) == ("closed", 3, {"answered": 3})
    assert everything(counter.shop) == before


def test_an_order_that_arrived_later_closes_the_gap_in_the_data(counter: Counter) -> None:
    counter.says("where is my order 1001?", email="ana@example.com")
    assert replayed(counter)[0].state == "open"
    counter.shop.shipped()
    assert replayed(counter)[0].state == "closed"


def test_a_term_that_changed_closes_the_gap_of_that_day_although_it_is_later_now(counter: Counter) -> None:
    order = counter.shop.delivered()
    counter.shop.later(days=40)
    assert counter.says(f"I want to return {order.number}").rules[0] == "RET-2"
    counter.shop.later(days=30)
    wider = policy_with(terms={"return_days": 60})
    with counter.shop.database.read() as db:
        (entry,) = journal.of_conversation(db, ConversationId("t1"))
    (one,) = of_entry(entry)
    for policy, served, rule in ((counter.policy, False, "RET-2"), (wider, True, "CNF-1")):
        walked = rehearsal(counter, policy).again(entry)
        assert walked
        again = walked.of(one)
        assert (again.served, again.rule) == (served, rule)


def test_a_code_that_is_offered_now_closes_a_gap_of_identity(counter: Counter) -> None:
    counter.says("where is my order 1001?", verified=False)
    assert replayed(counter)[0].state == "open"
    assert replayed(counter, codes=True)[0].state == "closed"


def test_a_question_is_asked_again_with_the_level_of_its_caller(counter: Counter) -> None:
    order = counter.shop.shipped()
    counter.says(f"where is {order.number}?", verified=False)
    (one,) = replayed(counter)
    assert one.as_json()["still_rules"] == {"IDN-1": 1}


def test_of_several_requests_each_is_looked_at_for_itself(counter: Counter) -> None:
    counter.says("Where is my order 999999? Which payment methods do you accept?")
    assert {(one.index, one.kind) for one in observed(counter)} == {(0, Kind.DATA), (1, Kind.KNOWLEDGE)}
    counter.knows("# Payment methods\n\nWhich payment methods do we accept? Cards and PayPal.\n", "pay.md")
    assert {one.group.kind: one.state for one in replayed(counter)} == {Kind.DATA: "open", Kind.KNOWLEDGE: "closed"}


MESSAGES = (
    "cancel {order}",
    "yes",
    "I want to return {order}",
    "change the address of {order} to 5 Rue Victor Hugo, 69002 Lyon, France",
    "my {order} arrived broken, refund me",
    "I withdraw from the contract for {order}",
    "where is {order}?",
    "do you gift wrap parcels?",
    "blorb fnord",
    "123456",
    "",
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=4),
    verified=st.booleans(),
    autonomy=st.sampled_from(["off", "draft", "approve", "auto"]),
)
def test_whatever_is_asked_again_not_a_row_changes(
    counter: Counter, texts: list[str], verified: bool, autonomy: str
) -> None:
    """Every message of the journal, with the widest permissions: what would run without anybody's word does not run."""
    order = counter.shop.order()
    for text in texts:
        counter.says(text.format(order=order.number), ANA, verified)
    before = everything(counter.shop)
    actions: dict[str, object] = dict.fromkeys(("cancel_order", "change_address", "request_return", "refund"), autonomy)
    wide = policy_with(autonomy=actions, confirm={"default": "implied", "email": "implied"})
    again = rehearsal(counter, wide, codes=True)
    for entry in entries(counter):
        again.again(entry)
    assert everything(counter.shop) == before


def test_a_period_without_tickets_has_no_gaps(counter: Counter) -> None:
    with counter.shop.database.read() as db:
        found = period.of_days(db, 30, NOW)
    assert found.grouped(Meanings(embedder()), CostTable()).groups == ()
    assert found.tickets == 0


def test_rules_of_other_days_are_no_gap() -> None:
    assert "XYZ-1" not in KIND_OF
