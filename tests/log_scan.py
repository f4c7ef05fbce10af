"""Every line that is logged during a test run, by the house's own processors, is looked at when the run is over.

A line that holds an address of a customer, a token, a code or a card number fails the run. Tests that make a secret
tell it to `a_secret`, so that it is looked for by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from api.operating import logs

LINES: list[str] = []
SECRETS: set[str] = set()
WORKERS: list[tuple[int, list[str]]] = []
"""Of each worker of a run on several cores: how many writes, and what was found in them."""
LOOKS_LIKE = {
    "an e-mail address": re.compile(r"[\w.+\-]+@[\w\-]+\.[\w.\-]+"),
    "a token": re.compile(r"wsm_[\w\-]{8}|eyJ[\w\-]{8,}\.[\w\-]{4,}|[Bb]earer\s+[\w\-.]{8}"),
    "a code": re.compile(r"\bcode\b\W{1,4}\d{4,8}\b", re.IGNORECASE),
    "a password": re.compile(r"\b(?:password|secret|api_key)\b['\"]?\s*[=:]\s*(?!\[|'\[)\S{3}", re.IGNORECASE),
}


class Sheet:
    """A stream that keeps what is written into it."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        LINES.append(text)
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


def a_secret(text: str) -> str:
    """Look for it in every log line of this run."""
    SECRETS.add(text)
    return text


def leaks(lines: Iterable[str], secrets: Iterable[str] = ()) -> Iterator[str]:
    """What should not stand in a log, one finding a line; the finding does not repeat the secret."""
    for line in lines:
        found = [what for what, pattern in LOOKS_LIKE.items() if pattern.search(line)]
        found += ["a secret of a test"] if any(secret in line for secret in secrets) else []
        if found:
            yield f"{', '.join(found)} in a log line that begins: {line[:60]!r}"


@pytest.fixture(autouse=True)
def every_log_line() -> None:
    """Before each test anew: a test may have turned logging to its own ends."""
    logs.configure(Sheet())  # type: ignore[arg-type]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of a run on several cores hands over what it saw; who called for them judges all of it."""
    found = list(leaks(LINES, SECRETS))
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["log_scan"] = [len(LINES), found]
    elif found or any(seen for _, seen in WORKERS):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker that died has handed nothing over; its tests are failures already."""
    told = getattr(node, "workeroutput", {}).get("log_scan")
    if told:
        WORKERS.append((told[0], told[1]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    writes = len(LINES) + sum(count for count, _ in WORKERS)
    found = [*leaks(LINES, SECRETS), *(one for _, seen in WORKERS for one in seen)]
    terminalreporter.write_line(f"log scan: {writes:,} writes, {len(found)} with a secret or a person in them")
    for one in found[:20]:
        terminalreporter.write_line(f"FAILED log scan: {one}", red=True)
