"""Whether the help centre answers a question: by one passage, perhaps by one of several, or not at all.

Measured in `wismo eval search`; why so, in docs/decisions/0005.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.meaning.words import stem, tokens
from agent.policy import UnderstandingTable
from knowledge.query import WORDS_OF
from tools.contract import Fact

# The embedding hardly knows other languages than English: there a strange question lies nearer to the passages.
ELSEWHERE = 0.1
# A question that is none of ours by its words must lie nearer.
STRANGE = 0.2
CHOICES = 3
TELLING = 2
"""Words of a question that must stand in a title, so that it is the title of the answer: one alone says little."""
SMALL = frozenset(stem(word) for words in WORDS_OF.values() for one in words for word in tokens(one))


@dataclass(frozen=True, slots=True)
class Answered:
    passage: Fact


@dataclass(frozen=True, slots=True)
class Unclear:
    """Near to several articles and ahead in none: worth a question. Best first, at most `CHOICES`."""

    passages: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A gap in the help centre."""


Answerability = Answered | Unclear | Unanswered


def answerability(
    passages: Sequence[Fact], understanding: UnderstandingTable, language: str, in_scope: bool, question: str = ""
) -> Answerability:
    """`passages` best first, one an article; `in_scope`: the question is one of ours by its words.

    An article whose title has every telling word of the question answers it, where it is near and the only such one.
    """
    if not passages:
        return Unanswered()
    best, harder = passages[0], ELSEWHERE * (language != "en") + STRANGE * (not in_scope)
    near_enough = best.score >= understanding.answer_similarity + harder
    ahead = best.ahead >= understanding.answer_lead or best.score >= understanding.answer_surely + harder
    if best.shares_words and near_enough and ahead:
        return Answered(best)
    titled = [one for one in passages if _asks_its_title(question, one)]
    if len(titled) == 1 and titled[0].shares_words and titled[0].score >= understanding.answer_similarity + harder:
        return Answered(titled[0])
    near = [one for one in passages if one.shares_words and one.score >= understanding.ask_similarity + harder]
    return Unclear(tuple(near[:CHOICES])) if near and near[0] is best else Unanswered()


def _asks_its_title(question: str, passage: Fact) -> bool:
    asked = {word for word in tokens(question) if word not in SMALL and len(word) > 2}
    return len(asked) >= TELLING and asked <= set(tokens(str(passage.fields.get("title", ""))))
