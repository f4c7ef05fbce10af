"""EDIFACT ORDERS in our words, its counts and references checked.

An own small reader: pydifact 0.2 wants XML files for each directory of segments, and its interface is not stable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from connectors.capture import Buyer, Captured, CaptureError, Item, minor, pieces
from tools.orders.model import Address

CHANNEL = "edifact"
BEGINS = ("UNA", "UNB")
SEPARATORS = ":+.? '"
"""Component, element, decimal mark, release, reserved, end of segment: unless UNA says otherwise."""


@dataclass(frozen=True, slots=True)
class Part:
    """A segment: elements, each a list of components."""

    tag: str
    elements: Sequence[Sequence[str]]

    def at(self, element: int, component: int = 0) -> str:
        """Counted from zero; what is not there is empty."""
        found = self.elements[element] if len(self.elements) > element else ()
        return found[component] if len(found) > component else ""


def is_one(text: str) -> bool:
    return text.lstrip("\ufeff \r\n").startswith(BEGINS)


def orders(text: str) -> Iterator[Captured]:
    """Raises `CaptureError` where the interchange is cut off or its own counts do not hold."""
    parts = _parts(text.lstrip("\ufeff \r\n"))
    if not parts or parts[0].tag != "UNB" or parts[-1].tag != "UNZ":
        raise CaptureError("no UNB at the beginning or no UNZ at the end: the file was cut off; send it again")
    messages = list(_messages(parts[1:-1]))
    if parts[-1].at(0) != str(len(messages)):
        raise CaptureError(f"UNZ says {parts[-1].at(0) or 'nothing'} messages, there are {len(messages)}")
    if parts[-1].at(1) != parts[0].at(4):
        raise CaptureError(f"references differ: UNB {parts[0].at(4)}, UNZ {parts[-1].at(1)}")
    sender = parts[0].at(1)
    return (_order(one, sender) for one in messages if one[0].at(1) == "ORDERS")


def _parts(text: str) -> list[Part]:
    """Raises `CaptureError`."""
    named = text.startswith("UNA") and len(text) >= 9
    component, element, _, release, _, end = list(text[3:9] if named else SEPARATORS)
    if len({component, element, release, end}) < 4:
        raise CaptureError("the separators that UNA names are not four different ones")
    *whole, rest = _split(text[9:] if named else text, end, release)
    if rest.strip():
        raise CaptureError("the last segment has no end: the file was cut off; send it again")
    parts = []
    for segment in whole:
        tag, *elements = _split(segment.lstrip("\r\n "), element, release)
        values = [[_released(one, release) for one in _split(each, component, release)] for each in elements]
        parts.append(Part(tag.strip(), values))
    return parts


def _split(text: str, at: str, release: str) -> list[str]:
    """Where the separator stands without a release character before it; what is released stays so."""
    pieces_of, last, skip = [], 0, False
    for number, char in enumerate(text):
        if skip:
            skip = False
        elif char == release:
            skip = True
        elif char == at:
            pieces_of.append(text[last:number])
            last = number + 1
    return [*pieces_of, text[last:]]


def _released(text: str, release: str) -> str:
    chars = iter(text)
    return "".join(next(chars, "") if char == release else char for char in chars if char not in "\r\n")


def _messages(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """UNH to UNT, both included."""
    message: list[Part] = []
    for part in parts:
        if (part.tag == "UNH") == bool(message):
            raise CaptureError(f"{part.tag} stands where it can not: a message is not closed, or not opened")
        message.append(part)
        if part.tag == "UNT":
            yield message
            message = []
    if message:
        raise CaptureError(f"message {message[0].at(0)} is not closed by UNT: the file was cut off; send it again")


def _order(message: Sequence[Part], sender: str) -> Captured:
    currency = next((one.at(0, 1) for one in message if one.tag == "CUX"), "EUR")
    lines = _loops(message)
    items = tuple(_item(line, currency) for line in lines)
    parties = {one.at(0): one for one in message if one.tag == "NAD"}
    buyer = parties.get("BY", parties.get("DP", Part("NAD", ())))
    means = {one.at(0, 1): one.at(0) for one in message if one.tag == "COM"}
    return Captured(
        place=f"UNH {message[0].at(0)}",
        channel=CHANNEL,
        number=f"{sender}-{_number(message)}",
        buyer=Buyer(buyer.at(1) or sender, _name(buyer) or sender, means.get("EM", ""), means.get("TE", "")),
        address=_address(parties.get("DP", buyer)),
        currency=currency,
        items=items,
        total=_total(message, currency),
        reasons=tuple(_wrong(message, items)),
    )


def _number(message: Iterable[Part]) -> str:
    return next((one.at(1) for one in message if one.tag == "BGM"), "")


def _wrong(message: Sequence[Part], items: Sequence[Item]) -> Iterator[str]:
    end, counted = message[-1], next((one.at(0, 1) for one in message if one.tag == "CNT" and one.at(0) == "2"), "")
    if end.at(0) != str(len(message)):
        yield f"UNT says {end.at(0) or 'nothing'} segments, there are {len(message)}"
    if end.at(1) != message[0].at(0):
        yield f"references differ: UNH {message[0].at(0)}, UNT {end.at(1)}"
    if counted and counted != str(len(items)):
        yield f"CNT says {counted} lines, there are {len(items)}"
    if not _number(message):
        yield "BGM has no number"
    if not items:
        yield "no LIN"


def _loops(message: Sequence[Part]) -> list[list[Part]]:
    """Each LIN with what follows it, until UNS."""
    loops: list[list[Part]] = []
    for part in message:
        if part.tag == "UNS":
            break
        if part.tag == "LIN":
            loops.append([part])
        elif loops:
            loops[-1].append(part)
    return loops


def _item(loop: Sequence[Part], currency: str) -> Item:
    """The supplier's number (PIA, SA) before the number of LIN."""
    head = loop[0]
    own = [one.at(at) for one in loop if one.tag == "PIA" for at in range(1, 6) if one.at(at, 1) in {"SA", "VN"}]
    sku = own[0] if own else head.at(2)
    reasons, quantity, price = [] if sku else ["no product number (LIN, PIA)"], 0, None
    amount = next((one for one in loop if one.tag == "QTY" and one.at(0) == "21"), Part("QTY", ()))
    told = next((one for one in loop if one.tag == "PRI" and one.at(0) in {"AAA", "AAB"}), None)
    try:
        quantity = pieces(amount.at(0, 1), amount.at(0, 2))
        price = minor(told.at(0, 1), currency) if told else None
    except ValueError as error:
        reasons.append(str(error))
    return Item(head.at(0) or "?", sku, quantity, price, 0, tuple(reasons))


def _total(message: Iterable[Part], currency: str) -> int | None:
    told = next((one.at(0, 1) for one in message if one.tag == "MOA" and one.at(0) in {"86", "79"}), "")
    try:
        return minor(told, currency) if told else None
    except ValueError:
        return None


def _name(party: Part) -> str:
    return " ".join(filter(None, (party.at(3, at) for at in range(5)))) or party.at(2)


def _address(party: Part) -> Address:
    """NAD: street, city, state, postcode, country."""
    more = " ".join(filter(None, (party.at(4, at) for at in range(1, 4))))
    return Address(party.at(4), party.at(5), party.at(7), party.at(8), more, party.at(6))
