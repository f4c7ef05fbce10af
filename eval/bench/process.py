"""Whole processes measured from outside: a cold `wismo ask`, and the memory of `wismo serve`."""

from __future__ import annotations

import os
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from eval.bench import Figure

QUESTION = "How long can I return something?"
PATIENCE = 60.0


def cold_ask(home: Path, runs: int = 3) -> Figure:
    """Seconds from the command to the reply and the end of the process; median."""
    command = [*_wismo(), "ask", QUESTION]
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        subprocess.run(command, env=_environment(home), check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return Figure("wismo ask, cold", statistics.median(times), "s")


def serving_memory(home: Path) -> Figure:
    """Resident megabytes of the serving process once it is ready and has loaded what tickets need."""
    with serving(home) as (process, _):
        return Figure("wismo serve, memory", resident(process), "MB")


@contextmanager
def serving(home: Path, **settings: str) -> Iterator[tuple[int, int]]:
    """The process id of `wismo serve` and its port, until the block is left."""
    port = free_port()
    served = subprocess.Popen(
        [*_wismo(), "serve", "--port", str(port)],
        env=_environment(home) | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until_it_listens(port)
        yield served.pid, port
    finally:
        served.terminate()
        try:
            served.wait(timeout=30)
        except subprocess.TimeoutExpired:
            served.kill()


def peak_memory() -> float:
    """Resident megabytes of this process at its largest; Linux's `ru_maxrss` would count the parent's too."""
    status = Path("/proc/self/status")
    if status.exists():
        return _megabytes(status, "VmHWM")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


class Peak:
    """Megabytes that this process and its children held at their largest, added up; Linux. Looks while it is open."""

    def __init__(self) -> None:
        self._most: dict[int, float] = {}
        self._over = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Peak:
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._looking.join()

    @property
    def megabytes(self) -> float:
        return peak_memory() + sum(self._most.values())

    def _look(self) -> None:
        while not self._over.wait(0.1):
            for child in _children():
                with suppress(OSError, StopIteration):  # it ended meanwhile
                    self._most[child] = _megabytes(Path(f"/proc/{child}/status"), "VmHWM")


def _children() -> list[int]:
    listed = Path("/proc/self/task").glob("*/children")
    return [int(child) for one in listed for child in one.read_text().split()]


def _wismo() -> list[str]:
    return [sys.executable, "-m", "api.cli"]


def _environment(home: Path) -> dict[str, str]:
    return os.environ | {"WISMO_HOME": str(home)}


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_it_listens(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)  # waiting for another process
    raise TimeoutError(f"wismo serve did not listen within {PATIENCE:.0f} s")


def resident(process: int) -> float:
    """From the kernel on Linux, else from ps."""
    status = Path(f"/proc/{process}/status")
    if status.exists():
        return _megabytes(status, "VmRSS")
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(process)], check=True, capture_output=True, text=True)
    return int(shown.stdout) / 1024


def _megabytes(status: Path, name: str) -> float:
    line = next(line for line in status.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024
