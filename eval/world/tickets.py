"""The demo shop's tickets: what its customers write, each about an order in a known state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Script:
    """`state` picks an order; `{order}` stands for its number. Lines of one `thread` are one conversation."""

    name: str
    state: str
    text: str
    language: str = "en"
    verified: bool = True
    thread: str = ""
    channel: str = "email"
    country: str = ""


SCRIPTS = (
    Script("where is it", "shipped", "Hi, where is my order {order}? Thanks"),
    Script(
        "late, in French",
        "late",
        "Bonjour, ma commande {order} devait arriver cette semaine et je n'ai toujours rien reçu. Où est-elle ?",
        "fr",
    ),
    Script("return policy", "delivered", "How long do I have to send something back, and who pays for the label?"),
    Script("cancel: asked", "confirmed", "Please cancel order {order}, I ordered it by mistake.", thread="cancel"),
    Script("cancel: confirmed", "confirmed", "Yes please", thread="cancel"),
    Script("cancel too late", "in_warehouse", "I want to cancel my order {order}"),
    Script(
        "return: asked",
        "delivered",
        "I'd like to return everything from order {order}, it does not fit.",
        thread="return",
    ),
    Script("return: confirmed", "delivered", "yes, go ahead", thread="return"),
    Script(
        "return window closed",
        "delivered_long_ago",
        "Je voudrais renvoyer la commande {order}, elle ne me plaît pas.",
        "fr",
    ),
    Script("refund status", "partly_refunded", "Where is my refund for order {order}?"),
    Script(
        "new address: asked",
        "confirmed",
        "Can you send order {order} to 12 rue Pasteur, 69007 Lyon, France instead?",
        "fr",
        thread="address",
        country="FR",
    ),
    Script("two requests", "shipped", "Where is order {order}? And do you deliver to Switzerland?"),
    Script("lost parcel", "lost", "My parcel for order {order} never arrived, I want my money back."),
    Script("damaged", "delivered", "The item in order {order} arrived broken, I have a photo."),
    Script("somebody else's order", "delivered", "Where is order {other}?"),
    Script("not proven", "shipped", "Where is my order {order}?", verified=False),
    Script("wants a person", "delivered", "I want to talk to a real person please", channel="chat"),
    Script("angry", "late", "This is the worst shop ever, you are thieves! Where is {order}??"),
    Script("legal, in French", "lost", "Sans réponse de votre part je saisis mon avocat.", "fr"),
    Script("no help text", "delivered", "Do you sell gluten free dog food?", channel="chat"),
)


def tickets(orders: Sequence[Mapping[str, Any]], customers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Lines of `wismo run`. A script takes the first order of its state that speaks its language and is unused."""
    people = {customer["id"]: customer for customer in customers}
    used: set[str] = set()
    threads: dict[str, Mapping[str, Any]] = {}
    lines = []
    for number, script in enumerate(SCRIPTS, 1):
        order = threads.get(script.thread) if script.thread else None
        if order is None:
            order = _pick(script, orders, people, used)
        if script.thread:
            threads[script.thread] = order
        used.add(order["id"])
        lines.append(_line(number, script, order, orders, people))
    return lines


def _pick(
    script: Script, orders: Sequence[Mapping[str, Any]], people: Mapping[str, Any], used: set[str]
) -> Mapping[str, Any]:
    fitting = (
        order
        for order in orders
        if order["_state"] == script.state
        and order["id"] not in used
        and people[order["customer_id"]]["language"] == script.language
        and script.country in {"", people[order["customer_id"]]["address"]["country"]}
    )
    anyone = (order for order in orders if order["_state"] == script.state and order["id"] not in used)
    return next(fitting, None) or next(anyone)


def _line(
    number: int,
    script: Script,
    order: Mapping[str, Any],
    orders: Sequence[Mapping[str, Any]],
    people: Mapping[str, Any],
) -> dict[str, Any]:
    other = next(one for one in orders if one["customer_id"] != order["customer_id"])
    line = {
        "id": f"demo-{number:02d}",
        "name": script.name,
        "channel": script.channel,
        "from": {"email": people[order["customer_id"]]["email"], "verified": script.verified},
        "text": script.text.format(order=order["id"], other=other["id"]),
    }
    return line | ({"conversation": f"demo-{script.thread}"} if script.thread else {})
