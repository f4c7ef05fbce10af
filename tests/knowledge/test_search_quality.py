"""The right article is found by questions that were written apart from it, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.policy import UnderstandingTable
from eval.search_quality import HELP, decided, questions, recalled, unanswered
from knowledge.glossing import in_english
from knowledge.index import Index
from knowledge.ingest import ingest
from knowledge.query import cleaned, language_of
from knowledge.search import Searcher
from tests.desks import embedder


def test_french_and_english_questions_find_their_articles(tmp_path: Path) -> None:
    ingest([HELP], tmp_path, embedder(), lambda *_: None)
    told = recalled(Searcher(Index(tmp_path), embedder()), list(questions()), told_language=False)
    french = [told[name] for name in ("fr tuned", "fr heldout")]
    found = sum(one["among_five"] * one["questions"] for one in french) / sum(one["questions"] for one in french)
    assert found >= 0.82
    assert told["fr heldout"]["among_five"] >= 0.75
    assert told["en tuned"]["among_five"] >= 0.85


def test_what_no_article_answers_is_seldom_answered(tmp_path: Path) -> None:
    ingest([HELP], tmp_path, embedder(), lambda *_: None)
    searcher, limits = Searcher(Index(tmp_path), embedder()), UnderstandingTable()
    told = decided(searcher, [*questions()], limits, lambda _: True)
    strange = decided(searcher, [*unanswered()], limits, lambda _: True)
    given, right = (sum(group[name] for group in told.values()) for name in ("answered", "rightly"))
    assert right / given >= 0.7
    assert given >= 60
    assert strange["en heldout"]["answered"] + strange["fr heldout"]["answered"] <= 7


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("Hello, how long can I return order #1001? Thanks a lot", "how long can I return ?"),
        ("Bonjour, comment renvoyer un article, merci d'avance", "comment renvoyer un article"),
        ("hello", "hello"),
        ("return policy", "return policy"),
    ],
)
def test_a_question_is_searched_for_without_what_says_nothing(query: str, asked: str) -> None:
    assert cleaned(query) == asked


@pytest.mark.parametrize(
    ("query", "language"),
    [
        ("how long do I have to send it back", "en"),
        ("combien de temps ai-je pour le renvoyer", "fr"),
        ("cuánto tiempo tengo para devolverlo", "es"),
        ("wie lange kann ich das zurückgeben", "de"),
        ("invoice", None),
    ],
)
def test_the_language_of_a_question_is_told_by_its_small_words(query: str, language: str | None) -> None:
    assert language_of(query) == language


def test_a_language_without_a_glossary_stays_as_it_is() -> None:
    assert in_english("Wo ist mein Paket", "xx") == "Wo ist mein Paket"
    assert "refund" in in_english("quand serai-je remboursé ?", "fr")
