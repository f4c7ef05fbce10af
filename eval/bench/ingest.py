"""`wismo bench ingest`: webhooks to their 2xx, webhooks to the sent reply, and what a ticket costs in a full house.

The floor of a webhook is a bare route with grouped commits (api/trials/floor.py) on the same kind of database, in turns
with ours. A worker's price is CPU seconds of its process, read from the kernel: the machine's other work is not in it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random

from eval.bench import Figure, median
from eval.bench.many_tickets import Desk, Ticket, serving
from eval.bench.process import free_port, until_it_listens

CONNECTIONS = 16
SECRET = "signing"
PATIENCE = 120.0
ASKS = "Where is my order {order}?"


# -- webhooks ------------------------------------------------------------------------------------------------


def webhooks(kind: str, floor: Sequence[str], ours: Sequence[str], given: Mapping[str, str], size: int) -> list[Figure]:
    """`floor` and `ours` are commands with a {port}; each takes `size` webhooks in each of three turns."""
    numbers = count()
    rates: dict[str, list[float]] = {"floor": [], "ours": []}
    waits: dict[str, list[float]] = {"floor": [], "ours": []}
    with ExitStack() as stack:
        ports = {name: free_port() for name in rates}
        for name, command in (("floor", floor), ("ours", ours)):
            stack.enter_context(running([part.format(port=ports[name]) for part in command], given))
            until_it_listens(ports[name])
            asyncio.run(_load(ports[name], _requests(numbers, 200)))  # warm
        for _ in range(3):
            for name, port in ports.items():
                started = time.perf_counter()
                took = asyncio.run(_load(port, _requests(numbers, size)))
                rates[name].append(size / (time.perf_counter() - started))
                waits[name] += took
    per_second = [median(rates[name]) for name in ("ours", "floor")]
    return [
        Figure(f"webhooks stored, {kind}", per_second[0], "events/s", per_second[1]),
        Figure(f"webhooks stored, {kind}, p99 at {CONNECTIONS} connections", _p99(waits["ours"]), "ms"),
    ]


def _requests(numbers: Iterator[int], size: int) -> list[bytes]:
    """Signed beforehand: the client is to cost little."""
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [_request(f"bench-{os.getpid()}-{next(numbers)}", at) for _ in range(size)]


def _request(key: str, at: str, ticket: str = "") -> bytes:
    about = ticket or str(int(hashlib.sha256(key.encode()).hexdigest()[:6], 16) + 1)
    event = {"type": "zen:event-type:ticket.comment_added", "id": key, "detail": {"id": about}}
    raw = json.dumps(event).encode()
    signed = base64.b64encode(hmac.new(SECRET.encode(), at.encode() + raw, hashlib.sha256).digest()).decode()
    head = (
        "POST /webhooks/zendesk HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"X-Zendesk-Webhook-Signature: {signed}\r\nX-Zendesk-Webhook-Signature-Timestamp: {at}\r\n"
        f"Content-Length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw


async def _load(port: int, requests: Sequence[bytes]) -> list[float]:
    """All of them over so many connections, each one after the other; milliseconds of each."""
    left = iter(requests)
    times: list[float] = []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in left:
            started = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(_length(head))
            times.append((time.perf_counter() - started) * 1000)
            assert head[9:12] == b"202", head
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return times


def _length(head: bytes) -> int:
    found = head.lower().split(b"content-length:")[1:]
    return int(found[0].split(b"\r\n")[0]) if found else 0


# -- tickets -------------------------------------------------------------------------------------------------


def tickets(url: str, home: Path, asked: Sequence[tuple[str, str]], say: Mapping[int, str]) -> list[Figure]:
    """`asked`: whose e-mail, and which order of theirs. One worker takes half of them, two take the rest; in turns."""
    price: dict[int, list[float]] = {1: [], 2: []}
    for turn, workers in enumerate((1, 2, 1, 2)):
        mine = asked[turn::4]
        price[workers].append(_price(url, home, mine, workers, first=1_000 * turn + 1))
    one, two = (median(price[workers]) for workers in (1, 2))
    return [Figure(say[1], one, "tickets/CPU-s"), Figure(say[2], two, "tickets/CPU-s", one)]


def _price(url: str, home: Path, asked: Sequence[tuple[str, str]], workers: int, first: int) -> float:
    """Tickets a CPU-second of the workers, from the first webhook to the last reply; they began before."""
    answered: set[int] = set()
    with ExitStack() as stack:
        desk = stack.enter_context(serving(Desk({}, answered.add, Random(1), share=0.0)))
        given = environment(home, desk.url, url)
        port = free_port()
        stack.enter_context(running(["serve", "--no-worker", "--port", str(port)], given))
        processes = [stack.enter_context(running(["worker"], given)) for _ in range(workers)]
        until_it_listens(port)
        _answered(desk, port, answered, asked[: 4 * workers], first + 500)  # they are there, and warm
        before = sum(cpu(one.pid) for one in processes)
        _answered(desk, port, answered, asked, first)
        return len(asked) / (sum(cpu(one.pid) for one in processes) - before)


def _answered(desk: Desk, port: int, answered: set[int], asked: Sequence[tuple[str, str]], first: int) -> None:
    """Raises TimeoutError."""
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    wanted, knocks = set(), []
    for number, (email, order) in enumerate(asked, first):
        desk.tickets[number] = Ticket(number, email)
        desk.tickets[number].says(ASKS.format(order=order))
        wanted.add(number)
        knocks.append(_request(f"t-{number}-{at}", at, str(number)))
    asyncio.run(_load(port, knocks))
    until = time.monotonic() + PATIENCE
    while not wanted <= answered:
        if time.monotonic() > until:
            raise TimeoutError(f"{len(wanted - answered)} of {len(wanted)} tickets were not answered")
        time.sleep(0.02)  # waiting for other processes


# -- processes -----------------------------------------------------------------------------------------------


def environment(home: Path, desk: str, url: str = "") -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WISMO_")}
    zendesk = {"BASE_URL": desk, "CLIENT_ID": "bench", "CLIENT_SECRET": "bench", "WEBHOOK_SECRET": SECRET}
    zendesk |= {"TOLERANCE_SECONDS": "3600", "CALLS_PER_MINUTE": "1000000", "UPDATES_PER_MINUTE": "1000000"}
    zendesk |= {"COPILOT": "false"}
    named = {f"WISMO_ZENDESK_{name}": value for name, value in zendesk.items()}
    return kept | named | {"WISMO_HOME": str(home), "WISMO_DATABASE_URL": url, "WISMO_QUIET_SECONDS": "0"}


@contextmanager
def running(arguments: Sequence[str], given: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A command of ours; a module where it begins with one."""
    command = [sys.executable, "-m", *(arguments if "." in arguments[0] else ("api.cli", *arguments))]
    process = subprocess.Popen(command, env=dict(given), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def cpu(process: int) -> float:
    """Seconds, of the program and of the kernel for it. Linux."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _p99(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]
