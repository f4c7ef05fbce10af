"""What can be found about an order, and a finding."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple


class Kind(StrEnum):
    PROMISE_AT_RISK = "promise_at_risk"
    LABEL_UNSCANNED = "label_unscanned"
    SILENT = "silent"
    PREDICTED_LATE = "predicted_late"
    LATE = "late"
    EXCEPTION = "exception"
    ATTEMPT_FAILED = "attempt_failed"
    READY_FOR_PICKUP = "ready_for_pickup"
    RETURNED = "returned"
    DISPUTED = "disputed"
    BACK_ORDER_MOVED = "back_order_moved"
    REFUND_OVERDUE = "refund_overdue"
    RETURN_WAITING = "return_waiting"


MEANING: Mapping[Kind, str] = {
    Kind.PROMISE_AT_RISK: "not sent yet, and what is left of the promise is too short (stock, backlog)",
    Kind.LABEL_UNSCANNED: "a label was made or the parcel counted as sent, and the carrier never scanned it",
    Kind.SILENT: "no scan for days of a parcel under way",
    Kind.PREDICTED_LATE: "by the lane's history it will most likely miss its promise",
    Kind.LATE: "the promise is over and not everything has arrived",
    Kind.EXCEPTION: "the carrier reports a problem or a delay",
    Kind.ATTEMPT_FAILED: "the carrier found nobody",
    Kind.READY_FOR_PICKUP: "it waits at a pick-up point",
    Kind.RETURNED: "it goes back to the sender",
    Kind.DISPUTED: "the delivery scan contradicts the parcel's own story: the customer may not have it",
    Kind.BACK_ORDER_MOVED: "the promise of what is not sent yet was moved to a later day",
    Kind.REFUND_OVERDUE: "money that was to go back has not",
    Kind.RETURN_WAITING: "a return arrived and nobody has inspected it",
}


class Found(NamedTuple):
    """`at`: from then on it holds, unless something happens; in the future it is not true yet.

    `event` names the occurrence within its order and kind. `chance` is of being late, 0 to 1.
    """

    kind: Kind
    event: str
    at: datetime
    chance: float | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    facts: Mapping[str, Any] = MappingProxyType({})
