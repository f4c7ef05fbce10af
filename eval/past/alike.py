"""What a simulation tells as live figures and the suite do: other rules, what is missing, what was read as what.

Pure. The two rules of ours are the headline's own shares, so that the table and the headline are one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from agent.policy import CostTable
from eval.conversation import Conversation
from eval.metrics.definitions import table
from eval.metrics.intervals import rate
from eval.metrics.resolution import judged
from eval.metrics.volume import grouped
from eval.past.kept import Line
from eval.past.prediction import intent_of

OURS: Mapping[str, tuple[str, str]] = {
    "contained": ("Wismo, contained", "ended without a person, an approval or an open question"),
    "resolution": ("Wismo, verified", "contained, every grader approves, people did nothing else, nobody came back"),
}


def definitions(lines: Collection[Line], run: int, rates: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same tickets under the vendors' rules, then under ours."""
    standings = judged(_lean(line.runs[run].conversation) for line in lines if line.runs)
    theirs = [row.as_json() for row in table(standings) if row.key not in {"contained", "verified"}]
    ours = (
        {"key": key, "name": name, "says": says, "over": "involved"}
        | rate(rates[key]["hits"], rates[key]["of"]).as_json()
        for key, (name, says) in OURS.items()
    )
    return [*theirs, *ours]


def _lean(talk: Conversation) -> Conversation:
    """Without what no rule counts: all tickets of an export are in memory here."""
    turns = (replace(turn, rules=(), actions=(), orders=()) for turn in talk.turns)
    return replace(talk, turns=tuple(turns), grades=replace(talk.grades, why={}))


def gaps(lines: Collection[Line], run: int, cost: CostTable) -> list[dict[str, Any]]:
    """`minutes` are people's, of the questions that went to them; `cost` in the shop's currency, "" without a price."""
    seen = (one for line in lines if line.runs for one in line.runs[run].missing)
    return [asdict(gap) | _cost(gap.handoffs, cost) for gap in grouped(seen)]


def _cost(handoffs: int, cost: CostTable) -> dict[str, Any]:
    minutes = handoffs * cost.handoff_minutes
    money = f"{minutes * cost.person_hour / 60 / 100:.2f}" if cost.person_hour else ""
    return {"minutes": minutes, "cost": money}


def readings(lines: Collection[Line], run: int) -> list[dict[str, Any]]:
    """Under which intent people filed tickets, and as which the agent read them. Nothing where no tag says."""
    counted = Counter(_pairs(lines, run))
    return [{"expected": filed, "read": read, "count": count} for (filed, read), count in sorted(counted.items())]


def _pairs(lines: Collection[Line], run: int) -> Iterator[tuple[str, str]]:
    return ((line.about, intent_of(line.runs[run].conversation)) for line in lines if line.runs and line.about)
