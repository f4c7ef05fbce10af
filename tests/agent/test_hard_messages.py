"""docs/hard-messages.md does what it says: each row is driven by its own example."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.case import Disposition, Incoming
from agent.rules import RULES
from tests.desks import Counter
from tests.shop import ANA
from tools.orders.model import Lifecycle

PAGE = Path(__file__).parents[2] / "docs" / "hard-messages.md"
TESTS = Path(__file__).parent


def rows() -> list[tuple[str, ...]]:
    """Kind, example, what is done, rule, test."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]) for line in lines]
    return [row for row in cells if row[0] != "kind"]


def said(example: str) -> tuple[str, str]:
    """Subject and text."""
    subject, parted, text = example.partition(r"\|")
    return (subject.strip(), text.strip().replace(" / ", "\n")) if parted else ("", example)


@pytest.mark.parametrize(("kind", "example", "_", "rule", "test"), rows())
def test_each_row_of_the_page_holds(counter: Counter, kind: str, example: str, _: str, rule: str, test: str) -> None:
    order = counter.shop.order(payments=[])
    subject, text = said(example)
    answer = counter.desk.answer(Incoming("m", "c", "email", text, ANA, True, subject))
    assert rule in answer.rules, kind
    assert answer.disposition is not Disposition.ACTED
    assert counter.shop.get(order.number).lifecycle is Lifecycle.CONFIRMED
    assert answer.mode == ("draft" if rule == "MCH-1" else "sent")


def test_the_page_names_rules_and_tests_that_exist() -> None:
    known = "\n".join(path.read_text(encoding="utf-8") for path in TESTS.glob("test_*.py"))
    for kind, _, _, rule, test in rows():
        assert rule in RULES, kind
        assert f"def {test}(" in known, kind


def test_words_of_care_answer_who_speaks_of_ending_it(counter: Counter) -> None:
    answer = counter.says("I have no reason to live any more")
    assert answer.rules == ("HND-2",)
    assert "emergency number" in answer.reply


REFUSED = [
    ("shipped", "Cancel order {}", "Annulez la commande {}", "CAN-2"),
    (
        "shipped",
        "Send order {} to 4 Mill Lane, 69007 Lyon",
        "Livrez la commande {} au 4 rue Pasteur, 69007 Lyon",
        "ADR-2",
    ),
    ("old", "I want to return order {}", "Je voudrais renvoyer la commande {}", "RET-2"),
    ("shipped", "I want to return order {}", "Je voudrais renvoyer la commande {}", "RET-1"),
]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(("state", "english", "french", "rule"), REFUSED)
def test_what_the_rules_refuse_is_said_in_both_languages(
    counter: Counter, state: str, english: str, french: str, rule: str, language: str
) -> None:
    order = counter.shop.shipped() if state == "shipped" else counter.shop.delivered({"mug": 1}, days_ago=90)
    answer = counter.says((english if language == "en" else french).format(order.number))
    assert answer.rules == (rule,)
    assert answer.disposition is Disposition.ANSWERED


@pytest.mark.parametrize(
    "text", ["I love my new mug, thank you so much!", "J'adore ma tasse, bravo à toute l'équipe !"]
)
def test_praise_is_thanked_for(counter: Counter, text: str) -> None:
    answer = counter.says(text)
    assert (answer.rules, answer.disposition) == (("TLK-1",), Disposition.ANSWERED)
