"""Figures of the running machine for Prometheus: the only home of prometheus_client. No label holds a person's data.

Counters and durations are of this process; what waits is read from the database when somebody asks. What a lead wants
to know (resolved, handed off, gaps) is `wismo report`, computed from the journal, not this.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from time import perf_counter

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from connectors import backlog
from connectors.backlog import INBOX, OUTBOX, Box, State
from tools.orders.database import Database
from tools.orders.model import Clock
from tools.orders.watch import Work

KIND = CONTENT_TYPE_LATEST
FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Seconds: from one step of the path to a vendor that hardly answers."""
LABELS: Mapping[str, tuple[str, ...]] = {
    "event": ("source",),
    "turn": ("disposition", "mode"),
    "step": ("step",),
    "delivery": ("kind",),
    "vendor_call": ("vendor",),
}
SAYS: Mapping[str, str] = {
    "event": "Events of the inbox that a worker took up.",
    "turn": "Turns of the desk.",
    "step": "Steps of the path of a ticket.",
    "delivery": "Messages of the outbox that were tried to be delivered.",
    "vendor_call": "Calls to vendors.",
}
PLAIN = re.compile(r"[a-z0-9_.]{1,40}")
OTHER = "other"


class Meters:
    """A watcher of work (tools/orders/watch.py), and what the HTTP face counts. One for each app."""

    def __init__(self, database: Callable[[], Database] | None = None, now: Clock | None = None) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series each, that nobody asks for
        self.registry = CollectorRegistry()
        self._works = {name: self._histogram(name) for name in LABELS}
        self._requests = Histogram(
            "wismo_http_request_seconds",
            "Requests by route and status.",
            ("method", "route", "status"),
            registry=self.registry,
            buckets=FAST,
        )
        self._webhooks = Counter(
            "wismo_webhooks", "Webhooks by vendor and outcome.", ("vendor", "outcome"), registry=self.registry
        )
        self._request = lru_cache(512)(lambda *labels: self._requests.labels(*labels))
        if database and now:
            self.registry.register(Waiting(database, now))

    def _histogram(self, name: str) -> Histogram:
        labels = (*LABELS[name], "outcome")
        return Histogram(f"wismo_{name}_seconds", SAYS[name], labels, registry=self.registry, buckets=FAST)

    @contextmanager
    def watch(self, work: Work, _: str | None) -> Iterator[None]:
        started = perf_counter()
        try:
            yield
        finally:
            meter = self._works.get(work.name)
            if meter:
                values = [plain(work.what.get(label, "")) for label in LABELS[work.name]]
                meter.labels(*values, work.outcome).observe(perf_counter() - started)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        self._request(method, route, str(status)).observe(seconds)

    def webhook(self, vendor: str, status: int) -> None:
        self._webhooks.labels(plain(vendor), OUTCOMES.get(status, "refused")).inc()

    @contextmanager
    def served(self, port: int) -> Iterator[None]:
        """On this machine only, until the block is left; nothing for port 0."""
        if not port:
            yield
            return
        server, thread = start_http_server(port, "127.0.0.1", self.registry)
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def text(self) -> bytes:
        """In Prometheus's own words."""
        return generate_latest(self.registry)


OUTCOMES: Mapping[int, str] = {
    202: "accepted",
    401: "bad_signature",
    400: "unreadable",
    404: "unknown_vendor",
    413: "too_large",
    415: "unreadable",
    503: "not_connected",
    500: "failed",
}


class Waiting(Collector):
    """What waits and what was given up, at the moment of asking. A database that is away is told as 0 of `wismo_up`."""

    def __init__(self, database: Callable[[], Database], now: Clock) -> None:
        self._database = database
        self._now = now

    def collect(self) -> Iterable[GaugeMetricFamily]:
        up = GaugeMetricFamily("wismo_database_up", "Whether the database answered this very question.")
        try:
            found = self._found()
        except SQLAlchemyError:
            up.add_metric((), 0)
            return [up]
        up.add_metric((), 1)
        return [up, *found]

    def _found(self) -> list[GaugeMetricFamily]:
        now = self._now()
        families: list[GaugeMetricFamily] = []
        with self._database().read() as db:
            for box, unit in ((INBOX, "events"), (OUTBOX, "messages")):
                families += _families(box, unit, backlog.counts(db, box, backlog.OPEN), now)
        return families


def _families(box: Box, unit: str, counts: Iterable[backlog.Count], now: datetime) -> Iterator[GaugeMetricFamily]:
    label = "source" if box is INBOX else "kind"
    depth = GaugeMetricFamily(f"wismo_{box.name}_{unit}", "What waits, and what was given up.", labels=(label, "state"))
    oldest = GaugeMetricFamily(f"wismo_{box.name}_oldest_seconds", "Age of the oldest that waits.", labels=(label,))
    for one in counts:
        depth.add_metric((plain(one.kind), one.state.value), one.number)
        if one.state is State.WAITING:
            oldest.add_metric((plain(one.kind),), max(0.0, (now - one.oldest).total_seconds()))
    yield from (depth, oldest)


def plain(value: str) -> str:
    """A label's value; what is none of our own words becomes one word, so that there are never many."""
    return value if PLAIN.fullmatch(value) or not value else OTHER
