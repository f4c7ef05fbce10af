"""What language models did in a period, by step and day: calls, tokens, money, failures. From the journal alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.journal import Entry


@dataclass(slots=True)
class Used:
    """Tokens: `sent` with `cached` among them, and `said`; `micros` of the shop's currency; `ms` of each call."""

    calls: int = 0
    sent: int = 0
    cached: int = 0
    said: int = 0
    micros: int = 0

    def add(self, thought: Mapping[str, Any]) -> None:
        self.calls += bool(thought.get("ms") or thought.get("sent"))
        self.sent += thought.get("sent", 0)
        self.cached += thought.get("cached", 0)
        self.said += thought.get("said", 0)
        self.micros += thought.get("micros", 0)

    def as_json(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in ("calls", "sent", "cached", "said", "micros")}


@dataclass(slots=True)
class Thinking:
    """`turns` that a model was asked in; `fell_back` those in which another brain went on; `failures` by their word."""

    turns: int = 0
    fell_back: int = 0
    steps: dict[str, Used] = field(default_factory=dict)
    days: dict[str, Used] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def whole(self) -> Used:
        every = self.steps.values()
        return Used(*(sum(getattr(one, name) for one in every) for name in Used().as_json()))

    def as_json(self) -> dict[str, Any]:
        return {
            "turns": self.turns,
            "fell_back": self.fell_back,
            "failures": dict(sorted(self.failures.items())),
            "steps": {name: one.as_json() for name, one in sorted(self.steps.items())},
            "days": {name: one.as_json() for name, one in sorted(self.days.items())},
        }


def thinking(entries: Iterable[Entry]) -> Thinking:
    """Days are those of UTC, as months of the cap are."""
    told = Thinking()
    for entry in entries:
        thoughts = entry.body.get("thinking") or ()
        told.turns += bool(thoughts)
        told.fell_back += any(one["by"] == "fallback" for one in thoughts)
        for one in thoughts:
            told.steps.setdefault(one["step"], Used()).add(one)
            told.days.setdefault(f"{entry.at:%Y-%m-%d}", Used()).add(one)
            told.failures += Counter([one["failed"]] if one.get("failed") and one["by"] != "fallback" else [])
    return told
