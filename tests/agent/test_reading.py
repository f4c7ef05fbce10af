"""What is read off a message without a model."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from agent.brains import reading
from agent.brains.addresses import address_in
from agent.brains.agreeing import repeats, says_yes
from agent.brains.correcting import orders_meant
from agent.brains.language import LanguageGuess
from agent.brains.own_words import plain
from agent.case import Intent, Mood, OpenProposal
from agent.policy import Policy
from tools.orders.model import Address

POLICY = Policy()


@pytest.mark.parametrize(
    ("text", "orders"),
    [
        ("where is #1001?", ("#1001",)),
        ("cancel 1001 and 1002", ("1001", "1002")),
        ("order #W1234567, I repeat w1234567", ("w1234567",)),
        ("ORD-2024-5531 please", ("ORD-2024-5531",)),
        ("I paid $1200 for it", ()),
        ("it cost 1200 EUR", ()),
        ("call me on +33 6 12 34 56 78", ()),
        ("tracking number 357962501027", ()),
        ("my zip code is 78701", ()),
        ("12 Main St, Austin, TX 78701", ()),
        ("8 rue Pasteur, 69007 Lyon", ()),
        ("I wrote to you on 12/03/2026", ()),
        ("waiting since January 2026", ()),
        ("mail me at ana1001@example.com", ()),
        ("see https://shop.example/o/123456", ()),
        ("nothing here", ()),
    ],
)
def test_order_numbers_are_told_from_other_numbers(text: str, orders: tuple[str, ...]) -> None:
    assert reading.order_numbers(text, POLICY) == orders


def test_identifiers_are_masked_before_anything_understands_the_text() -> None:
    masked = reading.mask("I am ana@example.com, +33 6 12 34 56 78, order #W1234567", POLICY)
    assert masked == "I am me@mail.example, my phone, order #1234"


def test_a_script_in_a_message_is_not_read() -> None:
    text = plain("<p>Where is <b>#1001</b>?</p><script>steal('1002')</script>", 1000)
    assert reading.order_numbers(text, POLICY) == ("#1001",)
    assert "steal" not in text


def test_what_is_quoted_below_a_reply_is_not_the_customers_own_word() -> None:
    text = plain("Yes please\n\nOn 3 May 2026, Shop wrote:\n> Shall I cancel order 1001?", 1000)
    assert text == "Yes please"


def test_a_signature_is_cut_off() -> None:
    assert plain("Where is 1001?\n-- \nAna Lee\n+1 555 010 0100", 1000) == "Where is 1001?"


OURS = "> Shall I cancel order #1001? Please answer yes or no."


@pytest.mark.parametrize(
    "below",
    [
        f"On Sat, Nov 28, 2026 at 9:00 AM Shop <hello@shop.example> wrote:\n{OURS}",
        f"On Sat, Nov 28, 2026 at 9:00 AM A Shop With A Long Name <hello@shop.example>\nwrote:\n\n{OURS}",
        "From: Shop <hello@shop.example>\nSent: Saturday, November 28, 2026\nTo: Ana\n\nShall I cancel order #1001?",
        "De : Shop <hello@shop.example>\nEnvoyé : samedi 28 novembre 2026\nÀ : Ana\n\nDois-je annuler #1001 ?",
        f"Le sam. 28 nov. 2026 à 09:00, Shop <hello@shop.example> a écrit :\n{OURS}",
        "Am 28.11.2026 um 09:00 schrieb Shop <hello@shop.example>:\n\nShall I cancel order #1001?",
        "________________________________\nFrom: Shop\n\nShall I cancel order #1001?",
        "Kind regards,\nAna Lee\nHead of Sales, Acme Ltd\nTel. +1 512 555 0100",
        "Bien cordialement,\nAna Lee, service client Acme",
    ],
)
def test_what_mail_programs_put_below_is_cut_off(below: str) -> None:
    assert plain(f"No, leave it\n\n{below}", 1000) == "No, leave it"


def test_a_closing_formula_takes_no_words_away_that_say_more() -> None:
    assert "1001" in plain("Where is it?\nThanks,\nKind regards,\nAna, order 1001", 1000)
    assert "wrote" in plain("On 3 May you wrote that it would come", 1000)


def test_where_a_picture_stood_there_are_no_words() -> None:
    assert plain("[image: IMG_2034.jpg]\n[cid:part1.abc@x]", 1000) == ""


def test_direction_marks_and_control_characters_are_removed() -> None:
    assert plain("where\u202e is\x00 1001", 1000) == "where is 1001"


def test_a_date_that_does_not_exist_is_not_a_date() -> None:
    assert reading.dates("2026-02-30, 2026-03-01 or 24/12/2026") == (date(2026, 3, 1), date(2026, 12, 24))


@pytest.mark.parametrize(
    ("text", "language", "mood"),
    [
        ("where is my order", "en", Mood.NEUTRAL),
        ("I am disappointed, still waiting", "en", Mood.UNHAPPY),
        ("you are thieves", "en", Mood.ANGRY),
        ("WHERE IS MY ORDER THIS IS TOO MUCH!!!", "en", Mood.UNHAPPY),
        ("my lawyer will write to you", "en", Mood.LEGAL),
        ("I want to kill myself", "en", Mood.HARM),
        ("c'est trop court, taille M", "fr", Mood.NEUTRAL),
        ("je saisis mon avocat", "fr", Mood.LEGAL),
        ("vous êtes des voleurs", "fr", Mood.ANGRY),
        ("I can't go on, I want to end it all", "en", Mood.HARM),
        ("j'ai envie de mourir", "en", Mood.HARM),
        ("my wife will kill me if it is not here on Friday", "en", Mood.NEUTRAL),
        ("I hurt myself on the broken lamp", "en", Mood.NEUTRAL),
        ("I will come to your shop and hurt somebody", "en", Mood.ANGRY),
        ("je vais venir vous casser la figure", "fr", Mood.ANGRY),
        ("can you beat their price, do you sell bath bombs", "en", Mood.NEUTRAL),
        ("the courier smashed it up", "en", Mood.NEUTRAL),
        ("see you in court", "en", Mood.LEGAL),
        ("I will sue you", "en", Mood.LEGAL),
        ("ship it to 14 Oak Court. Regards, Sue", "en", Mood.NEUTRAL),
        ("je voudrais poursuivre ma commande", "fr", Mood.NEUTRAL),
    ],
)
def test_the_gravest_mood_that_the_words_bear_out(text: str, language: str, mood: Mood) -> None:
    assert reading.mood(text, (language,)) is mood


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (
            "please change the address of order 1002 to 12 Main St, Apt 4, Austin, TX 78701, USA",
            Address("12 Main St", "Austin", "78701", "USA", "Apt 4", "TX"),
        ),
        ("livrez plutôt au 8 rue Pasteur, 69007 Lyon", Address("8 rue Pasteur", "Lyon", "69007", "FR")),
        ("send it to 4 Mill Lane, London SW1A 1AA, UK", Address("4 Mill Lane", "London", "SW1A 1AA", "GB")),
        ("adresse : 12 rue de Rivoli 75004 Paris", Address("12 rue de Rivoli", "Paris", "75004", "FR")),
        ("non, plutôt 14 rue de Rivoli, 75004 Paris", Address("14 rue de Rivoli", "Paris", "75004", "FR")),
        ("only to 15 Oak Street, 78701 Austin, TX", Address("15 Oak Street", "Austin", "78701", "FR", "", "TX")),
        ("New one: 5 Green Lane, D04 X285 Dublin, Ireland", Address("5 Green Lane", "Dublin", "D04 X285", "IE")),
        (
            "For order #W2912646, please change the address to 953 Park Avenue, Suite 613, New York, NY 10064, USA.",
            Address("953 Park Avenue", "New York", "10064", "USA", "Suite 613", "NY"),
        ),
    ],
)
def test_an_address_is_read_out_of_a_sentence(text: str, address: Address) -> None:
    assert address_in(text, "FR") == address


@pytest.mark.parametrize("text", ["change my address please", "to my mother's, order 1001", "", "1001, 1002, 1003"])
def test_no_address_is_made_up(text: str) -> None:
    assert address_in(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I want to return only one of the towels", ""),
        ("I want to return part of my order", ""),
        ("only one of the towels arrived", "missing"),
        ("the box was empty", "missing"),
        ("le colis était vide", "missing"),
        ("je n'ai reçu qu'une tasse", "missing"),
    ],
)
def test_a_part_that_is_sent_back_is_not_a_part_that_is_missing(text: str, reason: str) -> None:
    assert reading.reason(text, ("en", "fr")) == reason


@pytest.mark.parametrize(
    ("text", "orders"),
    [
        ("where is 1103? oh wait no, 1104 I mean", ("1104",)),
        ("cancel 1103, I mean 1104", ("1104",)),
        ("annulez 1103, pardon, 1104", ("1104",)),
        ("orders no 1103, no 1104", ("1103", "1104")),
        ("cancel 1103 and 1104", ("1103", "1104")),
    ],
)
def test_a_corrected_number_takes_the_place_of_the_first(text: str, orders: tuple[str, ...]) -> None:
    assert orders_meant(text, text, POLICY) == orders


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("Yes, cancel it.", True),
        ("Yes. And where is 1427?", True),
        ("👍", True),
        ("Yes. How much will I get back?", False),
        ("Yes? And where is 1427?", False),
        ("Yes. But where is 1427?", False),
        ("Where is 1427?", False),
    ],
)
def test_a_yes_stands_beside_a_question_of_where_and_no_other(text: str, yes: bool) -> None:
    assert says_yes(text, ("en", "fr")) is yes


def open_proposal(tool: str) -> OpenProposal:
    return OpenProposal(tool, {"order": "1001"}, "digest", Intent.CANCEL_ORDER, datetime(2026, 11, 20, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "tool", "yes"),
    [
        ("Yes, cancel it.", "cancel_order", True),
        ("Yes, cancel order 1001 and refund me please", "cancel_order", True),
        ("Yes, open the return", "request_return", True),
        ("oui merci de demander le remboursement", "refund", True),
        ("Yes, cancel order 1002", "cancel_order", False),
        ("Yes, cancel the mug", "cancel_order", False),
        ("Yes, cancel one", "cancel_order", False),
        ("Yes, return it", "refund", False),
        ("Yes, cancel it tomorrow", "cancel_order", False),
        ("cancel it", "cancel_order", False),
    ],
)
def test_a_yes_may_repeat_the_wish_and_nothing_else(text: str, tool: str, yes: bool) -> None:
    assert repeats(text, [open_proposal(tool)], POLICY) is yes


def test_a_short_ok_and_a_street_say_nothing_about_the_language() -> None:
    guess = LanguageGuess(("en", "fr"))
    assert guess("ok") is None
    assert (guess("ok merci"), guess("ok thanks")) == ("fr", "en")
    assert guess("Please deliver order 2221 to 17 quai des Tanneurs, 59000 Lille, France.") == "en"
