"""An export to proposals. Deterministic and offline: the same tickets give the same proposals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from agent.brains.classifier import IntentModel
from agent.brains.language import LanguageGuess
from agent.brains.own_words import plain
from agent.gaps.grouping import Meanings
from agent.learning import answers as replies
from agent.learning import examples as messages
from agent.learning.answers import Helps
from agent.learning.masking import Masker
from agent.learning.proposal import Kind, Proposal, State
from agent.learning.ticket import BadRecord, Passed, SolvedTicket
from agent.learning.vocabulary import Vocabulary
from agent.policy import Policy

ALIKE = 88.0
"""From 0 to 100: a text so like one that was proposed is the same."""


@dataclass(slots=True)
class Export:
    """What was read: the tickets, and why others were passed over."""

    tickets: list[SolvedTicket] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)
    bad: list[BadRecord] = field(default_factory=list)

    @classmethod
    def of(cls, read: Iterable[SolvedTicket | Passed | BadRecord], keep_going: bool = True) -> Export:
        """Stops at the first bad record unless told to keep going."""
        made = cls()
        for one in read:
            match one:
                case SolvedTicket():
                    made.tickets.append(one)
                case Passed(reason):
                    made.passed[reason] += 1
                case BadRecord():
                    made.bad.append(one)
                    if not keep_going:
                        break
        return made


@dataclass(frozen=True, slots=True)
class Learned:
    """`understood` first messages the classifier reads surely; `alone` are unsure ones without enough like them."""

    proposals: tuple[Proposal, ...]
    understood: int
    alone: int
    in_help: int
    known: int


@dataclass(frozen=True, slots=True)
class Learner:
    """`hashed` makes a customer recognisable to an erasure and to nobody else."""

    model: IntentModel
    language: LanguageGuess
    policy: Policy
    meanings: Meanings
    helps: Helps
    hashed: Callable[[str], str]

    def __call__(
        self,
        tickets: Sequence[SolvedTicket],
        known: Sequence[Proposal],
        least: int,
        say: Callable[[str], None] = lambda _: None,
    ) -> Learned:
        """`known` are all proposals there ever were, whatever became of them: none of them is made again."""
        masker = Masker(self._vocabulary(tickets), self.policy)
        say(f"reading the first messages of {len(tickets):,} tickets")
        asked = messages.judged(
            [*messages.asked(tickets, masker, self._language, self.policy)], self.model, self.policy
        )
        say("reading the answers")
        told = [*replies.answers(tickets, masker, self._language)]
        unsure = self._new(asked, known)
        groups = [*messages.proposed(unsure, self.meanings, least, self.hashed)]
        say(f"grouping {len(told):,} answers by meaning")
        questions = {one.ticket: one for one in asked}
        found = replies.proposed(told, questions, self.meanings, least, self.hashed, self.helps)
        every = [*groups, *found.proposals]
        fresh = tuple(one for one in every if not _known(one, known))
        grouped = sum(one.count for one in groups)
        return Learned(
            fresh, sum(one.sure for one in asked), len(unsure) - grouped, found.in_help, len(every) - len(fresh)
        )

    def _vocabulary(self, tickets: Iterable[SolvedTicket]) -> Vocabulary:
        made = Vocabulary()
        for ticket in tickets:
            for raw in (*ticket.asked[:1], *ticket.answers):
                made.add(ticket.who, plain(raw, self.policy.limits.message_characters))
        return made

    def _language(self, ticket: SolvedTicket, text: str) -> str:
        """The shop's languages only."""
        spoken = self.policy.shop.languages
        hinted = ticket.language if ticket.language in spoken else None
        return self.language(text) or hinted or spoken[0]

    def _new(self, asked: Sequence[messages.Asked], known: Sequence[Proposal]) -> list[messages.Asked]:
        """Neither surely read nor of a ticket, or in words, that were proposed before."""
        held = [one for one in known if one.kind is Kind.EXAMPLES]
        tickets = {source.ticket for one in held for source in one.sources}
        texts = {source.text for one in held for source in one.sources}
        return [one for one in asked if not one.sure and one.ticket not in tickets and one.text not in texts]


def _known(proposal: Proposal, known: Sequence[Proposal]) -> bool:
    """The same, or so like one that it need not be asked about again; an erased one is known by its tickets."""
    for other in known:
        if other.id == proposal.id:
            return True
        if (other.kind is Kind.EXAMPLES) is not (proposal.kind is Kind.EXAMPLES):
            continue
        if proposal.kind is not Kind.EXAMPLES and (_alike(proposal.body, other.body) or _overlap(proposal, other)):
            return True
        if proposal.kind is Kind.EXAMPLES and other.state is State.REJECTED and _alike(proposal.title, other.title):
            return True
    return False


def _alike(one: str, other: str) -> bool:
    return fuzz.ratio(one, other) >= ALIKE


def _overlap(proposal: Proposal, other: Proposal) -> bool:
    """Most of the same tickets."""
    mine, theirs = ({source.ticket for source in one.sources} for one in (proposal, other))
    return 2 * len(mine & theirs) > len(mine)
