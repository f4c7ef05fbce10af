"""What counts as the same word."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge import lexical
from knowledge.lexical import words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Étiquettes", "etiquette"),
        ("remboursé", "REMBOURSEMENT"),
        ("delivery", "delivered"),
        ("sl-204", "SL-204."),
        ("l’adresse", "l'adresse"),
        ("L'adresse", "adresse"),
    ],
)
def test_words_that_a_customer_would_call_the_same_meet(one: str, other: str) -> None:
    assert set(words(one)) & set(words(other))


def test_a_code_is_found_whole_and_by_its_parts() -> None:
    assert words("QX-7731/b") == ["qx-7731/b", "qx", "7731", "b"]


def test_words_that_say_nothing_are_left_out() -> None:
    assert words("where is my the of and est-ce que le la") == ["est-ce"]


def test_unknown_words_score_nothing(tmp_path: Path) -> None:
    lexical.write(tmp_path / "words", ["kettle QX-7731", "returns", ""])
    lexicon = lexical.read(tmp_path / "words", 3)
    assert lexicon.scores("zebra").tolist() == [0, 0, 0]
    assert lexicon.scores("a kettle")[0] > 0
    assert lexicon.knows_a_code_of("my qx-7731")
    assert not lexicon.knows_a_code_of("order 99812 of the kettle")


def test_texts_without_words_make_a_lexicon_that_knows_none(tmp_path: Path) -> None:
    lexical.write(tmp_path / "words", ["", "?!"])
    assert lexical.read(tmp_path / "words", 2).scores("kettle").tolist() == [0, 0]
