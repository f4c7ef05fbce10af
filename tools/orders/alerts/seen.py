"""An order as detectors look at it: its parcels with their scans, its money and returns under way. No behaviour but
what follows from one glance."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from tools.orders.model import ShipmentState

OVER = frozenset({"cancelled", "rejected", "closed", "abandoned", "draft"})


class Scan(NamedTuple):
    code: str
    at: datetime
    place: str


@dataclass(slots=True)
class Parcel:
    """`scans` are the carrier's own, oldest first, none of the future; `state` is what they tell."""

    id: str
    carrier: str
    service: str
    state: ShipmentState
    shipped_at: datetime | None
    delivered_at: datetime | None
    scans: list[Scan] = field(default_factory=list)
    next_scan: datetime | None = None
    """A scan that says it is of the future counts from then on."""


@dataclass(slots=True)
class Seen:
    """`open_units` are still to be sent, `short` of them have no stock. `before` is the promise at the last look.

    `refunds` are (id, since) of money that is on its way, `withdrawals` (id, by) of money that the law wants back by
    then, `returns` (id, since) of goods that arrived and wait, `labels` (tracking number, since) without a parcel.
    """

    id: str
    customer: str
    placed_at: datetime
    promised_at: datetime | None
    lifecycle: str
    hold_reason: str
    country: str
    region: str
    city: str
    version: int
    open_units: int = 0
    short: int = 0
    parcels: list[Parcel] = field(default_factory=list)
    refunds: list[tuple[str, datetime]] = field(default_factory=list)
    withdrawals: list[tuple[str, datetime]] = field(default_factory=list)
    returns: list[tuple[str, datetime]] = field(default_factory=list)
    labels: list[tuple[str, datetime]] = field(default_factory=list)
    before: datetime | None = None
    promise: str | None = None
    """As it is written in the database."""
    _open: bool | None = None

    @property
    def is_open(self) -> bool:
        """Something of it is still to arrive. Asked once everything of it is read."""
        if self._open is None:
            under_way = self.open_units > 0 or any(one.state not in ENDED for one in self.parcels)
            self._open = under_way and self.lifecycle not in OVER and self.lifecycle != "completed"
        return self._open


ENDED = frozenset({ShipmentState.DELIVERED, ShipmentState.LOST, ShipmentState.RETURNED_TO_SENDER})
