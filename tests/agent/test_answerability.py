"""A question of the shop is answered by one article, asked back about among several, or left to a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.answerability import Answered, Unanswered, Unclear, answerability
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
