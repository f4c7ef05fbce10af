"""The types of the path, in path order: ticket, triage, facts, decisions, outcomes, draft, reply. No behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, NewType, TypedDict

from tools.contract import Answer, Caller, Fact, Proposal, Refusal
from tools.orders.agreement import Outcome, Quote
from tools.orders.model import Address, RuleId

TicketId = NewType("TicketId", str)
ConversationId = NewType("ConversationId", str)
ApprovalId = NewType("ApprovalId", str)
RequestId = NewType("RequestId", str)


class Intent(StrEnum):
    ORDER_STATUS = "order_status"
    DELIVERY_INFO = "delivery_info"
    CANCEL_ORDER = "cancel_order"
    CHANGE_ADDRESS = "change_address"
    CHANGE_ORDER = "change_order"
    RETURN_REQUEST = "return_request"
    EXCHANGE_REQUEST = "exchange_request"
    REFUND_REQUEST = "refund_request"
    REFUND_STATUS = "refund_status"
    RETURN_POLICY = "return_policy"
    WITHDRAWAL = "withdrawal"
    MISSING_OR_DAMAGED = "missing_or_damaged"
    PAYMENT_PROBLEM = "payment_problem"
    PAYMENT_INFO = "payment_info"
    INVOICE = "invoice"
    PLACE_ORDER = "place_order"
    PRODUCT_QUESTION = "product_question"
    DISCOUNT_QUESTION = "discount_question"
    ACCOUNT = "account"
    NEWSLETTER = "newsletter"
    COMPLAINT = "complaint"
    PRAISE = "praise"
    TALK_TO_HUMAN = "talk_to_human"
    GREETING = "greeting"
    THANKS = "thanks"
    AFFIRM = "affirm"
    DENY = "deny"
    OUT_OF_SCOPE = "out_of_scope"


class Mood(StrEnum):
    """`ANGRY`, `LEGAL` and `HARM` go to a person whatever the policy says (DESIGN section 4, rule 7)."""

    NEUTRAL = "neutral"
    UNHAPPY = "unhappy"
    ANGRY = "angry"
    LEGAL = "legal"
    HARM = "harm"


class Kind(StrEnum):
    """What sort of message it is. Only a person's is answered; `FOREIGN` is in a language that the shop lacks."""

    MESSAGE = "message"
    EMPTY = "empty"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    FOREIGN = "foreign"


class Reason(StrEnum):
    """Why a conversation goes to a person: a closed list."""

    ASKED_FOR_PERSON = "asked_for_person"
    MISSING_KNOWLEDGE = "missing_knowledge"
    NOT_PERMITTED = "not_permitted"
    IDENTITY = "identity"
    TOOL_FAILURE = "tool_failure"
    LOW_CONFIDENCE = "low_confidence"
    DISTRESS = "distress"
    LEGAL = "legal"
    LIMIT = "limit"


class Disposition(StrEnum):
    """How a request ended, gravest first: a ticket's disposition is the first of its requests'."""

    HANDED_OFF = "handed_off"
    QUEUED = "queued"
    ASKED = "asked"
    ACTED = "acted"
    ANSWERED = "answered"


# -- ticket ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Turn:
    role: Literal["customer", "agent"]
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Where the reply goes as a letter, and which letter it answers; ids as in the headers, with their brackets."""

    to: str
    subject: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as a channel hands it over. `verified`: the channel proved the e-mail address; text proves nothing.

    `token` is the shop's signed token, `network` the address it came from, for limits; neither is kept as it is.
    `stranger`: somebody else than whose conversation it is wrote this; what was proven in it is not theirs.
    `reopened`: a person had the last word before it, and left the conversation to Wismo again.
    `letter`: the reply also leaves by mail.
    `pressed` is the digest of the open quote whose button was pressed: the message is about that quote alone.
    `careful`: nobody typed it (a link of ours was opened), so whatever it asks for is quoted and confirmed first.
    """

    id: str
    conversation: str
    channel: str
    text: str
    email: str | None = None
    verified: bool = False
    subject: str = ""
    history: tuple[Turn, ...] = ()
    token: str = ""
    network: str = ""
    stranger: bool = False
    reopened: bool = False
    letter: Letter | None = None
    pressed: str = ""
    careful: bool = False


@dataclass(frozen=True, slots=True)
class OpenProposal:
    """A proposal that waits for the customer's yes: the tool call that made it, and the digest they were shown.

    `turn` counts the turns of the conversation up to the one that showed it. `approval`: a person offered it.
    """

    tool: str
    arguments: Mapping[str, object]
    digest: str
    intent: Intent
    expires_at: datetime
    turn: int = 0
    approval: ApprovalId | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What we asked, and of which wish: its words (identifiers masked), the orders and the reason it named.

    `choices` are the titles of the articles, or the names of the items, that we named.
    """

    intent: Intent
    missing: str
    text: str = ""
    orders: tuple[str, ...] = ()
    reason: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thread:
    """What the conversation remembers. `asked` counts how often each rule has already asked.

    `held` is the message that waits for a proof of who wrote it, `claimed` the address that was given for it.
    `about` are the numbers of the orders that were spoken of last. `told` counts the same answers, by their marks
    (agent/telling.py). `since` are the turns before a person's last resolution: limits count from there.
    """

    with_person: bool = False
    proposals: tuple[OpenProposal, ...] = ()
    question: Question | None = None
    asked: Mapping[str, int] = field(default_factory=dict)
    turns: int = 0
    held: str = ""
    claimed: str | None = None
    about: tuple[str, ...] = ()
    told: Mapping[str, int] = field(default_factory=dict)
    since: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a stored approval; it walks the path as a turn of its own.

    `call` made the quote; after an edit both are the new ones, which the customer is asked about.
    """

    approval: ApprovalId
    word: Literal["accepted", "rejected", "expired", "edited"]
    by: str
    quote: Quote
    intent: Intent
    call: ToolCall | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One inbound turn. A `verdict` makes it a decision of a person; then `text` is empty.

    `codes`: a one-time code can be mailed. `code_refused`: the message was a code, and does not fit. `given` is the
    SHA-256 of the message as it came, where `text` is the earlier one that it proved. `rollout` says whether the
    conversation is taken, left to people by the share, or by the holdout of its customer. `others` are open quotes
    that a press on one of them is not about; they stay open.
    """

    id: TicketId
    conversation: ConversationId
    channel: str
    caller: Caller
    text: str
    received_at: datetime
    subject: str = ""
    history: tuple[Turn, ...] = ()
    thread: Thread = Thread()
    verdict: Verdict | None = None
    language: str | None = None
    mode: Literal["sent", "draft"] = "sent"
    codes: bool = False
    code_refused: bool = False
    given: str = ""
    rollout: Literal["taken", "left", "holdout"] = "taken"
    letter: Letter | None = None
    others: tuple[OpenProposal, ...] = ()
    careful: bool = False


# -- triage ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Slots:
    """`not_orders` are those that the customer said are not meant; `discussed` those that an "it" points back to."""

    orders: tuple[str, ...] = ()
    not_orders: tuple[str, ...] = ()
    email: str | None = None
    postcode: str | None = None
    products: tuple[str, ...] = ()
    reason: str = ""
    dates: tuple[date, ...] = ()
    address: Address | None = None
    discussed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One thing asked for. `text` is the part of the message that asks it, identifiers masked."""

    id: RequestId
    intent: Intent
    confidence: float
    in_scope: bool
    slots: Slots
    text: str


@dataclass(frozen=True, slots=True)
class Triage:
    language: str
    mood: Mood
    urgency: Literal["normal", "high"]
    wants_human: bool
    requests: tuple[Request, ...]
    kind: Kind = Kind.MESSAGE


# -- investigate -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToolCall:
    request: RequestId
    tool: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Finding:
    """A tool call and what it gave: facts with their ids, a proposal, or a refusal; `round` counts from 0."""

    call: ToolCall
    answer: Answer
    round: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """All that was read for this case. `complete` once the brain has nothing more to look up."""

    findings: tuple[Finding, ...] = ()
    rounds: int = 0
    complete: bool = False

    def of(self, request: RequestId) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.call.request == request)

    def facts(self, request: RequestId | None = None, kind: str | None = None) -> tuple[Fact, ...]:
        found = self.findings if request is None else self.of(request)
        every = (fact for finding in found if isinstance(finding.answer, tuple) for fact in finding.answer)
        return tuple(fact for fact in every if kind in {None, fact.kind})

    def proposals(self, request: RequestId) -> tuple[tuple[Proposal, ToolCall], ...]:
        """Of each order those that the rules allow; where they allow none, the last that was tried."""
        made = [(f.answer, f.call) for f in self.of(request) if isinstance(f.answer, Proposal)]
        orders = dict.fromkeys(one.quote.order_id for one, _ in made)
        return tuple(
            one for order in orders for one in _best([each for each in made if each[0].quote.order_id == order])
        )

    def refusal(self, request: RequestId) -> Refusal | None:
        refused = (finding.answer for finding in self.of(request) if isinstance(finding.answer, Refusal))
        return next(refused, None)


def _best(made: list[tuple[Proposal, ToolCall]]) -> list[tuple[Proposal, ToolCall]]:
    return [one for one in made if one[0].quote.ruling.allowed] or made[-1:]


# -- decide ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Inform:
    """Tell the customer. `code` names what is told: a refusal's code, or how the playbook answers.

    `facts` are the ids of what it is told from; `proposal` is what the rules refused.
    """

    request: RequestId
    rule: RuleId
    code: str = "told"
    facts: tuple[str, ...] = ()
    proposal: Proposal | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """`missing` is what we need: order, identity, address, items, variant, article, intent, or confirm (with a
    proposal).

    `facts` are the ids of what the question is asked from; `wished` names what was wished for and is sold out.
    """

    request: RequestId
    rule: RuleId
    missing: str
    proposal: Proposal | None = None
    call: ToolCall | None = None
    facts: tuple[str, ...] = ()
    wished: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """`approval` is the person's word that it rests on; without one it stands on autonomy, within the caps."""

    request: RequestId
    rule: RuleId
    proposal: Proposal
    call: ToolCall | None = None
    approval: ApprovalId | None = None


@dataclass(frozen=True, slots=True)
class Approve:
    """Waits for `people` persons; `signals` are the rules that raised the step, `offered` what a person offered."""

    request: RequestId
    rule: RuleId
    proposal: Proposal
    call: ToolCall | None = None
    signals: tuple[RuleId, ...] = ()
    people: int = 1
    offered: ApprovalId | None = None


@dataclass(frozen=True, slots=True)
class HandOff:
    request: RequestId
    rule: RuleId
    reason: Reason
    team: str


Decision = Inform | Ask | Act | Approve | HandOff


# -- act ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one decision in the core: an outcome, or the approval that now waits."""

    request: RequestId
    proposal: str
    outcome: Outcome | None = None
    approval: ApprovalId | None = None


# -- write, check ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draft:
    """Text in which facts stand as placeholders ({F3.total}); `citations` are the ids of passages it leans on."""

    language: str
    text: str
    citations: tuple[str, ...] = ()
    by: str = "template"


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out. `problems` says why the first draft was refused, for the journal."""

    text: str
    language: str
    citations: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    verdict: Literal["sent", "rewrite", "hand_off"] = "sent"


class Case(TypedDict, total=False):
    """One ticket on its path: every step adds exactly one of these."""

    ticket: Ticket
    triage: Triage
    facts: Facts
    decisions: tuple[Decision, ...]
    outcomes: tuple[Done, ...]
    draft: Draft
    reply: Reply
