"""What another system tells: by signed webhook, by being asked, or as a file. Each record is stored once, then worked.

Records of one variant, order or parcel are worked one after the other, oldest first (connectors/inbox.py, SINGLY).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog
from sqlalchemy import Connection, delete, insert, select

from agent.systems import Received, System
from agent.systems.mapping import Theirs
from connectors import inbox
from connectors.errors import ConnectorError, Rejected
from connectors.inbox import SINGLY, Event
from connectors.publishing import ID, SIGNATURE, TIMESTAMP, WINDOW, signature
from connectors.signed import BadEvent, BadSignature, must_match
from connectors.systems import rows
from connectors.systems.fields import moment_now
from connectors.systems.sending import Line
from connectors.tables import polls
from tools.orders.database import Database
from tools.orders.model import Clock
from tools.orders.service import Orders

SUBJECTS = ("order", "tracking", "sku")
LARGEST = 50_000_000
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Told:
    """One record on its way into the inbox."""

    key: str
    subject: str
    body: str


def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
    """As what we publish is signed: id.timestamp.body, five minutes at most. Raises `BadSignature`."""
    name, stamp = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    if not name or not stamp.isdecimal() or abs(now.timestamp() - int(stamp)) > WINDOW.total_seconds():
        raise BadSignature("the id is missing, or the timestamp is not of now")
    expected = (f"v1={signature(one, name, stamp, raw)}".encode() for one in secrets)
    must_match(expected, headers.get(SIGNATURE, ""))


def knocks(system: System, raw: bytes, headers: Mapping[str, str]) -> list[Told]:
    """What a webhook's body holds for us. Raises `BadEvent`."""
    try:
        body = json.loads(raw)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise BadEvent("the body is not JSON") from None
    meant = {name: take for name, take in system.take.items() if take.by == "webhook"}
    try:
        return [one for name, take in meant.items() for one in told(name, take, body, headers[ID])]
    except Rejected as error:
        raise BadEvent(str(error)) from None


def told(name: str, take: Received, body: Any, otherwise: str) -> Iterator[Told]:
    """`otherwise` tells the record apart where its own fields do not. Raises `Rejected`."""
    for at, record in enumerate(rows.records(take, body)):
        parts = [rows.place(record, one) for one in take.key] if take.key else [otherwise, at]
        if None in parts:
            raise Rejected(f"{name}: a record without {', '.join(take.key)}")
        key = hashlib.sha256(json.dumps([name, *parts], default=str).encode()).hexdigest()[:40]
        yield Told(f"{name}:{key}", _subject(take, record) or key, json.dumps({"take": name, "record": record}))


def _subject(take: Received, record: Mapping[str, Any]) -> str:
    for name in SUBJECTS:
        one = take.arguments.get(name)
        found = rows.place(record, one.place) if isinstance(one, Theirs) else None
        if found:
            return f"{name}:{found}"[:200]
    return ""


class Taking:
    """Of one system: what came is done, what is to be asked for is asked, what lies there is read."""

    def __init__(self, orders: Orders, database: Database, line: Line, home: Path, now: Clock) -> None:
        self._database = database
        self._line = line
        self._name = line.name
        self._system = line.system
        self._doing = rows.Doing(orders, line.name)
        self._folder = home / line.system.folder / "in"
        self._now = now

    @property
    def source(self) -> str:
        return f"{SINGLY}{self._name}"

    def read(self, event: Event) -> None:
        """Raises `ConnectorError`."""
        body = json.loads(event.body)
        take = self._system.take.get(body.get("take"))
        if take is None:
            what = "what came" if "erased" in body else f"[connectors.{self._name}.take.{body.get('take')}]"
            raise Rejected(f"{what} is not there any more; drop this")
        self._doing.do(take, body["record"], f"{self.source}:{event.key}")

    def run_once(self, every: timedelta) -> int:
        """Asks and reads what is due; how many records were new. A system that can not be asked is asked next time."""
        made = 0
        for name, take in self._system.take.items():
            try:
                made += self._polled(name, take, every) if take.by == "poll" else 0
                made += self._files(name, take) if take.by == "file" else 0
            except (ConnectorError, OSError) as error:
                log.warning("systems.not_asked", system=self._name, error=f"{type(error).__name__}: {error}")
        return made

    def _polled(self, name: str, take: Received, every: timedelta) -> int:
        now, mark = self._now(), f"{self.source}:{name}"
        with self._database.read() as db:
            last = db.execute(select(polls.c.until).where(polls.c.source == mark)).scalar()
        since = datetime.fromisoformat(last) if last else datetime.fromtimestamp(0, now.tzinfo)
        if last and now - since < every:
            return 0
        asked = take.path.replace("{since}", quote(moment_now(since), safe=""))
        made = self._kept(list(told(name, take, self._line.get(asked), "")))
        with self._database.write() as db:
            db.execute(delete(polls).where(polls.c.source == mark))
            db.execute(insert(polls), {"source": mark, "until": now.isoformat()})
        return made

    def _files(self, name: str, take: Received) -> int:
        """Files of that name, oldest name first; each is moved away when all of it is stored."""
        made = 0
        for file in sorted(self._folder.glob(f"{name}*.csv")):
            try:
                made += self._kept(list(told(name, take, _rows_of(file), file.name)))
                _moved(file, "done", "")
            except Rejected as error:
                _moved(file, "refused", str(error))
                log.warning("systems.file_refused", system=self._name, file=file.name, error=str(error))
        return made

    def _kept(self, found: Sequence[Told]) -> int:
        """All of them or none; in the order in which they stand."""
        now = self._now()
        with self._database.write() as db:
            return sum(self._put(db, one, now, timedelta(microseconds=at)) for at, one in enumerate(found))

    def _put(self, db: Connection, one: Told, now: datetime, later: timedelta) -> bool:
        """Due at once, and after those that stand before it."""
        return inbox.put(db, self.source, one.key, one.subject, one.body, now + later, -later)


def _rows_of(file: Path) -> list[dict[str, Any]]:
    """Raises `Rejected`."""
    try:
        if file.stat().st_size > LARGEST:
            raise Rejected(f"larger than {LARGEST:,} bytes; send it in parts")
        reader = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig")), strict=True)
        found = list(reader)
    except OSError as error:
        raise Rejected(error.strerror or "can not be read") from None
    except (UnicodeDecodeError, csv.Error):
        raise Rejected("is not a CSV file in UTF-8") from None
    if any(None in row or None in row.values() for row in found):
        raise Rejected("a row with more or fewer cells than the header names; is it cut off?")
    return found


def _moved(file: Path, where: str, why: str) -> None:
    folder = file.parent / where
    folder.mkdir(exist_ok=True)
    file.replace(folder / file.name)
    if why:
        (folder / f"{file.name}.txt").write_text(f"{why}\n", encoding="utf-8")
