"""Zendesk's webhooks: is it Zendesk who knocks, which ticket does it speak of, was this event seen before?

The body is a hint: nothing in it is believed but the ticket's id, and the ticket is read again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.signed import BadEvent, BadSignature, Knock, digest, inner, number, object_in, same

SIGNATURE, TIMESTAMP = "x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp"
INVOCATION = "x-zendesk-webhook-invocation-id"
# The secret of Zendesk's "Test webhook" button is printed in its documentation: whoever reads it could sign.
PUBLIC_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105
SCHEMA = "wismo.zendesk.trigger.v1"
TICKETS = "zen:event-type:ticket."


def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime, tolerance: timedelta) -> None:
    """base64(HMAC-SHA256(timestamp + body)), over the raw bytes. Raises `BadSignature`."""
    given, stamp = headers.get(SIGNATURE, ""), headers.get(TIMESTAMP, "")
    if not given or not stamp:
        raise BadSignature("signature or timestamp is missing")
    usable = [secret for secret in secrets if secret and secret != PUBLIC_SECRET]
    if not same([signature(secret, stamp, raw) for secret in usable], given):
        raise BadSignature("signature does not match")
    if abs(_moment(stamp) - now) > tolerance:
        raise BadSignature("timestamp is outside the tolerance")


def signature(secret: str, stamp: str, raw: bytes) -> bytes:
    # Zendesk signs timestamp + body; an older revision of its page says the reverse.
    return base64.b64encode(hmac.new(secret.encode(), stamp.encode() + raw, hashlib.sha256).digest())


def _moment(stamp: str) -> datetime:
    """Nanoseconds are cut off. Raises `BadSignature`."""
    head, dot, tail = stamp.partition(".")
    digits = "".join(char for char in tail if char.isdigit())
    text = f"{head}.{digits[:6]}+00:00" if dot else head.replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadSignature("timestamp is not ISO 8601") from None
    if moment.tzinfo is None:
        raise BadSignature("timestamp has no time zone")
    return moment


def knock(raw: bytes, headers: Mapping[str, str]) -> Knock | None:
    """None for events that are none of ours. Raises `BadEvent`."""
    body = object_in(raw)
    if str(body.get("type", "")).startswith("zen:event-type:"):
        return _subscription(body)
    if body.get("schema") == SCHEMA:
        return Knock(headers.get(INVOCATION) or digest(raw), number(body.get("ticket_id")))
    raise BadEvent(f"neither a ticket event nor schema {SCHEMA}")


def _subscription(body: Mapping[str, Any]) -> Knock | None:
    """Ids are strings here and may be empty; unknown types come and are none of ours."""
    if not str(body["type"]).startswith(TICKETS):
        return None
    return Knock(str(body.get("id") or digest(body)), number(inner(body, "detail").get("id")))
