"""Lines as they stand on printed pages to Markdown-like text: what a person sees as heading, list, paragraph, table.

All by size and place, for a PDF says no more. Where the lines come from is pdf.py's affair.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

# In times of the body's size, or of the usual distance of two lines.
LARGE = 1.12
SAME_ROW = 0.4
NEW_PARAGRAPH = 1.25
HEADING_LEADING = 1.4
LONGEST_HEADING = 150
# A running line stands on so many of the pages, at the same height, one of the outermost of its page, in the margin.
RUNNING_SHARE = 0.4
OUTERMOST = 2
MARGIN = 0.1

BULLET = re.compile(r"^[•◦▪‣●○■□·∙–—*\-\x7f\uf0b7\uf0a7]\s*(?=\S|$)")
NUMBER = re.compile(r"^\(?\d{1,2}[.)](?=\s|$)")
ENDED = re.compile(r"[.!?:;…|][\"»”)]*$")
# A line of a table of contents: it would be found for every question, and answer none.
LEADERS = re.compile(r"(?:\s?[.·…]){5,}\s*(?:\d+|[ivxl]+)$")
HYPHENATED = re.compile(r"(\w+)[-\u00ad\u2010]$")


class Line(NamedTuple):
    text: str
    size: float
    x: float
    y: float
    """Points, upwards."""
    page: int


class Block(NamedTuple):
    level: int
    """Of a heading, 1 and down; 0 for text."""
    text: str
    page: int


def blocks(lines: Sequence[Line]) -> list[Block]:
    rows = [row for row in _rows(_without_running(lines)) if not LEADERS.search(row.text)]
    body = _body_size(rows)
    leading = _leading(rows, body)
    large = sorted({row.size for row in rows if _is_heading(row, body)}, reverse=True)
    words = {word.casefold() for row in rows for word in re.findall(r"\w+(?:-\w+)*", row.text)}
    found = []
    for group in _groups(rows, body, leading):
        level = min(large.index(group[0].size) + 1, 4) if _is_heading(group[0], body) else 0
        found.append(Block(level, _flowing(group, words), group[0].page))
    return found


def text_of(found: Sequence[Block]) -> str:
    """Items of a list and rows of a table stand close, all else with a blank line between."""
    text = ""
    for before, block in pairwise([Block(0, "", 0), *found]):
        between = "\n" if _are_close(before, block) else "\n\n"
        text += f"{between}{'#' * block.level} {block.text}" if block.level else between + block.text
    return text.strip()


def _are_close(before: Block, block: Block) -> bool:
    if before.level or block.level:
        return False
    return any(kind(before.text) and kind(block.text) for kind in (_is_item, _is_row))


def _without_running(lines: Sequence[Line]) -> list[Line]:
    """Without headers, footers and page numbers: small, at the edge, and the same on many pages but for numbers."""
    edge = set(_at_the_edge(lines))
    on_pages = Counter(key for key, _ in {(_running_key(line), line.page) for line in edge})
    enough = max(2, RUNNING_SHARE * len({line.page for line in lines}))
    largest = _body_size(lines) * LARGE
    running = {line for line in edge if on_pages[_running_key(line)] >= enough and line.size < largest}
    return [line for line in lines if line not in running]


def _at_the_edge(lines: Sequence[Line]) -> Iterator[Line]:
    low, high = min((line.y for line in lines), default=0), max((line.y for line in lines), default=0)
    margin = MARGIN * (high - low)
    pages = defaultdict(list)
    for line in lines:
        pages[line.page].append(line)
    for page in pages.values():
        heights = sorted({round(line.y) for line in page})
        outermost = {*heights[:OUTERMOST], *heights[-OUTERMOST:]}
        yield from (line for line in page if round(line.y) in outermost and not low + margin < line.y < high - margin)


def _running_key(line: Line) -> tuple[str, int]:
    return re.sub(r"\d+", "#", line.text), round(line.y / 3)


def _rows(lines: Iterable[Line]) -> Iterator[Line]:
    """Cells that stand side by side make one line, and a bullet comes before its text."""
    row: Line | None = None
    for line in lines:
        if row and row.page == line.page and abs(row.y - line.y) < SAME_ROW * max(row.size, line.size):
            row = _side_by_side(row, line)
            continue
        if row:
            yield row
        row = line
    if row:
        yield row


def _side_by_side(row: Line, line: Line) -> Line:
    marker = BULLET.fullmatch(row.text) or NUMBER.fullmatch(row.text)
    size = line.size if marker or len(line.text) > len(row.text) else row.size
    return row._replace(text=f"{row.text} {line.text}" if marker else f"{row.text} | {line.text}", size=size)


def _body_size(lines: Iterable[Line]) -> float:
    """The size of most letters."""
    letters: Counter[float] = Counter()
    for line in lines:
        letters[line.size] += len(line.text)
    return max(letters, key=lambda size: letters[size], default=1.0)


def _leading(rows: Sequence[Line], body: float) -> float:
    """The usual distance of two lines of a paragraph."""
    gaps = [round(one.y - two.y, 1) for one, two in pairwise(rows) if one.page == two.page and two.size == body]
    usual = Counter(gap for gap in gaps if 0 < gap <= 1.8 * body).most_common(1)
    return usual[0][0] if usual else 1.2 * body


def _is_heading(row: Line, body: float) -> bool:
    return row.size > body * LARGE and len(row.text) <= LONGEST_HEADING and any(map(str.isalpha, row.text))


def _groups(rows: Sequence[Line], body: float, leading: float) -> Iterator[list[Line]]:
    group: list[Line] = []
    for row in rows:
        if group and not _goes_on(group[-1], row, body, leading):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _goes_on(before: Line, row: Line, body: float, leading: float) -> bool:
    """Whether the row is of the same paragraph, item or heading as the one before."""
    if any(map(_is_row, (before.text, row.text))) or _is_item(_marked(row.text)):
        return False
    heading = _is_heading(row, body)
    if heading != _is_heading(before, body) or (heading and row.size != before.size):
        return False
    gap = before.y - row.y
    if row.page != before.page or gap < 0:
        return not heading and not ENDED.search(before.text) and row.text[0].islower()
    return gap <= (row.size * HEADING_LEADING if heading else leading * NEW_PARAGRAPH)


def _marked(text: str) -> str:
    return BULLET.sub("- ", text)


def _is_item(text: str) -> bool:
    return text.startswith("- ") or bool(NUMBER.match(text))


def _is_row(text: str) -> bool:
    return " | " in text


def _flowing(group: Sequence[Line], words: set[str]) -> str:
    """One line of it. A word cut at a line's end is whole again; its hyphen stays if it stands elsewhere too."""
    text = _marked(group[0].text)
    for line in group[1:]:
        cut = HYPHENATED.search(text) if line.text[0].islower() else None
        if not cut:
            text = f"{text} {line.text}"
            continue
        rest = re.match(r"\w+", line.text)
        hyphen = "-" if rest and f"{cut[1]}-{rest[0]}".casefold() in words else ""
        text = f"{text[:-1]}{hyphen}{line.text}"
    return text
