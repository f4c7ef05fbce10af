"""A case out of the journal: the turns of a real conversation, the orders as they were then, what came as expected.

People are masked: the customer gets another name and address, order numbers are counted anew, and what looks like a
contact, a place or a link goes. A name of somebody who is not known stays: whoever adds a case reads it first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import yaml
from sqlalchemy import Connection

from agent import journal
from agent.brains import reading
from agent.journal import Entry
from agent.policy import Policy
from eval.suite import customers
from eval.suite.player import RULES
from eval.suite.state import difference, view
from tools.orders import store
from tools.orders.model import Customer, FulfilmentAxis, Lifecycle, Order, PaymentAxis, ReturnAxis, ShipmentState
from tools.orders.replay import order_at

WRITER = {"name": "Robin Marsh", "email": "robin@example.com"}
TABLES = ("terms", "autonomy", "caps", "confirm", "risk", "limits", "rollout", "routing")
FIRST_NUMBER = 1001
SOON = timedelta(minutes=1)
"""After a turn: what it did is recorded, and the sandbox provider has answered."""
PHONE, LINK, TRACKING = "+33 1 99 00 00 00", "https://example.com", "999900001111"
"""A message must still read as one that holds such a thing."""


class Erased(ValueError):
    """The words of this case were erased: nothing can be said again."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the journal and the core know of a conversation up to one of its turns."""

    entries: tuple[Entry, ...]
    customer: Customer | None
    orders: tuple[Order, ...]


def case_of(db: Connection, entry: Entry, rules: Mapping[str, Any]) -> str:
    """YAML of one case. `rules` are the tables of the shop's shop.toml. Raises `Erased`."""
    told = _told(db, entry)
    mask = Mask(told)
    moment = told.entries[0].at
    before = {order.id: then for order in told.orders if (then := order_at(db, order.id, moment))}
    after = {order.id: then for order in told.orders if (then := order_at(db, order.id, entry.at + SOON))}
    made: dict[str, Any] = {
        "id": _slug(entry.ticket),
        "group": "own",
        "says": "What this case is for: write it here in one line.",
        "shop": _shop(told, mask, tuple(before.values()), moment, rules),
        "customer": "robin",
        "channel": told.entries[0].body["channel"],
        "turns": list(_turns(told.entries, mask)),
    }
    changed = difference(_views(before, mask), _views(after, mask))
    if changed:
        made["expect"] = {"end_state": {number: _pairs(fields, mask) for number, fields in changed.items()}}
    head = f"# From case {entry.ticket} of the journal. What is expected is what happened: say what should happen.\n"
    return head + yaml.safe_dump([made], sort_keys=False, allow_unicode=True, width=110)


def _told(db: Connection, entry: Entry) -> Told:
    every = journal.of_conversation(db, entry.conversation)
    entries = tuple(one for one in every if one.sequence <= entry.sequence)
    if any(one.private is None for one in entries):
        raise Erased(f"the words of {entry.ticket} were erased")
    ids = [one.private["customer"] for one in entries if one.private and one.private.get("customer")]
    customer = store.customer(db, ids[-1]) if ids else None
    return Told(entries, customer, store.of_customer(db, customer.id) if customer else ())


def _slug(ticket: str) -> str:
    return "own-" + (re.sub(r"[^a-z0-9]+", "-", ticket.lower()).strip("-")[:60] or "case")


# -- masking ----------------------------------------------------------------------------------------------------


class Mask:
    """Replaces what it knows of the customer, then whatever looks like a contact."""

    def __init__(self, told: Told) -> None:
        numbers = [order.number.lstrip("#") for order in told.orders]
        self.numbers = {number: str(FIRST_NUMBER + place) for place, number in enumerate(numbers)}
        self._known = dict(_known(told.customer, told.orders))

    def __call__(self, text: str) -> str:
        for word, instead in sorted(self._known.items(), key=lambda one: -len(one[0])):
            text = re.sub(rf"(?i)(?<!\w){re.escape(word)}(?!\w)", instead.replace("\\", ""), text)
        text = reading.EMAIL.sub(WRITER["email"], reading.URL.sub(LINK, text))
        numbered = re.compile("|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in self.numbers) or r"(?!)")
        parts = re.split(f"({numbered.pattern})", text)
        return "".join(self.numbers.get(part) or _without_contacts(part) for part in parts if part)


def _without_contacts(text: str) -> str:
    return reading.PHONE.sub(PHONE, reading.TRACKING.sub(TRACKING, text))


def _known(customer: Customer | None, orders: Sequence[Order]) -> Iterator[tuple[str, str]]:
    if customer is None:
        return
    own, other = customer.name.split(), WRITER["name"].split()
    yield customer.name, WRITER["name"]
    yield from ((part, other[0] if place == 0 else other[-1]) for place, part in enumerate(own) if len(part) > 2)
    yield customer.email, WRITER["email"]
    for address in {one.address for one in orders} | ({customer.address} if customer.address else set()):
        instead = customers.ADDRESSES[_country(address.country)]
        yield address.line1, instead["line1"]
        yield address.city, instead["city"]
        yield address.postcode, instead["zip"]
    for order in orders:
        yield from ((parcel.tracking_number, TRACKING) for parcel in order.shipments if parcel.tracking_number)


def _country(country: str) -> str:
    known = {"USA": "US", "UK": "GB"}.get(country.upper(), country.upper())
    return known if known in customers.ADDRESSES else "FR"


# -- the shop as it was -----------------------------------------------------------------------------------------


def _shop(
    told: Told, mask: Mask, orders: Sequence[Order], moment: datetime, rules: Mapping[str, Any]
) -> dict[str, Any]:
    address = told.customer.address if told.customer else None
    country = _country(address.country if address else "FR")
    language = (told.customer.language if told.customer else None) or told.entries[0].body["language"]
    made: dict[str, Any] = {"customers": {"robin": {**WRITER, "language": language, "country": country}}}
    if orders:
        made["orders"] = [_order(one, mask, moment) for one in orders]
    own = _differing(rules)
    if own:
        made["policy"] = own
    made["help"] = _help(told.entries) or "none"
    return made


def _differing(rules: Mapping[str, Any]) -> dict[str, Any]:
    """Where the shop's rules are others than those that cases begin with."""
    ours, base = (Policy.model_validate(one).model_dump(mode="json", include=set(TABLES)) for one in (rules, RULES))
    differing = {name: _unlike(table, base[name]) for name, table in ours.items()}
    return {name: table for name, table in differing.items() if table}


def _unlike(table: Any, base: Any) -> Any:
    if not isinstance(table, dict):
        return table if table != base else None
    return {key: value for key, value in table.items() if base.get(key) != value}


def _order(order: Order, mask: Mask, moment: datetime) -> dict[str, Any]:
    state, since = _state(order, moment)
    return {
        "order": mask.numbers[order.number.lstrip("#")],
        "state": state,
        "days_ago": round(max((moment - since) / timedelta(days=1), 0), 2),
        "customer": "robin",
        "shipping": order.shipping.decimal(),
        "items": [
            {
                "sku": line.sku,
                "quantity": line.quantity,
                "name": line.name,
                "price": line.unit_price.decimal(),
                "options": dict(line.options),
                "returnable": line.returnable,
            }
            for line in order.lines
        ],
    }


def _state(order: Order, moment: datetime) -> tuple[str, datetime]:
    """The recipe that comes nearest, and since when it holds."""
    if order.lifecycle in {Lifecycle.CANCELLED, Lifecycle.CANCELLING}:
        return "cancelled", order.cancelled_at or order.placed_at
    if order.fulfilment is FulfilmentAxis.DELIVERED and order.delivered_at:
        return _after_delivery(order), order.delivered_at
    if order.shipments:
        return _on_the_way(order, moment)
    if order.lifecycle is Lifecycle.ON_HOLD:
        return "on_hold", order.placed_at
    if order.fulfilment is FulfilmentAxis.IN_WAREHOUSE:
        return "in_warehouse", order.placed_at
    return ("unpaid" if order.payment is PaymentAxis.UNPAID else "confirmed"), order.placed_at


def _after_delivery(order: Order) -> str:
    if order.returning in {ReturnAxis.REQUESTED, ReturnAxis.IN_TRANSIT}:
        return "returning"
    if order.returns:
        return "returned"
    return "partly_refunded" if order.refunds else "delivered"


def _on_the_way(order: Order, moment: datetime) -> tuple[str, datetime]:
    parcel = order.shipments[-1]
    since = parcel.shipped_at or order.placed_at
    named = {one.value for one in ShipmentState} & {
        *("delayed", "exception", "out_for_delivery", "attempt_failed", "available_for_pickup", "lost")
    }
    if parcel.state.value in named:
        return parcel.state.value, since
    late = order.promised_at is not None and order.promised_at < moment
    return ("late" if late else "shipped"), since


def _help(entries: Sequence[Entry]) -> list[dict[str, str]]:
    """The passages that were looked at, as articles."""
    found: dict[str, dict[str, str]] = {}
    for entry in entries:
        fields = (entry.private or {}).get("facts", {})
        for fact in entry.body["facts"]:
            passage = fields.get(fact["id"], {})
            if fact["kind"] == "passage" and passage.get("text"):
                title = str(passage.get("title") or fact["source"])
                language = str(passage.get("language") or entry.body["language"])
                found.setdefault(title, {"title": title, "text": str(passage["text"]), "language": language})
    return list(found.values())


# -- turns ------------------------------------------------------------------------------------------------------


def _turns(entries: Sequence[Entry], mask: Mask) -> Iterator[dict[str, Any]]:
    last = entries[0].at
    for entry in entries:
        passed = round((entry.at - last) / timedelta(minutes=1))
        last = entry.at
        turn = _decision(entry) if entry.body["kind"] == "decision" else _message(entry, mask)
        if turn is None:
            continue
        yield turn | ({"after": {"minutes": passed}} if passed else {}) | {"expect": _expected(entry, mask)}


def _message(entry: Entry, mask: Mask) -> dict[str, Any]:
    private = entry.private or {}
    turn: dict[str, Any] = {"say": mask(private.get("text", ""))}
    if private.get("subject"):
        turn["subject"] = mask(private["subject"])
    if entry.body["identity"] not in {"authenticated", "verified"}:
        turn["from"] = {"email": WRITER["email"] if private.get("email") else None, "verified": False}
    return turn


def _decision(entry: Entry) -> dict[str, Any] | None:
    """What expired, or was edited, is no word that a case can say again."""
    match (entry.body["decided"] or {}).get("word"):
        case "accepted":
            return {"approve": "lead"}
        case "rejected":
            return {"reject": "as in the journal"}
    return None


def _expected(entry: Entry, mask: Mask) -> dict[str, Any]:
    body = entry.body
    made: dict[str, Any] = {
        "intents": list(dict.fromkeys(one["intent"] for one in body["requests"])),
        "disposition": body["disposition"],
        "rules": list(body["rules"]),
        "sent": body["mode"] == "sent",
    }
    if body["handoff"]:
        made["handoff"] = body["handoff"]["reason"]
    made["actions"] = [
        {
            "action": one["action"],
            "order": mask.numbers.get(one["order_id"].lstrip("#"), one["order_id"]),
            "status": one["status"],
            "amount": one["amount"],
        }
        for one in body["actions"]
    ]
    return made


def _views(orders: Mapping[Any, Order], mask: Mask) -> dict[str, Mapping[str, str]]:
    return {mask.numbers[order.number.lstrip("#")]: view(order) for order in orders.values()}


def _pairs(fields: Mapping[str, tuple[str, str]], mask: Mask) -> dict[str, list[str]]:
    return {name: [mask(value) if name == "address" else value for value in pair] for name, pair in fields.items()}
