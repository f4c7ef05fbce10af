"""Live conversations, as the journal tells them. What was erased still counts; who it was with is then not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from agent.case import Disposition, Mood
from agent.journal import Entry
from eval.conversation import Action, Conversation, Grades, Request, Turn
from tools.orders import emails
from tools.orders.money import Money

PROVEN = frozenset({"matched", "verified", "authenticated"})
MACHINE = "MCH-1"
TRIED = "ask:"
"""How `wismo ask` names its turns: somebody of the shop tries the agent out."""
Grader = Callable[[Sequence[Entry]], Grades]


def ungraded(_: Sequence[Entry]) -> Grades:
    return Grades()


def conversations(
    entries: Iterable[Entry], opaque: Callable[[str], str], grader: Grader = ungraded
) -> tuple[Conversation, ...]:
    """Oldest first. `opaque` makes a key of an address or a customer's id; the key is the same wherever they write."""
    talks: dict[str, list[Entry]] = {}
    for entry in entries:
        talks.setdefault(entry.conversation, []).append(entry)
    made = [_conversation(name, sorted(talk, key=_place), opaque, grader) for name, talk in talks.items()]
    return tuple(sorted(made, key=lambda one: (one.began, one.id)))


def customer_of(entry: Entry) -> str:
    """The address, or else the customer's id; empty for a stranger and once it was erased."""
    private = entry.private or {}
    return emails.folded(private["email"]) if private.get("email") else str(private.get("customer") or "")


def _place(entry: Entry) -> int:
    return entry.sequence


def _conversation(name: str, talk: Sequence[Entry], opaque: Callable[[str], str], grader: Grader) -> Conversation:
    who = next(filter(None, map(customer_of, reversed(talk))), "")
    turns = tuple(map(_turn, talk))
    kept = [entry.body for entry in talk]
    return Conversation(
        name,
        kept[0]["channel"],
        turns,
        customer=opaque(who) if who else "",
        orders=tuple(sorted({order for turn in turns for order in turn.orders})),
        grades=grader(talk),
        holdout=any(body.get("rollout") == "holdout" for body in kept),
        test=all(turn.ticket.startswith(TRIED) for turn in turns),
        in_share=_taken(kept, turns),
        identified=any(body["identity"] in PROVEN for body in kept),
    )


def _taken(bodies: Iterable[Mapping[str, Any]], turns: Iterable[Turn]) -> bool:
    """Entries of older versions do not say: there, what was sent was taken."""
    said = [body["rollout"] for body in bodies if "rollout" in body]
    return "taken" in said if said else any(turn.sent for turn in turns)


def _turn(entry: Entry) -> Turn:
    body = entry.body
    return Turn(
        entry.ticket,
        entry.at,
        "message" if body["kind"] == "message" else "decision",
        tuple(map(_request, body["requests"])),
        Disposition(body["disposition"]),
        body["mode"] == "sent",
        tuple(body["rules"]),
        tuple(map(_action, body["actions"])),
        (body["handoff"] or {}).get("reason", ""),
        body["language"],
        Mood(body["mood"]),
        orders_of(body),
        MACHINE in body["rules"],
        float(body.get("took_ms", 0.0)),
    )


def _request(kept: Mapping[str, Any]) -> Request:
    return Request(
        kept["intent"],
        kept.get("confidence", 0.0),
        kept.get("in_scope", True),
        Disposition(kept["disposition"]),
        kept["rule"],
    )


def _action(kept: Mapping[str, Any]) -> Action:
    amount = Money.parse(kept["amount"], kept["currency"]).minor
    return Action(kept["action"], kept["order_id"], amount, kept["currency"], kept["status"])


def orders_of(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Those that were read or touched; facts of other kinds name articles and products."""
    read = [fact["source"].removeprefix("order ") for fact in body["facts"] if fact["kind"] == "order"]
    return tuple(dict.fromkeys([*read, *(one["order_id"] for one in body["actions"])]))
