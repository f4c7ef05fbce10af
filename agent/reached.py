"""Where proven customers are talked with: so that news can go where they are, and not to another channel beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from agent.case import ConversationId, Ticket
from agent.tables import reached
from tools.contract import Level


def note(db: Connection, ticket: Ticket) -> None:
    caller = ticket.caller
    if caller.customer is None or caller.level < Level.VERIFIED:
        return
    values = {"customer": caller.customer, "channel": ticket.channel, "at": ticket.received_at.isoformat()}
    here = reached.c.conversation == ticket.conversation
    if not db.execute(update(reached).where(here).values(**values)).rowcount:
        db.execute(insert(reached), {"conversation": ticket.conversation, **values})


def lately(db: Connection, customer: str, since: datetime) -> Sequence[tuple[ConversationId, str]]:
    """(conversation, channel) since then, the last first."""
    mine = (reached.c.customer == customer) & (reached.c.at > since.isoformat())
    rows = select(reached.c.conversation, reached.c.channel).where(mine).order_by(reached.c.at.desc())
    return [(ConversationId(row[0]), row[1]) for row in db.execute(rows)]
