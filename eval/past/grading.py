"""What can be said of a replayed conversation without a label: against the orders' history, and what people did.

None where nobody could tell. A reply that states no order fact states none that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.case import Disposition
from agent.policy import Policy
from agent.record import VALUE
from eval.conversation import SMALL_TALK, Action, Grades, Turn
from eval.past.people import Agreement
from tools.orders.agreement import Action as Kind
from tools.orders.model import Order, OrderId
from tools.views import order_fact

COURTESY = SMALL_TALK - {"affirm", "deny"}
ENDING = frozenset({"cancelled", "cancelling"})
NEED_MONEY = frozenset({Kind.REFUND.value})
DONE_WHEN: Mapping[str, Callable[[Order], bool]] = {
    Kind.CANCEL_ORDER.value: lambda order: order.lifecycle in ENDING or any(one.cancelled for one in order.lines),
    Kind.REQUEST_RETURN.value: lambda order: bool(order.returns),
    Kind.WITHDRAW.value: lambda order: bool(order.returns) or order.lifecycle in ENDING,
    Kind.REQUEST_EXCHANGE.value: lambda order: bool(order.exchanges),
    Kind.REFUND.value: lambda order: bool(order.refunds),
}


@dataclass(frozen=True, slots=True)
class Stated:
    """Fields of one order that a reply could lean on, and the order as the shop's own history has it then."""

    number: str
    fields: Mapping[str, Any]
    then: Order | None


def grades(
    turns: Sequence[Turn],
    stated: Iterable[Stated],
    after: Mapping[str, Order],
    touched: frozenset[OrderId],
    policy: Policy,
    agreed: Agreement,
) -> Grades:
    """`after` are the orders that the agent acted on (`touched`) as they ended in the sandbox, by number."""
    why: dict[str, str] = {}
    facts = _facts(stated, why)
    done = [one for turn in turns for one in turn.actions if one.status == "done"]
    return Grades(
        facts=facts,
        end_state=_end_state(done, after, touched, why),
        policy=_policy(done, policy, why),
        answered=_answered(turns, agreed, why),
        why=why,
    )


def _facts(stated: Iterable[Stated], why: dict[str, str]) -> bool:
    for one in stated:
        if one.then is None:
            why["facts"] = f"{one.number} was not there then"
            return False
        truth = {name: VALUE.dump_python(value, mode="json") for name, value in order_fact(one.then).fields.items()}
        wrong = sorted(name for name, value in one.fields.items() if name in truth and truth[name] != value)
        if wrong:
            why["facts"] = f"{one.number}: {', '.join(wrong)}"
            return False
    return True


def _end_state(
    done: Sequence[Action], after: Mapping[str, Order], touched: frozenset[OrderId], why: dict[str, str]
) -> bool:
    """Every action said to be done stands in the order, and no other order changed."""
    for one in done:
        order, holds = after.get(one.order), DONE_WHEN.get(one.action, _changed)
        if order is None or order.id not in touched or not holds(order):
            why["end_state"] = f"{one.action} of {one.order} is not in the order"
            return False
    acted = {after[one.order].id for one in done}
    if touched - acted:
        why["end_state"] = f"{len(touched - acted)} orders changed beside what was told"
        return False
    return True


def _changed(_: Order) -> bool:
    """That the order was touched at all is looked at beside it."""
    return True


def _policy(done: Sequence[Action], policy: Policy, why: dict[str, str]) -> bool:
    """Nothing was done without a person that shop.toml does not leave to the agent."""
    for one in done:
        allowed = one.action == Kind.WITHDRAW or getattr(policy.autonomy, one.action, "approve") == "auto"
        if not allowed or (one.action in NEED_MONEY and one.amount > policy.caps.refund_per_order):
            why["policy"] = f"{one.action} of {one.order} needs a person"
            return False
    return True


def _answered(turns: Sequence[Turn], agreed: Agreement, why: dict[str, str]) -> bool | None:
    """No hand-off at the end, and no other action than people saw fit."""
    last = ending(turns)
    if last is Disposition.HANDED_OFF:
        return False
    if last in (Disposition.ASKED, Disposition.QUEUED):
        return None
    if agreed in ("people_only", "different_action", "different_amount"):
        why["answered"] = f"people did something else ({agreed.replace('_', ' ')})"
        return False
    return True


def ending(turns: Sequence[Turn]) -> Disposition:
    """How the last turn that was about something ended: a thanks after it changes nothing."""
    meant = [turn for turn in turns if any(one.intent not in COURTESY for one in turn.requests)]
    return (meant or turns)[-1].disposition if turns else Disposition.HANDED_OFF
