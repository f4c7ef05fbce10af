"""`wismo bench model`: what Wismo adds to the time of a language model, and many tickets at once.

The server has no model in it and takes a fixed time for each call. Overhead is a ticket's time less the server's; its
floor is the same calls by the SDK alone, with the same bodies. CPU is that of the whole process, the server's with it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count

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
    """Answers as a good model would of a question about an order, each time after `seconds`."""

    order: str
    seconds: float = 0.0
    bodies: list[Asked] = field(default_factory=list)

    def __call__(self, body: Asked, _: Mapping[str, str]) -> Given:
        self.bodies.append(body)
        text = {"triage": self._form(), "write": self._letter()}.get(step_of(body), "done")
        given = says(text)
        return Given(given.body, delay=self.seconds)

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


def bench(
    thinks: Thinks, sits: Sits, customer: str, order: str, rounds: int, at_once: int, slow: float
) -> list[Figure]:
    """`slow` seconds a call for the tickets at once. Milliseconds otherwise, medians."""
    model = Slow(order)
    with _server(model) as server:
        desk = sits(thinks(server))
        return [*_overhead(desk, server, model, customer, rounds), *_together(desk, model, customer, at_once, slow)]


@contextmanager
def _server(model: Slow) -> Iterator[Server]:
    with serving(model) as url, closing(Server(url, "none")) as server:
        yield server


def _overhead(desk: Desk, server: Server, model: Slow, customer: str, rounds: int) -> Iterator[Figure]:
    model.seconds = 0.05
    asks = _asking(desk, customer, model.order)
    for _ in range(WARM):
        asks()
    bodies: list[Body] = [dict(one) for one in model.bodies[-CALLS:]]
    whole, alone = [], []
    busy = time.process_time()
    for _ in range(rounds):
        model.bodies.clear()
        whole.append(_timed(asks) - len(model.bodies) * model.seconds * 1000)
        alone.append(_timed(lambda: [server(body, 10.0) for body in bodies]) - len(bodies) * model.seconds * 1000)
    yield Figure("overhead p50", median(whole), "ms", median(alone))
    yield Figure("overhead p95", sorted(whole)[int(len(whole) * 0.95)], "ms")
    yield Figure("CPU of a ticket and its floor", (time.process_time() - busy) * 1000 / rounds, "ms")
    yield Figure("calls a ticket", len(bodies), "")


def _together(desk: Desk, model: Slow, customer: str, at_once: int, slow: float) -> Iterator[Figure]:
    model.seconds = slow
    model.bodies.clear()
    asks = _asking(desk, customer, model.order, "together")
    with ThreadPoolExecutor(at_once) as pool:
        began = time.perf_counter()
        for one in [pool.submit(asks) for _ in range(at_once)]:
            one.result()
        took = time.perf_counter() - began
    ideal = len(model.bodies) / at_once * slow
    yield Figure(f"{at_once} tickets at once, {slow:g} s a call", took, "s", ideal)


def _asking(desk: Desk, customer: str, order: str, name: str = "one") -> Callable[[], object]:
    numbers = count()

    def ask() -> object:
        turn = f"model:{name}:{next(numbers)}"
        return desk.answer(Incoming(turn, turn, "email", f"Where is my order {order}? I wait for it", customer, True))

    return ask


def _timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return (time.perf_counter() - began) * 1000
