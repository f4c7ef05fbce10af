"""A PDF to its title and Markdown-like text. One without text, or locked, or broken, is Unreadable, with the remedy."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from math import hypot
from typing import TYPE_CHECKING, Any

from knowledge.errors import Unreadable
from knowledge.pages import Page
from knowledge.typeset import Block, Line, blocks, text_of

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

# A handbook has hundreds of pages; these are guards against files made to exhaust us. pypdf itself refuses a stream
# that unpacks to more than 75 MB, but not one drawing that draws another a thousand times.
MOST_PAGES = 2_000
MOST_LETTERS = 5_000_000
MOST_STEPS = 5_000_000

# What programs write when nobody gave a title.
NO_TITLE = re.compile(
    r"(?i)untitled.*|\(?(anonymous|unspecified)\)?|microsoft \w+ - .*|(document|word document)\s?\d*"
    r"|.*\.(docx?|odt|rtf|pdf|indd|html?|txt|xlsx?|pptx?|pages)"
)


def read(raw: bytes) -> Page:
    try:
        return _read(raw)
    except Unreadable:
        raise
    except Exception as error:  # a broken file makes pypdf raise whatever its bytes happen to hit
        told = f"{type(error).__name__}: {error}"[:200]
        raise Unreadable(f"not a whole PDF ({told}); open it in a viewer and save it as PDF again") from error


def _read(raw: bytes) -> Page:
    reader = _opened(raw)
    found = blocks(list(_lines(reader)))
    if not any(block.text for block in found):
        raise Unreadable("no text in it, only pictures, perhaps a scan; run text recognition (OCR) and save it again")
    title, rest = _titled(found, _given_title(reader))
    language = reader.root_object.get("/Lang")
    return Page(title, text_of(rest), str(language) if language else None, _changed(reader))


def _opened(raw: bytes) -> PdfReader:
    from pypdf import PasswordType, PdfReader

    # It tells of every flaw that it mends on reading: nothing that the shop could act on.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = PdfReader(BytesIO(raw))
    # Many a file is locked against printing or copying only, and opens with the empty password.
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise Unreadable("locked with a password; save it without one")
    if len(reader.pages) > MOST_PAGES:
        raise Unreadable(f"more than {MOST_PAGES:,} pages; split it")
    return reader


def _lines(reader: PdfReader) -> Iterator[Line]:
    budget = _Budget()
    for number, page in enumerate(reader.pages):
        yield from _of_page(page, number, budget)


class _Budget:
    """What one file may cost; Unreadable beyond it."""

    def __init__(self) -> None:
        self.letters, self.steps = MOST_LETTERS, MOST_STEPS

    def step(self, *_: Any) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise Unreadable("too much is drawn on its pages; print it as a new PDF or split it")

    def letter(self, count: int) -> None:
        self.letters -= count
        if self.letters < 0:
            raise Unreadable(f"more than {MOST_LETTERS:,} letters; split it")


def _of_page(page: PageObject, number: int, budget: _Budget) -> list[Line]:
    parts: list[Line] = []
    done: list[Line] = []

    def piece(text: str, outer: list[float], inner: list[float], _font: Any, size: float) -> None:
        budget.letter(len(text))
        x, y, scale = _place(outer, inner)
        for nth, words in enumerate(text.split("\n")):
            if nth:
                done.extend(_line(parts))
                parts.clear()
            if words.strip():
                parts.append(Line(words, round(size * scale * 2) / 2, x, y, number))

    page.extract_text(visitor_text=piece, visitor_operand_before=budget.step)
    return [*done, *_line(parts)]


def _line(parts: list[Line]) -> Iterator[Line]:
    """Where most of its letters stand; a line may change its font, and begin with a blank."""
    text = re.sub(r"\s+", " ", "".join(part.text for part in parts).replace("\0", "")).strip()
    if text:
        yield max(parts, key=lambda part: len(part.text))._replace(text=text)


def _place(outer: list[float], inner: list[float]) -> tuple[float, float, float]:
    """Along the line, across it (upwards), and the scale: also for a page that lies on its side."""
    a, b, c, d, e, f = outer
    right, up = inner[0] * a + inner[1] * c, inner[0] * b + inner[1] * d
    left, low = inner[4] * a + inner[5] * c + e, inner[4] * b + inner[5] * d + f
    scale = hypot(right, up) or 1.0
    return (right * left + up * low) / scale, (right * low - up * left) / scale, scale


def _given_title(reader: PdfReader) -> str:
    told = reader.metadata.title if reader.metadata else None
    title = " ".join(str(told or "").split())
    return "" if NO_TITLE.fullmatch(title) else title


def _titled(found: list[Block], given: str) -> tuple[str, list[Block]]:
    """The given title, or the first of the largest lines of the first page; which is then not told again."""
    first = [block for block in found if block.level and block.page == found[0].page]
    top = min(first, key=lambda block: block.level, default=None)
    if top and (not given or given.casefold() == top.text.casefold()):
        return given or top.text, [block for block in found if block is not top]
    return given, found


def _changed(reader: PdfReader) -> str | None:
    with suppress(ValueError):  # not the form that dates have in a PDF
        day = reader.metadata.modification_date if reader.metadata else None
        return day.date().isoformat() if day else None
    return None
