"""`wismo bench triage`: reading a message, warm and on one thread, beside one embedding of the same message.

New numbers in each round, so that no cache helps.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from agent.case import Incoming
from agent.desk import Desk
from eval.bench import Figure, interleaved, median
from knowledge.embed import Embedder

MESSAGES = {
    "a question": "where is my order #{n} of {n} days ago? I need it soon",
    "two requests": "Please cancel order #{n}, I found it {n} euros cheaper. And where is #{m} of {m} days ago?",
    "an e-mail": "Hello,\n\nI bought a desk lamp from you {n} days ago (order #{m}). It came with a broken switch, "
    "which is a pity as it was a present. Can I send it back, and how long does the refund take?\n\n"
    "Kind regards,\nMartha",
}


def bench(desk: Desk, embedder: Embedder, rounds: int) -> list[Figure]:
    """Milliseconds; medians, and the 95th percentile over all."""
    runs: dict[str, Callable[[], object]] = {}
    for name, text in MESSAGES.items():
        runs[name] = _reading(desk, text)
        runs[f"{name}: floor"] = _embedding(embedder, text)
    times = interleaved(runs, rounds)
    figures = [
        Figure(f"triage p50, {name}", median(times[name]), "ms", median(times[f"{name}: floor"])) for name in MESSAGES
    ]
    every = sorted(one for name in MESSAGES for one in times[name])
    return [
        Figure("triage p50", median(every), "ms"),
        Figure("triage p95", every[int(len(every) * 0.95)], "ms"),
        *figures,
    ]


def _reading(desk: Desk, text: str) -> Callable[[], object]:
    numbers = count(1001)

    def run() -> object:
        n = next(numbers)
        return desk.read(Incoming("bench", "bench", "email", text.format(n=n, m=n + 7)))

    return run


def _embedding(embedder: Embedder, text: str) -> Callable[[], object]:
    numbers = count(900_001)

    def run() -> object:
        n = next(numbers)
        return embedder.embed([text.format(n=n, m=n + 7)])

    return run
