"""EasyPost's tracker events: who knocks, and what they tell. Other kinds of events (batch, refund) are none of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.carriers import MOST, Told, moment, place
from connectors.signed import BadEvent, Knock, in_hex_of_nfkd, inner, must_match, needed, object_in, rows
from tools.orders.model import TrackingEvent

SIGNATURE = "x-hmac-signature"
TRACKER = "tracker."
CODES = {
    "pre_transit": "label_created",
    "in_transit": "in_transit",
    "out_for_delivery": "out_for_delivery",
    "delivered": "delivered",
    "available_for_pickup": "available_for_pickup",
    "return_to_sender": "returned_to_sender",
    "failure": "exception",
    "cancelled": "cancelled",
}
"""`unknown` and `error` say nothing about the parcel."""


def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> None:
    """Raises `BadSignature`."""
    must_match((in_hex_of_nfkd(secret, raw) for secret in secrets), headers.get(SIGNATURE, ""))


def knock(raw: bytes) -> Knock | None:
    """None for what is no tracker's event. Raises `BadEvent`."""
    body = object_in(raw)
    if not str(body.get("description", "")).startswith(TRACKER):
        return None
    told(body)
    key = needed(body, "id")
    return Knock(key, key)


def told(body: Mapping[str, Any]) -> Told:
    """Raises `BadEvent`."""
    tracker = inner(body, "result")
    scans = list(_scans(tracker))
    if len(scans) > MOST:
        raise BadEvent(f"more than {MOST} scans of one parcel")
    return Told(needed(tracker, "tracking_code"), tuple(scans))


def _scans(tracker: Mapping[str, Any]) -> Iterator[TrackingEvent]:
    for detail in rows(tracker, "tracking_details"):
        code = CODES.get(str(detail.get("status")))
        if code:
            where = inner(detail, "tracking_location")
            yield TrackingEvent(moment(detail.get("datetime")), code, place(where.get("city"), where.get("country")))
