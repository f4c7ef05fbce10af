"""Sessions of browsers: a random cookie of which only the digest is kept, tied to the token that opened it."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from api.edge import tokens
from api.edge.tokens import Person, digest
from api.tables import sessions

LIVES = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Session:
    """`csrf` is what every form of it must bring back."""

    person: Person
    csrf: str


def csrf_of(cookie: str) -> str:
    """Made from the cookie, which no other site can read; nothing more must be kept to show it in a form."""
    return digest(f"form:{cookie}")


def open_session(db: Connection, token: str, now: datetime) -> str:
    """The cookie's value, which is nowhere afterwards. Sessions that are over are swept out on the way."""
    cookie = secrets.token_urlsafe(32)
    db.execute(delete(sessions).where(sessions.c.expires_at <= now.isoformat()))
    kept = {"digest": digest(cookie), "csrf": digest(csrf_of(cookie)), "token": token}
    db.execute(insert(sessions), kept | {"made_at": now.isoformat(), "expires_at": (now + LIVES).isoformat()})
    return cookie


def of_cookie(db: Connection, cookie: str, home: str, now: datetime) -> Session | None:
    """None for unknown, expired and closed ones, and when the token that opened it is revoked or expired."""
    row = db.execute(select(sessions).where(sessions.c.digest == digest(cookie))).mappings().one_or_none()
    if row is None or datetime.fromisoformat(row["expires_at"]) <= now:
        return None
    person = tokens.of_session(db, row["token"], home, now)
    return Session(person, csrf_of(cookie)) if person else None


def close_session(db: Connection, cookie: str) -> None:
    db.execute(delete(sessions).where(sessions.c.digest == digest(cookie)))


def same_form(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
