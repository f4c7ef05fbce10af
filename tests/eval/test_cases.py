"""The shipped cases: enough of each group, none a copy of another; and what a wrong case is told."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from eval.suite import customers
from eval.suite.case import GROUPS, SHORT, Case, pattern_of
from eval.suite.reading import SHIPPED, BadCase, cases_of, read
from eval.suite.shop import VARIANTS
from eval.world import catalogue, people

ROOT = Path(__file__).parent.parent.parent
NAMES = {
    *(word for one in customers.CUSTOMERS.values() for word in one["name"].split()),
    *(name for names in (*people.FIRST.values(), *people.LAST.values()) for name in names),
    *(word for item in catalogue.ITEMS for word in item.name.split()),
    *(place for place in ("Lyon", "Paris", "Nantes", "Lille", "Bordeaux", "Bruxelles", "rue", "avenue", "quai")),
}
ITEM_WORDS = re.compile(
    r"\b(?:" + "|".join(map(re.escape, sorted(NAMES, key=len, reverse=True))) + r")\b", re.IGNORECASE
)
GOOD = """
- id: a-case
  says: what it is for
  shop: {orders: ["1001 shipped"]}
  turns: [{say: "where is 1001?"}]
"""


@cache
def shipped() -> tuple[Case, ...]:
    return cases_of([SHIPPED])


def masked(text: str) -> str:
    """Without what makes two copies of one template differ: names, goods, places, numbers, addresses, signs."""
    text = re.sub(r"[\w.+-]+@[\w.-]+", "E", text)
    text = ITEM_WORDS.sub("N", text)
    return " ".join(re.sub(r"[\d_]+|[^\w\s]", " ", text).lower().split())


def template(case: Case) -> str:
    said = [step.say or (step.customer.opens if step.customer else "") for step in case.turns]
    return " | ".join(masked(text) for text in said if text)


def test_at_least_three_hundred_cases_are_shipped_and_twelve_of_each_group() -> None:
    counted = Counter(one.group for one in shipped())
    assert sum(counted.values()) >= 300
    assert set(counted) == set(GROUPS)
    assert min(counted.values()) >= 12


def test_at_most_five_cases_are_of_one_template_once_names_and_numbers_are_masked() -> None:
    counted = Counter(map(template, shipped()))
    assert [(text, count) for text, count in counted.items() if count > 5] == []
    openings = Counter(template(one).split(" | ")[0] for one in shipped())
    assert [(text, count) for text, count in openings.items() if count > 5] == []


def test_masking_makes_two_copies_of_one_template_alike() -> None:
    one, other = "Where is order 1001? Ana Lee, ana@example.com", "where is order #77, Bob Ray bob@shop.example"
    assert masked(one) == masked(other)
    assert masked(one) != masked("Cancel order 1001? Ana Lee, ana@example.com")


def test_english_french_and_others_are_all_there() -> None:
    languages = Counter(customers.CUSTOMERS[one.customer]["language"] for one in shipped())
    assert 0.15 <= languages["fr"] / languages.total() <= 0.35
    assert 0.55 <= languages["en"] / languages.total() <= 0.8
    assert languages["es"] >= 3
    assert languages["de"] >= 3


def test_a_case_is_no_example_that_the_classifier_is_taught() -> None:
    taught = {
        masked(line)
        for file in (ROOT / "agent" / "brains" / "examples").rglob("*.txt")
        for line in file.read_text(encoding="utf-8").splitlines()
    }
    opened = {template(one).split(" | ")[0]: one.id for one in shipped()}
    assert {name for text, name in opened.items() if text in taught and len(text.split()) > 4} == set()


def test_every_case_expects_something_and_every_known_issue_says_why() -> None:
    for one in shipped():
        expected = [step.expect for step in one.turns]
        assert any(part.model_fields_set for part in (*expected, one.expect)), one.id
        assert not one.known_issue or len(one.known_issue) > 30, one.id


def test_every_rule_that_a_case_names_exists() -> None:
    explained = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    named = {
        rule
        for one in shipped()
        for part in (*(s.expect for s in one.turns), one.expect)
        for rule in (*part.rules, *part.not_rules)
    }
    assert {rule for rule in named if f"| {rule} |" not in explained} == set()


def test_an_order_is_written_in_a_line() -> None:
    case = Case.model_validate(
        {
            "id": "a-case",
            "says": "what it is for",
            "shop": {"orders": ["1001 delivered 2.5 days ago of bob: throw-grey, 2 mugs-blue"]},
            "turns": [{"say": "hello"}],
        }
    )
    order = case.shop.orders[0]
    assert (order.order, order.state, order.days_ago, order.customer) == ("1001", "delivered", 2.5, "bob")
    assert [(item.sku, item.quantity) for item in order.items] == [("throw-grey", 1), ("mugs-blue", 2)]
    assert SHORT.fullmatch("1001 shipped")
    assert {"throw-grey", "mugs-blue"} <= VARIANTS.keys()


def test_words_fit_across_line_breaks_and_a_pattern_is_a_pattern() -> None:
    assert pattern_of("on its way").search("it is On its\nway")
    assert pattern_of("/paid (back|out)/").search("was paid OUT")
    assert not pattern_of("4.90").search("4x90")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            GOOD.replace("shipped", "flying"),
            "case a-case: shop.orders.0.state: Value error, no state 'flying'; there are unpaid",
        ),
        (GOOD.replace("1001 shipped", "nonsense"), "'nonsense' is no order; write for example: 1001 delivered"),
        (GOOD.replace("1001 shipped", "1001 shipped: unicorn"), "no item 'unicorn' in the demo catalogue"),
        (GOOD.replace("1001 shipped", "1001 shipped of zoe"), "no customer 'zoe'; there are ana, bob"),
        (GOOD.replace("says:", "sais:"), "case a-case: sais: Extra inputs are not permitted"),
        (GOOD.replace('say: "where', 'approve: lead, say: "where'), "a turn does exactly one of: say, approve"),
        (GOOD.replace('1001?"', '1001?", expect: {disposition: solved}'), "handed_off"),
        (GOOD.replace('1001?"', '1001?", expect: {must_say: "/(/"}'), "/(/ is not a regular expression"),
        (
            GOOD + '  expect: {end_state: {"7": {lifecycle: [a, b]}}}\n',
            "no order '7' in the shop of this case; there are 1001",
        ),
        ("cases: 7", "wrong.yaml: must hold a list of cases"),
        ("- {", "wrong.yaml: "),
    ],
)
def test_a_wrong_case_is_told_by_file_case_key_and_what_would_be_accepted(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadCase) as wrong:
        read(file)
    assert told in str(wrong.value)
    assert str(wrong.value).startswith("wrong.yaml: ")


def test_two_cases_of_one_id_are_told(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(BadCase, match="case a-case: there are 2 of this id"):
        cases_of([tmp_path])
