"""From a visitor's message to the events that every tab of theirs shows. The desk answers; here it is put on show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from agent.answer import Answer, from_json
from agent.case import Case, Incoming, Intent
from agent.desk import Desk, OnStep
from api.widget import events
from api.widget.events import Kind
from tools.orders.database import Database
from tools.orders.model import Clock
from tools.orders.outbox import Message

CHANNEL = "widget"
WITHOUT_LOOKING = frozenset({Intent.GREETING, Intent.THANKS, Intent.PRAISE, Intent.TALK_TO_HUMAN})
Woken = Callable[[str], None]


class Stage:
    """`woken` is told the conversation that has something new."""

    def __init__(self, database: Database, desk: Desk, now: Clock, woken: Woken = lambda _: None) -> None:
        self._database = database
        self._desk = desk
        self._now = now
        self.woken = woken

    def hears(self, incoming: Incoming, shown_as: dict[str, Any]) -> Answer:
        """One turn. Raises `OtherText` and `BadToken`, as the desk does; a refused message is not shown."""
        turn = incoming.id.rpartition(":")[2]
        self._show(incoming.conversation, f"said:{turn}", Kind.SAID, {"id": turn, **shown_as})
        answer = self._desk.answer(incoming, self._steps(incoming.conversation, turn))
        self.tell(answer)
        return answer

    def tell(self, answer: Answer) -> None:
        """Once a turn. What a person must still look at is not shown; that a person will look is, once."""
        with self._database.write() as db:
            fresh = self._told(db, answer, self._now())
        if fresh:
            self.woken(answer.conversation)

    def _told(self, db: Connection, answer: Answer, now: datetime) -> bool:
        if answer.mode == "sent" and answer.reply:
            return events.append(db, answer.conversation, f"reply:{answer.id}", Kind.REPLY, _shown(answer), now)
        silent = Kind.PERSON in events.kinds(db, answer.conversation)
        return not silent and events.append(db, answer.conversation, "waiting", Kind.WAITING, {}, now)

    def carry(self, message: Message) -> None:
        """A reply of the outbox: of a turn that nobody waited for, or whose process died before it was shown."""
        if "reply" in message.body:  # else it was erased meanwhile
            self.tell(from_json({name: message.body[name] for name in ANSWER if name in message.body}))

    def _steps(self, conversation: str, turn: str) -> OnStep:
        """Progress, as it happens: what is looked up, then that the answer is being written."""

        def step(name: str, added: Case, _: float) -> None:
            if name == "triage" and _looks(added):
                orders = [number for one in added["triage"].requests for number in one.slots.orders][:3]
                body = {"id": turn, "step": "looking", "orders": orders}
                self._show(conversation, f"step:{turn}:looking", Kind.STEP, body)
            elif name == "act":
                self._show(conversation, f"step:{turn}:acting", Kind.STEP, {"id": turn, "step": "acting", "orders": []})

        return step

    def _show(self, conversation: str, key: str, kind: Kind, body: dict[str, Any]) -> None:
        with self._database.write() as db:
            fresh = events.append(db, conversation, key, kind, body, self._now())
        if fresh:
            self.woken(conversation)


ANSWER = frozenset(Answer.__dataclass_fields__)


def _looks(added: Case) -> bool:
    return any(one.intent not in WITHOUT_LOOKING for one in added["triage"].requests)


def _shown(answer: Answer) -> dict[str, Any]:
    """Nothing of rules, teams or notes: those are the shop's own."""
    return {
        "id": answer.id.rpartition(":")[2],
        "text": answer.reply,
        "language": answer.language,
        "cards": [dict(one) for one in answer.cards],
        "disposition": answer.disposition.value,
        "person": answer.handoff is not None,
    }
