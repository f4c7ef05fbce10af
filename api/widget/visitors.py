"""Visitors of the widget: a random secret that opens one conversation. Only its digest is kept; there is no cookie.

A visitor whom the shop's signed token names finds their conversation again on another device; a visit that belongs
to one customer never goes over to another.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from agent.case import ConversationId
from api.edge.tokens import digest
from api.tables import visits

LIVES = timedelta(hours=24)
"""After the last message."""
NOTED = timedelta(hours=1)
SCHEME = "visitor"
SECRET = re.compile(r"wv_[\w-]{43}")


class AnotherCustomer(RuntimeError):
    """This visit belongs to somebody else than whom the shop's token names."""


@dataclass(frozen=True, slots=True)
class Visitor:
    digest: str
    conversation: ConversationId
    customer: str | None
    expires_at: datetime


def begin(
    db: Connection, customer: str | None, now: datetime, conversation: ConversationId | None = None
) -> tuple[Visitor, str]:
    """The visitor and their secret, which is nowhere afterwards. Visits that are over are swept out on the way.

    `conversation`: one that this visitor was proven to be in before.
    """
    db.execute(delete(visits).where(visits.c.expires_at <= now.isoformat()))
    secret = f"wv_{secrets.token_urlsafe(32)}"
    known = conversation or (_latest(db, customer) if customer else None)
    conversation = known or ConversationId(f"widget:{secrets.token_urlsafe(18)}")
    visitor = Visitor(digest(secret), conversation, customer, now + LIVES)
    row = {"digest": visitor.digest, "conversation": conversation, "customer": customer, "made_at": now.isoformat()}
    db.execute(insert(visits), row | {"expires_at": visitor.expires_at.isoformat()})
    return visitor, secret


def _latest(db: Connection, customer: str) -> ConversationId | None:
    newest = select(visits.c.conversation).where(visits.c.customer == customer).order_by(visits.c.made_at.desc())
    found = db.execute(newest.limit(1)).scalar()
    return ConversationId(found) if found else None


def of_secret(db: Connection, secret: str, now: datetime) -> Visitor | None:
    """None for what is no secret, unknown, over, or ended."""
    return of_digest(db, digest(secret), now) if SECRET.fullmatch(secret) else None


def of_digest(db: Connection, kept: str, now: datetime) -> Visitor | None:
    row = db.execute(select(visits).where(visits.c.digest == kept)).mappings().one_or_none()
    if row is None or datetime.fromisoformat(row["expires_at"]) <= now:
        return None
    until = datetime.fromisoformat(row["expires_at"])
    return Visitor(row["digest"], ConversationId(row["conversation"]), row["customer"], until)


def stays(db: Connection, visitor: Visitor, customer: str | None, now: datetime) -> None:
    """They wrote: the visit lasts longer, and belongs to whom the token names. Raises `AnotherCustomer`."""
    if customer and visitor.customer and customer != visitor.customer:
        raise AnotherCustomer(visitor.conversation)
    owner = visitor.customer or customer
    if owner != visitor.customer or visitor.expires_at < now + LIVES - NOTED:
        values = {"customer": owner, "expires_at": (now + LIVES).isoformat()}
        db.execute(update(visits).where(visits.c.digest == visitor.digest).values(**values))


def end(db: Connection, visitor: Visitor) -> None:
    db.execute(delete(visits).where(visits.c.digest == visitor.digest))
