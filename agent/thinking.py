"""What the thinking of one turn took: which model did which step, by which prompt, at what cost, and what failed.

No words of anybody: this stands in the body of the journal. Outside a turn (`wismo triage`) nothing is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from time import monotonic
from typing import Any, Literal

Step = Literal["triage", "investigate", "write", "judge", "customer"]
"""Those of the path that a model takes part in; the last two are of evaluations."""


@dataclass(frozen=True, slots=True)
class Thought:
    """One call of a model, or why one was not made. Tokens: `sent` with `cached` among them, and `said`.

    `prompt` is the hash of the prompt file; `failed` one word, empty where it went well; `micros` millionths of the
    shop's currency; `ms` milliseconds.
    """

    step: Step
    by: str
    prompt: str = ""
    sent: int = 0
    cached: int = 0
    said: int = 0
    micros: int = 0
    ms: float = 0.0
    failed: str = ""

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(slots=True)
class Thinking:
    """Of one turn, from `began` on (monotonic seconds)."""

    thoughts: list[Thought] = field(default_factory=list)
    began: float = field(default_factory=monotonic)

    @property
    def calls(self) -> int:
        return sum(1 for one in self.thoughts if one.sent or one.ms)

    @property
    def tokens(self) -> int:
        return sum(one.sent + one.said for one in self.thoughts)

    @property
    def micros(self) -> int:
        return sum(one.micros for one in self.thoughts)

    def as_json(self) -> list[dict[str, Any]]:
        return [one.as_json() for one in self.thoughts]


_now: ContextVar[Thinking | None] = ContextVar("thinking", default=None)


@contextmanager
def turn() -> Iterator[Thinking]:
    """Whatever is noted inside is of this turn."""
    thinking = Thinking()
    token = _now.set(thinking)
    try:
        yield thinking
    finally:
        _now.reset(token)


def note(thought: Thought) -> None:
    thinking = _now.get()
    if thinking is not None:
        thinking.thoughts.append(thought)


def so_far() -> Thinking:
    """This turn's; an empty one outside of a turn."""
    return _now.get() or Thinking()
