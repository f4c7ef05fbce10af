"""One-click links: signed, of one purpose and one order, ending. A link opens one conversation; it does nothing.

A link is `message.place.purpose.expiry.signature`: which order of which message, for what, until when. Who has it has
read the customer's mail: it proves as much as a code by mail, for that one order.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from agent.identity.hashing import Keyed

KIND = "link"
FORM = re.compile(r"(?P<message>pro-[0-9a-f]{16})\.(?P<place>\d{1,3})\.(?P<purpose>[a-z_]+)\.(?P<until>\d{10})")
STOP_LIVES = timedelta(days=60)


class Purpose(StrEnum):
    CANCEL = "cancel"
    ADDRESS = "address"
    REFUND = "refund"
    MISSING = "missing"
    CHAT = "chat"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Link:
    """`place` is the order's in its message; of `STOP` it says nothing."""

    message: str
    place: int
    purpose: Purpose
    until: datetime

    @property
    def id(self) -> str:
        return f"{self.message}.{self.place}.{self.purpose}"


class BadLink(Exception):
    """`code`: malformed, bad_signature, expired."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def sign(keyed: Keyed, message: str, place: int, purpose: Purpose, until: datetime) -> str:
    told = f"{message}.{place}.{purpose}.{int(until.timestamp()):010d}"
    return f"{told}.{_signature(keyed, told)}"


def verified(keyed: Keyed, token: str, now: datetime) -> Link:
    """Raises `BadLink`."""
    told, _, signature = token.rpartition(".")
    found = FORM.fullmatch(told)
    if found is None or found["purpose"] not in set(Purpose):
        raise BadLink("malformed")
    if not hmac.compare_digest(signature.encode(), _signature(keyed, told).encode()):
        raise BadLink("bad_signature")
    until = datetime.fromtimestamp(int(found["until"]), UTC)
    if now >= until:
        raise BadLink("expired")
    return Link(found["message"], int(found["place"]), Purpose(found["purpose"]), until)


def _signature(keyed: Keyed, told: str) -> str:
    return keyed.of(KIND, told)[:40]
