"""`wismo bench eval`: thousands of past tickets simulated by the real command, killed half way and taken up again.

The floor of a ticket is the desk alone answering one turn, without a world to rebuild and without a second process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agent.case import Incoming
from agent.desk import Desk
from eval.bench import Figure, interleaved, median

LOOKS = 1.0
"""Seconds between two looks at the memory."""
PATIENCE = 3_600.0


@dataclass
class Watched:
    """A run of the command: how long it took, and what its processes held in memory together (megabytes)."""

    seconds: float = 0.0
    memory: list[float] = field(default_factory=list)


def bench(
    home: Path, export: Path, tickets: int, workers: int, floor: float, say: Callable[[str], None]
) -> list[Figure]:
    """`home` has the shop that the export's tickets are about; `floor` are milliseconds of a turn at the desk."""
    out = home / "tickets.jsonl"
    command = [sys.executable, "-m", "api.cli", "simulate", str(export), "--json", "--workers", str(workers)]
    say(f"{tickets:,} tickets with {workers} workers, until half of them are done")
    first = _watched(command, home, lambda: _lines(home) >= tickets // 2)
    before = _lines(home)
    say(f"killed with {before:,} tickets done; going on")
    used = os.times()
    second = _watched([*command, "--resume", "--out", str(out)], home, lambda: False)
    busy = sum(os.times()[2:4]) - sum(used[2:4])
    seconds, memory = first.seconds + second.seconds, first.memory + second.memory
    counted = Counter(json.loads(line)["id"] for line in out.read_text(encoding="utf-8").splitlines())
    usable = sum(json.loads(line)["usable"] != "unusable" for line in out.read_text(encoding="utf-8").splitlines())
    return [
        Figure(f"{tickets:,} tickets, killed and resumed", seconds, "s"),
        Figure("a ticket, on one worker", seconds * 1000 * workers / tickets, "ms", floor),
        Figure("a ticket, processor time", busy * 1000 / max(tickets - before, 1), "ms"),
        Figure("memory, all processes, most", max(memory, default=0.0), "MB"),
        Figure("memory, growth in the last third", _growth(second.memory), "MB"),
        Figure("tickets done before the kill", float(before), "tickets"),
        Figure("tickets counted twice", float(counted.total() - len(counted)), "tickets"),
        Figure("tickets missing", float(tickets - len(counted)), "tickets"),
        Figure("usable", usable / tickets, "share"),
    ]


def turn_alone(desk: Desk, customer: str, order: str, rounds: int = 30) -> float:
    """Milliseconds of a turn at the desk, median."""
    numbers = iter(range(1_000_000))

    def ask() -> object:
        n = next(numbers)
        turn = f"bench:{n}"
        return desk.answer(Incoming(turn, turn, "email", f"Where is my order {order}? It is {n} days", customer, True))

    return median(interleaved({"turn": ask}, rounds)["turn"])


def _watched(command: list[str], home: Path, enough: Callable[[], bool]) -> Watched:
    """Until it ends, or until it is killed with all its children because it is `enough`. Raises where it fails."""
    watched, started = Watched(), time.perf_counter()
    environment = os.environ | {"WISMO_HOME": str(home)}
    running = subprocess.Popen(  # noqa: S603 - our own command
        command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    while running.poll() is None and time.perf_counter() - started < PATIENCE:
        time.sleep(LOOKS)  # another process works
        watched.memory.append(_megabytes(running.pid))
        if enough():
            break
    killed = running.poll() is None
    if killed:
        os.killpg(running.pid, signal.SIGKILL)
    watched.seconds = time.perf_counter() - started
    if running.wait() and not killed:
        raise RuntimeError(f"wismo simulate ended with {running.returncode}")
    return watched


def _lines(home: Path) -> int:
    """Of the results that are being written."""
    found = list(home.glob("simulations/*/tickets.jsonl"))
    return found[0].read_bytes().count(b"\n") if found else 0


def _growth(memory: list[float]) -> float:
    """The most of the last third above the most of the middle one: workers are loaded by then."""
    third = len(memory) // 3
    return max(memory[-third:]) - max(memory[third : 2 * third]) if third else 0.0


def _megabytes(leader: int) -> float:
    """Of the process and all of its children, shared pages counted once; 0 where there is no /proc."""
    return sum(map(_resident, _session(leader))) / 1024


def _session(leader: int) -> Iterator[Path]:
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if fields[3] == str(leader):
            yield status.parent / "smaps_rollup"


def _resident(rollup: Path) -> int:
    try:
        told = rollup.read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:")), 0)
