"""Legal transitions as data. Anything that is not listed is refused; a state changes only by compare-and-set."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Table, update

Transitions = Mapping[str, frozenset[str]]


class IllegalTransition(RuntimeError):
    """Our own code asked for a change that the table does not list, or the row changed under it: a defect."""


def _table(**rows: str) -> Transitions:
    return {state: frozenset(following.split()) for state, following in rows.items()}


TRANSITIONS: Mapping[str, Transitions] = {
    "order": _table(
        draft="validating abandoned",
        validating="confirmed on_hold rejected",
        on_hold="validating confirmed cancelled",
        confirmed="in_change cancelling cancelled completed on_hold",
        in_change="confirmed",
        cancelling="cancelled confirmed",
        completed="closed confirmed",
    ),
    "fulfillment_order": _table(
        scheduled="open",
        open="on_hold in_progress moved cancelled",
        on_hold="open",
        in_progress="picked cancellation_requested incomplete",
        picked="packed cancellation_requested",
        packed="shipped",
        cancellation_requested="cancelled in_progress",
        shipped="closed",
        incomplete="open cancelled",
    ),
    "return": _table(
        requested="approved manual_review declined",
        manual_review="approved declined",
        approved="label_issued in_transit received expired cancelled",
        label_issued="in_transit received expired cancelled",
        in_transit="partially_received received lost",
        partially_received="received",
        received="inspected",
        inspected="accepted partially_accepted rejected refund_due",
        accepted="refund_due exchange_due",
        partially_accepted="refund_due exchange_due",
        rejected="shipped_back closed",
        refund_due="closed",
        exchange_due="closed",
    ),
    "refund": _table(
        quoted="approved approval_required expired",
        approval_required="approved denied",
        approved="submitting",
        submitting="pending succeeded failed unknown",
        pending="succeeded failed requires_action",
        unknown="succeeded failed",
        failed="approved rerouted",
        succeeded="failed",
    ),
}


def change(db: Connection, table: Table, row: str, column: str, before: str, after: str, kind: str) -> None:
    """Raises `IllegalTransition`."""
    if after not in TRANSITIONS[kind].get(before, frozenset()):
        allowed = sorted(TRANSITIONS[kind].get(before, ()))
        raise IllegalTransition(f"{kind}: {before} → {after}; allowed: {', '.join(allowed) or 'nothing'}")
    changed = db.execute(update(table).where(table.c.id == row, table.c[column] == before).values({column: after}))
    if changed.rowcount != 1:
        raise IllegalTransition(f"{kind} {row} is no longer {before}")
