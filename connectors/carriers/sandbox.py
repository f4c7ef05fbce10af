"""A carrier that carries nothing: the default until a real one is connected. Most parcels arrive; some do not.

What becomes of a parcel is decided by its number, so that it is the same however often it is asked.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from tools.orders.commands import Done
from tools.orders.model import Actor, Clock, Shipment, TrackingEvent
from tools.orders.service import Orders

CARRIERS = ("Sandbox Post", "Sandbox Express")
ACTOR = Actor("system", "sandbox carrier")


class Fate(StrEnum):
    ARRIVES = "arrives"
    LATE = "late"
    LOST = "lost"
    RETURNED = "returned"


WAYS = {
    Fate.ARRIVES: ((4, "in_transit"), (40, "out_for_delivery"), (46, "delivered")),
    Fate.LATE: ((4, "in_transit"), (50, "delayed"), (120, "out_for_delivery"), (126, "delivered")),
    Fate.LOST: ((4, "in_transit"), (72, "exception"), (240, "lost")),
    Fate.RETURNED: ((4, "in_transit"), (40, "out_for_delivery"), (46, "attempt_failed"), (200, "returned_to_sender")),
}
"""Hours after it was handed over, and the scan."""


def by_number(tracking: str) -> Fate:
    """One parcel in twenty is lost, one comes late, one goes back."""
    told = zlib.crc32(tracking.encode()) % 20
    return {0: Fate.LOST, 1: Fate.LATE, 2: Fate.RETURNED}.get(told, Fate.ARRIVES)


class SandboxCarrier:
    """`fate` may be told otherwise, for tests and demonstrations."""

    def __init__(self, orders: Orders, now: Clock, fate: Callable[[str], Fate] = by_number) -> None:
        self._orders = orders
        self._now = now
        self._fate = fate

    def run_once(self) -> int:
        """Tells every scan that is due by now; how many were new."""
        told = 0
        for parcel in self._orders.under_way(CARRIERS):
            for scan in self.scans(parcel, self._now()):
                answer = self._orders.record_tracking(parcel.tracking_number, scan, ACTOR)
                told += isinstance(answer, Done) and bool(answer.result["fresh"])
        return told

    def scans(self, parcel: Shipment, until: datetime) -> Iterator[TrackingEvent]:
        known = {scan.code for scan in parcel.events}
        for hours, code in WAYS[self._fate(parcel.tracking_number)] if parcel.shipped_at else ():
            at = (parcel.shipped_at or until) + timedelta(hours=hours)
            if at <= until and code not in known:
                yield TrackingEvent(at, code, "Sandbox")
