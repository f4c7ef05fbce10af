"""Signals that bring an action to a person. They raise the step and say why; they never refuse (RSK-*).

The right of withdrawal is the consumer's by law (CRD Art. 9): no signal and no switch stands before it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from agent.policy import Policy
from tools.contract import Proposal
from tools.history import History
from tools.orders.agreement import Action, Quote
from tools.orders.model import RuleId

NEVER_CAME = frozenset({"lost", "missing"})


def signals(proposal: Proposal, policy: Policy, now: datetime) -> tuple[RuleId, ...]:
    """The rules that see a risk; none where no money would move."""
    quote, history = proposal.quote, proposal.history
    if history is None or quote.action is Action.WITHDRAW or not quote.amount:
        return ()
    risk = policy.risk
    lately = history.refunds_since(now - timedelta(days=risk.refunds_days))
    seen = {
        "RSK-1": lately >= risk.refunds,
        "RSK-2": history.orders >= risk.ratio_orders and _share(history) >= risk.ratio,
        "RSK-3": history.changed_address_within(risk.address_change_days, now),
        "RSK-4": _contradicted(quote, history),
        "RSK-5": history.open_dispute,
    }
    return tuple(RuleId(rule) for rule, stands in seen.items() if stands)


def _share(history: History) -> float:
    return history.given_back / history.bought if history.bought else 0.0


def _contradicted(quote: Quote, history: History) -> bool:
    return quote.action is Action.REFUND and quote.reason in NEVER_CAME and history.delivered
