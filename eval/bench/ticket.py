"""`wismo bench ticket`: a message through the whole embedded path, warm, beside its floor.

The floor is what no embedded path can do without: one embedding, one Chroma query, a LangGraph of six empty nodes,
one SQLite commit with synchronous FULL. Both see new words each round, so no cache helps either.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

from agent.case import Case, Incoming
from agent.desk import Desk
from agent.graph import empty_path
from eval.bench import Figure, interleaved, median
from knowledge.embed import Embedder
from knowledge.index import Index

QUESTIONS = (
    "Where is my order {order} of {n} days ago? I need it soon",
    "How long do I have to return something I bought {n} days ago?",
    "Please cancel order {order}, reason {n}",
)


def bench(
    desk: Desk, embedder: Embedder, index: Index, folder: Path, customer: str, order: str, rounds: int
) -> list[Figure]:
    """`customer` is the proven e-mail address of whom `order` belongs to. Milliseconds, medians."""
    with closing(_commits(folder / "floor.db")) as database:
        floor = _floor(embedder, index, database)
        runs: dict[str, Callable[[], object]] = {"floor": floor}
        for kind, question in zip(("status", "help", "cancel"), QUESTIONS, strict=True):
            runs[kind] = _ticket(desk, question, customer, order)
        times = interleaved(runs, rounds)
    base = median(times["floor"])
    every = [one for kind in ("status", "help", "cancel") for one in times[kind]]
    figures = [Figure("ticket p50", median(every), "ms", base)]
    figures += [Figure(f"ticket p50, {kind}", median(times[kind]), "ms", base) for kind in ("status", "help", "cancel")]
    figures.append(Figure("ticket p95", sorted(every)[int(len(every) * 0.95)], "ms"))
    return [*figures, Figure("floor p50", base, "ms")]


def _ticket(desk: Desk, question: str, customer: str, order: str) -> Callable[[], object]:
    numbers = count()

    def run() -> object:
        n = next(numbers)
        turn = f"bench:{question[:9]}:{n}"
        return desk.answer(Incoming(turn, turn, "email", question.format(order=order, n=n), customer, True))

    return run


def _floor(embedder: Embedder, index: Index, database: sqlite3.Connection) -> Callable[[], object]:
    path, numbers = empty_path(), count()

    def run() -> object:
        n = next(numbers)
        vector = embedder.embed([f"where is my order number {n} that I placed last week"])[0]
        with index.reading() as snapshot:
            snapshot.by_chroma(vector, 10)
        path.invoke(Case())
        database.execute("INSERT INTO floor VALUES (?)", (f"ticket {n}",))
        database.commit()
        return n

    return run


def _commits(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE floor (text TEXT) STRICT")
    return connection
