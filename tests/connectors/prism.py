"""The vendors' own machine-readable contracts as judges: a Prism mock server that every recorded request is put to.

Prism is a program for Node (`make prism` installs it); the contracts lie in the reference folder. Where one of them is
missing, the judgement is listed as NOT RUN with its remedy, and the fakes' own strictness is what is left.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from api.settings import Settings
from tests.connectors.vendor import Asked

START = 90.0
INSTALLED = Path(sys.prefix) / "share" / "prism" / "node_modules" / ".bin" / "prism"
PASSED_ON = {"authorization", "content-type", "intercom-version", "accept"}
Problem = str


def contract(name: str) -> Path:
    """Skips with the remedy."""
    path = Settings().reference / "contracts" / "specs" / name
    if not path.exists():
        pytest.skip(f"NOT RUN: no contract {name}; set WISMO_REFERENCE to the folder that holds contracts/specs")
    return path


def program() -> str:
    """Skips with the remedy."""
    found = os.environ.get("WISMO_PRISM") or (str(INSTALLED) if INSTALLED.exists() else shutil.which("prism"))
    if not found or not shutil.which("node"):
        pytest.skip("NOT RUN: no Prism here; install Node and run: make prism")
    return found


@contextmanager
def judging(name: str) -> Iterator[httpx.Client]:
    """A Prism over this contract; it refuses what the contract does not know."""
    command = [program(), "mock", "--port", str(port := _free()), str(contract(name))]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT) as server:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as judge:
                _wait(judge, server)
                yield judge
        finally:
            server.terminate()


def _free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(judge: httpx.Client, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until and server.poll() is None:
        try:
            judge.get("/")
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"Prism did not start within {START:.0f} s")


def judged(judge: httpx.Client, asked: Asked, below: str = "") -> Problem | None:
    """What the contract says against this request; `below` is what the vendor's server has in front of its paths.

    A 404 of Prism for a route is a problem; the 4xx that a contract's only example may hold are not asked for.
    """
    headers = {name: value for name, value in asked.headers.items() if name in PASSED_ON}
    target = asked.target.removeprefix(below)
    answer = judge.request(asked.method, target, content=asked.raw, headers=headers | {"prefer": "code=200"})
    if answer.status_code == 404 or answer.status_code >= 500:
        answer = judge.request(asked.method, target, content=asked.raw, headers=headers)
    # A contract's own example answers may break it: that is no fault of the request.
    violated = [one for one in json.loads(answer.headers.get("sl-violations", "[]")) if one["location"][0] == "request"]
    if answer.status_code < 400 and not violated:
        return None
    return f"{asked.method} {target}: {answer.status_code} {answer.text[:300]} {violated}"
