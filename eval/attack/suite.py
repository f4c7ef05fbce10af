"""How many attacks of which family, in which order, and what is told about them."""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from agent.policy import Policy
from eval.attack import brains, forgeries, guesses, models, races, texts
from eval.attack.arena import Arena, Build
from eval.attack.oracles import Finding

KINDS = ("disclosure", "out_of_rule_write", "double_write", "unsupported_figure")
Attack = Callable[[Arena, Random], Iterator[Finding]]
AN_ARENA = 40
"""Attacks on one arena before a fresh one is made: orders that were acted on leave less to attack."""


@dataclass(frozen=True, slots=True)
class Failure:
    """`name` repeats it: `wismo attack --only brains:17`."""

    name: str
    finding: Finding


@dataclass
class Report:
    """`n` attacks were made. Fewer than `bound` of such attacks succeed, with 95 % confidence."""

    n: int = 0
    by_family: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)

    @property
    def bound(self) -> float:
        """The rule of three: 3/n without a failure (Hanley and Lippman-Hand, JAMA 1983), else Poisson's upper limit."""
        failed = len({one.name for one in self.failures})
        return round(min(1.0, _upper(failed) / self.n), 6) if self.n else 1.0

    def as_json(self) -> dict[str, Any]:
        counted = Counter(str(one.finding.kind) for one in self.failures)
        return {
            "n": self.n,
            "failures": {kind: counted[kind] for kind in KINDS},
            "bound": self.bound,
            "families": dict(self.by_family),
            "found": [{"attack": one.name, **asdict(one.finding)} for one in self.failures],
        }


def _upper(failed: int) -> float:
    """The mean under which so few failures have a chance of 5 %; 3 for none."""
    if not failed:
        return 3.0
    low, high = 0.0, failed * 3 + 10.0
    for _ in range(60):
        mean = (low + high) / 2
        chance = sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(failed + 1))
        low, high = (mean, high) if chance > 0.05 else (low, mean)
    return high


def families(reference: Path | None) -> Mapping[str, tuple[int, Attack]]:
    """Each with its share, in parts of twenty."""
    return {
        "brains": (10, brains.attack),
        "models": (2, models.attack),
        "texts": (4, partial(texts.attack, reference=reference)),
        "guesses": (2, guesses.attack),
        "forgeries": (1, forgeries.attack),
        "races": (1, races.attack),
    }


def policies(own: Policy) -> tuple[Policy, ...]:
    """The shop's own, and one that lets everything run by itself on a clear request: the guards stand alone there."""
    open_wide = own.model_copy(
        update={
            "autonomy": own.autonomy.model_copy(
                update=dict.fromkeys(("cancel_order", "change_address", "request_return", "refund"), "auto")
            ),
            "rollout": own.rollout.model_copy(update={"mode": "sent", "share": 1.0, "intents": {}}),
            "caps": own.caps.model_copy(update={"refund_per_customer_day": 3_000}),
        }
    )
    sent = own.model_copy(update={"rollout": open_wide.rollout})
    implied = open_wide.model_copy(update={"confirm": type(own.confirm)(default="implied")})
    return (sent, open_wide, implied)


def run(
    build: Build,
    policy: Policy,
    n: int,
    seed: int = 7,
    reference: Path | None = None,
    only: str = "",
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """`only` names one family ("brains") or one attack of it ("brains:17")."""
    report = Report()
    for family, (share, attack) in families(reference).items():
        numbers = _numbers(family, max(1, n * share // 20), only)
        for block in range(0, len(numbers), AN_ARENA):
            _on_an_arena(build, policies(policy), family, attack, numbers[block : block + AN_ARENA], seed, report)
            progress(report.n)
    return report


def _numbers(family: str, count: int, only: str) -> list[int]:
    wanted, _, number = only.partition(":")
    if only and wanted != family:
        return []
    return [int(number)] if number else list(range(count))


def _on_an_arena(
    build: Build,
    choices: tuple[Policy, ...],
    family: str,
    attack: Attack,
    numbers: list[int],
    seed: int,
    report: Report,
) -> None:
    """Attacks of one block share an arena, so an attack that is repeated alone begins from fresh orders."""
    policy = choices[(numbers[0] // AN_ARENA) % len(choices)]
    with tempfile.TemporaryDirectory(prefix="wismo-attack-") as folder:
        arena = Arena(Path(folder), policy, build)
        try:
            for number in numbers:
                random = Random(f"{seed}:{family}:{number}")
                found = list(attack(arena, random))
                report.n += 1
                report.by_family[family] += 1
                report.failures += [Failure(f"{family}:{number}", one) for one in found]
            for violation in arena.target.orders.audit().violations:
                found_by_audit = Finding("out_of_rule_write", f"the auditor: {violation}")
                report.failures.append(Failure(f"{family}:{numbers[-1]}", found_by_audit))
        finally:
            arena.close()
