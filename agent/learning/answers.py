"""What people answered again and again: help articles where it is general knowledge, macros where it is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agent.brains.own_words import plain
from agent.brains.reading import ORDER_MASK
from agent.gaps.grouping import Meanings, clusters
from agent.learning.examples import Asked
from agent.learning.masking import IN_EXAMPLES, OUT, Masker
from agent.learning.matching import SLOT, Answer, Kept, cut, recurring
from agent.learning.proposal import Kind, Proposal, Source
from agent.learning.ticket import SolvedTicket
from agent.learning.wording import sentences
from knowledge.embed import FloatArray

NEAR = 0.62
"""Least average cosine of answers that are one. Lower mixes answers on neighbouring matters, higher parts paraphrases."""
SHORTEST = 40
"""Characters that must recur: less is small talk."""
LONGEST_ANSWER = 6_000
TITLE = 90
DONE_FOR_YOU = re.compile(
    r"(?i)\b(?:i|we)(?:['’]ve| have| am|['’]m| are|['’]re|['’]ll| will)? (?:just |now |already )?(?:refund|cancel|chang|sen[dt]|ship|check|look|ask|contact|"
    r"process|issu|arrang|forward|apolog|escalat)\w*|\bi['’]m (?:so |very |really )?sorry|\byour (?:order|parcel|refund|return) (?:has|was|is|will)\b|"
    r"\b(?:j['’]ai|nous avons|je viens de|nous venons de|je suis désolée?|votre (?:commande|colis|remboursement) (?:a|est|sera))\b"
)
Helps = Callable[[str, str, str], bool]
"""Question, answer, language: does the help centre say it already?"""


@dataclass(frozen=True, slots=True)
class Found:
    """The proposals, and how many groups the help centre answers already."""

    proposals: tuple[Proposal, ...]
    in_help: int


def answers(
    tickets: Iterable[SolvedTicket], masker: Masker, language: Callable[[SolvedTicket, str], str]
) -> Iterator[Answer]:
    for ticket in tickets:
        people = ticket.customer.joined(ticket.staff)
        for raw in ticket.answers:
            own = plain(raw, LONGEST_ANSWER)
            cutup = cut(own, masker, people)
            if sum(len(one.bare.strip()) for one in cutup) >= SHORTEST:
                yield Answer(ticket.ref, ticket.who, language(ticket, own), cutup)


def proposed(
    found: Sequence[Answer],
    questions: Mapping[str, Asked],
    meanings: Meanings,
    least: int,
    hashed: Callable[[str], str],
    helps: Helps,
) -> Found:
    """Groups of answers to at least `least` customers; the largest first."""
    made, in_help = [], 0
    for group, vectors in _groups(found, meanings):
        if len({one.who for one in group}) < least:
            continue
        proposal = _proposal(group, vectors, questions, meanings, least, hashed)
        if proposal is None:
            continue
        if proposal.kind is Kind.ARTICLE and helps(proposal.title, proposal.body, proposal.language):
            in_help += 1
            continue
        made.append(proposal)
    return Found(tuple(sorted(made, key=lambda one: (-one.count, one.title, one.body))), in_help)


def _groups(found: Sequence[Answer], meanings: Meanings) -> Iterator[tuple[list[Answer], FloatArray]]:
    """Of one language and meaning."""
    for tag in sorted({one.language for one in found}):
        same = sorted((one for one in found if one.language == tag), key=lambda one: (one.text, one.ticket))
        vectors = meanings.of([one.text for one in same])
        numbers = clusters(vectors, NEAR)
        for number in range(int(numbers.max()) + 1):
            rows = np.flatnonzero(numbers == number)
            yield [same[row] for row in rows], vectors[rows]


def _proposal(
    group: list[Answer],
    vectors: FloatArray,
    questions: Mapping[str, Asked],
    meanings: Meanings,
    least: int,
    hashed: Callable[[str], str],
) -> Proposal | None:
    central, kept = _best(group, vectors, meanings, least)
    if sum(len(SLOT.sub("", one.text).strip()) for one in kept) < SHORTEST:
        return None
    asked = [questions[one.ticket] for one in group if one.ticket in questions]
    question = _central(asked, meanings)
    told = {one.ticket: one for one in group}
    sources = tuple(Source(ticket, hashed(one.who)) for ticket, one in sorted(told.items()))
    general = _general(kept)
    kind = Kind.ARTICLE if general and asked else Kind.MACRO
    body = _article(general) if kind is Kind.ARTICLE else _macro(kept)
    title = _title(question.text if question else "", body)
    why = f"{len(told)} tickets of {len({one.who for one in group})} customers were answered alike"
    label = _most(one.label for one in asked)
    return Proposal(kind, label, title, body, central.language, why, central.ticket, sources)


def _best(group: Sequence[Answer], vectors: FloatArray, meanings: Meanings, least: int) -> tuple[Answer, list[Kept]]:
    """Of the three most central answers, the one of which most recurs."""
    near = vectors @ vectors.sum(axis=0)
    order = sorted(
        range(len(group)), key=lambda row: (-round(float(near[row]), 4), len(group[row].text), group[row].ticket)
    )
    texts = sorted({one.bare for row in order for one in group[row].sentences})
    held = dict(zip(texts, meanings.of(texts), strict=True))
    tried = [(group[row], list(recurring(group[row], [group[at] for at in order], least, held))) for row in order[:3]]
    return max(tried, key=lambda pair: sum(len(one.text) for one in pair[1]))


def _general(kept: Sequence[Kept]) -> list[Kept]:
    """What holds for everybody; nothing where most of the answer is about one customer's case."""
    general = [one for one in kept if not one.open and not DONE_FOR_YOU.search(one.text)]
    size = sum(len(one.text) for one in general)
    return general if size >= SHORTEST and 2 * size >= sum(len(one.text) for one in kept) else []


def _article(kept: Sequence[Kept]) -> str:
    return "\n\n".join(_once(one.text for one in kept))


def _macro(kept: Sequence[Kept]) -> str:
    return " ".join(_once(re.sub(r"\{detail\}(?:[\s,]*\{detail\})+", "{detail}", one.text) for one in kept))


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _central(asked: Sequence[Asked], meanings: Meanings) -> Asked | None:
    if not asked:
        return None
    vectors = meanings.of([one.text for one in asked])
    centre = vectors.sum(axis=0)
    rows = range(len(asked))
    best = min(rows, key=lambda row: (_gaps(asked[row].text), -round(float(vectors[row] @ centre), 4), asked[row].text))
    return asked[best]


def _title(question: str, body: str) -> str:
    """The sentence that asks, else the first; never one with a gap where there is another."""
    said = [one for one in sentences(question) if re.search(r"\w{3}", one)]
    said.sort(key=lambda one: (_gaps(one), not one.endswith("?")))
    title = said[0] if said else SLOT.sub(OUT, body)
    title = " ".join(re.sub(rf"\s*(?:{ORDER_MASK}|{OUT})", "", title).split())
    cut_off = title if len(title) <= TITLE else title[:TITLE].rsplit(" ", 1)[0] + OUT
    return cut_off[:1].upper() + cut_off[1:] if cut_off else "Untitled"


def _gaps(text: str) -> bool:
    """Something of one customer's was taken out of it."""
    return any(mark in text for mark in (OUT, *IN_EXAMPLES.values()))


def _most(labels: Iterable[str]) -> str:
    every = sorted(labels)
    return max(every, key=every.count, default="")
