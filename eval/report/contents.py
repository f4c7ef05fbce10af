"""What a report holds: plain values, read from and written to JSON. No section is obliged; an absent one says so.

Shares lie between 0 and 1. Amounts are decimal strings in `currency`, as everywhere on the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

Finite = Annotated[float, Field(allow_inf_nan=False)]
Source = Literal["suite", "simulation", "live"]
Unit = Literal["share", "count", "ms", "score", "money"]
Verdict = Literal["better", "worse", "other", "words", "same"]
KIND = "report"


class BadReport(ValueError):
    """JSON that holds no report; says where and what would be accepted."""


@dataclass(frozen=True, slots=True)
class Figure:
    """`low` and `high` bound the 95 % interval; `n` is what the value was counted over. None: it was not measured."""

    name: str
    value: Finite | None
    low: Finite | None = None
    high: Finite | None = None
    n: int | None = None
    unit: Unit = "share"
    says: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A population of the funnel: inbound, meaningful, eligible, involved, answered, contained, verified."""

    name: str
    count: int
    says: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """The same conversations under the rules that one vendor publishes, or under ours."""

    name: str
    counted: int
    of: int
    rate: Finite | None
    says: str = ""
    low: Finite | None = None
    high: Finite | None = None


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    n: int
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """`by`: intent, language, channel, segment, group of cases. `counted` says what `n` of a group counts."""

    by: str
    groups: tuple[Group, ...]
    counted: str = "conversations"


@dataclass(frozen=True, slots=True)
class Cell:
    """So many messages of which people (or the case) say `expected` were read as `read`."""

    expected: str
    read: str
    count: int


@dataclass(frozen=True, slots=True)
class Confusion:
    told_by: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """Of those at least `threshold` sure: their share of all, and the share of these that is right."""

    threshold: Finite
    coverage: Finite
    precision: Finite


@dataclass(frozen=True, slots=True)
class Dial:
    """Where the lead's dial stands for an intent; `wanted` is None where shop.toml asks for no precision."""

    intent: str
    threshold: Finite
    coverage: Finite
    precision: Finite | None
    wanted: Finite | None
    n: int


@dataclass(frozen=True, slots=True)
class Risk:
    points: tuple[Point, ...]
    dials: tuple[Dial, ...] = ()
    says: str = ""


@dataclass(frozen=True, slots=True)
class Bin:
    """So many took longer than the bin before and at most `upto` milliseconds."""

    upto: Finite
    count: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds."""

    name: str
    p50: Finite
    p95: Finite
    n: int
    bins: tuple[Bin, ...] = ()


@dataclass(frozen=True, slots=True)
class Cost:
    """A line of the bill with what it was computed from, so that it can be recomputed by hand."""

    name: str
    amount: str
    currency: str
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    who: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that came otherwise. `where`: of which turn or request."""

    where: str
    what: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Case:
    """One conversation that went wrong, and all that explains it. `why`: a grader's name and what it found."""

    id: str
    title: str
    message: str = ""
    identity: str = ""
    intent: str = ""
    facts: tuple[str, ...] = ()
    rule: str = ""
    action: str = ""
    reply: str = ""
    differences: tuple[Difference, ...] = ()
    why: Mapping[str, str] = field(default_factory=dict)
    transcript: tuple[Said, ...] = ()
    known_issue: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """What kept us from answering. `cost` is what these conversations cost as people's work; "" where nobody said."""

    kind: str
    intent: str
    rule: str
    count: int
    cost: str = ""
    currency: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """A figure before and now."""

    name: str
    before: Finite | None
    now: Finite | None
    unit: Unit = "share"


@dataclass(frozen=True, slots=True)
class Turned:
    """A case that ends otherwise than before."""

    id: str
    before: str
    now: str
    verdict: Verdict
    says: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """`since` names the run that this one is held against; `causes`: which hashes differ."""

    since: str
    figures: tuple[Moved, ...] = ()
    cases: tuple[Turned, ...] = ()
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """The same ticket under two configurations."""

    id: str
    message: str
    before: str
    after: str
    verdict: Verdict
    action_before: str = ""
    action_after: str = ""
    money_before: str = ""
    money_after: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """`tickets` were answered under both; `pairs` holds those that came otherwise, worst first, `differ` counts all."""

    before: str
    after: str
    tickets: int
    pairs: tuple[Pair, ...]
    figures: tuple[Moved, ...] = ()
    differ: int | None = None

    @property
    def all_that_differ(self) -> int:
        return len(self.pairs) if self.differ is None else self.differ


@dataclass(frozen=True, slots=True)
class Report:
    """`worst_of`: how many went wrong in all, of which `worst` holds the worst. `hashes`: model, prompts, policy …

    None of `worst_of` and `gaps`: nobody looked.
    """

    title: str
    source: Source
    period: str = ""
    seed: int | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    funnel: tuple[Step, ...] = ()
    definitions: tuple[Definition, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()
    confusion: Confusion | None = None
    risk: Risk | None = None
    latency: tuple[Latency, ...] = ()
    costs: tuple[Cost, ...] = ()
    worst: tuple[Case, ...] = ()
    worst_of: int | None = None
    gaps: tuple[Gap, ...] | None = None
    changes: Changes | None = None
    counterfactual: Counterfactual | None = None
    not_measured: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = SHAPE.dump_python(self, mode="json")
        return {"kind": KIND, **told}


SHAPE = TypeAdapter(Report)


def from_json(kept: Any) -> Report:
    """Raises `BadReport`."""
    if not isinstance(kept, dict):
        raise BadReport("a report is one JSON object")
    try:
        return SHAPE.validate_python({name: value for name, value in kept.items() if name != "kind"})
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, one['loc']))}: {one['msg'].lower()}" for one in error.errors()[:5])
        raise BadReport("; ".join(wrong)) from None
