"""The desk: the one caller of the graph. It knows the caller and the thread, runs the path, keeps what came of it.

Nothing is decided here; nothing is delivered here either: replies go to the outbox, connectors deliver them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from time import perf_counter
from typing import Any, Literal, cast

import structlog
from sqlalchemy import Connection
from structlog.contextvars import bound_contextvars

from agent import approvals, conversations, correspondence, graph, journal, reached, switches, thinking
from agent.answer import Answer, answer_of, from_json, without_words
from agent.approvals import Approval, NotPossible
from agent.brains import Brain
from agent.case import ApprovalId, Ask, Case, ConversationId, Incoming, Thread, Ticket, TicketId, Triage, Verdict
from agent.handoff import note
from agent.identity.ladder import Identity
from agent.policy import Policy
from agent.readable import readable
from agent.record import body_of, private_of
from agent.remembering import as_pressed, thread_after
from agent.steps.act import act
from agent.steps.check import check
from agent.steps.decide import decide
from agent.steps.investigate import investigate
from agent.steps.triage import triage
from agent.steps.write import write
from tools.contract import Caller, Proposal
from tools.orders import outbox, watch
from tools.orders.database import Database
from tools.orders.emails import folded
from tools.orders.model import Clock
from tools.orders.service import Orders
from tools.registry import Registry

WORDS: Mapping[str, Literal["accepted", "rejected", "expired", "edited"]] = {
    "accepted": "accepted",
    "rejected": "rejected",
    "expired": "expired",
    "offered": "edited",
}
TURNS_LOST = 3
"""How often a turn begins anew because another process was first."""
OnStep = Callable[[str, Case, float], None]
log = structlog.get_logger()


class OtherText(ValueError):
    """The id of this turn was used before, for a message with other words."""


class Desk:
    def __init__(
        self,
        database: Database,
        orders: Orders,
        tools: Registry,
        brain: Brain,
        policy: Policy,
        now: Clock,
        identity: Identity,
        delivered: Iterable[str] = (),
    ) -> None:
        """`delivered` are the channels whose replies go out through the outbox; the others return them."""
        self._database = database
        self._orders = orders
        self._tools = tools
        self._policy = policy
        self._now = now
        self._identity = identity
        self._delivered = frozenset(delivered)
        self._triage = partial(triage, brain=brain, policy=policy)
        self._path = graph.build(
            graph.Steps(
                triage=self._triage,
                investigate=partial(investigate, brain=brain, tools=tools),
                decide=partial(decide, policy=policy),
                act=partial(act, orders=orders, database=database, policy=policy),
                write=partial(write, brain=brain, policy=policy),
                check=partial(check, policy=policy),
            )
        )

    def answer(self, incoming: Incoming, on_step: OnStep | None = None) -> Answer:
        """One turn. The same id again gives the same answer and does nothing twice.

        Raises `OtherText`, and `BadToken` for a shop's token that does not hold.
        """
        incoming = readable(incoming)

        def turn() -> Answer:
            with self._database.read() as db:
                known = journal.of_ticket(db, TicketId(incoming.id))
                thread, language = conversations.load(db, ConversationId(incoming.conversation))
            if known:
                return _same_turn(known, incoming)
            thread = conversations.resolved(thread) if incoming.reopened else thread
            return self._walk(self._ticket(incoming, thread, language), on_step)

        return self._one_at_a_time(incoming.conversation, turn)

    def read(self, incoming: Incoming) -> Triage:
        """The first step alone: what the message wants. Nothing is looked up, done or kept."""
        case = Case(ticket=self._ticket(incoming, Thread(), None))
        return cast("Triage", self._triage(case)["triage"])

    # -- approvals -----------------------------------------------------------------------------------------

    def decide(
        self, approval: str, accepted: bool, by: str, reason: str = "", on_step: OnStep | None = None
    ) -> Answer | None:
        """A person's word on a waiting approval is a turn of its own. Raises `ApprovalError`.

        None where two people must accept and this was the first: nothing was done or said yet.
        """
        with self._database.write() as db:
            decided = approvals.decide(db, ApprovalId(approval), accepted, by, reason, self._now())
        return self._after(decided, on_step) if decided.state != "waiting" else None

    def edit(self, approval: str, by: str, changes: Mapping[str, object], reason: str = "") -> Answer:
        """Offer something else instead: other arguments of the tool call, quoted anew; the customer is asked.

        Raises `ApprovalError`, and pydantic's ValidationError for arguments that do not fit.
        """
        with self._database.read() as db:
            found = approvals.one(db, ApprovalId(approval))
        if found.call is None:
            raise NotPossible(f"{approval} can not be edited: accept or reject it")
        call = replace(found.call, arguments={**found.call.arguments, **changes, "order": found.quote.order_number})
        made = self._tools.call(call.tool, found.caller, call.arguments)
        if not isinstance(made, Proposal) or not made.quote.ruling.allowed:
            rule = made.quote.ruling.rule if isinstance(made, Proposal) else "SCP-1"
            raise NotPossible(f"the rules refuse this ({rule}); nothing was changed")
        with self._database.write() as db:
            offered = approvals.edit(db, found.id, by, made.quote, call, reason, self._now())
        return self._after(offered)

    def end_waiting(self) -> tuple[Answer, ...]:
        """For a periodic job: what nobody decided in time ends, and the customer hears of it."""
        with self._database.write() as db:
            approvals.expire(db, self._now())
        return self.finish_decided(timedelta(minutes=1))

    def finish_decided(self, at_least: timedelta = timedelta()) -> tuple[Answer, ...]:
        """Decisions of so long ago whose turn never ended (the process died in between): walk them now."""
        with self._database.read() as db:
            unfinished = approvals.without_turn(db, self._now() - at_least)
        return tuple(map(self._after, unfinished))

    def _after(self, decided: Approval, on_step: OnStep | None = None) -> Answer:
        def turn() -> Answer:
            with self._database.read() as db:
                known = journal.of_ticket(db, _decision_id(decided))
                thread, _ = conversations.load(db, ConversationId(decided.conversation))
            if known:
                return _kept(known)
            return self._walk(self._decision(decided, thread), on_step)

        return self._one_at_a_time(decided.conversation, turn)

    # -- a turn --------------------------------------------------------------------------------------------

    def _one_at_a_time(self, conversation: str, turn: Callable[[], Answer]) -> Answer:
        """One turn at a time in a conversation, over all processes. One that was overtaken begins anew."""
        with self._database.alone(f"conversation {conversation}"):
            for _ in range(TURNS_LOST):
                try:
                    return turn()
                except conversations.Overtaken:
                    log.info("desk.overtaken")
            return turn()

    def _ticket(self, incoming: Incoming, thread: Thread, language: str | None) -> Ticket:
        seen = self._identity.see(incoming, thread)
        thread, others = as_pressed(thread, incoming.pressed)
        rollout = self._rollout(incoming.conversation, seen.caller)
        return Ticket(
            TicketId(incoming.id),
            ConversationId(incoming.conversation),
            incoming.channel,
            seen.caller,
            seen.text,
            self._now(),
            "" if incoming.letter and thread.turns else incoming.subject,  # an answer's subject is the first one's
            incoming.history,
            thread,
            language=language,
            mode=self._mode(rollout == "taken"),
            codes=self._identity.sends_codes,
            code_refused=seen.code_refused,
            given=_digest(incoming.text),
            rollout=rollout,
            letter=incoming.letter,
            others=others,
            careful=incoming.careful,
        )

    def _rollout(self, conversation: str, caller: Caller) -> Literal["taken", "left", "holdout"]:
        """A customer is held out by the address, for that is what is known of them in every channel."""
        who = folded(caller.email) if caller.email else conversation
        if self._policy.rollout.held_out(who):
            return "holdout"
        return "taken" if self._policy.rollout.takes(conversation) else "left"

    def _decision(self, one: Approval, thread: Thread) -> Ticket:
        verdict = Verdict(one.id, WORDS[one.state], one.decided_by or "", one.quote, one.intent, one.call, one.reason)
        return Ticket(
            _decision_id(one),
            ConversationId(one.conversation),
            one.channel,
            one.caller,
            "",
            self._now(),
            thread=thread,
            verdict=verdict,
            language=one.language,
            mode=self._mode(taken=True),
        )

    def _mode(self, taken: bool) -> Literal["sent", "draft"]:
        """A pause holds from the next message on, in every process: it is looked up, never remembered."""
        with self._database.read() as db:
            return "draft" if switches.paused(db) or not taken else "sent"

    def _walk(self, ticket: Ticket, on_step: OnStep | None) -> Answer:
        with watch.work("turn") as work, bound_contextvars(ticket=ticket.id, conversation=ticket.conversation):
            answer = self._walked(ticket, on_step)
            work.what |= {"disposition": answer.disposition.value, "mode": answer.mode}
        return answer

    def _walked(self, ticket: Ticket, on_step: OnStep | None) -> Answer:
        started = perf_counter()
        with thinking.turn() as thought:
            case = _run(self._path, Case(ticket=ticket), on_step)
        answer = answer_of(case, self._policy, note(case, self._policy))
        took = round((perf_counter() - started) * 1000, 1)
        body = body_of(case, answer, self._policy, thought.thoughts) | {"took_ms": took}
        with self._database.write() as db:
            self._settle(db, case, answer, body)
        return answer

    def _settle(self, db: Connection, case: Case, answer: Answer, body: Mapping[str, Any]) -> None:
        """Journal, thread and outgoing message in one transaction: all of the turn is kept, or none.

        Raises `Overtaken` when the conversation is not as this turn found it: another process took a turn meanwhile.
        """
        ticket = case["ticket"]
        conversations.unchanged(db, ticket.conversation, ticket.thread)
        journal.append(
            db,
            journal.Record(
                ticket.id,
                ticket.conversation,
                ticket.received_at,
                dict(body),
                private_of(case, answer),
            ),
        )
        reached.note(db, ticket)
        after = thread_after(case, answer, self._policy)
        conversations.save(db, ticket.conversation, ticket.channel, answer.language, after, ticket.received_at)
        if answer.mode == "sent" and any(isinstance(one, Ask) and one.missing == "code" for one in case["decisions"]):
            self._identity.send_code(db, ticket, answer.language)
        if ticket.channel in self._delivered:
            kind, lane = f"reply.{ticket.channel}", str(ticket.conversation)
            outbox.put(db, f"reply:{ticket.id}", kind, answer.as_json(), ticket.received_at, lane)
        elif letter := ticket.letter or correspondence.of_decision(db, ticket):
            correspondence.put(db, answer, letter, ticket.received_at)


def _same_turn(known: journal.Entry, incoming: Incoming) -> Answer:
    """Raises `OtherText`; where the words were erased, they can not be compared."""
    if known.private is not None and known.private["given"] != _digest(incoming.text):
        raise OtherText(incoming.id)
    return _kept(known)


def _kept(known: journal.Entry) -> Answer:
    if known.private is None:
        return without_words(known.ticket, known.conversation, dict(known.body))
    return from_json(dict(known.private["answer"]))


def _decision_id(one: Approval) -> TicketId:
    return TicketId(f"{one.id}:decision")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _run(path: graph.Path, case: Case, on_step: OnStep | None) -> Case:
    if on_step is None:
        return cast("Case", path.invoke(case))
    whole: dict[str, Any] = dict(case)
    started = perf_counter()
    for update in path.stream(case, stream_mode="updates"):
        for step, added in update.items():
            whole |= added
            on_step(step, cast("Case", added), perf_counter() - started)
            started = perf_counter()
    return cast("Case", whole)
