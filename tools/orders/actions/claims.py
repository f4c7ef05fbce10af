"""Something is wrong with what was sent, or it never came: the claim, and a person's resolution of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from tools.orders import refund_quotes, rules
from tools.orders.actions import fulfilment_orders, levels, payments, refunds, reserving
from tools.orders.agreement import Action, Selection, Wish
from tools.orders.commands import Name, OnOrder, Units, verb
from tools.orders.model import LineId, Order
from tools.orders.rows import Row, fetch
from tools.orders.store import by_id
from tools.orders.tables import claims, order_lines
from tools.orders.work import Refused, Work

RESOLVED = {"refund": "approved_refund", "replacement": "approved_replacement", "deny": "denied"}


class OpenClaim(OnOrder):
    """A customer says that something was lost, damaged, wrong or missing."""

    kind: Literal["lost", "damaged", "wrong_item", "missing"]
    units: dict[LineId, Units] = Field(min_length=1)
    evidence: str = Field("", max_length=2_000)


class ResolveClaim(OnOrder):
    """A person decides a claim; `evidence` and `carrier` wait, for the customer's proof or the carrier's answer."""

    claim_id: Name
    resolution: Literal["refund", "replacement", "deny", "evidence", "carrier"]


@verb(OpenClaim)
def open_claim(work: Work, wanted: OpenClaim) -> Mapping[str, Any]:
    payments.refuse_cards(wanted.evidence)
    order = by_id(work.db, wanted.order_id)
    assert work.terms
    ruling = rules.may_claim(order, work.now, work.terms)
    if not ruling.allowed:
        raise Refused(ruling)
    left = {line.id: line.shipped - line.given_back for line in order.lines}
    if any(units > left.get(line, 0) for line, units in wanted.units.items()):
        raise Refused(rules.refuse("CLM-1", "not_sent", accepts=str({line: max(n, 0) for line, n in left.items()})))
    name = f"{order.id}:claim:{len(order.claims) + 1}"
    row = {"id": name, "order_id": order.id, "kind": wanted.kind, "state": "opened", "lines": dict(wanted.units)}
    work.insert(claims, row | {"evidence": wanted.evidence or None, "opened_at": work.now})
    work.event("claim.opened", {"claim": name, "kind": wanted.kind})
    return {"claim": name, "state": "opened"}


@verb(ResolveClaim)
def resolve_claim(work: Work, wanted: ResolveClaim) -> Mapping[str, Any]:
    order = by_id(work.db, wanted.order_id)
    found = fetch(work.db, claims, id=wanted.claim_id, order_id=order.id)
    if not found:
        raise Refused(rules.refuse("CLM-2", "no_such_claim", accepts="a claim of this order"))
    claim = found[0]
    waiting = {"evidence": "evidence_requested", "carrier": "carrier_claim_filed"}.get(wanted.resolution)
    if waiting:
        work.change(claims, claim["id"], "claim", claim["state"], waiting)
        work.event(f"claim.{waiting}", {"claim": claim["id"]})
        return {"claim": claim["id"], "state": waiting}
    after = RESOLVED[wanted.resolution]
    work.change(claims, claim["id"], "claim", claim["state"], after)
    work.event(f"claim.{after}", {"claim": claim["id"]})
    reference = _done(work, order, claim, wanted.resolution)
    work.change(claims, claim["id"], "claim", after, "closed")
    work.set(claims, claim["id"], {"closed_at": work.now, "reference": reference or None})
    work.event("claim.closed", {"claim": claim["id"], "reference": reference})
    return {"claim": claim["id"], "state": "closed", "reference": reference}


def _done(work: Work, order: Order, claim: Row, resolution: str) -> str:
    if resolution == "refund":
        return _refund(work, order, claim)
    return _replacement(work, order, claim) if resolution == "replacement" else ""


def _refund(work: Work, order: Order, claim: Row) -> str:
    assert work.terms
    dispute = rules.disputed(order)
    if dispute:
        raise Refused(dispute)
    units = {LineId(line): count for line, count in claim["lines"].items()}
    quote = refund_quotes.claimed(order, Wish(Action.REFUND, claim["kind"], Selection(units)), work.terms, work.now)
    if not quote.ruling.allowed:
        raise Refused(quote.ruling)
    return refunds.start(work, order, quote)[0]


def _replacement(work: Work, order: Order, claim: Row) -> str:
    """The same goods again, for nothing; the units count as settled, so that they are not refunded too."""
    if order.lifecycle == "closed":
        raise Refused(rules.refuse("CLM-2", "order_closed", accepts="a refund"))
    position = max(line.position for line in order.lines)
    lines = {line.id: line for line in order.lines}
    fresh = []
    for line_id, units in claim["lines"].items():
        line = lines[LineId(line_id)]
        if line.quantity - line.refunded < units:
            raise Refused(rules.refuse("REF-3", "nothing_left", accepts=f"{line.quantity - line.refunded} units"))
        position += 1
        work.add(order_lines, line.id, {"refunded": units})
        fresh.append(_free_line(order, line_id, units, position, fetch(work.db, order_lines, id=line_id)[0]))
    work.insert(order_lines, *fresh)
    for row in fresh:
        short = reserving.reserve_line(work, row["id"], row["sku"], row["quantity"])
        if short:
            raise Refused(levels.short_of(work.db, short))
    fulfilment_orders.make_work(work, order.id, fresh)
    work.event("claim.replacement", {"claim": claim["id"], "lines": [row["id"] for row in fresh]})
    return str(fresh[0]["id"])


def _free_line(order: Order, line_id: str, units: int, position: int, row: Row) -> Row:
    """Nothing is charged, and so nothing of it can ever be refunded."""
    kept = {name: row[name] for name in ("sku", "name", "options", "returnable")}
    free = {"unit_price": 0, "net": 0, "free": 1, "replaces": line_id, "quantity": units}
    return {"id": f"{order.id}:{position}", "order_id": order.id, "position": position, **kept, **free}
