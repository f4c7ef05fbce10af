"""A parcel's label, as PDF (10 × 15 cm) and as ZPL: to whom, from whom, the carrier's number and the SSCC as barcodes.

The tracking number is Code 128; the SSCC is GS1-128: FNC1, application identifier 00, eighteen digits.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from tools.orders.model import Address

WIDTH, HEIGHT, MARGIN = 100 * mm, 150 * mm, 5 * mm
QUIET = 10
"""Modules of white beside a barcode, that a reader needs (ISO 15417)."""
FNC1 = "\xf1"
DOTS = 8
"""A printer's dots in a millimetre (203 dpi)."""


@dataclass(frozen=True, slots=True)
class Label:
    carrier: str
    service: str
    tracking: str
    sscc: str
    sender: tuple[str, ...]
    recipient: tuple[str, ...]
    order: str
    grams: int


def lines_of(name: str, address: Address) -> tuple[str, ...]:
    place = " ".join(part for part in (address.postcode, address.city, address.state) if part)
    return tuple(part for part in (name, address.line1, address.line2, place, address.country) if part)


# -- PDF -----------------------------------------------------------------------------------------------------


def pdf(label: Label) -> bytes:
    """The same label is the same file, to the byte."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=1, pageCompression=1)
    canvas.setTitle(f"{label.carrier} {label.tracking}")
    _text(canvas, HEIGHT - MARGIN - 4 * mm, (f"{label.carrier} · {label.service}", *label.sender), 8)
    _text(canvas, HEIGHT - 48 * mm, label.recipient, 13)
    _text(canvas, 72 * mm, (f"{label.order}   {label.grams / 1000:.2f} kg",), 9)
    _bars(canvas, label.tracking, 46 * mm, label.tracking)
    _bars(canvas, f"{FNC1}00{label.sscc}", 12 * mm, f"(00) {label.sscc}")
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _text(canvas: Canvas, top: float, lines: tuple[str, ...], size: int) -> None:
    for number, line in enumerate(lines):
        canvas.setFont("Helvetica", size)
        canvas.drawString(MARGIN, top - number * size * 1.25, _fitting(line))


def _fitting(line: str) -> str:
    """Built-in fonts know Western European letters only; a label of other letters is printed by ZPL."""
    return line.encode("cp1252", "replace").decode("cp1252")[:48]


def _bars(canvas: Canvas, value: str, bottom: float, said: str) -> None:
    """As wide as fits between the margins, with its quiet zones."""
    modules = Code128(value, barWidth=1, quiet=0).width
    width = (WIDTH - 2 * MARGIN) / (modules + 2 * QUIET)
    bars = Code128(value, barWidth=width, barHeight=20 * mm, quiet=0)
    bars.drawOn(canvas, MARGIN + QUIET * width, bottom)
    canvas.setFont("Helvetica", 9)
    canvas.drawCentredString(WIDTH / 2, bottom - 4 * mm, said)


# -- ZPL -----------------------------------------------------------------------------------------------------


def zpl(label: Label) -> str:
    """UTF-8 (`^CI28`). In `^FD`, `>:` begins subset B, `>;` subset C, and `>8` is FNC1."""
    rows = ["^XA", "^CI28", f"^PW{100 * DOTS}", f"^LL{150 * DOTS}"]
    rows += _fields((f"{label.carrier} {label.service}", *label.sender), top=5, size=3)
    rows += _fields(label.recipient, top=35, size=5)
    rows += _fields((f"{label.order}  {label.grams / 1000:.2f} kg",), top=75, size=3)
    rows += _barcode(f">:{label.tracking}", top=85)
    rows += _barcode(f">;>800{label.sscc}", top=118)
    return "\n".join([*rows, "^XZ", ""])


def _fields(lines: tuple[str, ...], top: int, size: int) -> list[str]:
    step = size * DOTS * 5 // 4
    return [
        f"^FO{5 * DOTS},{top * DOTS + at * step}^A0N,{size * DOTS},{size * DOTS}^FD{_safe(line)}^FS"
        for at, line in enumerate(lines)
    ]


def _barcode(data: str, top: int) -> list[str]:
    return [f"^FO{8 * DOTS},{top * DOTS}^BY3^BCN,{20 * DOTS},Y,N,N^FD{data}^FS"]


def _safe(text: str) -> str:
    """`^` and `~` begin commands: an address must not print a label of its own."""
    return "".join(" " if char in "^~\\" or not char.isprintable() else char for char in text)[:60]
