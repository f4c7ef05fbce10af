"""A Word file (DOCX) to its title and Markdown-like text: headings by their styles, lists, tables.

Headers, footers, tables of contents, comments, and what is deleted or hidden stay out. Unreadable, with the remedy,
where there is nothing to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from knowledge.errors import Unreadable
from knowledge.pages import Page

if TYPE_CHECKING:
    from docx.document import Document
    from docx.styles.style import ParagraphStyle

# Pictures count to the whole. A book of a thousand pages has about 10 MB of XML; some lines of a "zip bomb" have 1 GB.
LARGEST_WHOLE = 300_000_000
LARGEST_XML = 40_000_000
MOST_PARTS = 10_000

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
GONE = {f"{W}del", f"{W}moveFrom", f"{W}instrText", f"{W}tbl", FALLBACK}
SAID = {f"{W}tab": " ", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
OLE = b"\xd0\xcf\x11\xe0"


def read(raw: bytes) -> Page:
    _must_be_sound(raw)
    try:
        return _read(raw)
    except Unreadable:
        raise
    except Exception as error:  # whatever a broken package makes the parsers raise
        told = f"{type(error).__name__}: {error}"[:200]
        raise Unreadable(f"not a whole Word file ({told}); open it and save it as DOCX again") from error


def _must_be_sound(raw: bytes) -> None:
    """Judged by what the archive declares; reading unpacks no more of a part than that."""
    if raw.startswith(OLE):
        raise Unreadable("locked with a password, or an old Word file (.doc); save it as DOCX without a password")
    try:
        parts = ZipFile(BytesIO(raw)).infolist()
    except (BadZipFile, ValueError, NotImplementedError) as error:
        raise Unreadable(f"not a Word file ({error}); open it and save it as DOCX again") from None
    xml = max((part.file_size for part in parts if part.filename.endswith((".xml", ".rels"))), default=0)
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_WHOLE or xml > LARGEST_XML:
        raise Unreadable("unpacks to more than a Word file may have here; split it, or save it without pictures")


def _read(raw: bytes) -> Page:
    from docx import Document

    document = Document(BytesIO(raw))
    styles = _Styles(document)
    title, blocks = "", []
    for kind, text in _blocks(document.element.body, styles):
        if kind == "title" and not title:
            title = " ".join(text.split())
        else:
            blocks.append((kind, text))
    core = document.core_properties
    if not title and not (blocks and blocks[0][0].startswith("#")):
        title = core.title.strip()  # a heading that opens the text names it better: templates fill the properties
    changed = core.modified.date().isoformat() if core.modified else None
    return Page(title, _joined(blocks), core.language or None, changed)


def _joined(blocks: list[tuple[str, str]]) -> str:
    text, before = "", ""
    for kind, said in blocks:
        between = "\n" if kind == before == "-" else "\n\n"
        text += f"{between if text else ''}{kind}{' ' if kind else ''}{said}"
        before = kind
    return text


class _Styles:
    """What the named styles make of a paragraph: `title`, `#`…, `-`, `contents`, or nothing."""

    def __init__(self, document: Document) -> None:
        from docx.enum.style import WD_STYLE_TYPE

        self._named = {one.style_id: one for one in document.styles if one.type == WD_STYLE_TYPE.PARAGRAPH}

    def kind(self, properties: Any) -> str:
        if properties is None:
            return ""
        level = properties.find(f"{W}outlineLvl")
        if level is not None:
            return _hashes(int(level.get(f"{W}val", "9")))
        named = properties.find(f"{W}pStyle")
        kind = self._of(named.get(f"{W}val")) if named is not None else ""
        return kind or ("-" if _numbered(properties) else "")

    def _of(self, name: str) -> str:
        """Of the style or, where it says nothing, of the styles that it is based on."""
        style: ParagraphStyle | None = self._named.get(name)
        for _ in range(10):
            kind = _kind_of(style) if style is not None else ""
            if kind or style is None:
                return kind
            style = style.base_style
        return ""


def _kind_of(style: ParagraphStyle) -> str:
    """Word keeps the English names of its own styles in every language."""
    name = (style.name or "").lower()
    heading = re.fullmatch(r"heading (\d)", name)
    if heading:
        return _hashes(int(heading[1]) - 1)
    if name == "title":
        return "title"
    if re.fullmatch(r"toc( heading| \d)?", name):
        return "contents"
    if name.startswith(("list bullet", "list number")):
        return "-"
    properties = style.element.find(f"{W}pPr")
    level = properties.find(f"{W}outlineLvl") if properties is not None else None
    if level is not None:
        return _hashes(int(level.get(f"{W}val", "9")))
    return "-" if properties is not None and _numbered(properties) else ""


def _hashes(level: int) -> str:
    """Level 9 is Word's word for body text."""
    return "#" * min(level + 1, 6) if 0 <= level < 9 else ""


def _numbered(properties: Any) -> bool:
    number = properties.find(f"{W}numPr/{W}numId")
    return number is not None and number.get(f"{W}val") != "0"


def _blocks(parent: Any, styles: _Styles) -> Iterator[tuple[str, str]]:
    """In reading order: also what stands in content controls, which templates wrap around the text."""
    for child in parent:
        if child.tag == f"{W}p":
            yield from _paragraph(child, styles)
        elif child.tag == f"{W}tbl":
            rows = "\n".join(filter(None, map(_row, child.iter(f"{W}tr"))))
            yield from [("", rows)] if rows else []
        elif child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}moveTo", f"{W}customXml"):
            yield from _blocks(child, styles)


def _paragraph(paragraph: Any, styles: _Styles) -> Iterator[tuple[str, str]]:
    kind = styles.kind(paragraph.find(f"{W}pPr"))
    lines = (" ".join(line.split()) for line in _words(paragraph).split("\n"))
    text = (" " if kind else "\n").join(filter(None, lines))
    if text and kind != "contents":
        yield kind, text


def _row(row: Any) -> str:
    cells = (" ".join(" ".join(map(_words, cell.iter(f"{W}p"))).split()) for cell in row.iter(f"{W}tc"))
    line = " | ".join(cells)
    return line if line.strip(" |") else ""


def _words(element: Any) -> str:
    """What is seen of it."""
    if element.tag == f"{W}t":
        return element.text or ""
    if element.tag in GONE or (element.tag == f"{W}r" and _hidden(element)):
        return ""
    return SAID.get(element.tag, "") or "".join(map(_words, element))


def _hidden(run: Any) -> bool:
    mark = run.find(f"{W}rPr/{W}vanish")
    return mark is not None and mark.get(f"{W}val", "1") not in ("0", "false")
