"""Version 1's retail tasks told by the customer, and how often the first action agrees with the ground truth's.

The first-person form is this module's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from eval.tau.shop import Record

ACTIONS = {
    "cancel_pending_order": "cancel_order",
    "modify_pending_order_address": "change_address",
    "modify_pending_order_items": "change_items",
    "modify_pending_order_payment": "change_payment",
    "exchange_delivered_order_items": "exchange",
    "return_delivered_order_items": "request_return",
    "modify_user_address": "change_account_address",
}


def tickets(tasks: Iterable[Record], users: Record) -> Iterator[Record]:
    """A line of `wismo run` a task. What is right is not in it."""
    for number, task in enumerate(tasks):
        yield {
            "id": f"tau-{number}",
            "channel": "email",
            "from": {"email": users[task["user_id"]]["email"], "verified": True},
            "text": first_person(task["instruction"]),
        }


def truth(task: Record) -> Record | None:
    """The first action of the ground truth that changes something; None where nothing should change."""
    writes = [action for action in task["actions"] if action["name"] in ACTIONS]
    if not writes:
        return None
    return {"action": ACTIONS[writes[0]["name"]], "order_id": writes[0]["kwargs"].get("order_id", "")}


SPOKEN: tuple[tuple[str, str], ...] = (
    (r"\bYour name is (\w+ \w+)", r"My name is \1"),
    (r"\band your (zip code|email) is", r"and my \1 is"),
    (r"\bYou are [\w ,-]+\.\s*", ""),
    (r"\bReturn (#W\d+) via (\w+): ", r"I want to return from order \1, with the money back to my \2: "),
    (
        r"\bCancel order (#W\d+) because no longer needed",
        r"Please cancel order \1 because I no longer need it",
    ),
    (
        r"\bCancel order (#W\d+) because ordered by mistake",
        r"Please cancel order \1 because it was ordered by mistake",
    ),
    (
        r"\bFor (#W\d+), change address to (\{[^}]*\})(?: \(same as #W\d+\))?",
        r"For order \1, please change the address to \2",
    ),
    (r"\bFor (#W\d+), change payment to (\w+)", r"For order \1, please change the payment to my \2"),
    (r"\bFor (#W\d+), exchange", r"From order \1 I want to exchange"),
    (r"\bFor (#W\d+), modify", r"In order \1 I want to change"),
    (r"; via (\w+)", r"; on my \1"),
)


def first_person(instruction: str) -> str:
    """The task's own facts, as the customer would write them in one mail."""
    text = re.sub(r"\{[^}]*\}", options_in_words, _with_addresses(instruction))
    for pattern, spoken in SPOKEN:
        text = re.sub(pattern, spoken, text)
    return re.sub(r"\s+", " ", text.replace("; .", ".")).strip()


def _with_addresses(text: str) -> str:
    def words(found: re.Match[str]) -> str:
        given = dict(re.findall(r"'(\w+)': '([^']*)'", found[0]))
        parts = [
            given.get("address1"),
            given.get("address2"),
            given.get("city"),
            f"{given.get('state')} {given.get('zip')}",
            given.get("country"),
        ]
        return ", ".join(part for part in parts if part)

    return re.sub(r"\{[^}]*'address1'[^}]*\}", words, text)


def options_in_words(found: re.Match[str]) -> str:
    values = re.findall(r": '([^']*)'", found[0])
    return f"({', '.join(values)})" if values else "another one"


def agreement(truths: Iterable[Record | None], answers: Iterable[Record]) -> Record:
    """How often the first action, done or proposed, is the truth's first, on the same order; by kind of action."""
    table: dict[str, list[int]] = {}
    for right, answer in zip(truths, answers, strict=True):
        if right is not None:
            first = next((one for one in answer["actions"] if one["status"] != "denied"), None)
            hit = first is not None and all(first[name] == right[name] for name in ("action", "order_id"))
            table.setdefault(right["action"], []).append(int(hit))
    scored = [hit for hits in table.values() for hit in hits]
    by_action = {action: {"right": sum(hits), "of": len(hits)} for action, hits in sorted(table.items())}
    return {"right": sum(scored), "of": len(scored), "by_action": by_action}
