"""The wording: every variant in every language, placeholders that exist, no figure of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from agent.case import Reason
from agent.checking.lexicon import lexicon
from agent.playbooks import playbooks
from agent.replies.render import UnknownPlaceholder, render, say
from agent.replies.templates import FOLDER, PLACEHOLDER, fill, sections_of, variant, words
from tools.contract import Risk, Term
from tools.orders.agreement import Action
from tools.orders.money import Money
from tools.verbs import TOOLS

LANGUAGES = ("en", "fr", "es", "de")
SENT_BY_NOBODY = {("fr", "talk", "auto_reply")}  # a machine gets no answer (MCH-1)
FILES = sorted(path.stem for path in (FOLDER / "en").glob("*.md"))


@pytest.mark.parametrize(("language", "name"), list(product(LANGUAGES, FILES)))
def test_no_wording_promises_what_the_check_would_refuse(language: str, name: str) -> None:
    words = lexicon(language)
    assert words
    for variant_name, text in sections_of(language, name).items():
        found = words.promises.search(PLACEHOLDER.sub("X", text))
        assert found is None or (language, name, variant_name) in SENT_BY_NOBODY, (variant_name, found)


@pytest.mark.parametrize(("name", "language"), list(product(FILES, LANGUAGES[1:])))
def test_every_language_has_the_same_variants(name: str, language: str) -> None:
    assert sections_of(language, name).keys() == sections_of("en", name).keys()


@pytest.mark.parametrize(("name", "language"), list(product(FILES, LANGUAGES[1:])))
def test_every_language_says_the_same_facts(name: str, language: str) -> None:
    for key, text in sections_of("en", name).items():
        assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(sections_of(language, name)[key])), key


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_is_checked_by_the_same_meanings(language: str) -> None:
    theirs, english = lexicon(language), lexicon("en")
    assert theirs
    assert english
    for table in ("cues", "subjects", "predicates", "alone"):
        assert english_names(getattr(theirs, table)) == english_names(getattr(english, table))


def english_names(table: Mapping[str, Any]) -> set[str]:
    """The meanings that a lexicon has words for; those that a language adds as "one or the other" are left out."""
    inner = {f"{name}.{key}" for name, held in table.items() if isinstance(held, Mapping) for key in held}
    return {name for name in (inner or set(table)) if "|" not in name and name != "shipped"}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_says_every_term_that_english_says(language: str) -> None:
    for table, terms in words("en").items():
        assert terms.keys() <= words(language)[table].keys()


@pytest.mark.parametrize(("name", "language"), list(product(FILES, LANGUAGES)))
def test_templates_hold_no_figure_and_no_link_of_their_own(name: str, language: str) -> None:
    literal = PLACEHOLDER.sub("", (FOLDER / language / f"{name}.md").read_text(encoding="utf-8"))
    assert not re.search(r"\d|https?:|www\.", literal)


OFFERED = [Action(name) for name, tool in TOOLS.items() if tool.risk is Risk.WRITE]


@pytest.mark.parametrize(("action", "language"), list(product(OFFERED, LANGUAGES)))
def test_every_action_can_be_confirmed_told_done_queued_rejected_and_refused(action: Action, language: str) -> None:
    for key in ("confirm", "done", "queued", "rejected", "changed", "other"):
        assert "{quote.order}" in variant(language, action, key)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_hand_off_speaks(reason: Reason) -> None:
    assert all(reason.value in sections_of(language, "hand_off") for language in LANGUAGES)


def test_every_playbook_names_a_reply_that_exists() -> None:
    named = {playbook.reply for playbook in playbooks().values() if playbook.about in {"order", "help"}}
    assert named <= set(FILES)


def test_a_sentence_whose_fact_is_unknown_is_left_out() -> None:
    text = fill(
        "Shipped with {order.carrier}.\nTracking {order.tracking}.",
        {"order": "F1"},
        {"F1": {"tracking": "9"}},
    )
    assert text == "Tracking {F1.tracking}."


def test_money_and_dates_are_said_in_the_customers_language_and_the_shops_time_zone() -> None:
    late_evening = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert say(Money(123456, "EUR"), "fr", "Europe/Paris") == "1\u202f234,56\xa0€"
    assert say(Money(123456, "EUR"), "en", "Europe/Paris") == "€1,234.56"
    assert say(Money(123456, "EUR"), "es", "Europe/Paris") == "1.234,56\xa0€"
    assert say(Money(123456, "EUR"), "de", "Europe/Paris") == "1.234,56\xa0€"
    assert say(late_evening, "fr", "Europe/Paris") == "2 mars 2026"
    assert say(late_evening, "es", "Europe/Paris") == "2 de marzo de 2026"
    assert say(late_evening, "de", "Europe/Paris") == "2. März 2026"
    assert say(Term("status.shipped"), "fr", "Europe/Paris") == "en route"


def test_a_draft_that_speaks_of_an_unknown_fact_is_not_rendered() -> None:
    with pytest.raises(UnknownPlaceholder):
        render("Your refund is {F9.total}", {"F1": {}}, "en", "Europe/Paris")


def test_every_word_list_is_valid_in_each_language() -> None:
    kept = Path(FOLDER).parent / "brains" / "words"
    assert {path.stem for path in kept.glob("??.toml")} == set(LANGUAGES)
