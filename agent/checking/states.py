"""What a reply says has happened, or not, held against the record. Wishes, conditions and questions say nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.checking.lexicon import Lexicon
from agent.checking.places import order_at
from agent.checking.problem import Code, Problem
from agent.checking.reading import Mention, Span, clause, inside, paragraphs, sentences
from agent.checking.record import Context


def untrue(text: str, mentions: Sequence[Mention], words: Lexicon, context: Context) -> Iterator[Problem]:
    for paragraph in paragraphs(text):
        for sentence in sentences(text, paragraph):
            if text[: sentence[1]].rstrip().endswith("?"):
                continue
            yield from _denied(text, sentence, mentions, words)
            for state, place in _said(text, sentence, words):
                number = order_at(place[0], mentions, context, paragraph)
                yield from _judged(text, sentence, state, place, number, words, context)


def _said(text: str, sentence: Span, words: Lexicon) -> Iterator[tuple[str, Span]]:
    """States by their longest words: "is on its way back" is not "is on its way"."""
    found = [
        (state, match.span()) for state, pattern in words.states.items() for match in pattern.finditer(text, *sentence)
    ]
    kept: list[tuple[str, Span]] = []
    for state, span in sorted(found, key=lambda one: one[1][0] - one[1][1]):
        if not any(span[0] < end and start < span[1] for _, (start, end) in kept):
            kept.append((state, span))
            yield state, span


def _judged(
    text: str,
    sentence: Span,
    state: str,
    place: Span,
    number: str | None,
    words: Lexicon,
    context: Context,
) -> Iterator[Problem]:
    part = clause(text, sentence, place)
    limit = place[0] if state.startswith("can_") else place[1]
    if any(held.start() < limit for held in words.unless.finditer(text, part[0], place[1])):
        return
    said = text[place[0] : place[1]]
    denied = bool(words.negation.search(text, part[0], place[1]))
    true = _so(state, number, context)
    if true is None:
        if not (_quoted(said, context) or _general(text[slice(*sentence)], words, context)):
            yield Problem("false_status", said, f"nothing in the record bears out {state}")
    elif true == denied:
        code: Code = "negated_status" if denied else "false_status"
        yield Problem(code, said, f"the record says that {state} is {'so' if true else 'not so'}")


def _denied(text: str, sentence: Span, mentions: Sequence[Mention], words: Lexicon) -> Iterator[Problem]:
    """A status that is rendered from the record says what is so: a "not" before it makes it untrue."""
    for mention in mentions:
        if mention.category != "term" or not inside(sentence, mention):
            continue
        start, _ = clause(text, sentence, (mention.start, mention.end))
        if words.negation.search(text, start, mention.start):
            yield Problem("negated_status", text[mention.start : mention.end], "the record's state, denied")


def _so(state: str, number: str | None, context: Context) -> bool | None:
    """Of the order that is spoken of; of several where all agree; None where the record does not say."""
    named = context.records.get(number or "")
    records = [named] if named else list(context.records.values())
    said = {record.states.get(state) for record in records}
    return said.pop() if len(said) == 1 else None


def _general(sentence: str, words: Lexicon, context: Context) -> bool:
    """The shop's rules in other words, beside a passage that is cited: nobody's order in particular."""
    return bool(context.passages) and not words.personal.search(sentence)


def _quoted(said: str, context: Context) -> bool:
    return any(said.lower() in passage.lower() for passage in context.passages)
