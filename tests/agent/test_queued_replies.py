"""A return that waits for a person is told to the customer in words that pass their own check, in every language."""

from __future__ import annotations

import pytest

from agent import journal
from agent.brains.embedded import EmbeddedBrain
from agent.brains.language import LanguageGuess
from agent.case import Disposition, TicketId
from tests.desks import Counter, intents, policy_with
from tests.shop import Shop

SAID = {
    "en": ("I want to return everything of {}", "yes"),
    "fr": ("Je veux retourner toute ma commande {}", "oui"),
    "es": ("Quiero devolver todo el pedido {}", "sí"),
    "de": ("Ich möchte die ganze Bestellung {} zurückschicken", "ja"),
}


@pytest.mark.parametrize("language", SAID)
def test_a_return_that_needs_an_approver_is_told_to_be_noted(shop: Shop, language: str) -> None:
    policy = policy_with(shop={"languages": tuple(SAID)}, autonomy={"request_return": "approve"})
    counter = Counter(shop, EmbeddedBrain(intents(), LanguageGuess(tuple(SAID)), policy), policy)
    order = shop.delivered({"shirt": 2})
    wish, yes = SAID[language]
    counter.says(wish.format(order.number), conversation="c")
    queued = counter.says(yes, conversation="c", turn="yes")
    with shop.database.read() as db:
        entry = journal.of_ticket(db, TicketId("yes"))
    assert entry
    assert (queued.disposition, queued.handoff, entry.body["check"]) == (Disposition.QUEUED, None, [])
    assert "2 × T-Shirt" in queued.reply
    counter.index.close()
