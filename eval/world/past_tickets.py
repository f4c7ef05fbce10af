"""Past tickets of the demo shop's customers, with what people answered: seeded, in our own form or Zendesk's.

Several wishes, two languages and one that the shop lacks, bots between, HTML, customers who come back. What people say
they did follows from the wish and the order's state then; they make mistakes like people: now and then another amount.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Literal

from tools.orders.database import Database
from tools.orders.model import Lifecycle, Order
from tools.orders.rows import fetch
from tools.orders.service import Orders
from tools.orders.tables import customers

Form = Literal["jsonl", "zendesk"]
STAFF = {"id": 7, "name": "Nadia Verneuil", "email": "nadia@shop.example", "role": "agent"}
BOT = {
    "en": "Thank you for writing. A colleague answers soon.",
    "fr": "Merci pour votre message. Une collègue vous répond.",
}
THANKS = {"en": ("Thanks a lot!", "Great, thank you"), "fr": ("Merci beaucoup !", "Parfait, merci"), "de": ("Danke!",)}
BYE = {"en": "\n\nBest regards,\n{name}", "fr": "\n\nCordialement,\n{name}", "de": "\n\nViele Grüße\n{name}"}
BACK = {
    "en": "Still no news about {order}, where is it now?",
    "fr": "Toujours rien pour la commande {order}, où est-elle ?",
    "de": "Immer noch nichts von {order}?",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """`asks` and `answers` by language; `share` of all tickets; `after` are days after the order was placed."""

    name: str
    share: int
    after: tuple[float, float]
    asks: Mapping[str, Sequence[str]]
    answers: Mapping[str, str]
    does: str = ""


WISHES = (
    Wish(
        "order_status",
        34,
        (1, 12),
        {
            "en": (
                "Hi, where is my order {order}? I ordered it a while ago.",
                "Has {order} been shipped yet?",
                "My parcel for order {order} still has not come. When will it arrive?",
            ),
            "fr": (
                "Bonjour, où en est ma commande {order} ?",
                "Je n'ai toujours pas reçu mon colis, commande {order}. Quand arrive-t-il ?",
            ),
            "de": ("Wo bleibt meine Bestellung {order}?",),
        },
        {"en": "Hello, your order {order} is on its way.", "fr": "Bonjour, votre commande {order} est en route."},
    ),
    Wish(
        "cancel_order",
        14,
        (0.05, 4),
        {
            "en": ("Please cancel my order {order}, I ordered it by mistake.", "I want to cancel order {order}."),
            "fr": (
                "Merci d'annuler ma commande {order}, je me suis trompé.",
                "Je souhaite annuler la commande {order}.",
            ),
        },
        {
            "en": "Hello, I have cancelled your order {order} and refunded {amount} EUR.",
            "fr": "Bonjour, j'ai annulé votre commande {order} et nous avons remboursé {amount} EUR.",
        },
        "cancel",
    ),
    Wish(
        "return_request",
        16,
        (6, 50),
        {
            "en": (
                "I would like to return everything from order {order}, it does not fit.",
                "How can I send back order {order}? I do not like it.",
            ),
            "fr": ("Je voudrais renvoyer la commande {order}, elle ne me plaît pas.",),
        },
        {
            "en": "Hello, your return number is RMA-{number}. The return label was sent by e-mail.",
            "fr": "Bonjour, votre numéro de retour est RMA-{number}.",
        },
        "return",
    ),
    Wish(
        "refund_status",
        8,
        (8, 40),
        {
            "en": (
                "Where is my refund for order {order}?",
                "You promised my money back for {order}, when will I get it?",
            ),
            "fr": ("Où en est mon remboursement pour la commande {order} ?",),
        },
        {"en": "Hello, we looked into it and it takes five days.", "fr": "Bonjour, cela prend cinq jours."},
    ),
    Wish(
        "damaged",
        8,
        (4, 14),
        {
            "en": ("The item in order {order} arrived broken. I want my money back.",),
            "fr": ("L'article de la commande {order} est arrivé cassé, je veux être remboursé.",),
        },
        {
            "en": "Hello, sorry about that. I have refunded {amount} EUR.",
            "fr": "Bonjour, nous avons remboursé {amount} EUR.",
        },
        "refund",
    ),
    Wish(
        "return_policy",
        12,
        (1, 60),
        {
            "en": ("How long do I have to send something back?", "Who pays for the return label?"),
            "fr": ("Combien de temps ai-je pour renvoyer un article ?",),
        },
        {"en": "Hello, you have 30 days.", "fr": "Bonjour, vous avez 30 jours."},
    ),
    Wish(
        "person",
        4,
        (1, 20),
        {"en": ("I want to talk to a real person please.",), "fr": ("Je veux parler à une vraie personne.",)},
        {"en": "Hello, I am here, how can I help?", "fr": "Bonjour, je suis là."},
    ),
    Wish(
        "other",
        4,
        (1, 60),
        {
            "en": ("Do you sell gluten free dog food?", "Can I visit your atelier next week?"),
            "fr": ("Peut-on visiter votre atelier ?",),
        },
        {"en": "Hello, we do not, sorry.", "fr": "Bonjour, malheureusement non."},
    ),
)


def tickets(
    orders: Sequence[Order], people: Mapping[str, tuple[str, str, str]], count: int, seed: int, now: datetime
) -> Iterator[dict[str, Any]]:
    """In our own form. `people` are (name, e-mail, language) by the customer's id."""
    random = Random(seed)
    known = sorted((one for one in orders if one.customer_id in people), key=lambda one: one.id)
    made = 0
    while made < count:
        wish = random.choices(WISHES, [one.share for one in WISHES])[0]
        order = random.choice(known)
        at = order.placed_at + timedelta(days=random.uniform(*wish.after))
        if at > now:
            at = order.placed_at + (now - order.placed_at) * random.random()
        made += 1
        ticket = _ticket(random, made, wish, order, people[order.customer_id], at)
        yield ticket
        if made < count and random.random() < 0.06:
            made += 1
            yield _back(random, made, ticket, order)


def of_the_shop(database: Database, orders: Orders, file: Path, count: int, seed: int, now: datetime) -> Path:
    """Tickets about the orders that are there."""
    with database.read() as db:
        people = {row["id"]: (row["name"], row["email"], row["language"] or "en") for row in fetch(db, customers)}
    return write(tickets(orders.newest(orders.count()), people, count, seed, now), file)


def write(every: Iterable[Mapping[str, Any]], file: Path, form: Form = "jsonl") -> Path:
    with file.open("w", encoding="utf-8") as out:
        for one in every:
            told = one if form == "jsonl" else zendesk(one)
            out.write(json.dumps(told, ensure_ascii=False) + "\n")
    return file


def zendesk(one: Mapping[str, Any]) -> dict[str, Any]:
    """The same ticket as Zendesk's export has it, with HTML bodies."""
    customer = {"id": one["id"] * 10, "name": one["customer"]["name"], "email": one["customer"]["email"]}
    ids = {"customer": customer["id"], "staff": STAFF["id"], "bot": -1}
    return {
        "id": one["id"],
        "status": "closed",
        "subject": one["subject"],
        "created_at": one["messages"][0]["at"],
        "solved_at": one["solved_at"],
        "via": {"channel": one["channel"]},
        "requester_id": customer["id"],
        "requester": customer | {"role": "end-user", "locale": one["language"]},
        "assignee": STAFF,
        "tags": one["tags"],
        "comments": [
            {
                "author_id": ids[said["by"]],
                "html_body": "".join(f"<p>{part}</p>" for part in said["text"].split("\n\n")),
                "created_at": said["at"],
                "public": said.get("public", True),
                "via": {"channel": "rule" if said["by"] == "bot" else one["channel"]},
            }
            for said in one["messages"]
        ],
    }


def _ticket(
    random: Random, number: int, wish: Wish, order: Order, person: tuple[str, str, str], at: datetime
) -> dict[str, Any]:
    name, email, language = person
    spoken = "de" if random.random() < 0.03 and "de" in wish.asks else language if language in wish.asks else "en"
    told = {"order": order.number, "name": name, "number": number, "amount": _amount(random, order)}
    asked = random.choice(wish.asks[spoken]).format(**told) + BYE[spoken].format(**told)
    answered = at + timedelta(minutes=random.randint(20, 900))
    messages = [_said("customer", asked, at)]
    if random.random() < 0.4:
        messages.append(_said("bot", BOT.get(spoken, BOT["en"]), at + timedelta(seconds=20)))
    if random.random() < 0.2:
        messages.append(_said("staff", f"Note: looked at {order.number}", answered) | {"public": False})
    words = _answer(wish, order, at, spoken)
    messages.append(_said("staff", words.format(**told) + f"\n\n{STAFF['name']}", answered) | {"name": STAFF["name"]})
    if random.random() < 0.3:
        messages.append(_said("customer", random.choice(THANKS[spoken]), answered + timedelta(minutes=30)))
    ends = datetime.fromisoformat(messages[-1]["at"]) + timedelta(hours=2)
    return {
        "id": number,
        "channel": random.choice(("email", "email", "email", "chat", "web")),
        "subject": f"{wish.name.replace('_', ' ')}",
        "language": spoken,
        "customer": {"name": name, "email": email},
        "tags": [wish.name],
        "messages": messages,
        "solved_at": ends.isoformat(),
    }


def _back(random: Random, number: int, first: Mapping[str, Any], order: Order) -> dict[str, Any]:
    """The same customer, some days later."""
    at = datetime.fromisoformat(first["messages"][-1]["at"]) + timedelta(days=random.uniform(0.5, 6))
    said = BACK[first["language"]].format(order=order.number)
    answered = at + timedelta(hours=3)
    messages = [_said("customer", said, at), _said("staff", "We are looking into it.", answered)]
    return {**first, "id": number, "messages": messages, "solved_at": (answered + timedelta(hours=1)).isoformat()}


def _answer(wish: Wish, order: Order, at: datetime, language: str) -> str:
    """People do not cancel what has left."""
    answers = wish.answers
    shipped = any(parcel.shipped_at and parcel.shipped_at <= at for parcel in order.shipments)
    gone = order.lifecycle is Lifecycle.CANCELLED or shipped
    if wish.does == "cancel" and gone:
        answers = {"en": "Hello, sorry, {order} has left already.", "fr": "Bonjour, {order} est déjà partie."}
    return answers.get(language, answers["en"])


def _amount(random: Random, order: Order) -> str:
    other = 100 if random.random() < 0.05 else 0
    return f"{max(order.total.minor - other, 0) / 100:.2f}"


def _said(by: str, text: str, at: datetime) -> dict[str, Any]:
    return {"by": by, "text": text, "at": at.replace(microsecond=0).isoformat()}
