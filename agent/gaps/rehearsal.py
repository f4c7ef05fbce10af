"""The path walked again for a question of the journal, against the shop of now; nothing is done, sent or kept.

It is composed of the steps that only read: no database, no outbox and no core that executes is within its reach.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

from agent.brains import Brain
from agent.case import (
    Act,
    Approve,
    Ask,
    Case,
    Decision,
    HandOff,
    Request,
    Thread,
    Ticket,
)
from agent.gaps.grouping import Group
from agent.gaps.kinds import kind_of
from agent.gaps.observing import Observation
from agent.graph import Added
from agent.journal import Entry
from agent.policy import Policy
from agent.record import lacks
from agent.steps.check import check
from agent.steps.decide import decide
from agent.steps.investigate import investigate
from agent.steps.triage import triage
from agent.steps.write import write
from tools.contract import Caller, Level
from tools.orders.model import CustomerId
from tools.registry import Registry

PROVABLE = frozenset({"IDN-3", "IDN-5"})
End = Literal["answered", "acted", "queued", "asked", "handed_off"]
State = Literal["closed", "open", "erased"]


@dataclass(frozen=True, slots=True)
class Again:
    """How one question would end now. `served`: nothing is left that is a gap."""

    observation: Observation
    end: End
    rule: str
    served: bool


@dataclass(frozen=True, slots=True)
class Replayed:
    """`erased` counts questions whose words are gone: nobody can ask them again."""

    group: Group
    ends: tuple[Again, ...]
    erased: int

    @property
    def served(self) -> int:
        return sum(one.served for one in self.ends)

    @property
    def still(self) -> int:
        return len(self.ends) - self.served

    @property
    def state(self) -> State:
        if not self.ends:
            return "erased"
        return "open" if self.still else "closed"

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.group.id,
            "kind": self.group.kind.value,
            "label": self.group.label,
            "count": self.group.count,
            "state": self.state,
            "served": self.served,
            "still": self.still,
            "erased": self.erased,
            "now": dict(Counter(one.end for one in self.ends).most_common()),
            "still_rules": dict(Counter(one.rule for one in self.ends if not one.served).most_common()),
        }


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """`tools_at` gives the tools with their clock at a moment: what a rule says of a day, it says of that day again.

    `codes`: one-time codes can be mailed now.
    """

    brain: Brain
    tools_at: Callable[[datetime], Registry]
    policy: Policy
    codes: bool = False

    def again(self, entry: Entry) -> Walked | None:
        """None where the words were erased."""
        if entry.private is None:
            return None
        case = Case(ticket=self._ticket(entry, entry.private))
        tools = self.tools_at(entry.at)
        _add(case, triage(case, self.brain, self.policy))
        while "facts" not in case or not case["facts"].complete:
            _add(case, investigate(case, self.brain, tools))
        _add(case, decide(case, self.policy))
        acts = any(isinstance(one, Act | Approve) for one in case["decisions"])
        return Walked(case, acts or self._can_be_said(case))

    def _can_be_said(self, case: Case) -> bool:
        """What would be told passes the check, as it would on the path; an action's words need its outcome."""
        for _ in range(2):
            _add(case, write(case, self.brain, self.policy))
            _add(case, check(case, self.policy))
            if case["reply"].verdict != "rewrite":
                break
        return case["reply"].verdict == "sent"

    def _ticket(self, entry: Entry, private: Mapping[str, Any]) -> Ticket:
        body = entry.body
        customer = private["customer"]
        caller = Caller(
            Level[body["identity"].upper()],
            private["email"],
            CustomerId(customer) if customer else None,
            proof=body["proof"],
        )
        takes = self.policy.rollout.takes(entry.conversation)
        return Ticket(
            entry.ticket,
            entry.conversation,
            body["channel"],
            caller,
            private["text"],
            entry.at,
            private["subject"],
            thread=Thread(turns=entry.sequence - 1),
            mode="sent" if takes else "draft",
            codes=self.codes,
        )


@dataclass(frozen=True, slots=True)
class Walked:
    """A case up to what would be done and said."""

    case: Case
    said: bool

    @property
    def ends(self) -> tuple[tuple[End, str], ...]:
        """How each request ends, and by which rule."""
        return tuple((_end_of(one), str(one.rule)) for one in self.case["decisions"])

    def of(self, observation: Observation) -> Again:
        """How the observed request ends; of all of them the worst, where the message is read otherwise now."""
        ends = [self._end(observation, *one) for one in self._asked(observation)]
        return min(ends, key=lambda one: one.served)

    def _asked(self, observation: Observation) -> list[tuple[Request, Decision]]:
        every = list(zip(self.case["triage"].requests, self.case["decisions"], strict=True))
        same = [one for one in every if " ".join(one[0].text.split()) == observation.words]
        return same or every

    def _end(self, observation: Observation, request: Request, decision: Decision) -> Again:
        end = _end_of(decision)
        gone = kind_of(decision.rule) is None or _can_be_proven_now(observation, decision.rule)
        lacking = decision.rule == "STA-1" and any(map(lacks, self.case["facts"].facts(request.id)))
        served = gone and self.said and end != "handed_off" and not (lacking and observation.rule == "STA-1")
        return Again(observation, end, decision.rule, served)


def _can_be_proven_now(observation: Observation, rule: str) -> bool:
    """Nobody can play the customer who types a code; that one is offered where none was is what a fix can show."""
    return observation.rule in {"IDN-1", "IDN-2"} and rule in PROVABLE


def _end_of(decision: Decision) -> End:
    match decision:
        case HandOff():
            return "handed_off"
        case Ask():
            return "asked"
        case Approve():
            return "queued"
        case Act():
            return "acted"
    return "answered"


def _add(case: Case, added: Added) -> None:
    case.update(cast("Case", added))


@dataclass
class Replay:
    """Groups walked again, each ticket once."""

    rehearsal: Rehearsal
    entry_of: Callable[[str], Entry | None]
    _walked: dict[str, Walked | None] = field(default_factory=dict)

    def group(self, group: Group, on_question: Callable[[], None] = lambda: None) -> Replayed:
        return self.of(group, group.observations, on_question)

    def of(
        self, group: Group, questions: Sequence[Observation], on_question: Callable[[], None] = lambda: None
    ) -> Replayed:
        """Some of a group's questions only."""
        ends: list[Again] = []
        for observation in questions:
            walked = self._walk(observation.ticket)
            if walked:
                ends.append(walked.of(observation))
            on_question()
        return Replayed(group, tuple(ends), len(questions) - len(ends))

    def _walk(self, ticket: str) -> Walked | None:
        if ticket not in self._walked:
            entry = self.entry_of(ticket)
            self._walked[ticket] = self.rehearsal.again(entry) if entry else None
        return self._walked[ticket]
