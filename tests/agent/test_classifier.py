"""The classifier served from arrays is the one that scikit-learn trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agent.brains.classifier import IntentModel, ModelMissing, Written, examples
from agent.brains.lexical import characters, words
from agent.brains.teaching import vectorizers
from agent.brains.validation import paraphrases
from agent.case import Intent
from tests.desks import embedder, intents

TEXTS = ["Where is my order #1234?", "a", "l'été, j'ai reçu 2 colis", "x y zz", "Hello   there!!", "é", "C'EST OÙ"]


def test_characters_and_words_are_counted_as_scikit_learn_counts_them() -> None:
    by_characters, by_words = vectorizers()
    for text in TEXTS:
        assert sorted(characters(text.lower())) == sorted(by_characters.build_analyzer()(text.lower()))
        assert sorted(words(text.lower())) == sorted(by_words.build_analyzer()(text.lower()))


def test_every_intent_has_examples_enough_in_both_languages() -> None:
    counted: dict[tuple[str, str], int] = {}
    for _, language, intent in examples():
        counted[language, intent] = counted.get((language, intent), 0) + 1
    assert all(counted.get(("en", intent), 0) >= 40 for intent in Intent)
    assert all(counted.get(("fr", intent), 0) >= 25 for intent in Intent)


def test_probabilities_are_probabilities_and_the_taught_are_known() -> None:
    guesses = intents().guess([Written("where is my order #1234?", "en"), Written("où est ma commande #1234 ?", "fr")])
    assert [guess.label for guess in guesses] == ["order_status", "order_status"]
    assert all(0.5 < guess.confidence <= 1 for guess in guesses)
    assert np.isclose(intents().guess([Written("thanks", "en")])[0].nearest, 1, atol=0.01)


def test_a_missing_model_names_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="make setup"):
        IntentModel.load(tmp_path, embedder())


def test_what_is_judged_apart_was_never_taught_as_a_paraphrase() -> None:
    one, other = np.eye(6, dtype=np.float32)[0], np.eye(6, dtype=np.float32)[1]
    between = (one + other) / np.linalg.norm(one + other)
    near_one, near_other = (side + 0.3 * between for side in (one, other))
    rows = [one, near_one, other, near_other, np.eye(6, dtype=np.float32)[3]]
    groups = paraphrases(np.stack([row / np.linalg.norm(row) for row in rows]))
    assert groups[0] == groups[1]
    assert groups[2] == groups[3]
    assert len(set(groups)) == 3


def test_a_chain_of_near_ones_is_one_group() -> None:
    angles = np.radians([0, 20, 40, 60, 120])
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    groups = paraphrases(rows)
    assert len({groups[place] for place in range(4)}) == 1
    assert groups[4] != groups[0]
