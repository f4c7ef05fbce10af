"""Events that the shop's other systems are told of: messages of the outbox, written in the transaction of the change.

Which ones is the shop's (`terms.publish`, names or patterns like `order.*`). A message's id is the event's own place in
its aggregate, so that a receiver can tell what it knows already. Addresses and people's own words are not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from tools.orders import outbox
from tools.orders.rows import Row
from tools.orders.work import CUSTOMER, Work, moment

KIND = "event.published"
PRIVATE = frozenset({"address", "before", "evidence", "note"})


def put(work: Work) -> None:
    terms = work.terms
    if terms is None or not terms.publish or work.aggregate.startswith(CUSTOMER):
        return
    for event in work.events:
        if any(fnmatchcase(event["type"], pattern) for pattern in terms.publish):
            name = f"{work.aggregate}:{event['sequence']}"
            told = _told(name, dict(event))
            outbox.put(work.db, f"published:{name}", KIND, told, work.now, lane=f"published:{work.aggregate}")


def _told(name: str, event: Row) -> Mapping[str, Any]:
    return {
        "id": name,
        "type": event["type"],
        "subject": event["aggregate"],
        "sequence": event["sequence"],
        "at": moment(event["at"]),
        "data": {key: value for key, value in event["body"].items() if key not in PRIVATE},
    }
