"""Carriers in our words: scans of parcels. One module a vendor; scans.py brings them to the core.

The codes are the order core's (tools/orders/axes.py): a vendor's own words stay in its module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.signed import BadEvent
from tools.orders.model import TrackingEvent

MOST = 500
"""Scans of one event: a parcel that has more is no parcel."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an event tells of a parcel: all its scans so far, in whatever order."""

    tracking: str
    scans: Sequence[TrackingEvent]


def moment(given: object) -> datetime:
    """ISO 8601; carriers that name no zone are read as UTC. Raises `BadEvent`."""
    try:
        read = datetime.fromisoformat(str(given))
    except ValueError:
        raise BadEvent("a scan has no moment") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def place(*parts: object) -> str:
    return ", ".join(str(part).strip() for part in parts if isinstance(part, str) and part.strip())[:200]
