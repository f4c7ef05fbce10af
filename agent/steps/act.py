"""Run what was permitted, store what waits for a person. Each action is one transaction in the core."""

from __future__ import annotations

from agent import approvals
from agent.case import Act, Approve, Case, Done, Intent
from agent.graph import Added
from tools.orders.agreement import Evidence, Outcome
from tools.orders.database import Database
from tools.orders.model import Actor
from tools.orders.service import Orders


def act(case: Case, orders: Orders, database: Database) -> Added:
    """A turn that is repeated after a crash finds what it did: the keys come from the turn, not from the clock."""
    outcomes = []
    for decision in case["decisions"]:
        if isinstance(decision, Act):
            outcomes.append(Done(decision.request, outcome=_execute(case, decision, orders)))
        elif isinstance(decision, Approve):
            outcomes.append(_wait(case, decision, database))
    return {"outcomes": tuple(outcomes)}


def _execute(case: Case, decision: Act, orders: Orders) -> Outcome:
    """The key of an approved action is the approval's: whoever knocks twice, it is done once.

    What was shown may be days old: it is computed again, and done only if it still says the same.
    """
    ticket, quote = case["ticket"], decision.proposal.quote
    turn = f"approval:{ticket.verdict.approval}" if ticket.verdict else f"{ticket.id}:{decision.request}"
    actor = Actor("person", ticket.verdict.by) if ticket.verdict else Actor("agent", ticket.conversation)
    return orders.execute(orders.again(quote), key=turn, actor=actor, evidence=Evidence(turn, quote.digest))


def _wait(case: Case, decision: Approve, database: Database) -> Done:
    quote = decision.proposal.quote
    with database.write() as db:
        approval = approvals.store(
            db, case["ticket"], decision.request, _wanted(case, decision), quote, case["triage"].language
        )
    return Done(decision.request, approval=approval)


def _wanted(case: Case, decision: Approve) -> Intent:
    """What the customer first asked for; a yes alone says little to whoever approves."""
    shown = {one.digest: one.intent for one in case["ticket"].thread.proposals}
    request = next(one for one in case["triage"].requests if one.id == decision.request)
    return shown.get(decision.proposal.quote.digest, request.intent)
