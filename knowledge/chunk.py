"""Articles to passages: by heading, under their title; tiny sections joined, long ones cut at sentences.

Sizes are in words. The model reads 256 tokens and knows English words best: 180 English words are about 240
of its tokens; other languages fall into more pieces a word, hence the second limit.
"""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from knowledge.formats import Article
from knowledge.glossing import in_english

LONGEST_ENGLISH = 180
LONGEST_OTHER = 120
TINY = 20
# No language of ours has longer words on average: what has is Chinese, Japanese, or a list of addresses.
LETTERS_A_WORD = 8

HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t]*#*$")
FENCE = re.compile(r"^(```|~~~)")
SENTENCE_END = re.compile(r"(?<=[.!?…])[\"»”)]*\s+(?=[\"«“(¿¡]*[A-ZÀ-ÞŁŚŻŹČŘŠŽ0-9])|(?<=[。!?])")


@dataclass(frozen=True)
class Passage:
    id: str
    """Made of what the passage says, so that it is the same on every machine."""
    article_id: str
    origin: str
    source: str
    title: str
    heading: str
    text: str
    language: str | None = None
    updated: str | None = None

    @property
    def embedded(self) -> str:
        """What the search sees: title and heading too, for they often hold the only telling word."""
        return f"{joined(self.title, self.heading)}\n{self.text}"

    @property
    def meaning(self) -> str:
        """What is embedded: the same word by word in English, where a glossary knows the language."""
        return in_english(self.embedded, self.language)


class Section(NamedTuple):
    heading: str
    text: str


def chunk(articles: Iterable[Article]) -> Iterator[Passage]:
    for article in articles:
        longest = LONGEST_ENGLISH if article.language in (None, "en") else LONGEST_OTHER
        for section in merged(sections(article.text), longest):
            for text in pieces(section.text, longest):
                yield _passage(article, section.heading, text)


def sections(text: str) -> Iterator[Section]:
    """One for each heading, named by the headings above it; a `#` inside a code fence is no heading."""
    path: list[tuple[int, str]] = []
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= bool(FENCE.match(line))
        heading = None if fenced else HEADING.match(line)
        if not heading:
            lines.append(line)
            continue
        yield _section(path, lines)
        depth, lines = len(heading[1]), []
        path = [*((level, name) for level, name in path if level < depth), (depth, heading[2])]
    yield _section(path, lines)


def merged(found: Iterable[Section], longest: int) -> Iterator[Section]:
    """Sections without text go; a tiny one is joined to the next, whose heading becomes a line of text."""
    waiting: Section | None = None
    for section in found:
        if not section.text:
            continue
        if waiting and size(waiting.text) < TINY and size(waiting.text) + size(section.text) <= longest:
            section = _together(waiting, section)
        elif waiting:
            yield waiting
        waiting = section
    if waiting:
        yield waiting


def pieces(text: str, longest: int) -> Iterator[str]:
    """As many whole sentences at a time as fit, broken between paragraphs where possible."""
    taken = ""
    for unit in _units(text, longest):
        if taken and size(taken) + size(unit) > longest:
            yield taken.strip()
            taken = ""
        taken += unit
    if taken.strip():
        yield taken.strip()


def size(text: str) -> int:
    return max(len(text.split()), len(text) // LETTERS_A_WORD)


def joined(title: str, heading: str) -> str:
    return f"{title} — {heading}" if heading and heading != title else title


def _section(path: list[tuple[int, str]], lines: list[str]) -> Section:
    return Section(" — ".join(name for _, name in path), "\n".join(lines).strip())


def _together(first: Section, second: Section) -> Section:
    heading = f"{second.heading}\n" if second.heading else ""
    return Section(first.heading, f"{first.text}\n\n{heading}{second.text}")


def _units(text: str, longest: int) -> Iterator[str]:
    """Paragraphs, or the sentences of one that is too long, or what fits of an endless one."""
    for paragraph in re.split(r"(?<=\n)\n+", text):
        if size(paragraph) <= longest:
            yield paragraph + "\n"
            continue
        for line in paragraph.splitlines(keepends=True):
            yield from _sentences(line, longest)
        yield "\n"


def _sentences(line: str, longest: int) -> Iterator[str]:
    for sentence in SENTENCE_END.split(line):
        if size(sentence) <= longest:
            yield sentence if sentence.endswith("\n") else sentence + " "
        else:
            yield from (part + " " for part in textwrap.wrap(sentence, width=longest * 5))


def _passage(article: Article, heading: str, text: str) -> Passage:
    says = "\x1f".join((article.source, article.language or "", article.title, heading, text))
    return Passage(
        id=hashlib.sha256(says.encode()).hexdigest()[:16],
        article_id=article.id,
        origin=article.origin,
        source=article.source,
        title=article.title,
        heading=heading,
        text=text,
        language=article.language,
        updated=article.updated,
    )
