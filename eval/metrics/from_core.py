"""What the order core knows of a resolution's later life: reversals, orders of each group, who bought before.

What a conversation rests on: a refund that failed reverses one that promised money; a return, one that changed or
replaced goods; a chargeback, whatever was said of the order. A dispute that the shop won reverses nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from eval.conversation import Conversation
from tools.orders import figures

FAILED, RETURNED, DISPUTED, WON = "failed", "returned", "disputed", "won"
KINDS: Mapping[str, str] = {
    "refund.failed": FAILED,
    "refund.taken_back": FAILED,
    "return.requested": RETURNED,
    "payment.disputed": DISPUTED,
    "payment.dispute_won": WON,
}
MONEY = frozenset({"refund_request", "refund_status", "return_request", "cancel_order", "withdrawal"})
GOODS = frozenset({"exchange_request", "change_order", "missing_or_damaged"})
MONEY_ACTIONS = frozenset({"refund", "cancel_order", "withdraw", "request_return"})
GOODS_ACTIONS = frozenset({"request_exchange", "change_items"})
OWN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Undone:
    """Something that happened to an order; `by` is the conversation that did it, where the agent did."""

    order: str
    kind: str
    at: datetime
    by: str = ""


def undone_since(db: Connection, since: datetime) -> tuple[Undone, ...]:
    return tuple(Undone(one.number, KINDS[one.type], one.at, one.by) for one in figures.happened(db, KINDS, since))


def with_reversals(found: Iterable[Conversation], undone: Iterable[Undone]) -> tuple[Conversation, ...]:
    of_order: dict[str, list[Undone]] = {}
    for one in undone:
        of_order.setdefault(one.order, []).append(one)
    return tuple(_reversed(each, of_order) for each in found)


def _reversed(one: Conversation, of_order: Mapping[str, Sequence[Undone]]) -> Conversation:
    moments = [moment for order in one.orders for moment in _against(one, of_order.get(order, ()))]
    return replace(one, reversed_at=min(moments)) if moments else one


def _against(one: Conversation, undone: Sequence[Undone]) -> Iterable[datetime]:
    """After the conversation's first turn. A return that comes with a turn of its own is what the turn did."""
    intents = {request.intent for turn in one.turns for request in turn.requests}
    done = {action.action for turn in one.turns for action in turn.actions if action.status == "done"}
    won = sum(each.kind == WON for each in undone)
    disputes = [each for each in undone if each.kind == DISPUTED]
    for each in undone:
        if each.at <= one.began:
            continue
        money = each.kind == FAILED and (intents & MONEY or done & MONEY_ACTIONS)
        goods = each.kind == RETURNED and not _own(one, each) and (intents & GOODS or done & GOODS_ACTIONS)
        if money or goods or (each.kind == DISPUTED and len(disputes) > won):
            yield each.at


def _own(one: Conversation, undone: Undone) -> bool:
    return undone.by == one.id or any(turn.at <= undone.at <= turn.at + OWN for turn in one.turns)


def orders_by_group(
    db: Connection, since: datetime, until: datetime, held_out: Callable[[str], bool]
) -> tuple[int, int]:
    """Orders placed in these days: (by treated customers, by those held out)."""
    counts: Counter[bool] = Counter()
    for email, count in figures.counts(db, since, until).items():
        counts[held_out(email)] += count
    return counts[False], counts[True]


def with_segments(
    db: Connection, found: Sequence[Conversation], addresses: Mapping[str, str]
) -> tuple[Conversation, ...]:
    """new: at most one order before they wrote; returning: more; empty where it is not known who writes.

    `addresses` are the folded e-mail addresses of the opaque keys.
    """
    placed = figures.placed(db, sorted({addresses[one.customer] for one in found if one.customer in addresses}))
    return tuple(_in_segment(one, placed.get(addresses.get(one.customer, ""))) for one in found)


def _in_segment(one: Conversation, placed: Sequence[datetime] | None) -> Conversation:
    if placed is None:
        return one
    return replace(one, segment="returning" if sum(at <= one.began for at in placed) > 1 else "new")
