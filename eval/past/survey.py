"""First look at an export: what is used, what is skipped and why, and which tickets a limit takes. Memory flat."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from agent.learning.ticket import BadRecord, Passed
from connectors.exports.past import PastConversation

Found = Iterable[PastConversation | Passed | BadRecord]


@dataclass(frozen=True, slots=True)
class Chosen:
    """`limit` takes as many as it says, by a hash of seed and ticket: the same ones whatever order they come in."""

    since: datetime | None = None
    until: datetime | None = None
    limit: int = 0
    seed: int = 0

    def within(self, one: PastConversation) -> bool:
        return (self.since is None or one.began >= self.since) and (self.until is None or one.began < self.until)

    def place(self, one: PastConversation) -> int:
        return int(hashlib.sha256(f"{self.seed}:{one.ref}".encode()).hexdigest()[:15], 16)


@dataclass(frozen=True, slots=True)
class Survey:
    """`up_to` is the last place that the limit takes; `skipped` are counts by reason, `bad` the first bad lines."""

    tickets: int
    read: int
    up_to: int | None
    skipped: dict[str, int]
    bad: tuple[tuple[int, str], ...]
    assumed_zone: int


def survey(found: Found, chosen: Chosen, progress: Callable[[int], None] = lambda _: None) -> Survey:
    skipped: Counter[str] = Counter()
    bad: list[tuple[int, str]] = []
    places: list[int] = []
    read = used = zones = 0
    for read, one in enumerate(found, 1):
        if read % 500 == 0:
            progress(read)
        if isinstance(one, PastConversation):
            if not chosen.within(one):
                skipped["outside the period"] += 1
                continue
            used += 1
            zones += one.assumed_zone
            _keep(places, chosen, one)
        else:
            skipped[_reason(one)] += 1
            if isinstance(one, BadRecord) and len(bad) < 10:
                bad.append((one.line, one.reason))
    if chosen.limit and used > chosen.limit:
        skipped["beyond the limit"] = used - chosen.limit
        return Survey(chosen.limit, read, -places[0], _sorted(skipped), tuple(bad), zones)
    return Survey(used, read, None, _sorted(skipped), tuple(bad), zones)


def taken(found: Found, chosen: Chosen, up_to: int | None) -> Iterator[PastConversation]:
    for one in found:
        if isinstance(one, PastConversation) and chosen.within(one) and (up_to is None or chosen.place(one) <= up_to):
            yield one


def _keep(places: list[int], chosen: Chosen, one: PastConversation) -> None:
    if not chosen.limit:
        return
    if len(places) < chosen.limit:
        heapq.heappush(places, -chosen.place(one))
    else:
        heapq.heappushpop(places, -chosen.place(one))


def _reason(one: Passed | BadRecord) -> str:
    """Bad records by kind: what json says of one differs from line to line."""
    return one.reason if isinstance(one, Passed) else f"bad record: {one.reason.partition(':')[0]}"


def _sorted(counted: Counter[str]) -> dict[str, int]:
    return dict(sorted(counted.items(), key=lambda one: (-one[1], one[0])))
