"""Intercom's notifications: is it Intercom who knocks, of which conversation does it speak?

The URL is one for all workspaces of an app, so a notification of another workspace is none of ours. Nothing in the
signature guards against a replay: the notification's own id does, for it is stored once.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from connectors.signed import BadEvent, BadSignature, Knock, digest, inner, number, object_in, same

SIGNATURE = "x-hub-signature"
TOPICS = frozenset({"conversation.user.created", "conversation.user.replied", "conversation.rating.added"})
"""What a customer did. What admins do is seen when the conversation is read again, before anything is said."""


def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> None:
    """`sha1=` and the hex HMAC-SHA1 of the raw body, by the app's client secret. Raises `BadSignature`."""
    given = headers.get(SIGNATURE, "")
    if not given:
        raise BadSignature("signature is missing")
    if not same([signature(secret, raw) for secret in secrets if secret], given):
        raise BadSignature("signature does not match")


def signature(secret: str, raw: bytes) -> bytes:
    return b"sha1=" + hmac.new(secret.encode(), raw, hashlib.sha1).hexdigest().encode()


def knock(raw: bytes, app_id: str = "") -> Knock | None:
    """None for pings, for topics and for workspaces that are none of ours. Raises `BadEvent`."""
    body = object_in(raw)
    topic = body.get("topic")
    if not isinstance(topic, str):
        raise BadEvent("not a notification: it has no topic")
    if topic not in TOPICS or (app_id and str(body.get("app_id")) != app_id):
        return None
    item = inner(inner(body, "data"), "item")
    return Knock(str(body.get("id") or digest(raw)), number(item.get("id"), "conversation"))
