"""Sunshine Conversations' webhooks: several events in one body, a shared secret instead of a signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.signed import BadEvent, BadSignature, Knock, digest, inner, object_in, same

SECRET = "x-api-key"  # noqa: S105
MESSAGE = "conversation:message"
GIVEN = frozenset({"switchboard:passControl", "switchboard:acceptControl"})
"""We hold the conversation from now on: what the user last wrote waits for us."""


def verify(headers: Mapping[str, str], secrets: Sequence[str]) -> None:
    """Raises `BadSignature`."""
    given = headers.get(SECRET, "")
    if not given:
        raise BadSignature("X-API-Key is missing")
    if not same([secret.encode() for secret in secrets if secret], given):
        raise BadSignature("X-API-Key is not the webhook's secret")


def knocks(raw: bytes, app_id: str, integration: str) -> tuple[Knock, ...]:
    """What users wrote while we hold the switchboard. Raises `BadEvent`."""
    body = object_in(raw)
    events = body.get("events")
    if not isinstance(events, list):
        raise BadEvent("not a webhook of Sunshine Conversations: it has no events")
    if app_id and inner(body, "app").get("id") != app_id:
        return ()
    return tuple(_knock(one) for one in events if isinstance(one, Mapping) and _ours(one, integration))


def _ours(event: Mapping[str, Any], integration: str) -> bool:
    """Whoever holds the switchboard answers; we do only where it says that we are that one."""
    payload = inner(event, "payload")
    holder = inner(inner(payload, "conversation"), "activeSwitchboardIntegration").get("name")
    wrote = inner(inner(payload, "message"), "author").get("type")
    kind = event.get("type")
    return holder == integration and (kind in GIVEN or (kind == MESSAGE and wrote == "user"))


def _knock(event: Mapping[str, Any]) -> Knock:
    conversation = str(inner(inner(event, "payload"), "conversation").get("id") or "")
    if not conversation.isascii() or not conversation.isalnum():
        raise BadEvent("the conversation's id is missing")
    return Knock(str(event.get("id") or digest(event)), conversation)
