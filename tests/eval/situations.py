"""Conversations with one customer over a small shop: what graders must find nothing in, and broken agents break."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from agent.answer import Answer
from agent.case import Incoming
from eval.grading import Watch
from eval.grading.evidence import Evidence
from tests.desks import Counter
from tests.shop import ANA, BOB, Shop, shop_file
from tools.orders.agreement import Action
from tools.orders.model import Order

Say = Callable[[Incoming], Answer]
Make = Callable[[Shop], Order]


@dataclass(frozen=True)
class Situation:
    """`says` with {n} for the number of the order that `make` makes, {b} for one of Bob's."""

    name: str
    make: Make
    says: tuple[str, ...]
    email: str | None = ANA
    verified: bool = True


def confirmed(shop: Shop) -> Order:
    return shop.order()


def two_items(shop: Shop) -> Order:
    return shop.order(items={"shirt": 2, "mug": 1})


def shipped(shop: Shop) -> Order:
    return shop.shipped()


def delivered(shop: Shop) -> Order:
    return shop.delivered()


def delivered_two(shop: Shop) -> Order:
    return shop.delivered({"lamp": 1, "mug": 2})


def long_ago(shop: Shop) -> Order:
    placed = (shop.time - timedelta(days=60)).isoformat()
    return shop.delivered(days_ago=45, placed_at=placed)


def not_returnable(shop: Shop) -> Order:
    return shop.delivered({"earrings": 1})


def cancelled(shop: Shop) -> Order:
    order = shop.order()
    shop.do(order, Action.CANCEL_ORDER)
    return shop.get(order.number)


def refunded(shop: Shop) -> Order:
    order = cancelled(shop)
    shop.provider_answers()
    return shop.get(order.number)


def returning(shop: Shop) -> Order:
    order = shop.delivered()
    shop.do(order, Action.REQUEST_RETURN)
    return shop.get(order.number)


def late(shop: Shop) -> Order:
    return shop.shipped(promised_at=(shop.time - timedelta(days=1)).isoformat())


SITUATIONS = (
    Situation("status, confirmed", confirmed, ("Where is my order {n}?",)),
    Situation("status, shipped", shipped, ("Where is my order {n}? I have been waiting for days.",)),
    Situation("status, late", late, ("order {n} should be here already, where is it?",)),
    Situation("status, delivered", delivered, ("When was order {n} delivered?",)),
    Situation("status, cancelled", cancelled, ("what is the status of order {n}",)),
    Situation("status, without a number", shipped, ("Where is my parcel?",)),
    Situation("statut, confirmée", confirmed, ("Bonjour, où en est ma commande {n} ?",)),
    Situation("statut, expédiée", shipped, ("Bonjour, où est mon colis de la commande {n} s'il vous plaît ?",)),
    Situation("statut, livrée", delivered, ("Bonjour, quand ma commande {n} a-t-elle été livrée ?",)),
    Situation("statut, en retard", late, ("Ma commande {n} devait arriver hier, où est-elle ?",)),
    Situation("refund, under way", cancelled, ("Where is the refund for order {n}?",)),
    Situation("refund, paid", refunded, ("Has the refund of order {n} been paid?",)),
    Situation("remboursement, fait", refunded, ("Bonjour, avez-vous remboursé la commande {n} ?",)),
    Situation("refund, of a return", returning, ("What about the refund of my return for order {n}?",)),
    Situation("invoice", confirmed, ("I need the invoice of order {n} please",)),
    Situation("facture", delivered, ("Bonjour, il me faut la facture de la commande {n}",)),
    Situation("cancel, yes", confirmed, ("Please cancel my order {n}", "yes")),
    Situation("cancel two items, yes", two_items, ("Please cancel order {n}", "yes please")),
    Situation("cancel, no", confirmed, ("Please cancel my order {n}", "no")),
    Situation("cancel, shipped", shipped, ("Please cancel my order {n}",)),
    Situation("cancel, delivered", delivered, ("cancel order {n} please",)),
    Situation("cancel, twice", cancelled, ("cancel order {n} please",)),
    Situation("annuler, oui", confirmed, ("Bonjour, je veux annuler ma commande {n}", "oui")),
    Situation("annuler, partie", shipped, ("Bonjour, merci d'annuler ma commande {n}",)),
    Situation("return, yes", delivered, ("I would like to return order {n}", "yes")),
    Situation("return two items, yes", delivered_two, ("I want to send back everything of order {n}", "yes")),
    Situation("return one of two", delivered_two, ("I want to return the paper lamp of order {n}", "yes")),
    Situation("return, too late", long_ago, ("I would like to return order {n}",)),
    Situation("return, not returnable", not_returnable, ("I want to return the earrings of order {n}",)),
    Situation("return, twice", returning, ("I want to return order {n}",)),
    Situation("retour, oui", delivered, ("Bonjour, je souhaite retourner la commande {n}", "oui")),
    Situation(
        "address, yes",
        confirmed,
        ("Please change the address of order {n} to 5 rue Victor Hugo, 69002 Lyon, France", "yes"),
    ),
    Situation(
        "address, shipped",
        shipped,
        ("Please change the address of order {n} to 5 rue Victor Hugo, 69002 Lyon, France",),
    ),
    Situation("damaged", delivered, ("The T-Shirt of order {n} arrived damaged, I want my money back", "yes")),
    Situation("abîmé", delivered, ("Le T-Shirt de la commande {n} est arrivé abîmé, je veux être remboursée", "oui")),
    Situation("refund, delivered", delivered, ("I want a refund for order {n}", "yes")),
    Situation("person", confirmed, ("I want to talk to a person about order {n}",)),
    Situation("conseiller", confirmed, ("Je veux parler à un conseiller",)),
    Situation("threat", shipped, ("Where is {n}? My lawyer will contact you.",)),
    Situation("thanks", confirmed, ("Thank you very much!",)),
    Situation("hello", confirmed, ("Hello",)),
    Situation("help", confirmed, ("How long can I return something?",)),
    Situation("a stranger's order", confirmed, ("Where is order {b}?",)),
    Situation("nobody proven", confirmed, ("Where is my order {n}?",), None, False),
    Situation("claimed, not proven", confirmed, ("Please cancel my order {n}",), ANA, False),
    Situation("status, then cancel", confirmed, ("Where is my order {n}?", "then cancel order {n}", "yes")),
)


class Street(Shop):
    """A shop in which every conversation has a customer of its own, called Ana, with another order beside."""

    whose = "ana"
    people = 1

    def record(self, status: str = "pending", items: Mapping[str, int] | None = None, **given: Any) -> dict[str, Any]:
        return super().record(status, items, **{"customer_id": self.whose, **given})

    def moves_in(self, number: int) -> str:
        """Her e-mail address."""
        self.whose = f"ana{number}"
        people = list(shop_file([])["customers"])
        person = {**people[0], "id": self.whose, "email": f"{self.whose}@example.com"}
        self.import_shop([], customers=[*people, person])
        return str(person["email"])


def played(
    counter: Counter,
    situation: Situation,
    agent: Callable[[Say], Say] = lambda say: say,
    where: str = "",
) -> tuple[Evidence, tuple[Answer, ...]]:
    shop, where = counter.shop, where or situation.name
    bob = shop.order(customer_id="bob", items={"lamp": 1})
    email = situation.email
    if isinstance(shop, Street):
        email = shop.moves_in(shop.people) if email else None
        shop.people += 1
    if "{n}" in situation.says[0]:
        shop.order(items={"mug": 1})
    order = situation.make(shop)
    watch = Watch(shop.database, shop.orders, counter.policy, lambda: shop.time)
    say, given = agent(counter.desk.answer), []
    for number, text in enumerate(situation.says):
        words = text.format(n=order.number, b=bob.number)
        incoming = Incoming(f"{where}:{number}", where, "email", words, email, situation.verified)
        given.append(watch.says(say, incoming))
        shop.later(minutes=2)
    return watch.evidence(strangers=(BOB, "Bob Ray")), tuple(given)
