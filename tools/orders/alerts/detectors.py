"""One small function a kind: what holds of an order now, and from when on it would hold if nothing happened.

What a detector can not know it does not guess: without a promise nothing is late or at risk, a carrier that nobody
named has the lane of all of them, and a scan of the future counts once its moment has come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from tools.orders.alerts.kinds import Found, Kind
from tools.orders.alerts.seen import ENDED, OVER, Parcel, Scan, Seen
from tools.orders.alerts.sight import Arrival, Sight
from tools.orders.axes import CODES, NOT_GONE
from tools.orders.model import ShipmentState

DAY = timedelta(days=1)
MOVED = timedelta(hours=12)
"""A promise that moved by less is the same day to the customer."""
LATER = ""
"""Of what does not hold yet only the moment counts."""
UNLIKELY = timedelta(hours=1)
"""Between a failed attempt and a delivery scan: the driver is rarely back so soon."""
UNMOVED = frozenset({*NOT_GONE, ShipmentState.HANDED_OVER})
QUIET = frozenset({*ENDED, *NOT_GONE, ShipmentState.AVAILABLE_FOR_PICKUP})
"""Of such parcels no scan is expected."""
Detector = Callable[[Seen, Sight], Iterator[Found]]
REPORTED: Mapping[ShipmentState, Kind] = {
    ShipmentState.DELAYED: Kind.EXCEPTION,
    ShipmentState.EXCEPTION: Kind.EXCEPTION,
    ShipmentState.LOST: Kind.EXCEPTION,
    ShipmentState.ATTEMPT_FAILED: Kind.ATTEMPT_FAILED,
    ShipmentState.AVAILABLE_FOR_PICKUP: Kind.READY_FOR_PICKUP,
    ShipmentState.RETURNED_TO_SENDER: Kind.RETURNED,
}


def late(seen: Seen, sight: Sight) -> Iterator[Found]:
    if seen.promised_at is None or not seen.is_open:
        return
    if seen.promised_at > sight.now:
        yield Found(Kind.LATE, LATER, seen.promised_at)
    else:
        yield _found(Kind.LATE, _promise(seen), seen.promised_at, _arrival(seen, sight))


def predicted_late(seen: Seen, sight: Sight) -> Iterator[Found]:
    """By the slowest of its parcels."""
    if seen.promised_at is None or not seen.is_open or seen.promised_at <= sight.now:
        return
    risks = [(risk, one) for one in seen.parcels if (risk := sight.risk(one, seen))]
    if not risks:
        return
    risk, parcel = min(risks, key=lambda pair: pair[0].at)
    if risk.at > sight.now:
        yield Found(Kind.PREDICTED_LATE, LATER, risk.at)
    else:
        arrival = sight.arrival(parcel, seen)
        yield _found(Kind.PREDICTED_LATE, _promise(seen), risk.at, arrival, chance=risk.chance)


def promise_at_risk(seen: Seen, sight: Sight) -> Iterator[Found]:
    """Nothing has left. Stock that is missing the day before it must leave; else a backlog, by history.

    Without a history it must leave `limits.transit_days` before its promise.
    """
    promised = seen.promised_at
    if promised is None or not seen.is_open or promised <= sight.now or _has_left(seen):
        return
    leaves_by = promised - sight.transit(seen)
    if seen.short or seen.hold_reason.startswith("stock"):
        yield _at_risk(seen, sight, max(leaves_by - DAY, seen.placed_at), "stock", None)
        return
    risk = sight.risk_unsent(seen)
    if risk:
        yield _at_risk(seen, sight, risk.at, "backlog", risk.chance)
    elif sight.arrival_unsent(seen) is None:
        yield _at_risk(seen, sight, max(leaves_by, seen.placed_at), "backlog", None)


def label_unscanned(seen: Seen, sight: Sight) -> Iterator[Found]:
    """A label without a parcel, or a parcel that no carrier has seen."""
    if seen.lifecycle in OVER:
        return
    wait = timedelta(hours=sight.limits.label_hours)
    for number, since in seen.labels:
        yield Found(Kind.LABEL_UNSCANNED, number, since + wait)
    for one in seen.parcels:
        if not one.scans and one.state in UNMOVED:
            yield Found(Kind.LABEL_UNSCANNED, one.id, (one.shipped_at or seen.placed_at) + wait)


def silent(seen: Seen, sight: Sight) -> Iterator[Found]:
    if seen.lifecycle in OVER:
        return
    for one in seen.parcels:
        if one.scans and one.state not in QUIET:
            last = one.scans[-1].at
            at = last + timedelta(days=sight.limits.silence_days)
            if at > sight.now:
                yield Found(Kind.SILENT, LATER, at)
            else:
                yield _found(Kind.SILENT, f"{one.id} {last.isoformat()}", at, sight.arrival(one, seen))


def reported(seen: Seen, sight: Sight) -> Iterator[Found]:
    """What the carrier's last word about a parcel says."""
    if seen.lifecycle in OVER:
        return
    for one in seen.parcels:
        kind = REPORTED.get(one.state)
        told = _scan_of(one, one.state)
        if kind and told:
            arrival = sight.arrival(one, seen) if kind is Kind.EXCEPTION else None
            facts = {"code": one.state.value}
            yield _found(kind, f"{one.id} {one.state.value} {told.isoformat()}", told, arrival, facts=facts)


def disputed(seen: Seen, sight: Sight) -> Iterator[Found]:
    """Told as delivered, against its own story."""
    for one in seen.parcels:
        signs = tuple(_signs(one)) if one.delivered_at else ()
        if signs and one.delivered_at:
            yield Found(Kind.DISPUTED, one.id, one.delivered_at, facts={"signs": list(signs)})


def back_order_moved(seen: Seen, sight: Sight) -> Iterator[Found]:
    if seen.before is None or seen.promised_at is None or not seen.open_units or seen.lifecycle in OVER:
        return
    if seen.promised_at - seen.before >= MOVED:
        yield Found(Kind.BACK_ORDER_MOVED, _promise(seen), sight.now, facts={"before": seen.before.isoformat()})


def refund_overdue(seen: Seen, sight: Sight) -> Iterator[Found]:
    for name, since in seen.refunds:
        yield Found(Kind.REFUND_OVERDUE, name, since + sight.limits.refund_days * DAY)
    for name, by in seen.withdrawals:
        yield Found(Kind.REFUND_OVERDUE, name, by)


def return_waiting(seen: Seen, sight: Sight) -> Iterator[Found]:
    for name, since in seen.returns:
        yield Found(Kind.RETURN_WAITING, name, since + sight.limits.inspection_days * DAY)


ALL: tuple[Detector, ...] = (
    late,
    predicted_late,
    promise_at_risk,
    label_unscanned,
    silent,
    reported,
    disputed,
    back_order_moved,
    refund_overdue,
    return_waiting,
)


def look(seen: Seen, sight: Sight) -> tuple[list[Found], datetime | None]:
    """What holds now, and when to look again though nothing happened."""
    found = [one for detector in ALL for one in detector(seen, sight)]
    later = [one.at for one in found if one.at > sight.now]
    later += [one.next_scan for one in seen.parcels if one.next_scan]
    return [one for one in found if one.at <= sight.now], min(later, default=None)


# -- in small ------------------------------------------------------------------------------------------------


def _found(
    kind: Kind,
    event: str,
    at: datetime,
    arrival: Arrival | None,
    chance: float | None = None,
    facts: Mapping[str, object] | None = None,
) -> Found:
    if arrival is None:
        return Found(kind, event, at, chance, facts=facts or {})
    known = {"lane": arrival.lane, "seen": arrival.seen, **(facts or {})}
    return Found(kind, event, at, chance, arrival.earliest, arrival.latest, known)


def _at_risk(seen: Seen, sight: Sight, at: datetime, why: str, chance: float | None) -> Found:
    """Missing stock has no arrival that handling times could tell."""
    if at > sight.now:
        return Found(Kind.PROMISE_AT_RISK, LATER, at)
    arrival = sight.arrival_unsent(seen) if why == "backlog" else None
    return _found(Kind.PROMISE_AT_RISK, _promise(seen), at, arrival, chance, {"why": why})


def _promise(seen: Seen) -> str:
    assert seen.promised_at
    return seen.promised_at.isoformat()


def _has_left(seen: Seen) -> bool:
    return any(one.state not in NOT_GONE for one in seen.parcels)


def _arrival(seen: Seen, sight: Sight) -> Arrival | None:
    """Of the parcel that comes last; of nothing sent, by handling and way."""
    open_now = [one for one in seen.parcels if one.state not in ENDED]
    if not open_now:
        return sight.arrival_unsent(seen) if not seen.short and not seen.parcels else None
    arrivals = [sight.arrival(one, seen) for one in open_now]
    known = [one for one in arrivals if one]
    return max(known, key=lambda one: one.latest) if len(known) == len(arrivals) else None


def _scan_of(parcel: Parcel, state: ShipmentState) -> datetime | None:
    """When the carrier said so first of this time."""
    told = None
    for scan in reversed(parcel.scans):
        if CODES.get(scan.code) is not state:
            break
        told = scan.at
    return told


def _signs(parcel: Parcel) -> Iterator[str]:
    if parcel.state is not ShipmentState.DELIVERED or parcel.delivered_at is None:
        return
    before = [one for one in parcel.scans if one.at <= parcel.delivered_at]
    states = [(CODES.get(one.code), one.at) for one in before]
    failed = [at for state, at in states if state is ShipmentState.ATTEMPT_FAILED]
    if failed and parcel.delivered_at - failed[-1] < UNLIKELY:
        yield "delivered within the hour after nobody was found"
    if _elsewhere(before):
        yield "delivered in another place than it was out for delivery in"
    if any(state is ShipmentState.RETURNED_TO_SENDER for state, _ in states):
        yield "delivered after it was sent back"


def _elsewhere(scans: Sequence[Scan]) -> bool:
    """Hubs have names of their own: only what the carrier itself said of the van is compared."""
    van = [one.place for one in scans if CODES.get(one.code) is ShipmentState.OUT_FOR_DELIVERY]
    door = [one.place for one in scans if CODES.get(one.code) is ShipmentState.DELIVERED]
    return bool(van and door and van[-1] and door[-1] and van[-1].casefold() != door[-1].casefold())
