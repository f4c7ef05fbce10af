"""First messages that the classifier does not surely understand, in groups that a lead labels at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from agent.brains import reading
from agent.brains.classifier import Guess, IntentModel, Written
from agent.brains.own_words import plain
from agent.brains.triage import MACHINES, STRANGE, least_confidence
from agent.case import Intent
from agent.gaps.grouping import NEAR, Meanings, clusters
from agent.learning.masking import OUT, Masker
from agent.learning.proposal import Kind, Proposal, Source
from agent.learning.tags import tagged
from agent.learning.ticket import SolvedTicket
from agent.learning.wording import without_frame
from agent.policy import Policy

LONGEST = 600
"""Characters of an example: what comes later in a message is rarely what it is about."""
FEWEST = 2
"""Words that must be left of a message once everybody's data is out."""
SIGNED = re.compile(rf"(?:\n\s*(?:(?:{OUT}|my phone|me@mail\.example|link)[\s,.|/–-]*)+)+\Z")
"""Last lines of which nothing is left: a name and a telephone."""
BATCH = 256


@dataclass(frozen=True, slots=True)
class Asked:
    """A first message as it may be kept: `text` is masked, `label` is what tags or classifier say it is."""

    ticket: str
    who: str
    language: str
    text: str
    label: str
    confidence: float
    sure: bool
    tag: bool


def asked(
    tickets: Iterable[SolvedTicket], masker: Masker, language: Callable[[SolvedTicket, str], str], policy: Policy
) -> Iterator[Asked]:
    """Unlabelled. Left out: machines' letters, and messages of which nothing is left."""
    for ticket in tickets:
        own = plain(ticket.asked[0], policy.limits.message_characters)
        if _machine(ticket.subject, own, policy):
            continue
        said = without_frame(own) or own
        whole = f"{plain(ticket.subject, 200)}\n{said}" if _bare(said) else said
        masked = masker.in_example(whole, ticket.customer.joined(ticket.staff))
        text = _shortened(" ".join(SIGNED.sub("", masked).split()))
        if len(re.findall(r"[^\W\d_]{2,}", text)) >= FEWEST:
            label = tagged(ticket.tags)
            yield Asked(
                ticket.ref,
                ticket.who,
                language(ticket, own),
                text,
                label.value if label else "",
                0.0,
                False,
                label is not None,
            )


def judged(found: Sequence[Asked], model: IntentModel, policy: Policy) -> list[Asked]:
    """With the classifier's label, unless a tag says another."""
    made = []
    for start in range(0, len(found), BATCH):
        part = found[start : start + BATCH]
        guesses = model.guess([Written(one.text, one.language) for one in part])
        made += [_judged(one, guess, model, policy) for one, guess in zip(part, guesses, strict=True)]
    return made


def proposed(
    unsure: Sequence[Asked], meanings: Meanings, least: int, hashed: Callable[[str], str]
) -> Iterator[Proposal]:
    """A group a label and meaning, of at least `least` customers; the largest first."""
    by_label: dict[tuple[str, str], list[Asked]] = {}
    for one in unsure:
        by_label.setdefault((one.label, one.language), []).append(one)
    groups = [group for same in by_label.values() for group in _by_meaning(same, meanings)]
    for group in sorted(groups, key=lambda group: (-len(group), group[0].text)):
        if len({one.who for one in group}) >= least:
            yield _proposal(group, hashed)


def _judged(one: Asked, guess: Guess, model: IntentModel, policy: Policy) -> Asked:
    read = guess.label
    known = read in {intent.value for intent in Intent}
    enough = least_confidence(Intent(read), model, policy) if known else policy.understanding.confidence
    sure = guess.confidence >= enough and guess.nearest >= STRANGE and one.label in ("", read)
    label = one.label or read
    return Asked(one.ticket, one.who, one.language, one.text, label, guess.confidence, sure, one.tag and label != read)


def _by_meaning(same: Sequence[Asked], meanings: Meanings) -> Iterator[list[Asked]]:
    """The most central text first. The same words of two customers stay two."""
    ordered = sorted(same, key=lambda one: (one.text, one.ticket))
    vectors = meanings.of([one.text for one in ordered])
    numbers = clusters(vectors, NEAR)
    for number in range(int(numbers.max()) + 1):
        rows = np.flatnonzero(numbers == number)
        centre = vectors[rows].sum(axis=0)
        best = sorted(rows, key=lambda row: (-round(float(vectors[row] @ centre), 4), ordered[row].text))
        yield [ordered[row] for row in best]


def _proposal(group: Sequence[Asked], hashed: Callable[[str], str]) -> Proposal:
    first = group[0]
    sources = tuple(Source(one.ticket, hashed(one.who), one.text, one.language) for one in group)
    return Proposal(Kind.EXAMPLES, first.label, first.text, "", first.language, _why(group), first.ticket, sources)


def _why(group: Sequence[Asked]) -> str:
    tags = sum(one.tag for one in group)
    mean = sum(one.confidence for one in group) / len(group)
    told = f"the classifier's confidence is {mean:.2f}"
    return (
        f"tags say {group[0].label} for {tags} of {len(group)}, the classifier reads something else" if tags else told
    )


def _machine(subject: str, text: str, policy: Policy) -> bool:
    told = f"{subject}\n{text[:300]}"
    return any(reading.matches(told, "machine", kind, (*policy.shop.languages, "en")) for kind in MACHINES)


def _bare(text: str) -> bool:
    """Too little to stand alone: the subject says what it is about."""
    return len(re.findall(r"[^\W\d_]{2,}", text)) < 4


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + OUT
