"""X12 in our words: 850 purchase orders in; 997, 855 and 856 out."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.capture import Buyer, Captured, Item, Verdict, minor, pieces
from connectors.capture.take import Taken
from connectors.capture.x12 import Envelope, Group, Interchange, Segment, Transaction, write
from tools.orders.model import Address, Order, Shipment

CHANNEL = "edi"
SKU = ("VP", "VN", "SK", "BP", "UP", "EN")
"""Qualifiers of a product's number, ours first: vendor's part, SKU, buyer's part, UPC, EAN."""
LINE_CODES = {Verdict.ACCEPTED: "IA", Verdict.HELD: "IB", Verdict.REJECTED: "IR"}
COUNTRIES = {"": "US", "USA": "US", "CAN": "CA", "MEX": "MX", "GBR": "GB", "DEU": "DE", "FRA": "FR"}
ANSWERS = 500_000_000
"""Added to the control number of an 850: its 855 has the same one however often it is written, and the 997 another."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A transaction set with the order that was read from it."""

    transaction: Transaction
    order: Captured


# -- 850 in --------------------------------------------------------------------------------------------------


def orders(interchange: Interchange) -> Iterator[Sent]:
    """Purchase orders of all groups that hold; an envelope that does not hold rejects what is in it."""
    for group in interchange.groups:
        for one in group.transactions:
            if one.kind == "850":
                yield Sent(one, _order(one, group, interchange.envelope))


def _order(one: Transaction, group: Group, envelope: Envelope) -> Captured:
    head = _first(one.segments, "BEG")
    currency = _first(one.segments, "CUR").element(2) or "USD"
    parties = dict(_parties(one.segments))
    buyer = parties.get("BY", parties.get("ST", []))
    to = parties.get("ST", buyer)
    items = tuple(_items(one, currency))
    return Captured(
        place=f"ST {one.control}",
        channel=CHANNEL,
        number=f"{envelope.sender[1]}-{head.element(3)}",
        buyer=_buyer(buyer, one.segments, envelope),
        address=_address(to),
        currency=currency,
        items=items,
        total=_total(one.segments, currency),
        reasons=tuple(_wrong(one, group, head, items)),
    )


def _wrong(one: Transaction, group: Group, head: Segment, items: Sequence[Item]) -> Iterator[str]:
    if group.error:
        yield f"group {group.control}: GE does not match (code {group.error})"
    if one.error:
        yield f"SE does not match ST (code {one.error}): it was cut off or changed"
    if not head.element(3):
        yield "BEG03, the purchase order's number, is missing"
    if head.element(1) not in {"00", "06", ""}:
        yield f"BEG01 {head.element(1)}: only original orders (00) are taken; change the order by hand"
    told = _first(one.segments, "CTT").element(1)
    if told and told != str(len(items)):
        yield f"CTT says {told} lines, there are {len(items)}"
    if not items:
        yield "no PO1 line"


def _items(one: Transaction, currency: str) -> Iterator[Item]:
    for number, segment in enumerate((part for part in one.segments if part[0] == "PO1"), 1):
        place = segment.element(1) or str(number)
        named = dict(zip(segment[6::2], segment[7::2], strict=False))
        sku = next((named[code] for code in SKU if named.get(code)), "")
        reasons, quantity, price = [] if sku else ["no product number (PO106, PO107)"], 0, None
        try:
            quantity = pieces(segment.element(2), segment.element(3))
            price = minor(segment.element(4), currency) if segment.element(4) else None
        except ValueError as error:
            reasons.append(str(error))
        yield Item(place, sku, quantity, price, 0, tuple(reasons))


def _total(segments: Iterable[Segment], currency: str) -> int | None:
    told = next((one for one in segments if one[0] == "AMT" and one.element(1) == "TT"), None)
    try:
        return minor(told.element(2), currency) if told else None
    except ValueError:
        return None


def _parties(segments: Iterable[Segment]) -> Iterator[tuple[str, list[Segment]]]:
    """N1 loops before the first line, by their code."""
    loop: list[Segment] = []
    for segment in segments:
        if segment[0] == "PO1":
            return
        if segment[0] == "N1":
            loop = [segment]
            yield segment.element(1), loop
        elif segment[0] in {"N2", "N3", "N4"} and loop:
            loop.append(segment)


def _buyer(loop: Sequence[Segment], segments: Iterable[Segment], envelope: Envelope) -> Buyer:
    head = loop[0] if loop else Segment()
    told = next((one for one in segments if one[0] == "PER"), Segment())
    means = dict(zip(told[3::2], told[4::2], strict=False))
    name = head.element(2) or envelope.sender[1]
    return Buyer(head.element(4) or envelope.sender[1], name, means.get("EM", ""), means.get("TE", ""))


def _address(loop: Sequence[Segment]) -> Address:
    street, place = _first(loop, "N3"), _first(loop, "N4")
    country = place.element(4)
    return Address(
        street.element(1),
        place.element(1),
        place.element(3),
        COUNTRIES.get(country, country),
        street.element(2),
        place.element(2),
    )


def _first(segments: Iterable[Segment], tag: str) -> Segment:
    return next((one for one in segments if one[0] == tag), Segment())


# -- 997 and 855 out -----------------------------------------------------------------------------------------


def acknowledgement(interchange: Interchange, at: datetime) -> str:
    """997: which groups and transaction sets were understood; it says nothing of the orders themselves."""
    back = interchange.envelope.back()
    return write(back, "FA", [("997", list(_understood(group))) for group in interchange.groups], at)


def _understood(group: Group) -> Iterator[Sequence[str]]:
    yield ["AK1", group.kind, group.control]
    good = 0
    for one in group.transactions:
        error = one.error or ("" if one.kind == "850" else "1")
        good += not error
        yield ["AK2", one.kind, one.control]
        yield ["AK5", "R" if error else "A", error]
    state = "R" if group.error or not good else "P" if good < len(group.transactions) else "A"
    accepted = 0 if group.error else good
    yield ["AK9", state, str(group.declared), str(len(group.transactions)), str(accepted), group.error]


def answers(interchange: Interchange, taken: Sequence[tuple[Sent, Taken]], at: datetime) -> str:
    """855: of each order, line by line, what was accepted (IA), is held (IB) or rejected (IR)."""
    sets = [("855", list(_answer(sent, outcome))) for sent, outcome in taken]
    return write(interchange.envelope.back().under(ANSWERS), "PR", sets, at)


def _answer(sent: Sent, outcome: Taken) -> Iterator[Sequence[str]]:
    head = _first(sent.transaction.segments, "BEG")
    verdicts = {line.verdict for line in outcome.lines}
    kind = "RD" if verdicts <= {Verdict.REJECTED} else "AD" if verdicts == {Verdict.ACCEPTED} else "AC"
    yield ["BAK", "00", kind, head.element(3), head.element(5)]
    given = [one for one in sent.transaction.segments if one[0] == "PO1"]
    for segment, line in zip(given, outcome.lines, strict=True):
        yield list(segment)
        yield ["ACK", LINE_CODES[line.verdict], segment.element(2), segment.element(3) or "EA"]
        if line.reasons:
            yield ["PID", "F", "", "", "", "; ".join(line.reasons)[:80]]
    yield ["CTT", str(len(given))]


# -- 856 out -------------------------------------------------------------------------------------------------


def despatch(order: Order, parcel: Shipment, envelope: Envelope, at: datetime, sscc: str = "") -> str:
    """856: one parcel as shipment, order, pack, items. Its control number is the parcel's, whenever it is written."""
    control = str(zlib.crc32(parcel.id.encode()) % 999_999_999 + 1)
    made = Envelope(envelope.sender, envelope.receiver, control, envelope.test)
    return write(made, "SH", [("856", list(_despatch(order, parcel, sscc, at)))], at)


def _despatch(order: Order, parcel: Shipment, sscc: str, at: datetime) -> Iterator[Sequence[str]]:
    sent = parcel.shipped_at or at
    number = order.number.partition("-")[2] or order.number
    yield ["BSN", "00", parcel.id[-30:], f"{sent:%Y%m%d}", f"{sent:%H%M}", "0001"]
    yield ["HL", "1", "", "S"]
    yield ["TD1", "CTN25", "1"]
    yield ["TD5", "", "2", (parcel.carrier or "")[:17]]
    yield ["REF", "CN", parcel.tracking_number]
    yield ["DTM", "011", f"{sent:%Y%m%d}"]
    yield ["N1", "ST", "", "92", str(order.customer_id)[-17:]]
    yield ["HL", "2", "1", "O"]
    yield ["PRF", number]
    yield ["HL", "3", "2", "P"]
    if sscc:
        yield ["MAN", "GM", sscc]
    lines = {line.id: line for line in order.lines}
    for at_level, (line, units) in enumerate(parcel.lines.items(), 4):
        yield ["HL", str(at_level), "3", "I"]
        yield ["LIN", str(lines[line].position), "VP", lines[line].sku]
        yield ["SN1", str(lines[line].position), str(units), "EA"]
    yield ["CTT", str(3 + len(parcel.lines))]
