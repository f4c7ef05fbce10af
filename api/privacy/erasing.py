"""A person's data out of every table and file, in one transaction; then the bytes out of the database file.

Orders stay, for the books (Art. 17(3)(b) GDPR): items, amounts and country, without name, address and words. The
journal's chain stays valid: its personal part goes with its salt. A crash in between leaves all or nothing of the rows.
"""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from agent.identity.hashing import Keyed, key_of
from agent.learning import shelf
from agent.tables import approvals, codes, conversations, erasures, journal_private, proofs, spending, spoken
from api.connected.systems import FOLDER as SYSTEMS
from api.privacy.scrubbing import ERASED, holds, scrubbed, scrubbed_text
from api.privacy.searching import Place, search
from api.privacy.subject import Subject, find, open_work
from api.tables import photos, shown, visits
from api.trials.simulation import FOLDER as SIMULATIONS
from api.trials.simulation import SUMMARY
from connectors.tables import inbox, shards
from tools.orders import tables
from tools.orders.database import Database
from tools.orders.service import Orders

PATIENCE = 60
"""Seconds for which other processes may read before the file is made anew."""


class OpenWork(RuntimeError):
    """Something is unfinished that needs the person's data. `what` says so, order by order."""

    def __init__(self, what: tuple[str, ...]) -> None:
        super().__init__("; ".join(what))
        self.what = what


@dataclass(frozen=True, slots=True)
class Erasure:
    """`counts` are rows by table (and letters); `left` is where something was still found: nothing, or a defect."""

    id: str
    counts: dict[str, int]
    left: tuple[Place, ...]


def planned(database: Database, orders: Orders, who: str, keyed: Keyed | None = None) -> dict[str, int]:
    """What an erasure would touch. Raises `UnknownSubject` and `OpenWork`."""
    with database.read() as db:
        subject = find(db, orders, who, keyed)
        _must_be_over(db, orders, subject)
    return {"orders": len(subject.orders), "conversations": len(subject.conversations)}


def erase(
    database: Database,
    orders: Orders,
    home: Path,
    who: str,
    by: str,
    now: datetime,
    publish: Callable[[], object] = lambda: None,
) -> Erasure:
    """Raises `UnknownSubject` and `OpenWork`, and then nothing was changed. Twice is once: then nobody is found.

    `publish` writes anew the files that follow from what was learned.
    """
    with database.read() as db:
        subject = find(db, orders, who, Keyed(key_of(home / "identity_key")))
    made = f"E-{secrets.token_hex(4)}"
    with database.write() as db:
        _must_be_over(db, orders, subject)
        db.execute(insert(tables.erasing), {"erasure": made})
        counts = Counter[str]()
        for step in (_customer, _orders, _events, _commands, _letters, _talks, _approvals, _events_in, _shards):
            counts.update(step(db, subject))
        taught = shelf.erase(db, subject.hashes, lambda text: holds(text, subject.words), now, by)
        counts["learned"] += taught
        db.execute(delete(tables.erasing))
        told = json.dumps(dict(counts), sort_keys=True)
        db.execute(insert(erasures), {"id": made, "by": by, "at": now.isoformat(), "counts": told})
    counts["letters as files"] += _files(home, subject)
    counts["unfinished simulations"] += _simulations(home)
    publish()
    _compact(database)
    return Erasure(made, dict(counts), search(database, home, subject))


def erase_conversation(database: Database, conversation: str, by: str, now: datetime) -> dict[str, int]:
    """Its words, at the wish of whoever holds it; the person's orders stay. Raises `OpenWork`.

    The rows are gone at once; their bytes leave an SQLite file with its next compaction.
    """
    subject = Subject(None, (), (), (), (conversation,), "")
    made, counts = f"E-{secrets.token_hex(4)}", Counter[str]()
    with database.write() as db:
        waiting = select(approvals.c.id).where(
            approvals.c.state.in_(("waiting", "offered")), approvals.c.conversation == conversation
        )
        open_still = tuple(f"approval {one} waits for a decision" for one in db.execute(waiting).scalars())
        if open_still:
            raise OpenWork(open_still)
        for step in (_talks, _approvals):
            counts.update(step(db, subject))
        letters = update(tables.outbox).where(tables.outbox.c.lane == conversation)
        counts["outbox"] += db.execute(letters.values(body={"erased": True}, last_error=None)).rowcount
        told = json.dumps(dict(counts), sort_keys=True)
        db.execute(insert(erasures), {"id": made, "by": by, "at": now.isoformat(), "counts": told})
    return dict(counts)


def _must_be_over(db: Connection, orders: Orders, subject: Subject) -> None:
    what = open_work(db, orders, subject)
    if what:
        raise OpenWork(what)


def _customer(db: Connection, subject: Subject) -> dict[str, int]:
    if subject.customer is None:
        return {}
    customers, anew = tables.customers, subject.renamed.get(subject.customer, subject.customer)
    row = dict(db.execute(select(customers).where(customers.c.id == subject.customer)).mappings().one())
    nobody = f"{secrets.token_hex(8)}@erased.invalid"
    row |= {"id": anew, "name": ERASED, "email": nobody, "email_folded": nobody, "phone": None}
    row["address"] = scrubbed(row["address"], subject.words, {})
    if anew == subject.customer:
        db.execute(update(customers).where(customers.c.id == anew).values(**row))
        return {"customers": 1}
    db.execute(insert(customers), row)
    for table, column in ((tables.orders, "customer_id"), (tables.payment_methods, "customer_id")):
        db.execute(update(table).where(table.c[column] == subject.customer).values({column: anew}))
    db.execute(update(spending).where(spending.c.customer == subject.customer).values(customer=anew))
    db.execute(delete(customers).where(customers.c.id == subject.customer))
    return {"customers": 1}


def _orders(db: Connection, subject: Subject) -> dict[str, int]:
    for order in subject.orders:
        held = tables.orders.c.id == order
        address = db.execute(select(tables.orders.c.address).where(held)).scalar_one()
        db.execute(update(tables.orders).where(held).values(address=scrubbed(address, subject.words, {})))
        db.execute(
            update(tables.claims)
            .where(tables.claims.c.order_id == order, tables.claims.c.evidence.is_not(None))
            .values(evidence=ERASED)
        )
    return {"orders": len(subject.orders)}


def _events(db: Connection, subject: Subject) -> dict[str, int]:
    """Of the orders and of the customer: what each row was is kept, who it was about is not."""
    events = tables.events
    named = {*subject.orders, f"@customer:{subject.customer}"}
    rows = db.execute(select(events).where(events.c.aggregate.in_(named))).mappings().all()
    for row in rows:
        held = (events.c.aggregate == row["aggregate"]) & (events.c.sequence == row["sequence"])
        values = {name: scrubbed(row[name], subject.words, subject.renamed) for name in ("body", "changes")}
        if subject.renamed:
            values["aggregate"] = subject.renamed.get(row["aggregate"].removeprefix("@customer:"), row["aggregate"])
        db.execute(update(events).where(held).values(**values))
    return {"events": len(rows)}


def _commands(db: Connection, subject: Subject) -> dict[str, int]:
    commands, done = tables.commands, 0
    own = commands.c.order_id.in_(subject.orders) | commands.c.order_id.is_(None)
    for row in db.execute(select(commands).where(own)).mappings().all():
        result = scrubbed(row["result"], subject.words, subject.renamed)
        if result != row["result"]:
            db.execute(update(commands).where(commands.c.key == row["key"]).values(result=result))
            done += 1
    return {"commands": done}


def _letters(db: Connection, subject: Subject) -> dict[str, int]:
    """What was written to them, and what was asked of providers about them. Nothing unsent is lost: see `OpenWork`."""
    outbox, done = tables.outbox, 0
    for row in db.execute(select(outbox)).mappings().all():
        body = scrubbed(row["body"], subject.words, subject.renamed)
        if row["body"].get("conversation") in subject.conversations:
            body = {"erased": True}
        if body != row["body"] or holds(row["last_error"] or "", subject.words):
            values: dict[str, Any] = {"body": body, "last_error": ERASED if row["last_error"] else None}
            db.execute(update(outbox).where(outbox.c.key == row["key"]).values(**values))
            done += 1
    return {"outbox": done}


def _talks(db: Connection, subject: Subject) -> dict[str, int]:
    counts = {}
    for table, column in (
        (journal_private, journal_private.c.conversation),
        (codes, codes.c.conversation),
        (proofs, proofs.c.conversation),
        (spoken, spoken.c.conversation),
        (conversations, conversations.c.id),
        (visits, visits.c.conversation),
        (shown, shown.c.conversation),
        (photos, photos.c.conversation),
    ):
        counts[table.name] = db.execute(delete(table).where(column.in_(subject.conversations))).rowcount
    return counts


def _approvals(db: Connection, subject: Subject) -> dict[str, int]:
    rows = db.execute(select(approvals).where(approvals.c.conversation.in_(subject.conversations))).mappings().all()
    for row in rows:
        values: dict[str, Any] = {
            name: scrubbed_text(row[name], subject.words, subject.renamed) for name in ("caller", "quote", "arguments")
        }
        values |= {"reason": None, "customer": subject.renamed.get(row["customer"] or "", row["customer"])}
        db.execute(update(approvals).where(approvals.c.id == row["id"]).values(**values))
    return {"approvals": len(rows)}


def _events_in(db: Connection, subject: Subject) -> dict[str, int]:
    done = 0
    for row in db.execute(select(inbox)).mappings().all():
        if f"{row['source']}:{row['conversation']}" in subject.conversations or holds(row["body"], subject.words):
            held = (inbox.c.source == row["source"]) & (inbox.c.key == row["key"])
            db.execute(update(inbox).where(held).values(body='{"erased": true}', last_error=None))
            done += 1
    return {"inbox": done}


def _shards(db: Connection, _: Subject) -> dict[str, int]:
    """Runs that are under way hold customers' words; they go whole, whoever is erased, and tell whoever asked."""
    return {"shards": db.execute(delete(shards)).rowcount}


def _files(home: Path, subject: Subject) -> int:
    folder, removed = home / "outgoing-mail", 0
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        if holds(path.read_text(encoding="utf-8"), subject.words):
            path.unlink()
            removed += 1
    return removed + _labels(home / "labels", subject) + _of_systems(home / SYSTEMS, subject)


def _of_systems(folder: Path, subject: Subject) -> int:
    """Files for and from the shop's other systems, which erase what is theirs themselves."""
    removed = 0
    for path in sorted(folder.rglob("*.csv")) if folder.is_dir() else ():
        if holds(path.read_text(encoding="utf-8", errors="replace"), subject.words):
            path.unlink()
            removed += 1
    return removed


def _labels(folder: Path, subject: Subject) -> int:
    """A label's PDF goes with its ZPL, whose words can be read."""
    removed = 0
    for path in sorted(folder.glob("*.zpl")) if folder.is_dir() else ():
        if holds(path.read_text(encoding="utf-8"), subject.words):
            path.with_suffix(".pdf").unlink(missing_ok=True)
            path.unlink()
            removed += 2
    return removed


def _simulations(home: Path) -> int:
    """Runs that were interrupted hold a copy of the database and customers' words; they go whole, whoever is erased."""
    left = [one for one in (home / SIMULATIONS).glob("*") if not (one / SUMMARY).exists()]
    for folder in left:
        shutil.rmtree(folder)
    return len(left)


def _compact(database: Database) -> None:
    """SQLite keeps removed rows in free pages and in the log until then. PostgreSQL's autovacuum does it by itself.

    Raises sqlite3.OperationalError where another process reads without end; the rows are gone all the same.
    """
    if database.path is None:
        return
    with closing(sqlite3.connect(database.path, timeout=PATIENCE, isolation_level=None)) as db:
        for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            db.execute(statement)
