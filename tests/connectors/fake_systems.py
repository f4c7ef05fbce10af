"""Strict business systems over real HTTP: who speaks, unknown fields, types, balance, and a key that is used twice."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connectors.publishing import ID, SIGNATURE, TIMESTAMP, signature
from tests.connectors.vendor import Answer, Asked, FakeVendor

TOKEN, SECRET = "t0ken", "s3cret"
MONEY, DATE, WORD = re.compile(r"-?\d+\.\d\d"), re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r".+")
Shape = Mapping[str, Any]
"""A name to a pattern of its text, a type, a shape, or a list of one shape."""


def wrong_in(shape: Shape, body: Any, where: str = "") -> list[str]:
    """Unknown, missing and ill-formed fields."""
    if not isinstance(body, dict):
        return [f"{where or 'the body'} is no object"]
    found = [f"{where}{name}: unknown" for name in body if name not in shape]
    for name, wanted in shape.items():
        at = f"{where}{name}"
        if name not in body:
            found.append(f"{at}: missing")
        elif isinstance(wanted, dict):
            found += wrong_in(wanted, body[name], f"{at}.")
        elif isinstance(wanted, list):
            rows = body[name] if isinstance(body[name], list) else [None]
            found += [one for row in rows for one in wrong_in(wanted[0], row, f"{at}.")]
        elif not _fits(wanted, body[name]):
            found.append(f"{at}: {body[name]!r}")
    return found


def _fits(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, re.Pattern):
        return isinstance(value, str) and bool(wanted.fullmatch(value))
    if isinstance(wanted, tuple):
        return any(_fits(one, value) for one in wanted)
    return value is None if wanted is None else isinstance(value, wanted) and not isinstance(value, bool)


@dataclass
class FakeSystem(FakeVendor):
    """`shapes` by method and a pattern of the path. `kept` is what it took, by method and path, in order."""

    shapes: Mapping[tuple[str, str], Shape] = field(default_factory=dict)
    proof: Mapping[str, str] = field(default_factory=dict)
    signed: bool = False
    kept: list[tuple[str, str, Any]] = field(default_factory=list)
    keys: dict[str, bytes] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    stock: list[dict[str, Any]] = field(default_factory=list)

    def routed(self, asked: Asked) -> Answer:
        if any(asked.headers.get(name) != value for name, value in self.proof.items()) or not self._proven(asked):
            return 401, {"error": "who are you?"}, {}
        if asked.method == "GET":
            return 200, {"data": self.stock}, {}
        shape = next(
            (s for (m, p), s in self.shapes.items() if m == asked.method and re.fullmatch(p, asked.path)), None
        )
        if shape is None:
            return self.unexpected(asked)
        key = asked.headers.get("idempotency-key", "")
        if key in self.keys:
            return 409, {"error": "this key was used"}, {}
        wrong = wrong_in(shape, asked.body) + self._unbalanced(asked.body)
        if wrong or not key:
            self.refusals += wrong or ["no key"]
            return 422, {"errors": wrong}, {}
        self.keys[key] = asked.raw
        self.kept.append((asked.method, asked.path, asked.body))
        return 201, {"ok": True}, {}

    def _proven(self, asked: Asked) -> bool:
        if not self.signed:
            return True
        made = signature(SECRET, asked.headers[ID], asked.headers[TIMESTAMP], asked.raw)
        return asked.headers[SIGNATURE] == f"v1={made}"

    def _unbalanced(self, body: Any) -> list[str]:
        items = body.get("items", ()) if isinstance(body, dict) else ()
        left = sum((Decimal(one["debit"]) - Decimal(one["credit"]) for one in items), Decimal())
        return [f"not balanced by {left}"] if left else []

    def told(self, path: str) -> list[Any]:
        return [body for _, where, body in self.kept if re.fullmatch(path, where)]


def erp() -> FakeSystem:
    line = {"product": WORD, "qty": int, "unit_price": MONEY}
    address = {"street": WORD, "zip": WORD, "city": WORD, "country": re.compile("[A-Z]{2}")}
    order: Shape = {
        "external_ref": WORD, "ordered_on": DATE, "currency": WORD, "total": MONEY, "origin": WORD,
        "partner": {"name": WORD, "email": WORD}, "ship_to": address, "order_lines": [line],
    }  # fmt: skip
    item = {"account": re.compile(r"\d{4}"), "label": WORD, "debit": MONEY, "credit": MONEY}
    entry = {"ref": WORD, "date": DATE, "document": str, "currency": WORD, "items": [item]}
    shapes: dict[tuple[str, str], Shape] = {
        ("POST", "/api/sales-orders"): order,
        ("PATCH", "/api/sales-orders/[^/]+"): {"state": re.compile("sale|cancel")},
        ("POST", "/api/journal-entries"): entry,
    }
    return FakeSystem(shapes=shapes, proof={"authorization": f"Bearer {TOKEN}"})


def oms() -> FakeSystem:
    parcel = {"number": WORD, "carrier": (WORD, None)}
    order: Shape = {
        "order_id": WORD, "version": int, "channel": WORD, "placed": int, "amount": int, "currency": WORD,
        "status": re.compile("OPEN|HELD|CANCELLED|DONE"), "payment": re.compile("[A-Z_]+"), "parcels": [parcel],
    }  # fmt: skip
    return FakeSystem(shapes={("POST", "/hooks/wismo"): order}, signed=True)


def wms() -> FakeSystem:
    recipient = dict.fromkeys(("name", "line1", "city", "postcode", "country"), WORD)
    position = {"article": WORD, "pieces": int}
    order = {"reference": WORD, "promised": (WORD, None), "recipient": recipient, "positions": [position]}
    return FakeSystem(shapes={("PUT", "/v2/shipments/[^/]+"): order}, proof={"x-api-key": TOKEN})


def crm() -> FakeSystem:
    address = dict.fromkeys(("street", "city", "country"), str)
    contact = {
        "full_name": WORD, "email": re.compile(r"[^A-Z@]+@[^A-Z@]+"), "phone": (WORD, None), "source": WORD,
        "language": re.compile("English|French|Other"), "address": address,
    }  # fmt: skip
    activity = {
        "contact": WORD, "kind": re.compile("purchase|cancellation"), "reference": WORD, "value": float, "currency": WORD,
    }  # fmt: skip
    login = base64.b64encode(f"wismo:{TOKEN}".encode()).decode()
    shapes = {("PUT", "/api/contacts/[^/]+"): contact, ("POST", "/api/activities"): activity}
    return FakeSystem(shapes=shapes, proof={"authorization": f"Basic {login}"})


def signed_headers(body: Any, at: float, name: str = "m-1", secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    """As a system that speaks to us signs it."""
    raw, stamp = json.dumps(body).encode(), str(int(at))
    return raw, {ID: name, TIMESTAMP: stamp, SIGNATURE: f"v1={signature(secret, name, stamp, raw)}"}
