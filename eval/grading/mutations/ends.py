"""Agents that end a turn otherwise: hand over what they should not, keep what they should, refuse, ask for ever."""

from __future__ import annotations

import re
from dataclasses import replace

from agent.answer import Answer
from agent.case import Disposition, Incoming
from eval.grading.mutations.premises import Premises, Say, said


def hands_over(premises: Premises, say: Say, incoming: Incoming) -> Answer:
    given = say(incoming)
    text = said(
        given,
        "I want to be sure that you get the right answer, so a colleague takes over and will answer you here.",
        "Je veux être sûr de la réponse ; un collègue prend le relais et vous répondra ici.",
        keep=False,
    )
    team = premises.policy.handoff.default
    handoff = given.handoff or {"reason": "low_confidence", "team": team}
    return replace(given, reply=text, disposition=Disposition.HANDED_OFF, handoff=handoff)


def silently(_: Premises, say: Say, incoming: Incoming) -> Answer:
    given = say(incoming)
    if given.handoff is None:
        return given
    return replace(given, reply=said(given, "Thank you for your message.", "Merci de votre message.", keep=False))


def keeps(_: Premises, say: Say, incoming: Incoming) -> Answer:
    given = say(incoming)
    if given.handoff is None or given.handoff["reason"] != "asked_for_person":
        return given
    text = said(given, "I can help you with this myself.", "Je peux vous aider moi-même.", keep=False)
    return replace(given, reply=text, disposition=Disposition.ANSWERED, handoff=None)


def refuses(_: Premises, say: Say, incoming: Incoming) -> Answer:
    given = say(incoming)
    offered = [one for one in given.actions if one["status"] == "proposed"]
    if not offered or given.handoff:
        return given
    number = offered[0]["order_id"]
    text = said(
        given, f"This is not possible for order {number}.", f"Ce n’est pas possible pour la commande {number}.", False
    )
    return replace(given, reply=text, disposition=Disposition.ANSWERED, actions=())


def asks_for_ever(_: Premises, say: Say, incoming: Incoming) -> Answer:
    given = say(incoming)
    text = said(given, "Which order number do you mean?", "Quel numéro de commande ?", keep=False)
    return replace(given, reply=text, disposition=Disposition.ASKED, actions=(), handoff=None)


def beside_the_point(_: Premises, say: Say, incoming: Incoming) -> Answer:
    given = say(incoming)
    text = said(given, "Thank you, that is good to read.", "Merci, cela fait plaisir.", keep=False)
    return replace(given, reply=text, disposition=Disposition.ANSWERED, actions=(), handoff=None)


def another_order(premises: Premises, say: Say, incoming: Incoming) -> Answer:
    """Reads another number of the same customer than the one that was written."""
    for number in re.findall(r"#?\w*\d{4,}", incoming.text):
        order = premises.order(number)
        own = premises.orders.orders_of(order.customer_id) if order else ()
        other = next((one for one in own if order and one.id != order.id), None)
        if other:
            return say(replace(incoming, text=incoming.text.replace(number, other.number)))
    return say(incoming)
