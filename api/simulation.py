"""A whole simulation: the export surveyed, its tickets played over processes, the figures of what came of it.

A run has a folder of its own, named by the digest of all that may change its figures; it goes when the run is done, for
it holds customers' words, and a summary without any stays.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent.policy import Policy
from api.recorded import ABOUT, Traffic
from api.simulated import Configuration, Setup, begin, code_digest, digest, work
from api.wiring import House
from connectors.exports.past import PastRead, read_past
from connectors.exports.reading import Vendor
from eval.past.alike import definitions, gaps, readings
from eval.past.kept import Lines, to_json
from eval.past.paired import paired
from eval.past.prediction import predicted, scored, usability
from eval.past.replay import Assumed
from eval.past.running import run
from eval.past.survey import Chosen, Survey, survey, taken
from eval.past.telling import disagreements
from knowledge.index import Index
from tools.orders.database import Database
from tools.orders.figures import extent
from tools.orders.sandbox import copied

FOLDER = "simulations"
SUMMARY = "summary.json"
"""All that stays of a run that ended."""
Progress = Callable[[str, int, int], None]
"""(what is done, so far, of; 0 where nobody knows)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`other` is the second configuration of a comparison. `out`: where a line a ticket is kept."""

    export: Path
    vendor: Vendor | None = None
    ignored: tuple[str, ...] = ()
    chosen: Chosen = field(default_factory=Chosen)
    other: Configuration | None = None
    assumed: Assumed = field(default_factory=Assumed)
    workers: int = 2
    resume: bool = False
    out: Path | None = None
    traffic: Traffic = field(default_factory=Traffic)


@dataclass(frozen=True, slots=True)
class Result:
    """`report` is what `--json` prints: no clock, no durations, no random ids."""

    report: dict[str, Any]
    survey: Survey

    @property
    def played(self) -> int:
        return int(self.report["predicted"]["tickets"])


def simulate(house: House, asked: Asked, progress: Progress) -> Result:
    """Raises `ExportError` and `PolicyError`."""
    policy = house.policy
    found = survey(_read(asked, policy), asked.chosen, lambda read: progress("reading", read, 0))
    hashes = _hashes(house, asked, policy)
    ways = [asdict(asked.chosen), asdict(asked.assumed), asked.vendor, asked.ignored]
    name = hashlib.sha256(json.dumps([hashes, *ways], default=str).encode())
    folder = house.settings.home / FOLDER / name.hexdigest()[:16]
    lines = _played(house, asked, policy, found, folder, progress)
    report = _report(asked, policy, found, hashes, lines)
    if asked.out:
        with asked.out.open("wb") as out:
            out.writelines(map(to_json, lines))
    _keep_summary(folder, report)
    return Result(report, found)


def _played(house: House, asked: Asked, policy: Policy, found: Survey, folder: Path, progress: Progress) -> Lines:
    if not asked.resume:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    results, done = folder / "tickets.jsonl", 0
    for old in (*folder.glob("worker-*"), *folder.glob("shop.db*")):
        shutil.rmtree(old) if old.is_dir() else old.unlink()

    def count(more: int) -> None:
        nonlocal done
        done += more
        progress("playing", done, found.tickets)

    if found.tickets:
        snapshot = copied(house.database, folder / "shop.db")
        configurations = (Configuration(), *((asked.other,) if asked.other else ()))
        setup = Setup(snapshot, folder, configurations, asked.assumed, asked.traffic)
        tickets = taken(_read(asked, policy), asked.chosen, found.up_to)
        workers = max(1, min(asked.workers, found.tickets // 8 + 1))
        run(tickets, results, begin, setup, work, workers, count)
    return Lines(results)


def _read(asked: Asked, policy: Policy) -> PastRead:
    zone: tzinfo = ZoneInfo(policy.terms.timezone)
    return read_past(asked.export, asked.vendor, zone, asked.ignored)


def _hashes(house: House, asked: Asked, policy: Policy) -> dict[str, str]:
    """What each figure rests on."""
    other = asked.other or Configuration()
    model = house.settings.home / "model"
    found = {
        "export": digest([asked.export]),
        "orders": _orders(house.database),
        "policy": policy.version,
        "knowledge": _known(house.settings.knowledge),
        "model": digest([model if model.exists() else house.settings.intents]),
        "code": code_digest(),
    }
    kept = asked.traffic.record or asked.traffic.replay
    if kept:
        found["traffic"] = digest([kept / ABOUT])
    if asked.other:
        found["policy_b"] = other.policy(house.settings).version
        found["knowledge_b"] = _known(other.knowledge) if other.knowledge else found["knowledge"]
        found["model_b"] = digest([other.model]) if other.model else found["model"]
    return found


def _known(index: Path) -> str:
    with closing(Index(index)) as opened, opened.reading() as snapshot:
        return snapshot.digest or "nothing"


def _orders(database: Database) -> str:
    """How many events there are, and the last that was written."""
    with database.read() as db:
        count, last = extent(db)
    return hashlib.sha256(f"{count} {last}".encode()).hexdigest()[:16]


def _report(asked: Asked, policy: Policy, found: Survey, hashes: dict[str, str], lines: Lines) -> dict[str, Any]:
    first = scored(lines, 0)
    seed = asked.chosen.seed
    figures = predicted(first, policy.cost, seed)
    report: dict[str, Any] = {
        "export": {
            "records": found.read,
            "tickets": found.tickets,
            "skipped": found.skipped,
            "time_zone_assumed": found.assumed_zone,
        },
        "usability": usability(lines),
        "unusable": _why(lines),
        "assumed": asdict(asked.assumed),
        "seed": seed,
        "predicted": figures,
        "definitions": definitions(lines, 0, figures["rates"]),
        "gaps": gaps(lines, 0, policy.cost),
        "read": readings(lines, 0),
        "disagreements": disagreements(lines, 0),
        "hashes": hashes,
    }
    if asked.other:
        second = scored(lines, 1)
        report["other"] = predicted(second, policy.cost, seed)
        report["change"] = paired(lines, first, second, seed)
    return report


def _why(lines: Lines) -> dict[str, int]:
    return dict(sorted(Counter(line.why for line in lines if line.why).items()))


def _keep_summary(folder: Path, report: dict[str, Any]) -> None:
    """Figures and hashes; nobody's words: for comparing with what comes true."""
    for old in folder.iterdir():
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    kept = {name: report[name] for name in ("export", "usability", "predicted", "hashes", "seed", "assumed")}
    (folder / SUMMARY).write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
