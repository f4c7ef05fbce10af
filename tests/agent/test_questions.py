"""How often the classifier is right on questions that it was never taught: a floor a little below what was measured."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.brains.classifier import Written, examples
from tests.desks import intents

HELD_OUT = tomllib.loads((Path(__file__).parent / "questions_en_fr.toml").read_text(encoding="utf-8"))
FLOORS = {"en": 0.85, "fr": 0.83}


def asked(language: str) -> Iterator[tuple[str, str]]:
    for intent, questions in HELD_OUT[language].items():
        yield from ((question, intent) for question in questions)


@pytest.mark.parametrize("language", sorted(FLOORS))
def test_questions_that_were_never_taught_are_understood(language: str) -> None:
    questions = list(asked(language))
    guesses = intents().guess([Written(text, language) for text, _ in questions])
    right = sum(guess.label == intent for guess, (_, intent) in zip(guesses, questions, strict=True))
    assert right / len(questions) >= FLOORS[language]


def test_none_of_them_is_an_example() -> None:
    taught = {" ".join(text.lower().split()) for text, *_ in examples()}
    assert not [
        text for language in HELD_OUT for text, _ in asked(language) if " ".join(text.lower().split()) in taught
    ]
