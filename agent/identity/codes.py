"""One-time codes by mail: six digits, for one conversation, to the address on file. Three tries, ten minutes.

A code for an address that nobody has is made and kept like any other, is never sent, and never fits: what the caller
sees, and the work that was done, are the same.
"""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, desc, insert, select, update

from agent.identity.hashing import Keyed
from agent.tables import codes

ALONE = re.compile(r"\D{0,60}?(\d(?:[ -]?\d){5})\D{0,60}?")
TRIES = 3


@dataclass(frozen=True, slots=True)
class Fits:
    """The code was right: whose it was, and the keyed hash of the address it was sent to."""

    customer: str
    address: str


def in_text(message: str) -> str | None:
    """The six digits of a message that is nothing but a code, perhaps with a word around it."""
    found = ALONE.fullmatch(unicodedata.normalize("NFKC", message).strip())
    return re.sub(r"\D", "", found[1]) if found else None


def make(
    db: Connection, keyed: Keyed, conversation: str, email: str, customer: str | None, now: datetime, minutes: int
) -> str:
    """A fresh code; those of this conversation from before fit no longer."""
    code, name = f"{secrets.randbelow(1_000_000):06}", uuid4().hex
    db.execute(
        update(codes)
        .where(codes.c.conversation == conversation, codes.c.used_at.is_(None))
        .values(used_at=now.isoformat())
    )
    row = {
        "id": name,
        "conversation": conversation,
        "address": keyed.address(email),
        "customer": customer,
        "digest": keyed.of("code", f"{name}:{code}"),
        "tries": 0,
        "made_at": now.isoformat(),
        "expires_at": (now + timedelta(minutes=minutes)).isoformat(),
    }
    db.execute(insert(codes), row)
    return code


def spend(db: Connection, keyed: Keyed, conversation: str, given: str, now: datetime) -> Fits | None:
    """One try, counted before it is compared: the fourth of several at once compares nothing."""
    row = (
        db.execute(select(codes).where(codes.c.conversation == conversation).order_by(desc(codes.c.made_at)).limit(1))
        .mappings()
        .one_or_none()
    )
    name = row["id"] if row else "nobody"
    counted = db.execute(
        update(codes)
        .where(
            codes.c.id == name,
            codes.c.tries < TRIES,
            codes.c.used_at.is_(None),
            codes.c.expires_at > now.isoformat(),
        )
        .values(tries=codes.c.tries + 1)
    ).rowcount
    right = hmac.compare_digest(keyed.of("code", f"{name}:{given}"), row["digest"] if row else "0" * 64)
    if not (row and counted and right and row["customer"]):
        return None
    db.execute(update(codes).where(codes.c.id == name).values(used_at=now.isoformat()))
    return Fits(row["customer"], row["address"])
