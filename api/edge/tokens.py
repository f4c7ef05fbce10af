"""Who may come in: people and programs by name, role and a secret of which only the digest is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, insert, select, update

from api.tables import tokens

PREFIX = "wsm_"
HOME = "home"
"""Id of the token that lies in the file WISMO_HOME/api_token."""
NOTED_EVERY = timedelta(minutes=1)


class Role(StrEnum):
    """Each may do what those before it may."""

    VIEWER = "viewer"
    LEAD = "lead"
    APPROVER = "approver"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever holds a token; `token` is its id, never its secret."""

    name: str
    role: Role
    token: str


@dataclass(frozen=True, slots=True)
class Token:
    id: str
    name: str
    role: Role
    made_at: datetime
    made_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None

    def state(self, now: datetime) -> str:
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at and self.expires_at <= now else "active"

    def as_json(self, now: datetime) -> dict[str, str | None]:
        moments = {name: getattr(self, name) for name in ("made_at", "expires_at", "revoked_at", "used_at")}
        told = {name: moment.isoformat() if moment else None for name, moment in moments.items()}
        return {"id": self.id, "name": self.name, "role": self.role.value, "state": self.state(now), **told}


class NoSuchToken(Exception):
    """No token in the table has this id."""


def fresh_secret() -> str:
    """32 random bytes; the prefix lets logs, scanners of repositories and people recognise it."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """A fast hash is enough: the secret is random, nobody can try them all."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def add(
    db: Connection, name: str, role: Role, by: str, now: datetime, lives: timedelta | None = None
) -> tuple[Token, str]:
    """The token and its secret, which is nowhere afterwards."""
    secret, fresh = fresh_secret(), f"T-{secrets.token_hex(4)}"
    _insert(db, fresh, name, role, digest(secret), by, now, lives)
    return one(db, fresh), secret


def listed(db: Connection) -> tuple[Token, ...]:
    """Oldest first, without the one of the file."""
    rows = db.execute(select(tokens).where(tokens.c.id != HOME).order_by(tokens.c.made_at, tokens.c.id)).mappings()
    return tuple(map(_token, rows))


def one(db: Connection, token: str) -> Token:
    """Raises `NoSuchToken`."""
    row = db.execute(select(tokens).where(tokens.c.id == token)).mappings().one_or_none()
    if row is None:
        raise NoSuchToken(f"no token {token}; see: wismo tokens list")
    return _token(row)


def revoke(db: Connection, token: str, now: datetime) -> Token:
    """Again: the first moment stays. Sessions that were opened with it end with it. Raises `NoSuchToken`."""
    if token == HOME:
        raise NoSuchToken("this one lies in the file api_token: remove the file and a new one is made")
    still_good = (tokens.c.id == token) & tokens.c.revoked_at.is_(None)
    db.execute(update(tokens).where(still_good).values(revoked_at=now.isoformat()))
    return one(db, token)


def holder(db: Connection, secret: str, home: str, now: datetime) -> tuple[Person, datetime | None] | None:
    """Whose secret it is, and when it was last noted as used. None for unknown, revoked and expired alike.

    Looked up by digest, which tells a guesser nothing by its time; `home` is the secret of the file.
    """
    given = digest(secret)
    if hmac.compare_digest(given, digest(home)):
        return Person("api", Role.ADMIN, HOME), now
    row = db.execute(select(tokens).where(tokens.c.digest == given, tokens.c.id != HOME)).mappings().one_or_none()
    if row is None or not hmac.compare_digest(row["digest"], given):
        return None
    found = _token(row)
    return (Person(found.name, found.role, found.id), found.used_at) if found.state(now) == "active" else None


def of_session(db: Connection, token: str, home: str, now: datetime) -> Person | None:
    """Who opened a session, while the token that opened it is still good."""
    row = db.execute(select(tokens).where(tokens.c.id == token)).mappings().one_or_none()
    if row is None or _token(row).state(now) != "active":
        return None
    if token == HOME and not hmac.compare_digest(row["digest"], digest(home)):
        return None
    return Person(row["name"], Role(row["role"]), token)


def note_use(db: Connection, token: str, now: datetime) -> None:
    db.execute(update(tokens).where(tokens.c.id == token).values(used_at=now.isoformat()))


def worth_noting(used_at: datetime | None, now: datetime) -> bool:
    return used_at is None or now - used_at >= NOTED_EVERY


def keep_home(db: Connection, home: str, now: datetime) -> None:
    """The file's token as a row, so that sessions can be tied to it; a replaced file ends its sessions."""
    replaced = db.execute(update(tokens).where(tokens.c.id == HOME).values(digest=digest(home)))
    if replaced.rowcount == 0:
        _insert(db, HOME, "api", Role.ADMIN, digest(home), "api_token", now, None)


def _insert(
    db: Connection, id_: str, name: str, role: Role, kept: str, by: str, now: datetime, lives: timedelta | None
) -> None:
    row = {"id": id_, "name": name, "role": role.value, "digest": kept, "made_at": now.isoformat(), "made_by": by}
    db.execute(insert(tokens), row | {"expires_at": (now + lives).isoformat() if lives else None})


def _token(row: RowMapping) -> Token:
    made, *others = (row[name] for name in ("made_at", "expires_at", "revoked_at", "used_at"))
    moments = [datetime.fromisoformat(one) if one else None for one in others]
    return Token(row["id"], row["name"], Role(row["role"]), datetime.fromisoformat(made), row["made_by"], *moments)
