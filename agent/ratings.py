"""How content customers were, as they said when they were asked. Added to, never changed; the last one counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from agent.case import ConversationId
from agent.tables import journal, ratings


def add(db: Connection, conversation: ConversationId, score: int, now: datetime) -> None:
    """From 1 to 5. Raises IntegrityError for anything else."""
    last = select(func.coalesce(func.max(ratings.c.sequence), 0)).where(ratings.c.conversation == conversation)
    row = {"conversation": conversation, "sequence": db.execute(last).scalar_one() + 1, "score": score}
    db.execute(insert(ratings), row | {"at": now.isoformat()})


def keep(db: Connection, conversation: ConversationId, score: int, now: datetime) -> bool:
    """What a helpdesk tells of a conversation of ours, again each time it is asked. False where nothing was new."""
    ours = db.execute(select(journal.c.ticket).where(journal.c.conversation == conversation).limit(1)).first()
    of_this = select(ratings.c.score).where(ratings.c.conversation == conversation)
    last = db.execute(of_this.order_by(ratings.c.sequence.desc()).limit(1)).scalar()
    if ours is None or last == score:
        return False
    add(db, conversation, score, now)
    return True


def latest(db: Connection) -> Mapping[str, int]:
    """By conversation."""
    rows = db.execute(select(ratings.c.conversation, ratings.c.score).order_by(ratings.c.sequence))
    return {row.conversation: row.score for row in rows}


def between(db: Connection, since: datetime, until: datetime) -> Mapping[str, int]:
    """The last mark of each conversation that was marked in a period (in UTC, its end excluded)."""
    rows = db.execute(
        select(ratings.c.conversation, ratings.c.score)
        .where(ratings.c.at >= since.isoformat(), ratings.c.at < until.isoformat())
        .order_by(ratings.c.sequence)
    )
    return {row.conversation: row.score for row in rows}
