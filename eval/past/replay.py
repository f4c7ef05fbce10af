"""A past conversation, turn by turn, through a desk in the sandbox. Nothing is sent; the sandbox provider answers.

What the customer wrote after somebody answered was about a person's words, not the agent's. So: replaying stops where
the agent hands over; a bare yes or no to a question that the agent did not ask is left out; and where the agent asks
"shall I?" about what the customer asked for, a yes is assumed, unless the customer's own next words say it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from agent import journal
from agent.answer import Answer
from agent.case import Disposition, Incoming, Intent, Mood, TicketId
from agent.desk import Desk
from agent.gaps.observing import observe
from agent.policy import Policy
from connectors.exports.past import PastConversation
from connectors.payments.asking import KINDS, Asking
from connectors.payments.sandbox import SandboxPayments
from eval.conversation import Action, Conversation, Request, Turn
from eval.grading import Watch, grade
from eval.past.grading import judged
from eval.past.kept import SHOWN, Line, Played, Usability
from eval.past.people import People, agreement, people
from eval.past.preparing import Message, filed_under, messages, order_numbers, segment_of, usability
from tools.orders import outbox
from tools.orders.importing.shape import cents
from tools.orders.sandbox import Concerned, Sandbox, Scene
from tools.orders.service import Orders

ANSWERS_AFTER = timedelta(minutes=1)
MOST_YESES = 2
YES = {"en": "Yes, please.", "fr": "Oui, s'il vous plaît."}
BARE = frozenset({Intent.AFFIRM, Intent.DENY})
SAID = 160
"""Characters of a customer's words that are kept of what could not be answered."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """`yes`: the customer agrees to what was proposed as asked for. `proven`: the channel vouches for the address."""

    yes: bool = True
    proven: bool = True


@dataclass(frozen=True, slots=True)
class Bench:
    """One configuration at work in the sandbox."""

    desk: Desk
    orders: Orders
    policy: Policy


def played(past: PastConversation, sandbox: Sandbox, benches: Sequence[Bench], assumed: Assumed) -> Line:
    """The same ticket under each configuration, each in a world of its own."""
    said = messages(past)
    who = Concerned(past.email, order_numbers(past, said, benches[0].policy))
    scene = sandbox.concerned(who)
    usable, why = usability(scene, past.began, past.order)
    line = Line(
        past.ref,
        past.began.isoformat(),
        usable,
        why,
        asked=past.turns[0].words[:SHOWN],
        channel=past.channel,
        language=past.language or "",
        segment=segment_of(scene, past.began),
        assumed_zone=past.assumed_zone,
        about=filed_under(past.tags),
    )
    if usable is Usability.UNUSABLE:
        return line
    did = people(past, scene.told, scene.numbers)
    runs = tuple(_Playing(past, said, did, sandbox, bench, assumed).run(scene) for bench in benches)
    language = runs[0].conversation.turns[0].language if runs[0].conversation.turns else line.language
    return replace(line, runs=runs, people=replace(did, reply=did.reply[:SHOWN]), language=language)


class _Playing:
    def __init__(
        self,
        past: PastConversation,
        said: Sequence[Message],
        did: People,
        sandbox: Sandbox,
        bench: Bench,
        assumed: Assumed,
    ) -> None:
        self._past = past
        self._said = said
        self._did = did
        self._sandbox = sandbox
        self._bench = bench
        self._assumed = assumed
        self._payments = Asking(bench.orders, SandboxPayments())
        self._turns: list[Turn] = []
        self._replies: list[str] = []
        self._entries: list[journal.Entry] = []
        self._watch = Watch(sandbox.database, bench.orders, bench.policy, sandbox.now)
        self._yeses = self._skipped = 0

    def run(self, scene: Scene) -> Played:
        self._sandbox.open(scene, self._past.began)
        for place, message in enumerate(self._said):
            if place or message.at != self._past.began:
                self._sandbox.forward(message.at)
            if place and self._is_about_a_person(message):
                self._skipped += 1
                continue
            answer = self._turn(message)
            while self._wants_a_yes(answer, place):
                self._yeses += 1
                at = min(self._sandbox.moment + ANSWERS_AFTER, self._next(place, self._sandbox.moment + ANSWERS_AFTER))
                self._sandbox.forward(at)
                answer = self._turn(Message(at, YES.get(answer.language, YES["en"])))
            if answer.disposition is Disposition.HANDED_OFF:
                break
        return self._ended()

    # -- turns -----------------------------------------------------------------------------------------------

    def _turn(self, message: Message) -> Answer:
        answer = self._watch.says(self._bench.desk.answer, self._incoming(message))
        self._settle()
        with self._sandbox.database.read() as db:
            entry = journal.of_ticket(db, TicketId(answer.id))
        assert entry
        assert entry.private
        self._turns.append(_turn_of(entry, answer))
        self._replies.append(answer.reply)
        self._entries.append(entry)
        return answer

    def _incoming(self, message: Message) -> Incoming:
        return Incoming(
            id=f"past:{self._past.ref}:{len(self._turns) + 1}",
            conversation=f"past:{self._past.ref}",
            channel=self._past.channel,
            text=message.text,
            email=self._past.email or None,
            verified=bool(self._past.email) and self._assumed.proven,
            subject="" if self._turns else self._past.subject,
            history=message.history,
        )

    def _settle(self) -> None:
        """The sandbox provider answers what was asked of it; nothing else leaves."""
        while True:
            with self._sandbox.database.read() as db:
                asked = [one for one in outbox.due(db, self._sandbox.moment) if one.kind in KINDS]
            if not asked:
                return
            for one in asked:
                self._payments.carry(one)
                with self._sandbox.database.write() as db:
                    outbox.sent(db, one.key, self._sandbox.moment)

    def _is_about_a_person(self, message: Message) -> bool:
        """A bare yes or no, and no question of the agent's is open."""
        if self._turns and self._turns[-1].disposition is Disposition.ASKED:
            return False
        return self._intents(message) <= BARE

    def _wants_a_yes(self, answer: Answer, place: int) -> bool:
        """What was asked for is proposed, and the customer's own next words are no yes or no to it."""
        if not self._assumed.yes or self._yeses >= MOST_YESES or answer.disposition is not Disposition.ASKED:
            return False
        if answer.handoff or not any(one["status"] == "proposed" for one in answer.actions):
            return False
        following = self._said[place + 1 :]
        return not (following and self._intents(following[0]) & BARE)

    def _intents(self, message: Message) -> set[Intent]:
        return {one.intent for one in self._bench.desk.read(self._incoming(message)).requests}

    def _next(self, place: int, otherwise: datetime) -> datetime:
        return self._said[place + 1].at if place + 1 < len(self._said) else otherwise

    # -- the end ---------------------------------------------------------------------------------------------

    def _ended(self) -> Played:
        changed = [self._bench.orders.order(one).number for one in sorted(self._sandbox.touched())]
        done = [one for turn in self._turns for one in turn.actions if one.status in ("done", "queued")]
        agreed = agreement(done, self._did.actions)
        handed = next((turn.at for turn in self._turns if turn.disposition is Disposition.HANDED_OFF), None)
        told = Conversation(
            id=self._past.id,
            channel=self._past.channel,
            turns=tuple(self._turns),
            customer=hashlib.sha256(self._past.email.encode()).hexdigest()[:16] if self._past.email else "",
            orders=tuple(dict.fromkeys(order for turn in self._turns for order in turn.orders)),
            closed_by_person=handed,
            csat=self._past.csat,
            grades=judged(grade(self._watch.evidence()), self._turns, changed, agreed),
            segment=segment_of(self._sandbox.scene, self._past.began),
        )
        missing = tuple(replace(one, words=one.words[:SAID]) for one in observe(self._entries))
        return Played(told, agreed, tuple(self._replies), self._yeses, self._skipped, missing)


def _turn_of(entry: journal.Entry, answer: Answer) -> Turn:
    asked = zip(entry.body["requests"], answer.requests, strict=True)
    sources = [fact["source"] for fact in entry.body["facts"] if fact["kind"] == "order"]
    return Turn(
        ticket=answer.id,
        at=entry.at,
        kind="message",
        requests=tuple(
            Request(
                said["intent"],
                round(one["confidence"], 4),
                one["in_scope"],
                Disposition(said["disposition"]),
                said["rule"],
            )
            for one, said in asked
        ),
        disposition=answer.disposition,
        sent=answer.mode == "sent",
        rules=answer.rules,
        actions=tuple(map(_action, answer.actions)),
        handoff=answer.handoff["reason"] if answer.handoff else "",
        language=entry.body["language"],
        mood=Mood(entry.body["mood"]),
        orders=tuple(dict.fromkeys(source.removeprefix("order ") for source in sources)),
    )


def _action(one: dict[str, Any]) -> Action:
    amount = cents(Decimal(one["amount"]), one["currency"])
    return Action(one["action"], one["order_id"], amount, one["currency"], one["status"])
