"""The two doors: a draft with placeholders, or finished text. Behind them is one machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.checking import literals, places, states
from agent.checking.finding import in_text, placeholders
from agent.checking.lexicon import Lexicon, lexicon
from agent.checking.problem import Problem
from agent.checking.reading import Mention
from agent.checking.record import Context


def check_draft(text: str, context: Context) -> tuple[Problem, ...]:
    """Problems of a draft in which facts stand as placeholders ({F3.total}); empty when all of it is borne out.

    What stands outside placeholders may hold no figure, date, link or promise that a cited passage does not hold.
    """
    words = lexicon(context.language)
    if words is None:
        return (Problem("no_lexicon", context.language, f"there are no words to check {context.language} by"),)
    mentions, unknown = placeholders(text, context)
    return tuple(dict.fromkeys((*unknown, *_problems(text, mentions, words, context))))


def check_text(text: str, context: Context) -> tuple[Problem, ...]:
    """Problems of finished text: what it states is looked for among the facts, in any usual way of writing it."""
    words = lexicon(context.language)
    if words is None:
        return (Problem("no_lexicon", context.language, f"there are no words to check {context.language} by"),)
    return tuple(dict.fromkeys(_problems(text, in_text(text, words, context), words, context)))


def _problems(text: str, mentions: Sequence[Mention], words: Lexicon, context: Context) -> Iterator[Problem]:
    literal = _without(text, mentions)
    yield from literals.unsupported(literal, words, context)
    yield from literals.promised(literal, words, context)
    yield from literals.misnamed(literal, words, context)
    yield from places.misplaced(text, mentions, words, context)
    yield from places.stale(text, mentions, context)
    yield from places.mixed(text, mentions, context)
    yield from states.untrue(_covered(text, mentions), mentions, words, context)


def _without(text: str, mentions: Sequence[Mention]) -> str:
    """The text with blanks where values stand; positions stay."""
    for mention in mentions:
        text = text[: mention.start] + " " * (mention.end - mention.start) + text[mention.end :]
    return text


def _covered(text: str, mentions: Sequence[Mention]) -> str:
    """Marks inside values (a full stop, a comma) end no sentence."""
    for mention in mentions:
        if mention.category != "term":
            text = text[: mention.start] + "x" * (mention.end - mention.start) + text[mention.end :]
    return text
