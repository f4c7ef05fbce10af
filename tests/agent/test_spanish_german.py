"""A shop with four languages answers in Spanish and German from its own templates, and each reply passes its check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pytest

from agent import journal
from agent.answer import Answer
from agent.brains.embedded import EmbeddedBrain
from agent.brains.language import LanguageGuess
from agent.case import Disposition, TicketId
from agent.checking.check import check_text
from agent.checking.finished import context_for
from agent.replies.templates import sections_of
from tests.desks import Counter, intents, policy_with
from tests.shop import ANA, Shop
from tools.orders import outbox
from tools.orders.model import Lifecycle

LANGUAGES = ("en", "fr", "es", "de")
SPOKEN = ("es", "de")
SAYS = {
    "status": ("¿Dónde está mi pedido {n}?", "Wo ist meine Bestellung {n}?"),
    "cancel": ("Quiero cancelar el pedido {n}", "Ich möchte die Bestellung {n} stornieren"),
    "yes": ("Sí", "Ja"),
    "no": ("No, gracias", "Nein, danke"),
    "return": ("Quiero devolver todo el pedido {n}", "Ich möchte die ganze Bestellung {n} zurückschicken"),
    "address": (
        "La nueva dirección del pedido {n} es Calle Mayor 12, 69002 Lyon, Francia",
        "Die neue Lieferadresse der Bestellung {n} lautet Hauptstraße 12, 69002 Lyon, Frankreich",
    ),
    "refund status": ("¿Dónde está el reembolso del pedido {n}?", "Wo bleibt die Erstattung für die Bestellung {n}?"),
    "question": ("¿Cuánto tiempo tengo para devolver un artículo?", "Wie lange kann ich einen Artikel zurückgeben?"),
    "person": ("Quiero hablar con una persona", "Ich möchte mit einem Menschen sprechen"),
    "hello": ("Hola, buenos días", "Guten Tag"),
    "thanks": ("Muchas gracias", "Vielen Dank"),
}
HELP = {
    "es": """---
title: ¿Cuánto tiempo tengo para devolver un artículo?
language: es
---
# ¿Cuánto tiempo tengo para devolver un artículo?

## Plazo para devolver un artículo
Puede devolver un artículo en los 30 días siguientes a la entrega. Pida antes un número de devolución.
""",
    "de": """---
title: Wie lange kann ich einen Artikel zurückgeben?
language: de
---
# Wie lange kann ich einen Artikel zurückgeben?

## Frist für die Rückgabe
Sie können einen Artikel innerhalb von 30 Tagen nach der Lieferung zurückgeben. Bitte fragen Sie vorher nach einer Rücksendenummer.
""",
}


@pytest.fixture
def counter(shop: Shop) -> Iterator[Counter]:
    policy = policy_with(shop={"languages": LANGUAGES}, autonomy={"refund": "auto"})
    made = Counter(shop, EmbeddedBrain(intents(), LanguageGuess(LANGUAGES), policy), policy, mails=True)
    yield made
    made.index.close()


def say(counter: Counter, language: str, wish: str, number: str = "", conversation: str = "") -> Answer:
    """Its reply passed the check as it was first written, is of that language, and holds no word of another's."""
    turn = f"{language}-{wish}-{number}"
    answer = counter.says(SAYS[wish][SPOKEN.index(language)].format(n=number), conversation=conversation, turn=turn)
    assert answer.language == language
    assert not refused(counter, turn), answer.reply
    assert not foreign_words(answer.reply, language)
    return answer


def refused(counter: Counter, turn: str) -> object:
    with counter.shop.database.read() as db:
        entry = journal.of_ticket(db, TicketId(turn))
    assert entry
    assert entry.private
    return entry.private["check"]


def foreign_words(reply: str, language: str) -> set[str]:
    """Words of the English and French templates that no template of this language has."""
    own, others = template_words(language), template_words("en") | template_words("fr")
    return (set(re.findall(r"[^\W\d_]{3,}", reply.lower())) & (others - own)) - {"our", "shop"}


def template_words(language: str) -> set[str]:
    files = ("ask", "cancel_order", "change_address", "frame", "hand_off", "order_status", "refund", "request_return")
    texts = (text for name in files for text in sections_of(language, name).values())
    return {word for text in texts for word in re.findall(r"[^\W\d_]{3,}", re.sub(r"\{.*?\}", "", text).lower())}


@pytest.mark.parametrize("language", SPOKEN)
def test_where_an_order_is(counter: Counter, language: str) -> None:
    order = counter.shop.shipped()
    answer = say(counter, language, "status", order.number)
    assert (answer.disposition, answer.rules) == (Disposition.ANSWERED, ("STA-1",))
    assert order.shipments[0].tracking_number in answer.reply
    assert {"es": "18 de noviembre de 2026", "de": "18. November 2026"}[language] in answer.reply


@pytest.mark.parametrize("language", SPOKEN)
def test_a_late_order_is_said_to_be_late(counter: Counter, language: str) -> None:
    order = counter.shop.shipped(promised_at="2026-11-18T12:00:00Z")
    late = {"es": "Lleva retraso", "de": "später als versprochen"}[language]
    assert late in say(counter, language, "status", order.number).reply


@pytest.mark.parametrize("language", SPOKEN)
def test_an_order_is_cancelled_after_a_yes(counter: Counter, language: str) -> None:
    order = counter.shop.order()
    asked = say(counter, language, "cancel", order.number, "c")
    assert asked.disposition is Disposition.ASKED
    assert "20,00" in asked.reply
    done = say(counter, language, "yes", conversation="c")
    assert counter.shop.get(order.number).lifecycle is Lifecycle.CANCELLED
    assert {"es": "queda cancelado", "de": "jetzt storniert"}[language] in done.reply


@pytest.mark.parametrize("language", SPOKEN)
def test_a_no_leaves_the_order_as_it_is(counter: Counter, language: str) -> None:
    order = counter.shop.order()
    say(counter, language, "cancel", order.number, "c")
    left = say(counter, language, "no", conversation="c")
    assert counter.shop.get(order.number).lifecycle is Lifecycle.CONFIRMED
    assert {"es": "no he cambiado nada", "de": "nichts geändert"}[language] in left.reply


@pytest.mark.parametrize("language", SPOKEN)
def test_what_has_left_is_not_cancelled(counter: Counter, language: str) -> None:
    order = counter.shop.shipped()
    answer = say(counter, language, "cancel", order.number)
    assert {"es": "ya no se puede cancelar", "de": "nicht mehr storniert werden"}[language] in answer.reply


@pytest.mark.parametrize("language", SPOKEN)
def test_a_return_is_opened_after_a_yes_with_its_number(counter: Counter, language: str) -> None:
    order = counter.shop.delivered({"shirt": 2, "mug": 1})
    assert say(counter, language, "return", order.number, "r").disposition is Disposition.ASKED
    done = say(counter, language, "yes", conversation="r")
    (opened,) = counter.shop.get(order.number).returns
    assert opened.number in done.reply


@pytest.mark.parametrize("language", SPOKEN)
def test_an_address_is_changed_after_a_yes(counter: Counter, language: str) -> None:
    order = counter.shop.order()
    asked = say(counter, language, "address", order.number, "a")
    street = {"es": "Calle Mayor 12", "de": "Hauptstraße 12"}[language]
    assert f"{street}, 69002 Lyon" in asked.reply
    say(counter, language, "yes", conversation="a")
    assert counter.shop.get(order.number).address.line1 == street


@pytest.mark.parametrize("language", SPOKEN)
def test_the_state_of_a_refund_is_told(counter: Counter, language: str) -> None:
    order = counter.shop.order()
    say(counter, language, "cancel", order.number, "c")
    say(counter, language, "yes", conversation="c")
    told = say(counter, language, "refund status", order.number)
    none = say(counter, language, "refund status", counter.shop.delivered().number)
    assert "20,00" in told.reply
    assert {"es": "No hay ningún reembolso", "de": "weder eine Erstattung noch"}[language] in none.reply


@pytest.mark.parametrize("language", SPOKEN)
def test_a_question_is_answered_from_the_help_centre_in_its_language(counter: Counter, language: str) -> None:
    counter.knows(HELP[language], f"{language}.md")
    answer = say(counter, language, "question")
    assert answer.disposition is Disposition.ANSWERED
    assert "30" in answer.reply
    assert {"es": "De nuestra página de ayuda", "de": "Von unserer Hilfeseite"}[language] in answer.reply


@pytest.mark.parametrize("language", SPOKEN)
def test_who_asks_for_a_person_gets_one(counter: Counter, language: str) -> None:
    answer = say(counter, language, "person")
    assert answer.disposition is Disposition.HANDED_OFF


@pytest.mark.parametrize(("language", "word"), [("es", "persona"), ("de", "Mensch")])
def test_the_word_that_every_reply_names_brings_a_person(counter: Counter, language: str, word: str) -> None:
    assert word in sections_of(language, "frame")["closing"]
    answer = counter.says(word)
    assert (answer.disposition, answer.language) == (Disposition.HANDED_OFF, language)


@pytest.mark.parametrize(("language", "wish"), list(product(SPOKEN, ("hello", "thanks"))))
def test_small_talk_is_answered(counter: Counter, language: str, wish: str) -> None:
    assert say(counter, language, wish).disposition is Disposition.ANSWERED


@pytest.mark.parametrize("language", SPOKEN)
def test_another_customers_order_is_not_told(counter: Counter, language: str) -> None:
    theirs = counter.shop.order("pending", customer_id="bob")
    answer = say(counter, language, "status", theirs.number)
    assert (answer.disposition, answer.rules) == (Disposition.ASKED, ("SCP-1",))


@pytest.mark.parametrize(("language", "subject"), [("es", "es su código para"), ("de", "ist Ihr Code für")])
def test_a_one_time_code_is_mailed_in_the_customers_language(counter: Counter, language: str, subject: str) -> None:
    order = counter.shop.shipped()
    question = SAYS["status"][SPOKEN.index(language)].format(n=order.number)
    asked = counter.says(question, email=ANA, verified=False, conversation="c")
    with counter.shop.database.read() as db:
        (letter,) = (one for one in outbox.due(db, counter.shop.time, 9) if one.kind == "mail.code")
    assert (asked.rules, asked.language) == (("IDN-3",), language)
    assert subject in str(letter.body["subject"])
    told = counter.says(str(letter.body["subject"])[:6], email=ANA, verified=False, conversation="c")
    assert told.language == language
    assert order.shipments[0].tracking_number in told.reply


UNTRUE = {
    "es": (
        "Su pedido {n} se ha entregado.",
        "Su pedido {n} está cancelado.",
        "El reembolso de su pedido {n} se ha hecho.",
        "Su pedido {n} no se ha enviado.",
        "Le garantizo la entrega de su pedido {n} mañana.",
        "Le enviaremos un vale por su pedido {n}.",
        "Su pedido {n} se envió el 3 de mayo de 2026.",
        "El paquete de su pedido {n} se ha perdido.",
        "Su pedido {n} se entregó el 18 de noviembre de 2026.",
    ),
    "de": (
        "Ihre Bestellung {n} wurde zugestellt.",
        "Ihre Bestellung {n} ist storniert.",
        "Die Erstattung für Ihre Bestellung {n} ist erfolgt.",
        "Ihre Bestellung {n} wurde nicht verschickt.",
        "Ich garantiere, dass Ihre Bestellung {n} morgen ankommt.",
        "Wir schicken Ihnen einen Gutschein für Ihre Bestellung {n}.",
        "Ihre Bestellung {n} wurde am 3. Mai 2026 verschickt.",
        "Das Paket Ihrer Bestellung {n} ist verloren gegangen.",
        "Ihre Bestellung {n} wurde am 18. November 2026 zugestellt.",
    ),
}
TRUE = {
    "es": "Su pedido {n} está en camino con DHL. El último registro es del 18 de noviembre de 2026. Todavía no se ha entregado.",
    "de": "Ihre Bestellung {n} wurde mit DHL verschickt. Der letzte Scan war am 18. November 2026. Sie ist noch nicht zugestellt.",
}


@pytest.mark.parametrize(("language", "place"), list(product(SPOKEN, range(9))))
def test_what_the_record_does_not_bear_out_is_refused(shop: Shop, language: str, place: int) -> None:
    order = shop.shipped()
    context = context_for([order], language, "Europe/Paris", shop.time, person=False)
    assert check_text(UNTRUE[language][place].format(n=order.number), context)


@pytest.mark.parametrize("language", SPOKEN)
def test_what_the_record_bears_out_passes(shop: Shop, language: str) -> None:
    order = shop.shipped()
    context = context_for([order], language, "Europe/Paris", shop.time, person=False)
    assert check_text(TRUE[language].format(n=order.number), context) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Desisto del pedido {n}",
        "Quiero desistir de la compra {n}",
        "Hago uso de mi derecho de desistimiento para el pedido {n}",
        "Hiermit widerrufe ich die Bestellung {n}",
        "Ich mache von meinem Widerrufsrecht Gebrauch, Bestellung {n}",
    ],
)
def test_a_withdrawal_is_read_in_whatever_plain_words(counter: Counter, text: str) -> None:
    order = counter.shop.shipped()
    answer = counter.says(text.format(n=order.number))
    assert [one["action"] for one in answer.actions] == ["withdraw"]


@pytest.mark.parametrize(
    ("asks", "text"),
    [
        ("¿Dónde está el pedido {n}?", "no lo he recibido"),
        ("¿Dónde está el pedido {n}?", "No lo recibí"),
        ("Wo ist die Bestellung {n}?", "Ich habe es nicht erhalten"),
        ("Wo ist die Bestellung {n}?", "Ich habe sie nie bekommen"),
        ("Où est la commande {n} ?", "Je ne l'ai pas reçue"),
    ],
)
def test_what_was_not_received_is_the_order_at_hand(counter: Counter, asks: str, text: str) -> None:
    """Delivered by the record it is a claim; on its way it is told so."""
    came, travels = counter.shop.delivered({"mug": 1}), counter.shop.shipped()
    counter.says(asks.format(n=came.number), conversation="came")
    claimed = counter.says(text, conversation="came")
    assert [(one["action"], one["order_id"], one["status"]) for one in claimed.actions] == [
        ("refund", came.number, "proposed")
    ]
    counter.says(asks.format(n=travels.number), conversation="travels")
    told = counter.says(text, conversation="travels")
    assert (told.rules, [one["order_id"] for one in told.actions]) == (("REF-9",), [travels.number])


@pytest.mark.parametrize("text", ["Aún no lo he recibido", "Ich habe es noch nicht erhalten"])
def test_what_is_still_awaited_is_a_question_where_it_is(counter: Counter, text: str) -> None:
    order = counter.shop.shipped()
    answer = counter.says(text)
    assert answer.intents == ("order_status",)
    assert order.number in answer.reply
