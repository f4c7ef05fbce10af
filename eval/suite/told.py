"""From the journal of a case to the one form that metrics, graders and reports read."""

from __future__ import annotations

from agent import journal
from agent.case import ConversationId, Disposition, Mood
from agent.journal import Entry
from eval.conversation import Action, Conversation, Request, Turn
from eval.metrics.from_journal import PROVEN, orders_of
from tools.orders.database import Database
from tools.orders.money import Money


def conversation(database: Database, name: str, channel: str, customer: str, by_person: bool) -> Conversation:
    """`by_person`: somebody took it over by themselves, which the journal does not tell."""
    with database.read() as db:
        entries = journal.of_conversation(db, ConversationId(name))
    turns = tuple(map(turn, entries))
    handed = next((one.at for one in turns if one.handoff), None)
    last = turns[-1].at if turns and by_person else None
    return Conversation(
        name,
        channel,
        turns,
        customer,
        orders=tuple(dict.fromkeys(order for one in turns for order in one.orders)),
        closed_by_person=handed or last,
        test=True,
        identified=any(one.body["identity"] in PROVEN for one in entries),
    )


def turn(entry: Entry) -> Turn:
    body = entry.body
    return Turn(
        ticket=entry.ticket,
        at=entry.at,
        kind=body["kind"],
        requests=tuple(_request(one) for one in body["requests"]),
        disposition=Disposition(body["disposition"]),
        sent=body["mode"] == "sent",
        rules=tuple(body["rules"]),
        actions=tuple(_action(one) for one in body["actions"]),
        handoff=body["handoff"]["reason"] if body["handoff"] else "",
        language=body["language"],
        mood=Mood(body["mood"]),
        orders=orders_of(body),
        machine="MCH-1" in body["rules"],
    )


def _request(one: dict[str, object]) -> Request:
    return Request(
        str(one["intent"]),
        float(str(one["confidence"])),
        bool(one["in_scope"]),
        Disposition(str(one["disposition"])),
        str(one["rule"]),
    )


def _action(one: dict[str, str]) -> Action:
    amount = Money.parse(one["amount"], one["currency"])
    status = one["status"]
    assert status in {"done", "proposed", "queued", "denied"}
    return Action(one["action"], one["order_id"], amount.minor, one["currency"], status)  # type: ignore[arg-type]
