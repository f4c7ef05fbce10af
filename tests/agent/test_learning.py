"""What solved tickets teach: nobody's data in it, nothing twice, nothing that only one customer was told."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.brains.own_words import plain
from agent.case import Intent
from agent.gaps.grouping import Meanings
from agent.learning.learning import Export, Learned, Learner
from agent.learning.masking import Masker
from agent.learning.matching import Answer, cut, recurring
from agent.learning.proposal import Kind, Proposal, State
from agent.learning.tags import tagged
from agent.learning.ticket import Person, SolvedTicket
from agent.learning.vocabulary import Vocabulary
from agent.learning.wording import sentences, without_frame
from agent.policy import Policy
from connectors.exports.reading import read
from tests.desks import embedder, intents, language
from tests.exports import EVERY, personal, zendesk

JANE = Person(("Jane Quixley",), ("jq@mail.example", "j.quixley@mail.example"), ("+44 20 7946 0999",))


@cache
def meanings() -> Meanings:
    return Meanings(embedder())


def learner(helps: Callable[[str, str, str], bool] = lambda *_: False) -> Learner:
    return Learner(intents(), language(), Policy(), meanings(), helps, lambda who: f"hash of {len(who)}")


def ticket(number: int, question: str, answer: str = "", **given: object) -> SolvedTicket:
    person = Person((f"Customer{number} Bythewood",), (f"c{number}@mail.example",))
    made = SolvedTicket("jsonl", str(number), "email", "", (question,), (answer,) if answer else (), customer=person)
    return replace(made, **given)  # type: ignore[arg-type]


def every_word(proposal: Proposal) -> str:
    texts = " ".join(source.text for source in proposal.sources)
    return f"{proposal.title}\n{proposal.body}\n{texts}\n{proposal.why}".casefold()


@cache
def told(vendor: str, folder: Path) -> Learned:
    return learner()(Export.of(read(EVERY[vendor](folder))).tickets, (), 3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exports")


# -- the whole -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", EVERY)
def test_no_name_contact_number_or_address_of_a_customer_is_in_any_proposal(vendor: str, folder: Path) -> None:
    found = told(vendor, folder).proposals
    assert found
    held = [(one.id, word) for one in found for word in personal() if word in every_word(one)]
    assert held == []


@pytest.mark.parametrize("vendor", EVERY)
def test_a_recurring_answer_becomes_an_article_and_one_about_each_order_a_macro(vendor: str, folder: Path) -> None:
    by_kind = {one.kind: one for one in told(vendor, folder).proposals}
    article, macro = by_kind[Kind.ARTICLE], by_kind[Kind.MACRO]
    assert "Choose gift wrap in the basket before you pay." in article.body
    assert "4.90 EUR" in article.body, "what everybody was told stays"
    assert "gift" in article.title.lower()
    assert article.count == 6
    assert "Your order {order} left our warehouse on {date}" in macro.body
    assert "{amount} of postage" in macro.body, "what differs is a placeholder"
    assert "Hi" not in macro.body
    assert "Best" not in macro.body


def test_tags_that_say_otherwise_than_the_classifier_make_a_group_to_label() -> None:
    asked = (
        "can I collect my parcel at the shop",
        "may I collect my parcel in your shop",
        "is it possible to collect my parcel at the shop",
    )
    made = learner()([ticket(n, text, tags=("account",)) for n, text in enumerate(asked)], (), 3)
    (group,) = made.proposals
    assert (group.kind, group.label, group.count) == (Kind.EXAMPLES, "account", 3)
    assert "tags say account for 3 of 3" in group.why


def test_what_the_classifier_surely_reads_is_counted_and_not_proposed() -> None:
    made = learner()([ticket(n, f"Where is my order #{10_000 + n}?") for n in range(5)], (), 3)
    assert (made.proposals, made.understood) == ((), 5)


def test_a_group_needs_customers_not_tickets() -> None:
    one = Person(("Same Bythewood",), ("same@mail.example",))
    answer = "Yes, we gift wrap for 4.90 EUR an item. Choose gift wrap in the basket before you pay."
    same = [ticket(n, "do you gift wrap?", answer, customer=one) for n in range(9)]
    assert learner()(same, (), 3).proposals == ()
    assert [
        one.kind for one in learner()([ticket(n, "do you gift wrap?", answer) for n in range(3)], (), 3).proposals
    ] == [Kind.ARTICLE]


def test_an_answer_that_the_help_centre_gives_already_is_not_proposed(folder: Path) -> None:
    tickets = Export.of(read(zendesk(folder))).tickets
    made = learner(lambda question, answer, tag: "gift wrap" in answer)(tickets, (), 3)
    assert made.in_help == 1
    assert Kind.ARTICLE not in {one.kind for one in made.proposals}


def test_the_same_export_gives_the_same_proposals_whatever_the_order_of_its_tickets(folder: Path) -> None:
    tickets = Export.of(read(zendesk(folder))).tickets
    assert learner()(tickets[::-1], (), 3).proposals == learner()(tickets, (), 3).proposals


def test_nothing_is_proposed_twice_and_nothing_rejected_again(folder: Path) -> None:
    tickets = Export.of(read(zendesk(folder))).tickets
    first = learner()(tickets, (), 3).proposals
    for state in State:
        known = [replace(one, state=state) for one in first]
        again = learner()(tickets, known, 3)
        assert again.proposals == ()
    fewer = learner()(tickets[:-1], [replace(one, state=State.REJECTED) for one in first], 3)
    assert fewer.proposals == (), "a later export holds some of the same tickets"


def test_nothing_is_learned_from_nothing_and_from_a_single_ticket() -> None:
    assert learner()([], (), 3).proposals == ()
    assert (
        learner()(
            [ticket(1, "do you gift wrap?", "Yes, we gift wrap everything for 4.90 EUR an item.")], (), 2
        ).proposals
        == ()
    )


def test_machines_letters_and_empty_messages_teach_nothing() -> None:
    texts = (
        "Out of office: I am away until Monday. This is an automatic reply.",
        "> only quoted",
        "  ",
        "!!",
        "Thanks,\nJane",
    )
    made = learner()([ticket(n, text) for n, text in enumerate(texts * 3)], (), 3)
    assert made.proposals == ()


# -- masks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Jane Quixley here, where is it?",
        "where is it? JANE",
        "jane's parcel did not come",
        "my name is Ulrike van Hoogstraten and I wait",
        "my name is ulrike hoogstraten and I wait",
        "it is for my wife hoogstraten",
        "je m'appelle Ulrike Hoogstraten",
        "please ask Hoogstraten about it",
        "write to ulrike@hoogstraten.example",
        "see https://hoogstraten.example/ulrike?x=1",
        "I am @hoogstraten there",
        "call 020 7946 0999 or (415) 555-0999",
        "call +49 30 1234 0999",
        "call 06.12.34.09.99",
        "order 480999 and #0999 and W0999",
        "order AB-0999X",
        "parcel 1Z999AA10999480999",
        "IBAN FR76 3000 6000 0112 3456 7890 999",
        "card 4111 1111 1111 0999",
        "I paid 1,099.99 EUR on 09.09.1999",
        "on 17 November or Nov 17th",
        "send it to 12 hoogstraten road",
        "send it to 12 rue des hoogstraten, please",
        "an der Hoogstratenstraße 12",
        "to PO Box 0999",
        "I live at SW1A 0AA",
        "75011 Hoogstraten",
    ],
)
def test_what_may_be_a_persons_does_not_pass(text: str) -> None:
    masked = Masker(Vocabulary(), Policy()).in_example(text, JANE).casefold()
    for word in (
        "jane",
        "quixley",
        "ulrike",
        "hoogstraten",
        "0999",
        "7946",
        "999",
        "17",
        "sw1a",
        "75011",
        "12 34",
        "4111",
    ):
        assert word not in masked, masked


@given(
    st.text(st.sampled_from("aZ09 .,-@#+/:\n{}é…_"), max_size=60) | st.from_regex(r"[\w.+-]+@[\w-]+\.\w+|#?\w*\d{3}\w*")
)
def test_neither_an_address_nor_three_digits_pass_whatever_is_around_them(text: str) -> None:
    masked = Masker(Vocabulary(), Policy()).in_example(text, Person())
    left = masked.replace("me@mail.example", "").replace("#1234", "")
    assert not re.search(r"\d{3}|[\w.+-]+@[\w-]+\.[a-z]", left), masked


def test_hostile_text_is_read_in_time_that_grows_with_its_length() -> None:
    masker = Masker(Vocabulary(), Policy())
    for part in ("-", "a-", "thanks a", "1 ", "1-", "A ", "\nthanks ", "@a.", "{", "St "):
        long = part * (20_000 // len(part))
        assert len(masker.in_example(long, JANE)) <= 2 * len(long)
        assert len([*sentences(without_frame(long))]) <= len(long)


def test_small_numbers_and_ordinary_words_stay() -> None:
    masker = Masker(Vocabulary(), Policy())
    assert (
        masker.in_example("I ordered 2 shirts in size 38, WHERE ARE THEY?", JANE)
        == "I ordered 2 shirts in size 38, WHERE ARE THEY?"
    )


def test_a_name_that_is_a_word_is_masked_only_where_it_is_written_like_a_name() -> None:
    masker = Masker(Vocabulary(), Policy())
    will = Person(("Will Quixley",))
    assert masker.in_example("will it come? Ask Will", will) == "will it come? Ask …"


def test_a_word_with_a_capital_stays_when_several_customers_use_it() -> None:
    vocabulary = Vocabulary()
    masker = Masker(vocabulary, Policy())
    assert masker.in_example("the Kestrelux is broken", JANE) == "the … is broken"
    for who in "abc":
        vocabulary.add(who, "my Kestrelux is broken")
    assert masker.in_example("the Kestrelux is broken", JANE) == "the Kestrelux is broken"


# -- wording ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Hi Jane,\n\nYes, we do.\n\nKind regards,\nLea\nCustomer care", "Yes, we do."),
        ("Dear Ms. Quixley, your parcel left.", "your parcel left."),
        ("Hello Where is it", "Where is it"),
        ("Bonjour Madame Dupont,\nOui.\nBonne journée,\nLéa", "Oui."),
        ("Good morning! It left. Thanks for your patience, Tom", "It left."),
        ("It left.\nLea", "It left.\nLea"),
        ("Guten Tag, ja.\n\nMit freundlichen Grüßen\nAnna", "ja."),
        ("Hola Ana: sí.\nUn saludo", "sí."),
        ("Thanks!", ""),
        ("Thanks for nothing, where is it?", "Thanks for nothing, where is it?"),
    ],
)
def test_greeting_and_farewell_fall_away(text: str, own: str) -> None:
    assert without_frame(text) == own


def test_abbreviations_end_no_sentence() -> None:
    assert [*sentences("We wrap, e.g. presents. It costs 4.90 EUR!\n- a card\n- a ribbon")] == [
        "We wrap, e.g. presents.",
        "It costs 4.90 EUR!",
        "a card",
        "a ribbon",
    ]


# -- copies ----------------------------------------------------------------------------------------------------


def answer(who: str, text: str) -> Answer:
    return Answer(f"t:{who}", who, "en", cut(plain(text, 5_000), Masker(Vocabulary(), Policy()), Person()))


def kept(*texts: str, least: int = 3) -> list[str]:
    first, *others = (answer(str(number), text) for number, text in enumerate(texts))
    return [one.text for one in recurring(first, others, least, {})]


def test_a_sentence_that_one_customer_was_told_is_left_out() -> None:
    assert kept("We ship daily. The neighbour has it.", "We ship daily.", "We ship daily. Sorry!") == ["We ship daily."]


def test_a_figure_that_all_were_told_stays_and_one_that_differs_is_a_placeholder() -> None:
    texts = [
        f"It costs 4.90 EUR and takes {days} days, see {order}."
        for days, order in ((2, "#48219"), (3, "#48220"), (5, "#48221"))
    ]
    assert kept(*texts) == ["It costs 4.90 EUR and takes {number} days, see {order}."]


def test_an_order_number_is_a_placeholder_even_when_all_were_told_the_same() -> None:
    assert kept(*["See order #48219 please."] * 4) == ["See order {order} please."]


def test_braces_that_people_wrote_are_no_placeholders() -> None:
    assert kept(*["Use the code {FREE} at checkout {now}."] * 3)[0].count("{") <= 1


# -- tags ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "intent"),
    [
        (("Refund", "vip"), Intent.REFUND_REQUEST),
        (("order-status",), Intent.ORDER_STATUS),
        (("returns",), Intent.RETURN_REQUEST),
        (("intent_invoice",), Intent.INVOICE),
        (("refund", "invoice"), None),
        (("vip", ""), None),
    ],
)
def test_a_tag_that_is_called_like_an_intent_says_it(tags: tuple[str, ...], intent: Intent | None) -> None:
    assert tagged(tags) is intent
