"""Legal transitions as data. Anything that is not listed is refused; a state changes only by compare-and-set.

Shipments are told by scans, which come late, twice and in any order: axes.py projects them, and `shipment` here says
how a parcel's life goes; the diagrams in docs/orders.md are drawn from these tables.
"""

from __future__ import annotations

from collections.abc import Mapping

Transitions = Mapping[str, frozenset[str]]


class IllegalTransition(RuntimeError):
    """The table does not list it, or the row changed under the command. `allowed` is what would be."""

    def __init__(self, message: str, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.allowed = allowed


def _table(**rows: str) -> Transitions:
    return {state: frozenset(following.split()) for state, following in rows.items()}


TRANSITIONS: Mapping[str, Transitions] = {
    "order": _table(
        draft="validating abandoned",
        validating="confirmed on_hold rejected",
        on_hold="validating confirmed cancelled rejected",
        confirmed="in_change cancelling cancelled completed on_hold",
        in_change="confirmed",
        cancelling="cancelled confirmed",
        completed="closed confirmed",
    ),
    "payment": _table(
        created="authorizing capturing captured",
        authorizing="authorized captured requires_action failed unknown",
        requires_action="authorizing failed expired",
        authorized="capturing voiding auth_expired",
        capturing="partially_captured captured capture_failed unknown",
        capture_failed="authorized",
        partially_captured="capturing voiding",
        voiding="voided authorized partially_captured captured unknown",
        unknown="authorized partially_captured captured failed capture_failed voided",
        captured="disputed",
        disputed="captured charged_back",
    ),
    "fulfillment_order": _table(
        scheduled="open",
        open="on_hold in_progress moved cancelled",
        on_hold="open cancelled",
        in_progress="picked cancellation_requested incomplete",
        picked="packed cancellation_requested",
        packed="shipped",
        cancellation_requested="cancelled in_progress",
        shipped="closed",
        incomplete="open cancelled",
    ),
    "shipment": _table(
        label_pending="label_created label_failed",
        label_created="voided handed_over",
        handed_over="in_transit",
        in_transit="out_for_delivery exception delayed",
        delayed="in_transit out_for_delivery exception",
        exception="in_transit out_for_delivery returned_to_sender lost",
        out_for_delivery="delivered attempt_failed available_for_pickup",
        attempt_failed="out_for_delivery available_for_pickup returned_to_sender",
        available_for_pickup="delivered returned_to_sender",
        delivered="delivered_disputed",
        lost="claim",
        delivered_disputed="claim",
    ),
    "return": _table(
        requested="approved manual_review declined",
        manual_review="approved declined",
        approved="label_issued in_transit partially_received received expired cancelled",
        label_issued="in_transit partially_received received expired cancelled",
        in_transit="partially_received received lost",
        partially_received="received",
        received="inspected",
        inspected="accepted partially_accepted rejected",
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
        pending="succeeded failed unknown requires_action",
        unknown="pending succeeded failed",
        requires_action="succeeded failed",
        failed="approved rerouted",
        rerouted="submitting",
        succeeded="failed",
    ),
    "exchange": _table(
        requested="return_pending cancelled",
        return_pending="difference_due difference_credit even cancelled",
        difference_due="new_reserved cancelled",
        difference_credit="new_reserved cancelled",
        even="new_reserved cancelled",
        new_reserved="shipped cancelled",
        shipped="closed",
    ),
    "claim": _table(
        opened="evidence_requested approved_refund approved_replacement denied carrier_claim_filed",
        evidence_requested="approved_refund approved_replacement denied carrier_claim_filed",
        carrier_claim_filed="approved_refund approved_replacement denied",
        approved_refund="closed",
        approved_replacement="closed",
        denied="closed",
    ),
}


def legal(kind: str, before: str, after: str) -> None:
    """Raises `IllegalTransition` with what would be allowed."""
    if after not in next_states(kind, before):
        allowed = next_states(kind, before)
        told = ", ".join(allowed) or "nothing"
        raise IllegalTransition(f"{kind}: {before} → {after}; allowed: {told}", allowed)


def next_states(kind: str, state: str) -> tuple[str, ...]:
    return tuple(sorted(TRANSITIONS[kind].get(state, ())))
