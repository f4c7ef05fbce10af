"""tau2-bench's retail tasks told as one e-mail by the verified customer, through the path: `wismo eval tau-tickets`.

What is measured is the final state: orders and customers that differ from the ground truth's, in the benchmark's form.
The customer's part in the benchmark is a conversation; one e-mail can not say "if the agent asks, say no", so some
tasks can not come out right, and the kinds of failure say which.
Source: sierra-research/tau2-bench (MIT); its data is no part of Wismo. The first-person form is this module's own.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from agent.answer import Answer
from agent.case import Incoming
from eval.tau.replay import Replay, play
from eval.tau.shop import Base
from eval.tau.tasks import options_in_words
from tools.orders.database import Database

Record = dict[str, Any]
WRITES = {
    "cancel_pending_order": "cancel_order",
    "modify_pending_order_address": "change_address",
    "modify_pending_order_payment": "change_payment",
    "modify_pending_order_items": "change_items",
    "exchange_delivered_order_items": "request_exchange",
    "return_delivered_order_items": "request_return",
    "modify_user_address": "change_account_address",
}
PERSONS: tuple[tuple[str, str], ...] = (
    (r"\b[Yy]ou are\b", "I am"),
    (r"\b[Yy]ou're\b", "I'm"),
    (r"\b[Yy]ou were\b", "I was"),
    (r"\b[Yy]ou've\b", "I've"),
    (r"\b[Yy]ou'd\b", "I'd"),
    (r"\b[Yy]ourself\b", "myself"),
    (r"\b[Yy]ours\b", "mine"),
    (r"\b[Yy]our\b", "my"),
    (r"\b(for|to|with|of|tell|give|help|let|sent) you\b", r"\1 me"),
    (r"\b[Yy]ou\b", "I"),
    (r"\bthe agent\b", "you"),
)
DIRECTIONS = re.compile(
    r"(?i)\b(?:if the agent|when the agent|once the agent|make sure|do not reveal|don't reveal|mention|if asked|"
    r"do not share|tell (?:the agent|it|them)|ask the agent|if and only if)\b"
)


class Answers(Protocol):
    def answer(self, incoming: Incoming) -> Answer: ...


class Bench(Protocol):
    """A house over one database: built by the wiring, which this room does not know."""

    def __call__(self, database: Database) -> Answers: ...


@dataclass(frozen=True, slots=True)
class Ticket:
    number: str
    email: str
    text: str
    truth: tuple[tuple[str, Record], ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """`why` is empty where the final state is the ground truth's."""

    number: str
    why: str
    asked: tuple[str, ...]
    done: tuple[str, ...]
    disposition: str


def first_person(text: str) -> str:
    """What the customer is told to want, in the customer's words; directions for the conversation are left out."""
    sentences = (one for one in re.split(r"(?<=[.!?])\s+", text) if not DIRECTIONS.search(one))
    told = re.sub(r"\{[^}]*\}", options_in_words, " ".join(sentences))
    for pattern, spoken in PERSONS:
        told = re.sub(pattern, spoken, told)
    return re.sub(r"\s+", " ", told).strip(" .") + "."


def tickets(tasks: Iterable[Record], users: Mapping[str, Record]) -> Iterator[Ticket]:
    for task in tasks:
        told = task["user_scenario"]["instructions"]
        actions = [(one["name"], one["arguments"]) for one in task["evaluation_criteria"]["actions"]]
        text = f"Hello,\n\n{first_person(told['reason_for_call'])}"
        yield Ticket(str(task["id"]), _email(told["known_info"], actions, users), text, tuple(actions))


def _email(known: str, actions: list[tuple[str, Record]], users: Mapping[str, Record]) -> str:
    """Whose task it is: by the name and what else the customer knows."""
    named = [one for one in users.values() if " ".join(one["name"].values()) in known]
    fitting = [one for one in named if one["email"] in known or one["address"]["zip"] in known] or named
    if fitting:
        return str(fitting[0]["email"])
    found = next((one["email"] for one in users.values() if one["email"] in known), "")
    mentioned = (str(arguments.get("user_id")) for _, arguments in actions)
    return str(found or next((users[key]["email"] for key in mentioned if key in users), ""))


def run(ticket: Ticket, base: Base, seeded: Path, folder: Path, bench: Bench) -> Ended:
    """The truth on one copy of the shop, the e-mail on another; then the two are compared."""
    wanted = play(base, seeded, folder / "truth.db", ticket.truth)
    copy = folder / "mail.db"
    for old in folder.glob("mail.db*"):
        old.unlink()
    shutil.copyfile(seeded, copy)
    database = Database(copy)
    try:
        incoming = Incoming(ticket.number, ticket.number, "email", ticket.text, ticket.email, True)
        answer = bench(database).answer(incoming)
        changed = changed_by(base, database, wanted.changed, (answer,))
    finally:
        database.close()
    asked = tuple(WRITES[name] for name, _ in ticket.truth if name in WRITES)
    done = tuple(one["action"] for one in answer.actions if one["status"] == "done")
    why = "" if plain(changed) == plain(wanted.changed) else _why(answer, asked, done)
    return Ended(ticket.number, why, asked, done, answer.disposition.value)


def changed_by(base: Base, database: Database, wanted: Record, answers: Sequence[Answer]) -> Record:
    """All that the truth or the agent may have touched."""
    replay = Replay(base, database)
    acted_on = {one["order_id"] for answer in answers for one in answer.actions}
    numbers = sorted((acted_on | {*wanted["orders"]}) & base.orders.keys())
    users = sorted({*wanted["users"], *(base.orders[number]["user_id"] for number in numbers)})
    return replay.projection.changed({"orders": numbers, "users": users})


def plain(state: Record) -> Record:
    """A reason for cancelling is the same in either spelling."""
    orders = {key: {**one, **_reason(one)} for key, one in state["orders"].items()}
    return {**state, "orders": orders}


def _reason(order: Record) -> Record:
    return {"cancel_reason": str(order["cancel_reason"]).replace("_", " ")} if order.get("cancel_reason") else {}


def _why(answer: Answer, asked: tuple[str, ...], done: tuple[str, ...]) -> str:
    """The kind of failure, the most telling first."""
    if "change_account_address" in asked:
        return "account address: no such action"
    if answer.disposition.value == "handed_off":
        return f"handed over: {answer.handoff['reason'] if answer.handoff else ''}"
    if not asked:
        return "acted where nothing was to be done"
    if not done and any(one["status"] == "proposed" for one in answer.actions):
        return "asked for a yes"
    if not done:
        return "asked back" if answer.disposition.value == "asked" else "nothing done"
    if sorted(done) == sorted(asked):
        return "right actions, other items, variants or payment"
    return "some of the actions" if set(done) <= set(asked) else "other actions"
