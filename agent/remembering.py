"""What a turn leaves in its thread: what waits for a yes, what was asked, who has it.

Pure; the thread is kept by agent/conversations.py.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from agent import telling
from agent.answer import Answer
from agent.case import Ask, Case, Intent, OpenProposal, Question, Request, Thread
from agent.identity.ladder import ASKED_WHO
from agent.policy import Policy
from agent.record import KEPT

KEPT_OF_QUESTION = 2_000
ANSWERED_AS = {"place": "address", "city": "address", "goods": "items", "sold_out": "variant", "none_left": "variant"}
"""What a question lacks, where its wording has a name of its own."""


def thread_after(case: Case, answer: Answer, policy: Policy) -> Thread:
    before, decisions = case["ticket"].thread, case["decisions"]
    asks = [decision for decision in decisions if isinstance(decision, Ask)]
    asked = dict(before.asked)
    for ask in asks:
        asked[ask.rule] = asked.get(ask.rule, 0) + (ask.proposal is None)
    if not asks and not case["ticket"].verdict:
        asked = {}
    return Thread(
        with_person=before.with_person or answer.handoff is not None,
        proposals=_open(case, [ask for ask in asks if ask.proposal], policy),
        question=_question(case, [ask for ask in asks if ask.proposal is None]),
        asked=asked,
        turns=before.turns + 1,
        held=(before.held or case["ticket"].text)[:KEPT] if any(one.rule in ASKED_WHO for one in asks) else "",
        claimed=case["ticket"].caller.email or before.claimed,
        about=telling.spoken_of(case) or before.about,
        told=telling.counted(case),
        since=before.since,
    )


def _open(case: Case, asks: list[Ask], policy: Policy) -> tuple[OpenProposal, ...]:
    """What waits for a yes now. A newer proposal replaces the older ones: a yes answers the last question."""
    ticket = case["ticket"]
    until = ticket.received_at + timedelta(hours=policy.limits.proposal_hours)
    fresh = tuple(_open_proposal(case, ask, until) for ask in asks)
    answered = any(r.in_scope and r.intent in {Intent.AFFIRM, Intent.DENY} for r in case["triage"].requests)
    return ticket.others + (fresh or (() if answered else ticket.thread.proposals))


def _open_proposal(case: Case, ask: Ask, until: datetime) -> OpenProposal:
    assert ask.call
    assert ask.proposal
    intent = next(request.intent for request in case["triage"].requests if request.id == ask.request)
    ticket = case["ticket"]
    offered = ticket.verdict.approval if ticket.verdict else None
    return OpenProposal(
        ask.call.tool, ask.call.arguments, ask.proposal.quote.digest, intent, until, ticket.thread.turns + 1, offered
    )


def _question(case: Case, asks: list[Ask]) -> Question | None:
    """What a short answer ("1002", "the blue one") will complete."""
    asking = [(ask, request) for ask in asks for request in case["triage"].requests if request.id == ask.request]
    found = next(((ask, one) for ask, one in asking if _can_be_completed(ask, one)), None)
    if found is None:
        return None
    ask, request = found
    slots = request.slots
    words = _without_the_wish(request.text, ask.wished)[:KEPT_OF_QUESTION]
    missing = ANSWERED_AS.get(ask.missing, ask.missing)
    return Question(request.intent, missing, words, slots.orders, slots.reason, _choices(case, ask))


def _can_be_completed(ask: Ask, request: Request) -> bool:
    """What was not understood becomes no clearer by more words, but for one of the articles that we named."""
    return request.intent is not Intent.OUT_OF_SCOPE or ask.missing == "article"


def _choices(case: Case, ask: Ask) -> tuple[str, ...]:
    """The titles of articles, or the names of an order's items: "the second one" is one of them."""
    shown = [one for one in case["facts"].facts(ask.request) if one.id in ask.facts]
    if ask.missing == "goods":
        return tuple(line.name for one in shown if one.order for line in one.order.lines)
    return tuple(str(one.fields["title"]) for one in shown) if ask.missing == "article" else ()


def _without_the_wish(words: str, wished: str) -> str:
    """What was wished for and is sold out is not wished for again when the customer names something else."""
    options = re.search(r"\(([^()]*)\)$", wished)
    for value in options[1].split(", ") if options else ():
        words = re.sub(rf"(?i)(?<!\w){re.escape(value)}(?!\w)", " ", words)
    return words


def as_pressed(thread: Thread, digest: str) -> tuple[Thread, tuple[OpenProposal, ...]]:
    """A press names its quote exactly, whatever was said since it was shown: the yes or no is to that one alone."""
    if not digest:
        return thread, ()
    meant = tuple(replace(one, turn=thread.turns) for one in thread.proposals if one.digest == digest)
    others = tuple(one for one in thread.proposals if one.digest != digest)
    return replace(thread, proposals=meant), others
