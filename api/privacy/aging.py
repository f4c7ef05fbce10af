"""What is older than the policy keeps. Days are counted and frozen before anything of them goes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from agent import journal as record
from agent.journal import Entry
from agent.tables import aggregates, approvals, conversations, journal, journal_private, spoken
from api.privacy.scrubbing import ERASED
from api.tables import photos, shown
from connectors.tables import inbox
from tools.orders import tables

Count = Callable[[Iterable[Entry]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Aged:
    """`days` were frozen now; `messages`, `letters` and `approvals` lost their words."""

    days: int
    messages: int
    letters: int
    approvals: int


def age(db: Connection, keep: timedelta, now: datetime, count: Count) -> Aged:
    """`count` gives a day's figures from its entries. What stays of a message is its entry, which names nobody."""
    before = (now - keep).isoformat()
    old = select(journal.c.conversation, journal.c.sequence, journal.c.at).join_from(
        journal,
        journal_private,
        (journal.c.conversation == journal_private.c.conversation) & (journal.c.sequence == journal_private.c.sequence),
    )
    gone = db.execute(old.where(journal.c.at < before)).all()
    days = sum(_frozen(db, day, now, count) for day in sorted({row.at[:10] for row in gone}))
    for row in gone:
        held = (journal_private.c.conversation == row.conversation) & (journal_private.c.sequence == row.sequence)
        db.execute(delete(journal_private).where(held))
    db.execute(delete(spoken).where(spoken.c.at < before))
    db.execute(delete(conversations).where(conversations.c.updated_at < before))
    for table in (shown, photos):
        db.execute(delete(table).where(table.c.at < before))
    return Aged(days, len(gone), _letters(db, before, now - keep), _approvals(db, before))


def _frozen(db: Connection, day: str, now: datetime, count: Count) -> bool:
    """Once a day; what was frozen is never counted again."""
    if db.execute(select(aggregates.c.day).where(aggregates.c.day == day)).first():
        return False
    start = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    body = json.dumps(count(record.between(db, start, start + timedelta(days=1))), sort_keys=True)
    db.execute(insert(aggregates), {"day": day, "body": body, "frozen_at": now.isoformat()})
    return True


def _letters(db: Connection, before: str, moment: datetime) -> int:
    sent = tables.outbox.c.state.in_(("sent", "dropped")) & (tables.outbox.c.created_at < moment)
    sent &= tables.outbox.c.body.not_in(({}, {"erased": True}))
    written = db.execute(update(tables.outbox).where(sent).values(body={"erased": True}, last_error=None)).rowcount
    done = (inbox.c.state != "new") & (inbox.c.received_at < before)
    emptied = update(inbox).where(done, inbox.c.body != '{"erased": true}')
    return written + db.execute(emptied.values(body='{"erased": true}', last_error=None)).rowcount


def _approvals(db: Connection, before: str) -> int:
    """The action and the amount stay; who asked, where to and why go."""
    old = select(approvals).where(
        approvals.c.created_at < before, approvals.c.state.not_in(("waiting", "offered")), approvals.c.reason != ERASED
    )
    rows = db.execute(old).mappings().all()
    for row in rows:
        caller = {**json.loads(row["caller"]), "name": ERASED, "email": None}
        quote = {**json.loads(row["quote"]), "address": None}
        values = {"caller": json.dumps(caller), "quote": json.dumps(quote), "arguments": "{}", "reason": ERASED}
        db.execute(update(approvals).where(approvals.c.id == row["id"]).values(**values))
    return len(rows)
