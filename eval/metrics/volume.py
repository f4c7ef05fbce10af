"""Turns of a period by how they ended, and its gaps: what is frozen of a day before its words age out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from agent.gaps.observing import Observation, observe
from agent.journal import Entry


@dataclass(frozen=True, slots=True)
class Volume:
    """Turns of customers. `without_person` counts turns answered, acted or asked: no hand-off, no approval."""

    turns: int = 0
    conversations: int = 0
    without_person: int = 0
    handed_off: int = 0
    queued: int = 0
    by_disposition: Mapping[str, int] = field(default_factory=dict)
    by_intent: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    handoff_reasons: Mapping[str, int] = field(default_factory=dict)
    actions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions of one kind that could not be answered. `examples` are the customers' words, masked.

    `handoffs` of them went to a person.
    """

    type: str
    intent: str
    rule: str
    count: int
    examples: tuple[str, ...]
    handoffs: int = 0


def volume(entries: Iterable[Entry]) -> Volume:
    messages = [entry for entry in entries if entry.body["kind"] == "message"]
    ends = Counter(entry.body["disposition"] for entry in messages)
    return Volume(
        turns=len(messages),
        conversations=len({entry.conversation for entry in messages}),
        without_person=sum(ends[end] for end in ("answered", "acted", "asked")),
        handed_off=ends["handed_off"],
        queued=ends["queued"],
        by_disposition=dict(ends.most_common()),
        by_intent=_by_intent(messages),
        handoff_reasons=dict(Counter(e.body["handoff"]["reason"] for e in messages if e.body["handoff"]).most_common()),
        actions=dict(
            Counter(f"{a['action']} {a['status']}" for e in messages for a in e.body["actions"]).most_common()
        ),
    )


def gaps(entries: Iterable[Entry], examples: int = 3) -> tuple[Gap, ...]:
    """Grouped by kind, intent and rule; the most frequent first. By meaning: agent.gaps.grouping."""
    return grouped(observe(entries), examples)


def grouped(observed: Iterable[Observation], examples: int = 3) -> tuple[Gap, ...]:
    seen: dict[tuple[str, str, str], list[Observation]] = {}
    for one in observed:
        seen.setdefault((one.kind.value, one.intent, one.rule), []).append(one)
    found = (_gap(*named, same, examples) for named, same in seen.items())
    return tuple(sorted(found, key=lambda gap: (-gap.count, gap.type, gap.intent, gap.rule)))


def _gap(kind: str, intent: str, rule: str, same: Sequence[Observation], examples: int) -> Gap:
    said = tuple(dict.fromkeys(one.words[:160] for one in same if one.words))
    handoffs = len({one.ticket for one in same if one.handed_off})
    return Gap(kind, intent, rule, len(same), said[:examples], handoffs)


def _by_intent(messages: Iterable[Entry]) -> Mapping[str, Mapping[str, int]]:
    table: dict[str, Counter[str]] = {}
    for entry in messages:
        for request in entry.body["requests"]:
            table.setdefault(request["intent"], Counter())[request["disposition"]] += 1
    return {intent: dict(ends) for intent, ends in sorted(table.items(), key=lambda one: -one[1].total())}


def figures(entries: Iterable[Entry]) -> dict[str, Any]:
    """A day's volume and its gaps without anybody's words: what is frozen before the words go."""
    every = list(entries)
    missing = [{name: getattr(gap, name) for name in ("type", "intent", "rule", "count")} for gap in gaps(every, 0)]
    return {**asdict(volume(every)), "gaps": missing}
