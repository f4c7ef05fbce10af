"""Customers who write, processes that die, a database that restarts: what the chaos proofs are made of."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from socket import socket

import httpx

from connectors.helpdesks.zendesk_webhook import SIGNATURE, TIMESTAMP, signature
from eval.bench.many_tickets import Desk, Ticket

SECRET = "signing"
ASKED = (
    "Where is my order {order}?",
    "How long do I have to return something?",
    "Has {order} been shipped yet? I need it soon",
    "Can I still return an article of {order}?",
    "When will {order} arrive?",
)
THINKS = 0.3
"""Seconds before the next message."""
PERSON = "I want to talk to a person now"


@dataclass
class Customer:
    """Writes the next message when the last one was answered; now and then two at once."""

    ticket: Ticket
    messages: list[str]
    written: int = 0

    def next(self, random: Random) -> list[str]:
        at_once = 2 if random.random() < 0.1 else 1
        chosen = self.messages[self.written : self.written + at_once]
        self.written += len(chosen)
        return chosen


@dataclass
class Customers:
    """`doors` are the base URLs of the API processes."""

    desk: Desk
    all: dict[int, Customer]
    doors: Sequence[str]
    random: Random
    due: queue.Queue[int] = field(default_factory=queue.Queue)
    knocks: int = 0
    refused: int = 0
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def run(self, stop: threading.Event) -> None:
        with httpx.Client(timeout=15) as http:
            while not stop.is_set():
                with suppress(queue.Empty):
                    self._write(http, self.all[self.due.get(timeout=0.2)], stop)

    def _write(self, http: httpx.Client, customer: Customer, stop: threading.Event) -> None:
        ticket = customer.ticket
        time.sleep(THINKS)
        with ticket.lock:
            if "ai_handoff" in ticket.tags:
                ticket.is_answered_by_a_person()
            if ticket.said and ticket.said[-1][0] == "customer":
                return  # told twice of one answer
            fresh = customer.next(self.random)
            for text in fresh:
                ticket.says(text)
        for _ in fresh:
            self._knock(http, ticket.number, stop)

    def _knock(self, http: httpx.Client, ticket: int, stop: threading.Event) -> None:
        """As Zendesk does: until it is taken, and sometimes once more."""
        key = f"event-{next(self._numbers)}"
        raw = json.dumps({"type": "zen:event-type:ticket.comment_added", "id": key, "detail": {"id": str(ticket)}})
        taken, wanted = 0, 2 if self.random.random() < 0.1 else 1
        while taken < wanted and not stop.is_set():
            self.knocks += 1
            try:
                taken += self._answered(http, raw.encode())
            except httpx.HTTPError:
                self.refused += 1
                time.sleep(0.2)

    def _answered(self, http: httpx.Client, raw: bytes) -> bool:
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = {SIGNATURE: signature(SECRET, at, raw).decode(), TIMESTAMP: at}
        answer = http.post(self.random.choice(self.doors) + "/webhooks/zendesk", content=raw, headers=headers)
        answer.raise_for_status()
        return True

    @property
    def done(self) -> bool:
        return all(
            one.written == len(one.messages) and one.ticket.said and one.ticket.said[-1][0] != "customer"
            for one in self.all.values()
        )


class Process:
    """One of Wismo's own, that is killed and begun again."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._command = [sys.executable, "-m", "api.cli", *arguments]
        self._environment = dict(environment)
        self._log = log
        self.deaths = self.ends = self.sleeps = 0
        self._begin()

    def _begin(self) -> None:
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)

    def kill(self) -> None:
        """kill -9, and a fresh one in its place."""
        self._running.send_signal(signal.SIGKILL)
        self._running.wait()
        self.deaths += 1
        self._begin()

    def sleep(self, seconds: float) -> threading.Timer:
        """Stopped where it stands, whatever it holds, and woken later: long after its leases and its heartbeat ended."""
        self._running.send_signal(signal.SIGSTOP)
        waking = threading.Timer(seconds, self._running.send_signal, (signal.SIGCONT,))
        waking.start()
        self.sleeps += 1
        return waking

    def revive(self) -> None:
        """As its supervisor does when it ended by itself."""
        if self._running.poll() is not None:
            self.ends += 1
            self._begin()

    def end(self) -> int:
        """As an operator does; the exit code."""
        self._running.terminate()
        try:
            return self._running.wait(60)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()
            return -9


def free_port() -> int:
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path, desk: Desk, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WISMO_")}
    zendesk = {"BASE_URL": desk.url, "CLIENT_ID": "wismo", "CLIENT_SECRET": "s3cret", "WEBHOOK_SECRET": SECRET}
    zendesk |= {"REPLIES_PER_HOUR": "1000", "CALLS_PER_MINUTE": "1000000", "UPDATES_PER_MINUTE": "1000000"}
    zendesk |= {"COPILOT": "false"}  # a suggestion to people is no answer to a customer
    named = {f"WISMO_ZENDESK_{name}": value for name, value in zendesk.items()}
    return kept | named | {"WISMO_HOME": str(home), "WISMO_QUIET_SECONDS": "0"} | more


def wait_for(done: Callable[[], bool], seconds: float, every: float = 0.2) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(every)
    return done()


def listening(port: int) -> Callable[[], bool]:
    def probe() -> bool:
        with closing(socket()) as one:
            return one.connect_ex(("127.0.0.1", port)) == 0

    return probe


def wrongs(ticket: Ticket) -> list[str]:
    """What the helpdesk saw that must not be: each message answered by one reply, or handed to a person, in order.

    A reply answers the last message; only the one that hands over may be followed by a message that came meanwhile.
    """
    found, last, open_, answered_before = [], "", "", 0
    handed = {mark.removesuffix(":note") for mark in ticket.notes if mark.endswith(":note")}
    for who, mark, _ in ticket.said:
        if who == "customer":
            open_ = last = mark
        elif who == "person":
            open_ = ""
        else:
            answered = mark.removeprefix("reply:").split(":")[2]
            if not open_ or int(answered) <= answered_before:
                found.append(f"{ticket.number}: {mark} answers nothing new")
            if answered != last and mark.removesuffix(":reply") not in handed:
                found.append(f"{ticket.number}: {mark} answers {answered}, the last message is {last}")
            open_, answered_before = "", int(answered)
    if open_:
        found.append(f"{ticket.number}: message {open_} has no answer")
    actions = [mark for who, mark, _ in ticket.said if who == "wismo"] + ticket.notes
    found += [f"{ticket.number}: {mark} was said twice" for mark in set(actions) if actions.count(mark) > 1]
    return found
