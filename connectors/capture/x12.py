"""ANSI X12: interchanges to transaction sets and back, with every count and control number checked.

The ISA segment has 106 characters and fixed places; the separators are read from it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.capture import CaptureError

ISA_LENGTH = 106
ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
VERSION = "004010"


class Segment(tuple[str, ...]):
    """Elements by number: `segment[0]` is its tag; an element that is not there is empty."""

    __slots__ = ()

    def element(self, number: int) -> str:
        return self[number] if len(self) > number else ""


@dataclass(frozen=True, slots=True)
class Transaction:
    """ST to SE. `error` is the AK502 code of an envelope that does not hold (4 count, 3 control number)."""

    kind: str
    control: str
    segments: Sequence[Segment]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """GS to GE. `error` is the AK905 code (4 control number, 5 count)."""

    kind: str
    control: str
    transactions: Sequence[Transaction]
    declared: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sends to whom: (qualifier, id)."""

    sender: tuple[str, str]
    receiver: tuple[str, str]
    control: str
    test: bool = False

    def back(self) -> Envelope:
        return Envelope(self.receiver, self.sender, self.control, self.test)

    def under(self, more: int) -> Envelope:
        return Envelope(self.sender, self.receiver, str((self.number + more) % 10**9), self.test)

    @property
    def number(self) -> int:
        """A control number that is none becomes one, the same each time."""
        known = self.control.isascii() and self.control.isdigit()
        return int(self.control) % 10**9 if known else zlib.crc32(self.control.encode()) % 10**9


@dataclass(frozen=True, slots=True)
class Interchange:
    envelope: Envelope
    groups: Sequence[Group]
    component: str = field(default=">")


# -- reading -------------------------------------------------------------------------------------------------


def is_one(text: str) -> bool:
    return text.lstrip("\ufeff \r\n").startswith("ISA")


def read(text: str) -> Interchange:
    """One interchange. Raises `CaptureError` where it is cut off or its own counts do not hold."""
    given = text.lstrip("\ufeff \r\n")
    if len(given) < ISA_LENGTH or not given.startswith("ISA"):
        raise CaptureError(f"no X12 interchange: ISA with {ISA_LENGTH} characters is missing; was the file cut off?")
    separator, component, end = given[3], given[104], given[105]
    if len({separator, component, end}) < 3 or any(char.isalnum() for char in (separator, component, end)):
        raise CaptureError("the separators in ISA (places 4, 105 and 106) are not usable; was a blank lost?")
    segments = [Segment(part.split(separator)) for part in _parts(given, end)]
    isa, *rest = segments
    if len(isa) != len(ISA_WIDTHS) + 1:
        raise CaptureError("ISA has not its 16 elements")
    groups = list(_groups(iter(_closed(rest, isa))))
    _count(len(groups), rest[-1].element(1), "IEA", "groups")
    party = ((isa[5].strip(), isa[6].strip()), (isa[7].strip(), isa[8].strip()))
    return Interchange(Envelope(*party, isa[13], isa[15] == "T"), groups, component)


def _parts(text: str, end: str) -> Iterator[str]:
    parts = (part.strip("\r\n") for part in text.split(end))
    return (part for part in parts if part)


def _closed(rest: Sequence[Segment], isa: Segment) -> Sequence[Segment]:
    """What stands between ISA and IEA."""
    if not rest or rest[-1][0] != "IEA":
        raise CaptureError("the interchange has no IEA at its end: the file was cut off; send it again")
    if rest[-1].element(2) != isa[13]:
        raise CaptureError(f"control numbers differ: ISA {isa[13]}, IEA {rest[-1].element(2)}")
    return rest[:-1]


def _count(found: int, told: str, tag: str, what: str) -> None:
    if told.strip() != str(found):
        raise CaptureError(f"{tag} says {told or 'nothing'} {what}, there are {found}; send the file again")


def _groups(segments: Iterator[Segment]) -> Iterator[Group]:
    for head in segments:
        if head[0] != "GS":
            raise CaptureError(f"{head[0]} stands outside of a group (GS)")
        inside = list(_until(segments, "GE", f"group {head.element(6)}"))
        last = inside.pop()
        made = list(_transactions(iter(inside)))
        error = "4" if last.element(2) != head.element(6) else "5" if last.element(1) != str(len(made)) else ""
        declared = int(last.element(1)) if last.element(1).isdecimal() else 0
        yield Group(head.element(1), head.element(6), made, declared, error)


def _transactions(segments: Iterator[Segment]) -> Iterator[Transaction]:
    for head in segments:
        if head[0] != "ST":
            raise CaptureError(f"{head[0]} stands outside of a transaction set (ST)")
        inside = list(_until(segments, "SE", f"transaction set {head.element(2)}"))
        last = inside.pop()
        error = "3" if last.element(2) != head.element(2) else ""
        error = error or ("4" if last.element(1) != str(len(inside) + 2) else "")
        yield Transaction(head.element(1), head.element(2), inside, error)


def _until(segments: Iterator[Segment], tag: str, what: str) -> Iterator[Segment]:
    for segment in segments:
        yield segment
        if segment[0] == tag:
            return
    raise CaptureError(f"{what} is not closed by {tag}: the file was cut off; send it again")


# -- writing -------------------------------------------------------------------------------------------------


def write(envelope: Envelope, kind: str, sets: Iterable[tuple[str, Sequence[Sequence[str]]]], at: datetime) -> str:
    """One group of transaction sets (number, body). `kind` is GS01: PR for 855, SH for 856, FA for 997."""
    control = f"{envelope.number:09}"
    group = str(envelope.number)
    isa = ("00", "", "00", "", *envelope.sender, *envelope.receiver, f"{at:%y%m%d}", f"{at:%H%M}", "U", "00401")
    fixed = [*isa, control, "0", "T" if envelope.test else "P", ">"]
    lines = ["ISA*" + "*".join(part[:width].ljust(width) for part, width in zip(fixed, ISA_WIDTHS, strict=True))]
    sender, receiver = clean(envelope.sender[1]), clean(envelope.receiver[1])
    lines.append(_joined(["GS", kind, sender, receiver, f"{at:%Y%m%d}", f"{at:%H%M}", group, "X", VERSION]))
    count = 0
    for count, (number, body) in enumerate(sets, 1):
        lines.append(_joined(["ST", number, f"{count:04}"]))
        lines += [_joined(segment) for segment in body]
        lines.append(_joined(["SE", str(len(body) + 2), f"{count:04}"]))
    lines += [_joined(["GE", str(count), group]), _joined(["IEA", "1", control])]
    return "~\n".join(lines) + "~\n"


def _joined(elements: Sequence[str]) -> str:
    kept = [clean(one) for one in elements]
    while kept and not kept[-1]:
        kept.pop()
    return "*".join(kept)


def clean(text: str) -> str:
    """Without the characters that separate."""
    return "".join(" " if char in "*~>\r\n" else char for char in text).strip()
