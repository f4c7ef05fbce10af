"""`wismo bench model`: what Wismo adds to the time of a language model, and many tickets at once.

The server has no model in it, runs in a process of its own, and takes a fixed time for each call. Overhead is a
ticket's time less the server's; its floor is the same calls by the SDK alone, with the same bodies. On busy cores the
time says more of the cores than of us: the CPU beside it is what a ticket keeps busy, on its own thread and in all.
"""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from agent.brains import Brain
from agent.brains.llm import Server
from agent.brains.model.asking import Body, Chat
from agent.case import Incoming
from agent.desk import Desk
from eval.bench import Figure, median
from eval.model_server import Body as Asked
from eval.model_server import Given, says, serving, step_of

Thinks = Callable[[Chat], Brain]
Sits = Callable[[Brain], Desk]
WARM = 4
CALLS = 3
"""A ticket of the benchmark: it is read, looked into once, and worded."""


@dataclass
class Slow:
    """Answers as a good model would of a question about an order, each time after `seconds` (shared by processes)."""

    order: str
    seconds: Synchronized[float]

    def __call__(self, body: Asked, _: Mapping[str, str]) -> Given:
        text = {"triage": self._form(), "write": self._letter()}.get(step_of(body), "done")
        return Given(says(text).body, delay=self.seconds.value)

    def _form(self) -> str:
        wish = {
            "intent": "order_status",
            "confidence": 0.97,
            "quote": "where is my order",
            "orders": [self.order],
            "not_orders": [],
            "refers_back": False,
            "answers_question": False,
            "reason": "",
            "address": None,
        }
        calm = {"language": "en", "mood": "neutral", "urgency": "normal", "wants_human": False}
        return json.dumps({**calm, "requests": [wish]})

    def _letter(self) -> str:
        return json.dumps({"text": "Your order {F1.number}: {F1.status}.", "citations": []})


@dataclass
class Apart:
    """The server over there: is a `Chat` that keeps what was asked, and says how long an answer takes from now on."""

    server: Server
    order: str
    seconds: Synchronized[float]
    bodies: list[Body] = field(default_factory=list)

    def __call__(self, body: Body, seconds: float) -> Mapping[str, Any]:
        self.bodies.append(body)
        return self.server(body, seconds)

    def answers_after(self, seconds: float) -> None:
        self.seconds.value = seconds
        self.bodies.clear()


@dataclass
class Took:
    """Milliseconds of one ticket: by the clock, of its own thread's CPU, and of the CPU of all threads."""

    wall: float
    thread: float
    cpu: float


def bench(
    thinks: Thinks, sits: Sits, customer: str, order: str, rounds: int, at_once: int, slow: float
) -> list[Figure]:
    """`slow` seconds a call for the tickets at once. Milliseconds otherwise, medians."""
    with apart(order) as model:
        desk = sits(thinks(model))
        return [*_overhead(desk, model, customer, rounds), *_together(desk, model, customer, at_once, slow)]


@contextmanager
def apart(order: str) -> Iterator[Apart]:
    """Spawned, so that it takes nothing of our interpreter's time."""
    spawning = multiprocessing.get_context("spawn")
    seconds = spawning.Value("d", 0.0)
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=_serve, args=(order, seconds, theirs), daemon=True)
    process.start()
    try:
        with closing(Server(ours.recv(), "none")) as server:
            yield Apart(server, order, seconds)
    finally:
        ours.send("enough")
        process.join()


def _serve(order: str, seconds: Synchronized[float], told: Connection) -> None:
    with serving(Slow(order, seconds)) as url:
        told.send(url)
        told.recv()


def _overhead(desk: Desk, model: Apart, customer: str, rounds: int) -> Iterator[Figure]:
    model.answers_after(0.05)
    asks = _asking(desk, customer, model.order)
    for _ in range(WARM):
        asks()
    bodies = model.bodies[-CALLS:]
    whole, alone, calls = [], [], 0
    for _ in range(rounds):
        model.bodies.clear()
        whole.append(_timed(asks))
        calls = len(model.bodies)
        alone.append(_timed(lambda: [model.server(body, 10.0) for body in bodies]))
    thought = calls * model.seconds.value * 1000
    over = [one.wall - thought for one in whole]
    yield Figure("overhead p50", median(over), "ms", median([one.wall - thought for one in alone]))
    yield Figure("overhead p95", sorted(over)[int(len(over) * 0.95)], "ms")
    yield Figure("CPU before the reply p50", median([one.thread for one in whole]), "ms", _p50(alone))
    yield Figure("CPU in all p50", median([one.cpu for one in whole]), "ms")
    yield Figure("calls a ticket", calls, "")


def _p50(ran: list[Took]) -> float:
    return median([one.thread for one in ran])


def _together(desk: Desk, model: Apart, customer: str, at_once: int, slow: float) -> Iterator[Figure]:
    model.answers_after(slow)
    asks = _asking(desk, customer, model.order, "together")
    with ThreadPoolExecutor(at_once) as pool:
        began, busy = time.perf_counter(), time.process_time()
        for one in [pool.submit(asks) for _ in range(at_once)]:
            one.result()
        took, used = time.perf_counter() - began, time.process_time() - busy
    ideal = len(model.bodies) / at_once * slow
    yield Figure(f"{at_once} tickets at once, {slow:g} s a call", took, "s", ideal)
    yield Figure("CPU of each of them", used * 1000 / at_once, "ms")


def _asking(desk: Desk, customer: str, order: str, name: str = "one") -> Callable[[], object]:
    numbers = count()

    def ask() -> object:
        turn = f"model:{name}:{next(numbers)}"
        return desk.answer(Incoming(turn, turn, "email", f"Where is my order {order}? I wait for it", customer, True))

    return ask


def _timed(run: Callable[[], object]) -> Took:
    began, thread, cpu = time.perf_counter(), time.thread_time(), time.process_time()
    run()
    now = time.perf_counter(), time.thread_time(), time.process_time()
    return Took(*(1000 * (end - start) for end, start in zip(now, (began, thread, cpu), strict=True)))
