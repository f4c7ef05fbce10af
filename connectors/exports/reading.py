"""A record to a ticket: which vendor's it is, and whether anything can be learned from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import chain
from pathlib import Path

from agent.learning.ticket import BadRecord, Passed, Read, SolvedTicket
from connectors.exports import freshdesk, intercom, jsonl, zendesk
from connectors.exports.fields import Fields, Malformed
from connectors.exports.records import ExportError, Record, records


class Vendor(StrEnum):
    ZENDESK = "zendesk"
    INTERCOM = "intercom"
    FRESHDESK = "freshdesk"
    JSONL = "jsonl"


Reader = Callable[[Fields, frozenset[str]], SolvedTicket | Passed]
READERS: Mapping[Vendor, tuple[Callable[[Fields], bool], Reader]] = {
    Vendor.INTERCOM: (intercom.is_one, intercom.ticket),
    Vendor.ZENDESK: (zendesk.is_one, zendesk.ticket),
    Vendor.FRESHDESK: (freshdesk.is_one, freshdesk.ticket),
    Vendor.JSONL: (jsonl.is_one, jsonl.ticket),
}
LOOKED_AT = 50


def read(path: Path, vendor: Vendor | None = None, ignored: Iterable[str] = ()) -> Read:
    """`ignored` are ids, names or addresses of seats that no person writes from. Raises `ExportError`."""
    every = records(path)
    head = [record for _, record in zip(range(LOOKED_AT), every, strict=False)]
    known = vendor or detected(head)
    if known is None:
        if not head:
            return iter(())
        raise ExportError(
            f"{path.name} is no export of Zendesk, Intercom or Freshdesk and has not our own form; "
            "say which with --from, or see docs/learning.md for the forms"
        )
    reader, names = READERS[known][1], frozenset(one.casefold() for one in ignored)
    return _tickets(chain(head, every), reader, names)


def detected(head: Iterable[Record]) -> Vendor | None:
    """By the first record that is one of somebody's."""
    for record in head:
        if isinstance(record.value, Mapping):
            for vendor, (is_one, _) in READERS.items():
                if is_one(record.value):
                    return vendor
    return None


def _tickets(
    every: Iterable[Record], reader: Reader, ignored: frozenset[str]
) -> Iterator[SolvedTicket | Passed | BadRecord]:
    seen: set[str] = set()
    for record in every:
        found = _ticket(record, reader, ignored)
        if isinstance(found, SolvedTicket):
            if found.id in seen:
                found = Passed("twice in the export")
            else:
                seen.add(found.id)
                found = found if found.asked else Passed("no words of a customer")
        yield found


def _ticket(record: Record, reader: Reader, ignored: frozenset[str]) -> SolvedTicket | Passed | BadRecord:
    if record.fault:
        return BadRecord(record.line, record.fault)
    if not isinstance(record.value, Mapping):
        return BadRecord(record.line, "not an object")
    try:
        return reader(record.value, ignored)
    except Malformed as error:
        return BadRecord(record.line, str(error))
