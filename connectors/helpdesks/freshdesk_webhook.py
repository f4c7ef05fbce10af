"""Freshdesk's automation rules knock without a signature: a secret header and a URL that nobody guesses stand for it.

Nothing of the body is believed but the ticket's id, and the ticket is read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from connectors.helpdesks.knocking import BadSignature, Knock, inner, number, object_in, same

SECRET = "x-wismo-secret"  # noqa: S105
WRAPPED = "freshdesk_webhook"
"""The key that the rule's simple form puts around its fields."""


def verify(headers: Mapping[str, str], path: str, secrets: Sequence[str], webhook_path: str) -> None:
    """Raises `BadSignature`."""
    given = headers.get(SECRET, "")
    if not given:
        raise BadSignature("the secret header is missing")
    known = same([secret.encode() for secret in secrets if secret], given)
    if not (same([webhook_path.encode()], path) and webhook_path and known):
        raise BadSignature("the secret header or the URL is not the one that was agreed")


def knock(raw: bytes, now: datetime) -> Knock:
    """One rule and one state of a ticket are one event; where the rule does not tell, each delivery is one.

    Raises `BadEvent`.
    """
    body = object_in(raw)
    told = inner(body, WRAPPED) or body
    ticket = number(told.get("ticket_id"))
    updated, rule = (str(told.get(name) or "").strip() for name in ("updated_at", "rule"))
    if not updated or "{{" in updated:
        updated = now.isoformat()
    return Knock(f"{ticket}:{updated}:{rule}"[:200], ticket)
