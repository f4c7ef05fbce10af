"""Graders agree with a person's labels, find nothing in an honest desk, and read the journal as they read a played desk."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from agent import journal
from agent.case import ConversationId
from eval.conversation import Grades
from eval.grading import GRADERS, conversation, from_journal, grade, of_journal, verdicts
from eval.grading.agreement import Agreement, agreement
from eval.grading.reading import amounts, language_of, minor
from tests.desks import Counter, policy_with
from tests.eval.labelled import cases, labelled
from tests.eval.situations import SITUATIONS, played
from tests.shop import Shop

LEAST_KAPPA = {"facts": 0.8, "end_state": 0.8, "policy": 0.8, "wording": 0.8, "answered": 0.7}
SHORT = ("status, shipped", "cancel, yes", "statut, livrée", "person", "a stranger's order")


@pytest.fixture
def counter(shop: Shop) -> Iterator[Counter]:
    made = Counter(shop)
    yield made
    made.index.close()


def test_graders_agree_with_the_labels_of_a_person(tmp_path: Path) -> None:
    pairs: dict[str, list[tuple[bool, bool | None]]] = defaultdict(list)
    for one in labelled(tmp_path):
        found = verdicts(one.evidence)
        for grader, label in one.labels.items():
            pairs[grader].append((label, found[grader].holds))
    told = {grader: agreement(given) for grader, given in pairs.items()}
    for grader, seen in told.items():
        print(f"\nproof: {grader}: {seen.as_json()}")  # noqa: T201
    assert len(cases()) >= 60
    assert told.keys() == GRADERS.keys()
    for grader, least in LEAST_KAPPA.items():
        assert (told[grader].kappa or 0) >= least, (grader, told[grader])
        assert told[grader].unsure <= 5


def test_nothing_is_found_in_what_an_honest_desk_answers(counter: Counter) -> None:
    counter.knows()
    alarms = []
    for situation in SITUATIONS:
        if situation.name in SHORT:
            evidence, _ = played(counter, situation)
            found = verdicts(evidence)
            alarms += [(situation.name, name, one.why) for name, one in found.items() if one.holds is False]
    assert alarms == [("a stranger's order", "answered", "it ends with a question to the customer")]


def test_the_journal_tells_graders_what_the_played_desk_told_them(shop: Shop) -> None:
    counter = Counter(shop, policy=policy_with(autonomy={"refund": "auto"}))
    for situation in [one for one in SITUATIONS if one.name in {"cancel, yes", "status, shipped", "damaged"}]:
        evidence, _ = played(counter, situation)
        with shop.database.read() as db:
            entries = journal.of_conversation(db, ConversationId(situation.name))
        kept = of_journal(entries, shop.orders, counter.policy)
        assert kept
        assert len(kept.turns) == len(situation.says)
        for live, past in zip(evidence.turns, kept.turns, strict=True):
            assert (past.reply, past.actions, past.requests) == (live.reply, live.actions, live.requests)
            assert [one.lifecycle for one in past.after] == [one.lifecycle for one in live.after]
            assert [one.lifecycle for one in past.before] == [one.lifecycle for one in live.before]
        assert grade(kept) == grade(evidence)
    counter.index.close()


def test_metrics_are_told_of_a_played_conversation_with_its_grades(counter: Counter) -> None:
    cancel = next(one for one in SITUATIONS if one.name == "cancel, yes")
    evidence, answers = played(counter, cancel)
    told = conversation(evidence, "c1", "ana")
    assert (told.grades.facts, told.grades.end_state, told.closed_by_person) == (True, True, None)
    assert [turn.disposition for turn in told.turns] == [one.disposition for one in answers]
    assert len(told.orders) == 1
    with counter.shop.database.read() as db:
        entries = journal.of_conversation(db, ConversationId(cancel.name))
    graded = from_journal(counter.shop.orders, counter.policy)
    assert graded(entries) == told.grades
    assert graded([]) == Grades()


def test_an_erased_conversation_is_not_graded(counter: Counter) -> None:
    shop = counter.shop
    played(counter, SITUATIONS[0])
    with shop.database.read() as db:
        entries = journal.of_conversation(db, ConversationId(SITUATIONS[0].name))
    assert of_journal(entries, shop.orders, counter.policy) is not None
    assert of_journal([replace(one, private=None) for one in entries], shop.orders, counter.policy) is None


# -- agreement -------------------------------------------------------------------------------------------------


def pairs(both: int, only_label: int, only_grader: int, neither: int) -> list[tuple[bool, bool | None]]:
    return [
        *[(True, True)] * both,
        *[(True, False)] * only_label,
        *[(False, True)] * only_grader,
        *[(False, False)] * neither,
    ]


def test_kappa_is_the_agreement_above_chance() -> None:
    one = agreement(pairs(20, 5, 10, 15))
    assert one.kappa == pytest.approx(0.4)
    assert (one.n, one.agree, one.alarms, one.missed) == (50, 35, 5, 10)


def test_the_interval_of_kappa_is_the_spread_that_drawing_again_shows() -> None:
    given, random = pairs(60, 9, 14, 37), Random(3)
    one = agreement(given)
    drawn = [agreement(random.choices(given, k=len(given))).kappa or 0 for _ in range(2_000)]
    mean = sum(drawn) / len(drawn)
    spread = math.sqrt(sum((each - mean) ** 2 for each in drawn) / len(drawn))
    assert one.low is not None
    assert one.kappa is not None
    assert (one.kappa - one.low) / 1.96 == pytest.approx(spread, rel=0.08)


@pytest.mark.parametrize("given", [[], pairs(9, 0, 0, 0), pairs(0, 0, 0, 4), [(True, None)]])
def test_kappa_is_not_defined_where_there_is_only_one_verdict(given: list[tuple[bool, bool | None]]) -> None:
    one: Agreement = agreement(given)
    assert (one.kappa, one.low, one.high) == (None, None, None)


def test_verdicts_that_were_left_open_are_counted_apart() -> None:
    one = agreement([*pairs(2, 0, 0, 2), (True, None), (False, None)])
    assert (one.n, one.unsure, one.kappa) == (4, 2, 1.0)


# -- reading ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "cents"),
    [("20", 2000), ("20.5", 2050), ("1.234,50", 123450), ("1,234.50", 123450), ("12 000", 1200000)],
)
def test_amounts_are_read_in_both_ways_of_writing(written: str, cents: int) -> None:
    assert minor(written) == cents
    assert [one.value for one in amounts(f"it was €{written}, or {written} EUR")] == [cents, cents]


def test_a_language_is_told_by_its_small_words_or_not_at_all() -> None:
    assert language_of("Where is the order that you have sent to me?") == "en"
    assert language_of("Je ne vois pas la commande que vous avez expédiée") == "fr"
    assert language_of("1001?") is None
