"""From the inbox to the core: the scans of a carrier's event. A parcel that is not known yet is waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.carriers import Told
from connectors.errors import Absent
from connectors.inbox import Event
from connectors.signed import object_in
from tools.orders import tracking
from tools.orders.commands import Refusal
from tools.orders.model import Actor
from tools.orders.service import Orders

Reading = Callable[[Mapping[str, Any]], Told]


class Scans:
    def __init__(self, orders: Orders, carrier: str, reading: Reading) -> None:
        self._orders = orders
        self._reading = reading
        self._actor = Actor("system", carrier)

    def read(self, event: Event) -> None:
        """Every scan once, whatever order events come in. Raises `Absent` for a parcel that is not known yet."""
        told = self._reading(object_in(event.body.encode()))
        number = tracking.kept(told.tracking)
        for scan in told.scans:
            answer = self._orders.record_tracking(number, scan, self._actor)
            if isinstance(answer, Refusal):
                raise Absent(f"no parcel has this tracking number yet ({answer.ruling.rule})")
