"""Is what a reply says so? Drafts and finished text against the record; the proof by mutation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from agent.checking import check_draft, check_text, context_for
from agent.checking.lexicon import lexicon
from agent.replies.render import render
from tests.agent.drafting import ZONE, Drafted, Drafts, Situations
from tests.shop import NOW, Shop

LANGUAGES = ("en", "fr")
HALVES = ("written", "heldout")
MUTATIONS = {"sibling fact", "other order", "negation", "false promise", "untrue outcome", "literal figure"}


def drafts(language: str, half: str, each: int, seed: int = 7) -> Iterator[Drafted]:
    made = Drafts(language, half, seed)
    for drafted, lines, roles in made.correct(each):
        yield drafted
        yield from made.mutated(drafted, lines, roles)


def rates(found: Iterator[Drafted]) -> tuple[Counter[str], Counter[str]]:
    """How many of each kind there were, and how many the check refused."""
    seen, refused = Counter[str](), Counter[str]()
    for one in found:
        seen[one.kind] += 1
        refused[one.kind] += bool(check_draft(one.text, one.context))
    return seen, refused


def falls_short(seen: Counter[str], refused: Counter[str]) -> list[str]:
    """The two limits of the proof: 99 in 100 mutations caught, one correct draft in 100 refused."""
    caught, mutated = sum(refused[kind] for kind in MUTATIONS), sum(seen[kind] for kind in MUTATIONS)
    short = [f"caught {caught} of {mutated}"] if caught < 0.99 * mutated else []
    return short + ([f"false alarms {refused['correct']}"] if refused["correct"] > 0.01 * seen["correct"] else [])


@pytest.mark.parametrize(("language", "half"), list(product(LANGUAGES, HALVES)))
def test_correct_drafts_pass_and_mutated_ones_are_caught(language: str, half: str) -> None:
    seen, refused = rates(drafts(language, half, each=2))
    assert seen.keys() == {"correct", *MUTATIONS}
    assert falls_short(seen, refused) == []


@pytest.mark.proof
def test_of_more_than_a_thousand_correct_drafts_and_their_mutations_the_check_tells_which_is_which() -> None:
    seen, refused = Counter[str](), Counter[str]()
    for language, half in product(LANGUAGES, HALVES):
        for found, kept in zip(rates(drafts(language, half, each=6, seed=11)), (seen, refused), strict=True):
            kept.update(found)
    print(f"\nproof: {seen['correct']:,} correct drafts, {refused['correct']} refused")  # noqa: T201
    for kind in sorted(MUTATIONS):
        print(f"  {kind}: {refused[kind]} of {seen[kind]} caught")  # noqa: T201
    assert seen["correct"] >= 1_000
    assert falls_short(seen, refused) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_finished_text_is_judged_like_the_draft_that_it_was_rendered_from(language: str) -> None:
    made = Drafts(language, "written", 5)
    for drafted, _, _ in made.correct(1):
        text = render(drafted.text, drafted.context.sources, language, ZONE)
        assert check_text(text, drafted.context) == (), text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("It arrives on 24 December.", "unsupported_date"),
        ("See https://evil.example/track", "unsupported_link"),
        ("Write to thief@evil.example", "unsupported_link"),
        ("Open evil.example/pay now.", "unsupported_link"),
        ("Click javascript:alert(1)", "unsupported_link"),
        ("Your total is {F9.total}.", "unknown_placeholder"),
        ("You paid 12 euros.", "unsupported_figure"),
        ("You paid twelve euros.", "unsupported_figure"),
        ("You paid \u0661\u0662 euros.", "hidden_characters"),
        ("You paid \uff11\uff12 euros.", "hidden_characters"),
        ("Your\u200b order is fine.", "hidden_characters"),
        ("Your \u043erder is fine.", "hidden_characters"),
        ("It comes tomorrow.", "unsupported_date"),
        ("We will send you a voucher.", "promise"),
        ("A colleague will call you.", "promise"),
        ("Hello Bob,\n\nall is well.", "unsupported_name"),
        ("The total of {F1.number} was {F1.total}, all of it a refund of {F1.total}.", "wrong_place"),
        ("Order {F1.number} comes with {F2.carrier}.", "two_orders"),
        ("Order {F1.number} is not on its way.", "negated_status"),
        ("Order {F1.number} has been delivered.", "false_status"),
        ("The order is not {F1.status}.", "negated_status"),
    ],
)
def test_each_kind_of_untruth_has_its_code(text: str, code: str) -> None:
    context, _ = Situations(3, "en").context("shipped", two_orders=True)
    assert code in {problem.code for problem in check_draft(text, context)}


def test_figures_of_a_cited_passage_may_be_quoted_and_only_those() -> None:
    context, _ = Situations(3, "en").context("shipped", two_orders=False)
    citing = replace(context, passages=("Returns are possible within 30 days. The label costs 4.90 EUR.",))
    assert check_draft("Returns are possible within 30 days.", citing) == ()
    for other in ("Returns are possible within 3 days.", "The label costs 4.9 EUR.", "Within 90 days."):
        assert [one.code for one in check_draft(other, citing)] == ["unsupported_figure"], other


def test_a_person_may_be_promised_where_one_takes_over() -> None:
    context, _ = Situations(3, "en").context("shipped", two_orders=False)
    text = "A colleague will look into this and answer you here."
    assert check_draft(text, context) != ()
    assert check_draft(text, replace(context, person=True)) == ()


def test_a_language_without_a_lexicon_can_not_be_checked_and_says_so() -> None:
    context, _ = Situations(3, "en").context("shipped", two_orders=False)
    assert lexicon("xx") is None
    assert [one.code for one in check_draft("Hej.", replace(context, language="xx"))] == ["no_lexicon"]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("Your order {number} is on its way; the total was €20.00.", True),
        ("Your order {number} is on its way; the total was 20,00 EUR.", True),
        ("Your order {number} is on its way; the total was EUR 25.", False),
        ("Your order {number} was delivered.", False),
        ("Your order {number} was placed on 10 November.", True),
        ("Your order {number} was placed on 2026-11-10.", True),
        ("Your order {number} was placed on 11 November.", False),
        ("A refund of €20.00 was paid for order {number}.", False),
        ("Hello Ana, your order {number} has been shipped.", True),
        ("Hello Bob, your order {number} has been shipped.", False),
    ],
)
def test_text_of_people_is_held_against_the_orders_as_they_stand(shop: Shop, text: str, holds: bool) -> None:
    order = shop.shipped()
    context = context_for([order], "en", ZONE, NOW, names=["Ana Lopez"])
    found = check_text(text.format(number=order.number), context)
    assert (found == ()) is holds, found
