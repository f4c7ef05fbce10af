"""Freshdesk's automation rules knock without a signature: a secret header and a URL that nobody guesses stand for it.

Nothing of the body is believed but the ticket's id, and the ticket is read again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from connectors.signed import BadSignature, Knock, inner, number, object_in, same

SECRET = "x-wismo-secret"  # noqa: S105
TO_THE_SECOND = re.compile(r"\d{2}:\d{2}:\d{2}")
"""Two replies of one minute are two events."""
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
    """One rule and one state of a ticket are one event; where the moment is not told to the second, each delivery is.

    Raises `BadEvent`.
    """
    body = object_in(raw)
    told = inner(body, WRAPPED) or body
    ticket = number(told.get("ticket_id"))
    updated, rule = (str(told.get(name) or "").strip() for name in ("updated_at", "rule"))
    if not TO_THE_SECOND.search(updated):
        updated = now.isoformat()
    return Knock(f"{ticket}:{updated}:{rule}"[:200], ticket)
