"""Run what was permitted, store what waits for a person. Each action is one transaction in the core."""

from __future__ import annotations

from datetime import timedelta

from agent import approvals, caps
from agent.approvals import AlreadyDecided
from agent.case import Act, Approve, Case, Decision, Done, Intent
from agent.graph import Added
from agent.policy import Policy
from tools.orders.agreement import Action, Evidence, Outcome, Quote, Result
from tools.orders.database import Database
from tools.orders.model import Actor
from tools.orders.rules import refuse
from tools.orders.service import Orders

LAST = (Action.CHANGE_PAYMENT, Action.CANCEL_ORDER, Action.CHANGE_ITEMS, Action.REQUEST_RETURN, Action.REQUEST_EXCHANGE)


def act(case: Case, orders: Orders, database: Database, policy: Policy) -> Added:
    """A turn that is repeated after a crash finds what it did: the keys come from the turn, not from the clock."""
    outcomes = []
    for decision in sorted(case["decisions"], key=_turn_of):
        if isinstance(decision, Act):
            outcomes.append(_acted(case, decision, orders, database, policy))
        elif isinstance(decision, Approve):
            outcomes.append(_wait(case, decision, database, policy))
    return {"outcomes": tuple(outcomes)}


def _turn_of(decision: Decision) -> int:
    """Of several changes to one order first those that leave the others' quotes as they are."""
    proposal = decision.proposal if isinstance(decision, Act | Approve) else None
    return LAST.index(proposal.action) + 1 if proposal and proposal.action in LAST else 0


def _acted(case: Case, decision: Act, orders: Orders, database: Database, policy: Policy) -> Done:
    """Above a cap it waits for a person instead (CAP-1): judged in the transaction, where no race can pass it."""
    if decision.approval and not case["ticket"].verdict and not _taken(decision, case, database):
        return Done(decision.request, decision.proposal.id, outcome=_gone(decision.proposal.quote))
    outcome = _execute(case, decision, orders, policy)
    if outcome.result is Result.REFUSED and outcome.ruling.rule == caps.CAP:
        waits = Approve(decision.request, decision.rule, decision.proposal, decision.call, (caps.CAP,))
        return _wait(case, waits, database, policy)
    return Done(decision.request, decision.proposal.id, outcome=outcome)


def _execute(case: Case, decision: Act, orders: Orders, policy: Policy) -> Outcome:
    """The key of an approved action is the approval's: whoever knocks twice, it is done once.

    What was shown may be days old: it is computed again, and done only if it still says the same.
    """
    ticket, quote = case["ticket"], decision.proposal.quote
    rests_on = ticket.verdict.approval if ticket.verdict else decision.approval
    turn = f"approval:{rests_on}" if rests_on else f"{ticket.id}:{decision.request}:{quote.action}:{quote.order_number}"
    actor = Actor("person", ticket.verdict.by) if ticket.verdict else Actor("agent", ticket.conversation)
    permit = None if rests_on else caps.within(policy, ticket.caller.customer, turn, ticket.received_at)
    return orders.execute(
        orders.again(quote), key=turn, actor=actor, evidence=Evidence(turn, quote.digest), permit=permit
    )


def _taken(decision: Act, case: Case, database: Database) -> bool:
    """The customer takes what a person offered, once. A repeated turn finds that it did."""
    assert decision.approval
    with database.write() as db:
        try:
            approvals.use(db, decision.approval, case["ticket"].received_at)
        except AlreadyDecided:
            return approvals.one(db, decision.approval).state == "used"
    return True


def _gone(quote: Quote) -> Outcome:
    return Outcome(Result.REFUSED, quote, refuse("APR-4", "offer_gone", accepts="ask anew"))


def _wait(case: Case, decision: Approve, database: Database, policy: Policy) -> Done:
    ticket, wait = case["ticket"], timedelta(hours=policy.limits.approval_hours)
    with database.write() as db:
        approval = approvals.store(db, ticket, decision, _wanted(case, decision), case["triage"].language, wait)
    return Done(decision.request, decision.proposal.id, approval=approval)


def _wanted(case: Case, decision: Approve) -> Intent:
    """What the customer first asked for; a yes alone says little to whoever approves."""
    shown = {one.digest: one.intent for one in case["ticket"].thread.proposals}
    request = next(one for one in case["triage"].requests if one.id == decision.request)
    return shown.get(decision.proposal.quote.digest, request.intent)
