"""A reply taken apart: paragraphs, sentences, and what is mentioned where. Positions are those of the text given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)|\n+")
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that stands for a value. `means` are (source, field) pairs that it may be; one for a placeholder."""

    start: int
    end: int
    category: str
    means: tuple[tuple[str, str], ...]


def paragraphs(text: str) -> Iterator[Span]:
    yield from _split(text, re.compile(r"\n\s*\n"), (0, len(text)))


def sentences(text: str, within: Span) -> Iterator[Span]:
    """A sentence keeps its mark, so that a question can be told from a statement."""
    start, end = within
    for mark in SENTENCE_END.finditer(text, start, end):
        if text[start : mark.end()].strip():
            yield start, mark.end()
        start = mark.end()
    if text[start:end].strip():
        yield start, end


def clauses(text: str, sentence: Span, end: re.Pattern[str]) -> Iterator[Span]:
    """What stands between the marks and joining words of a sentence: each states one thing."""
    yield from _split(text, end, sentence)


def inside(span: Span, mention: Mention) -> bool:
    return span[0] <= mention.start < span[1]


def _split(text: str, mark: re.Pattern[str], within: Span) -> Iterator[Span]:
    start, end = within
    for found in mark.finditer(text, start, end):
        yield start, found.start()
        start = found.end()
    yield start, end
