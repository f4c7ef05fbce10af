"""The copies of one answer, laid side by side: which sentences recur, and what differs from copy to copy.

A sentence is kept where the answers to enough customers hold it, and so is a figure in it. What only one customer was
told is theirs: it is left out, or becomes a placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.utils import default_process

from agent.learning.masking import Masker, Span, bounded, replaced
from agent.learning.ticket import Person
from agent.learning.wording import sentences, without_frame
from knowledge.embed import FloatArray

SAME_WORDS = 84.0
SAME_MEANING = 0.78
COPIES = 24
"""Answers of a group that are compared with its most central one."""
NEVER = frozenset({"name", "order", "tracking", "code", "address"})
"""Whatever stands here is somebody's, however often it comes."""
SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`template` has `{amount}` where the people wrote `values` in this order."""

    template: str
    values: tuple[str, ...]

    @property
    def bare(self) -> str:
        return SLOT.sub(" ", self.template)


@dataclass(frozen=True, slots=True)
class Answer:
    ticket: str
    who: str
    language: str
    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        return " ".join(one.bare for one in self.sentences)


@dataclass(frozen=True, slots=True)
class Kept:
    """A sentence that recurs; `open` are the slots in it that differ from copy to copy, `near` its closest copies."""

    text: str
    open: tuple[str, ...]
    verbatim: bool


def cut(text: str, masker: Masker, people: Person) -> tuple[Sentence, ...]:
    """An answer without greeting and farewell, in sentences; what may be somebody's is a slot."""
    return tuple(_slotted(one, masker, people) for one in sentences(without_frame(text)) if re.search(r"\w{2}", one))


def recurring(
    central: Answer, others: Sequence[Answer], least: int, vectors: Mapping[str, FloatArray]
) -> Iterator[Kept]:
    """What the answers to `least` customers say, in the words of the central one."""
    near = [one for one in others if one.who != central.who][:COPIES]
    for sentence in central.sentences:
        found = [(one.who, same) for one in near if (same := _same(sentence, one, vectors))]
        if len({who for who, _ in found}) + 1 >= least:
            copies = [(who, same) for who, same in found if fuzz.ratio(sentence.template, same.template) >= SAME_WORDS]
            yield _kept(sentence, copies, least)


def _slotted(text: str, masker: Masker, people: Person) -> Sentence:
    text = bounded(text)
    spans = masker.spans(text, people)
    template = replaced(text.translate(BRACES), spans, lambda span: f"{{{_slot(span)}}}")
    return Sentence(template, tuple(text[span.start : span.end] for span in spans))


BRACES = str.maketrans("{}", "()")


def _slot(span: Span) -> str:
    return "order" if span.kind == "code" else span.kind


def _same(sentence: Sentence, other: Answer, vectors: Mapping[str, FloatArray]) -> Sentence | None:
    """The other answer's sentence that says the same: by its words, else by its meaning."""

    def likeness(one: Sentence) -> float:
        return fuzz.ratio(sentence.template, one.template, processor=default_process)

    best = max(other.sentences, key=likeness, default=None)
    if best is None or likeness(best) >= SAME_WORDS:
        return best
    mine = vectors.get(sentence.bare)
    if mine is None:
        return None
    known = [(float(mine @ vectors[one.bare]), one) for one in other.sentences if one.bare in vectors]
    nearest, same = max(known, key=lambda pair: pair[0], default=(0.0, None))
    return same if nearest >= SAME_MEANING else None


def _kept(sentence: Sentence, copies: Sequence[tuple[str, Sentence]], least: int) -> Kept:
    slots = SLOT.findall(sentence.template)
    stays = [_stands(index, slot, sentence, copies, least) for index, slot in enumerate(slots)]
    values = iter(zip(sentence.values, stays, slots, strict=False))

    def filled(_: re.Match[str]) -> str:
        value, fixed, slot = next(values)
        return value if fixed else f"{{{slot}}}"

    text = SLOT.sub(filled, sentence.template)
    verbatim = len({who for who, _ in copies}) + 1 >= least
    return Kept(text, tuple(slot for slot, fixed in zip(slots, stays, strict=True) if not fixed), verbatim)


def _stands(index: int, slot: str, sentence: Sentence, copies: Sequence[tuple[str, Sentence]], least: int) -> bool:
    """The same value in the same place for enough customers, and for more of them than any other."""
    if slot in NEVER:
        return False
    mine = sentence.values[index]
    same = {who for who, one in copies if one.values[index : index + 1] == (mine,)}
    other = {who for who, one in copies if one.values[index : index + 1] != (mine,)}
    return len(same) + 1 >= least and len(same) >= len(other)
