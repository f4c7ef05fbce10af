"""A record to a ticket: which vendor's it is, and what can be made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import chain
from pathlib import Path

from agent.learning.ticket import BadRecord, Passed, Read, SolvedTicket
from connectors.exports import freshdesk, intercom, jsonl, table, zendesk
from connectors.exports.fields import Fields, Malformed
from connectors.exports.records import ExportError, Record, records
from connectors.exports.thread import Thread, to_learn_from


class Vendor(StrEnum):
    ZENDESK = "zendesk"
    INTERCOM = "intercom"
    FRESHDESK = "freshdesk"
    JSONL = "jsonl"
    CSV = "csv"


Reader = Callable[[Fields, frozenset[str]], Thread]
READERS: Mapping[Vendor, tuple[Callable[[Fields], bool], Reader]] = {
    Vendor.INTERCOM: (intercom.is_one, intercom.thread),
    Vendor.ZENDESK: (zendesk.is_one, zendesk.thread),
    Vendor.FRESHDESK: (freshdesk.is_one, freshdesk.thread),
    Vendor.JSONL: (jsonl.is_one, jsonl.thread),
}
LOOKED_AT = 50


def read(path: Path, vendor: Vendor | None = None, ignored: Iterable[str] = ()) -> Read:
    """Solved tickets to learn from.

    `ignored` are ids, names or addresses of seats that no person writes from. Raises `ExportError`.
    """
    return _tickets(threads(path, vendor, ignored))


def threads(
    path: Path, vendor: Vendor | None = None, ignored: Iterable[str] = (), *, lenient: bool = False
) -> Iterator[Thread | BadRecord]:
    """Every record as a thread. `lenient`: bytes that are no UTF-8 are read as Windows-1252. Raises `ExportError`."""
    names = frozenset(one.casefold() for one in ignored)
    if vendor is Vendor.CSV or (vendor is None and table.is_one(path)):
        return _threads(table.records(path), jsonl.thread, names)
    every = records(path, lenient=lenient)
    head = [record for _, record in zip(range(LOOKED_AT), every, strict=False)]
    known = vendor or detected(head)
    if known is None:
        if not head:
            return iter(())
        raise ExportError(
            f"{path.name} is no export of Zendesk, Intercom or Freshdesk and has not our own form; "
            "say which with --from, or see docs/learning.md for the forms"
        )
    return _threads(chain(head, every), READERS[known][1], names)


def detected(head: Iterable[Record]) -> Vendor | None:
    """By the first record that is one of somebody's."""
    for record in head:
        if isinstance(record.value, Mapping):
            for vendor, (is_one, _) in READERS.items():
                if is_one(record.value):
                    return vendor
    return None


def _tickets(every: Iterable[Thread | BadRecord]) -> Iterator[SolvedTicket | Passed | BadRecord]:
    seen: set[str] = set()
    for thread in every:
        found = thread if isinstance(thread, BadRecord) else to_learn_from(thread)
        if isinstance(found, SolvedTicket):
            if found.id in seen:
                found = Passed("twice in the export")
            else:
                seen.add(found.id)
                found = found if found.asked else Passed("no words of a customer")
        yield found


def _threads(every: Iterable[Record], reader: Reader, ignored: frozenset[str]) -> Iterator[Thread | BadRecord]:
    for record in every:
        yield _thread(record, reader, ignored)


def _thread(record: Record, reader: Reader, ignored: frozenset[str]) -> Thread | BadRecord:
    if record.fault:
        return BadRecord(record.line, record.fault)
    if not isinstance(record.value, Mapping):
        return BadRecord(record.line, "not an object")
    try:
        return reader(record.value, ignored)
    except Malformed as error:
        return BadRecord(record.line, str(error))
