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
from dataclasses import asdict, dataclass, field
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent.policy import Policy
from api.trials.recorded import ABOUT, Traffic
from api.trials.sharded import NotOverWorkers, Replaying, Workers
from api.trials.simulated import Configuration, Setup, begin, digest, installed, known, work
from api.wiring import House
from connectors.exports.past import PastRead, read_past
from connectors.exports.reading import Vendor
from eval.past.alike import definitions, gaps, readings
from eval.past.kept import Lines, to_json
from eval.past.paired import paired
from eval.past.prediction import predicted, scored, usability
from eval.past.replay import Assumed
from eval.past.running import Over, processes, run
from eval.past.survey import Chosen, Survey, survey, taken
from eval.past.telling import disagreements
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
    """`other` is the second configuration of a comparison. `out`: where a line a ticket is kept.
    `over`: the shop's workers play, in place of `workers` processes of this machine.
    """

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
    over: Workers | None = None


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
    hashes = _hashes(house, asked)
    ways = [asdict(asked.chosen), asdict(asked.assumed), asked.vendor, asked.ignored]
    name = hashlib.sha256(json.dumps([hashes, *ways], default=str).encode())
    folder = house.settings.home / FOLDER / name.hexdigest()[:16]
    lines = _played(house, asked, hashes, found, folder, progress)
    report = _report(asked, policy, found, hashes, lines)
    if asked.out:
        with asked.out.open("wb") as out:
            out.writelines(map(to_json, lines))
    _keep_summary(folder, report)
    return Result(report, found)


def _played(
    house: House,
    asked: Asked,
    hashes: dict[str, str],
    found: Survey,
    folder: Path,
    progress: Progress,
) -> Lines:
    policy = house.policy
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
        over = _over_workers(asked, hashes, folder) if asked.over else _over_cores(house, asked, found, folder)
        run(taken(_read(asked, policy), asked.chosen, found.up_to), results, over, count)
    return Lines(results)


def _over_cores(house: House, asked: Asked, found: Survey, folder: Path) -> Over:
    snapshot = copied(house.database, folder / "shop.db")
    configurations = (Configuration(), *((asked.other,) if asked.other else ()))
    setup = Setup(snapshot, folder, configurations, asked.assumed, asked.traffic)
    return partial(processes, begin, setup, work, max(1, min(asked.workers, found.tickets // 8 + 1)))


def _over_workers(asked: Asked, hashes: dict[str, str], folder: Path) -> Over:
    """Raises `NotOverWorkers` for what lies in files of this machine only."""
    other = asked.other or Configuration()
    if asked.traffic or other.knowledge or other.model:
        raise NotOverWorkers("the workers have no such folder: without --over-workers this machine plays it")
    text = other.shop.read_text(encoding="utf-8") if other.shop else None
    on = tuple((name, hashes[name]) for name in ("code", "knowledge", "model", "policy"))
    assert asked.over
    return partial(asked.over.tickets, Replaying(folder.name, asked.assumed, text, on).as_json())


def _read(asked: Asked, policy: Policy) -> PastRead:
    zone: tzinfo = ZoneInfo(policy.terms.timezone)
    return read_past(asked.export, asked.vendor, zone, asked.ignored)


def _hashes(house: House, asked: Asked) -> dict[str, str]:
    """What each figure rests on."""
    other = asked.other or Configuration()
    found = {
        "export": digest([asked.export]),
        "orders": _orders(house.database),
        **installed(house.settings),
    }
    kept = asked.traffic.record or asked.traffic.replay
    if kept:
        found["traffic"] = digest([kept / ABOUT])
    if asked.other:
        found["policy_b"] = other.policy(house.settings).version
        found["knowledge_b"] = known(other.knowledge) if other.knowledge else found["knowledge"]
        found["model_b"] = digest([other.model]) if other.model else found["model"]
    return found


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
