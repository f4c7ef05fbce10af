"""A question of the shop is answered by one article, asked back about among several, or left to a person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.answerability import Answered, Unanswered, Unclear, answerability
from agent.brains.searching import searched
from agent.policy import UnderstandingTable
from eval.search_quality import HELP
from knowledge.ingest import ingest
from tests.desks import Counter, embedder
from tools.contract import Fact

LIMITS = UnderstandingTable()
NEAR = st.floats(0, 1)
CANDIDATES = st.lists(st.tuples(NEAR, st.floats(0, 3), st.booleans()), max_size=4)


def passages(*of: tuple[float, float, bool]) -> list[Fact]:
    """Each of a score, a lead on the next, and whether it shares a word with the question."""
    return [
        Fact(f"F{n}", "passage", "a.md", {}, score=score, ahead=ahead, shares_words=shares)
        for n, (score, ahead, shares) in enumerate(of)
    ]


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ([], Unanswered),
        ([(0.6, 1.0, True)], Answered),
        ([(0.6, 1.0, False)], Unanswered),
        ([(0.6, 0.1, True), (0.6, 1.0, True)], Unclear),
        ([(0.75, 0.1, True), (0.74, 1.0, True)], Answered),
        ([(0.32, 1.0, True)], Unclear),
        ([(0.2, 1.0, True), (0.9, 1.0, True)], Unanswered),
    ],
)
def test_it_is_answered_by_what_is_near_and_ahead(found: list[tuple[float, float, bool]], verdict: type) -> None:
    assert type(answerability(passages(*found), LIMITS, "en", in_scope=True)) is verdict


@given(CANDIDATES, st.sampled_from(["en", "fr"]), st.booleans())
def test_what_is_harder_to_know_is_answered_no_sooner(
    found: list[tuple[float, float, bool]], language: str, in_scope: bool
) -> None:
    order = [Unanswered, Unclear, Answered]
    facts = passages(*found)
    here = answerability(facts, LIMITS, language, in_scope)
    surest = answerability(facts, LIMITS, "en", True)
    assert order.index(type(here)) <= order.index(type(surest))


@pytest.mark.parametrize("answer", ["{title}", "the second one", "2"])
def test_a_question_near_to_several_articles_is_asked_back_once_and_then_answered(
    counter: Counter, answer: str
) -> None:
    ingest([HELP / "en"], counter.shop.folder / "knowledge", embedder(), lambda *_: None)
    asked = counter.says("what happens with my parcel and the costs when nobody is at home?", conversation="c")
    assert asked.rules == ("KNO-3",)
    titles = [line.removeprefix("- ") for line in asked.reply.splitlines() if line.startswith("- ")]
    assert 2 <= len(titles) == len(set(titles)) <= 3
    chosen = counter.says(answer.format(title=titles[1]), conversation="c")
    assert chosen.rules == ("KNO-1",)
    assert titles[1] in chosen.reply


TITLES = ("Where is my order? How do I track my parcel?", "My parcel is lost, what happens now?", "How can I pay?")


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("How can I track a parcel?", TITLES[0]),
        ("is my parcel lost", TITLES[1]),
        ("parcel?", None),
        ("can a parcel be tracked by text message", None),
        ("how can I pay", None),
    ],
)
def test_a_question_in_the_words_of_one_title_is_answered_by_it(question: str, title: str | None) -> None:
    """Near to several, ahead in none: only a title that has every telling word, two at least, decides."""
    near = [
        Fact(f"F{n}", "passage", "a.md", {"title": one}, score=0.5, ahead=0.1, shares_words=True)
        for n, one in enumerate(TITLES)
    ]
    found = answerability(near, LIMITS, "en", True, question)
    assert (found.passage.fields["title"] if isinstance(found, Answered) else None) == title
    far = [replace(one, score=0.3) for one in near]
    assert not isinstance(answerability(far, LIMITS, "en", True, question), Answered)


@pytest.mark.parametrize(
    ("text", "language", "article"),
    [
        ("How can I track a parcel?", "en", "track-parcel"),
        ("what's your return window??", "en", "return-window"),
        ("What is your return policy?", "en", "return-window"),
        ("how long do refunds take?", "en", "refund-time"),
        ("Quel est votre délai de retour ?", "fr", "return-window"),
        ("Combien de temps prend un remboursement ?", "fr", "refund-time"),
    ],
)
def test_common_questions_in_customers_words_are_answered_to_anybody(
    counter: Counter, text: str, language: str, article: str
) -> None:
    ingest([HELP], counter.shop.folder / "knowledge", embedder(), lambda *_: None)
    answer = counter.says(text, email=None, verified=False)
    assert answer.rules == ("KNO-1",)
    assert [Path(one).stem for one in answer.citations] == [article]
    assert answer.language == language


def test_a_question_that_says_more_is_searched_by_its_own_words() -> None:
    assert searched("What is your return window?", "en") == "how long do i have to return something"
    longer = "What is your return window for a sofa that I bought as a company in Spain?"
    assert searched(longer, "en") == longer.lower()
    assert searched("return policy for order 1001", "en") == "return policy for order 1001"
    assert searched("Rückgabefrist?", "de") == "rückgabefrist?"
