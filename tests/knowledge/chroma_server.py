"""A real Chroma server from the environment, on loopback; each test begins with an empty one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from knowledge.graph import ChromaServer

SECONDS = 60.0


class Running:
    def __init__(self, folder: Path) -> None:
        program = Path(sys.executable).with_name("chroma")
        if not program.exists():
            if os.environ.get("CI"):
                raise FileNotFoundError(program)
            pytest.skip("NOT RUN: no chroma program beside this Python; run: make setup")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = (str(program), "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(self.port))
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: list[ChromaServer] = []

    def client(self, now: Callable[[], float] = time.time) -> ChromaServer:
        """Closed with the server."""
        self._clients.append(ChromaServer(self.url, now=now))
        return self._clients[-1]

    def close(self) -> None:
        for one in self._clients:
            one.close()
        self.stop()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            env=os.environ | {"ANONYMIZED_TELEMETRY": "False"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + SECONDS
        while not self._answers():
            if time.monotonic() > until or self._process.poll() is not None:
                raise RuntimeError("the Chroma server does not start")
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    server = Running(folder)
    server.start()
    try:
        yield server
    finally:
        server.close()
