"""What a ticket costs when very many conversations are stored: an event in, a turn of the desk, its reply out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import Table, insert, select

from agent.case import Incoming
from agent.desk import Desk
from agent.tables import conversations, journal, journal_private
from connectors import inbox
from connectors.delivery import Delivery
from connectors.inbox import Event
from connectors.tables import inbox as events
from connectors.worker import Worker
from eval.bench import Figure, interleaved, median
from tools.orders.database import Database
from tools.orders.tables import outbox

AT_ONCE = 2_000
TABLES: Sequence[Table] = (conversations, journal, journal_private, events, outbox)


class Post:
    """A desk whose messages come by the inbox and leave by the outbox, to nobody."""

    def __init__(self, database: Database, desk: Desk, customer: str, order: str) -> None:
        self._database, self._desk, self._customer, self._order = database, desk, customer, order
        delivery = Delivery(database, {"reply.zendesk": lambda _: None}, _now)
        self._worker = Worker(database, {"zendesk": self._answer}, delivery, _now)
        self._numbers = count(1)

    def ticket(self, conversation: str = "") -> None:
        number = conversation or f"bench-{next(self._numbers)}"
        with self._database.write() as db:
            inbox.put(db, "zendesk", f"e-{number}", number, "{}", _now())
        self._worker.run_once()

    def _answer(self, event: Event) -> None:
        name = f"zendesk:{event.conversation}"
        text = f"Where is my order {self._order}? ({event.conversation})"
        self._desk.answer(Incoming(f"{name}:1", name, "zendesk", text, self._customer, verified=True))

    def load(self, size: int, say: Callable[[int], None]) -> None:
        """So many conversations like one that was really held."""
        self.ticket("model")
        with self._database.read() as db:
            kept = {table: [dict(row) for row in db.execute(_of_the_model(table)).mappings()] for table in TABLES}
        for start in range(0, size, AT_ONCE):
            with self._database.write() as db:
                for table, rows in kept.items():
                    db.execute(insert(table), list(_copies(rows, range(start, min(start + AT_ONCE, size)))))
            say(min(start + AT_ONCE, size))


def bench(few: Post, many: Post, sizes: tuple[int, int], rounds: int) -> list[Figure]:
    """Milliseconds of a ticket among few and among many stored conversations, in turns."""
    times = interleaved({"few": few.ticket, "many": many.ticket}, rounds)
    one, other = median(times["few"]), median(times["many"])
    return [
        Figure(f"ticket among {sizes[0]:,} conversations", one, "ms"),
        Figure(f"ticket among {sizes[1]:,} conversations", other, "ms", one),
    ]


def _of_the_model(table: Table) -> Any:
    column = table.c.key if table is outbox else table.c.id if table is conversations else table.c.conversation
    return select(table).where(column.like("%model%"))


def _copies(rows: Sequence[dict[str, Any]], numbers: range) -> Iterator[dict[str, Any]]:
    for number in numbers:
        for row in rows:
            yield {name: _named(value, f"stored-{number}") for name, value in row.items()}


def _named(value: Any, name: str) -> Any:
    return value.replace("model", name) if isinstance(value, str) else value


def _now() -> datetime:
    return datetime.now(UTC)
