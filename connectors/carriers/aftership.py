"""AfterShip's tracking updates: who knocks, and what they tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.carriers import MOST, Told, moment, place
from connectors.signed import BadEvent, Knock, in_base64, inner, must_match, needed, object_in, rows
from tools.orders.model import TrackingEvent

SIGNATURE = "aftership-hmac-sha256"
UPDATE = "tracking_update"
CODES = {
    "inforeceived": "label_created",
    "intransit": "in_transit",
    "outfordelivery": "out_for_delivery",
    "attemptfail": "attempt_failed",
    "delivered": "delivered",
    "availableforpickup": "available_for_pickup",
    "exception": "exception",
    "expired": "expired",
}
"""Tags without regard to case: their spelling is not certain. `Pending` says nothing about the parcel."""
RETURNED = frozenset({"exception_010", "exception_011"})
"""Subtags: on its way back, and back with its sender."""


def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> None:
    """Raises `BadSignature`."""
    must_match((in_base64(secret, raw) for secret in secrets), headers.get(SIGNATURE, ""))


def knock(raw: bytes) -> Knock | None:
    """None for other events (a date that was revised). Raises `BadEvent`."""
    body = object_in(raw)
    if body.get("event") != UPDATE:
        return None
    told(body)
    key = needed(body, "event_id")
    return Knock(key, key)


def told(body: Mapping[str, Any]) -> Told:
    """Raises `BadEvent`."""
    message = inner(body, "msg")
    scans = list(_scans(message))
    if len(scans) > MOST:
        raise BadEvent(f"more than {MOST} scans of one parcel")
    return Told(needed(message, "tracking_number"), tuple(scans))


def _scans(message: Mapping[str, Any]) -> Iterator[TrackingEvent]:
    for point in rows(message, "checkpoints"):
        code = CODES.get(str(point.get("tag", "")).casefold())
        if str(point.get("subtag", "")).casefold() in RETURNED:
            code = "returned_to_sender"
        if code:
            at = moment(point.get("checkpoint_time"))
            yield TrackingEvent(
                at, code, place(point.get("city"), point.get("country_region", point.get("country_iso3")))
            )
