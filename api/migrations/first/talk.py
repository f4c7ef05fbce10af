"""Conversations and approvals of schema 0001 as their readers know them today; the journal stays what it is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from agent.approvals import QUOTE

Row = dict[str, Any]
Rows = dict[str, list[Row]]
COUNTED = ("refunds", "returns", "order_lines", "payments")


def conversations(rows: Rows) -> Rows:
    """An open question is asked again where it still matters: only its subject was kept."""
    return {"conversations": [row | {"state": _state(json.loads(row["state"]))} for row in rows["conversations"]]}


def _state(kept: Row) -> str:
    offers = [one | {"approval": None} for one in kept["proposals"]]
    return json.dumps(kept | {"question": None, "proposals": offers, "held": "", "claimed": None})


def approvals(rows: Rows) -> Rows:
    """What waits is agreed to for the order as it is found, under the digest that such a quote has today."""
    return {"approvals": [_approval(row, rows) for row in rows["approvals"]]}


def _approval(row: Row, rows: Rows) -> Row:
    quote = QUOTE.validate_json(row["quote"])
    if row["state"] == "waiting":
        quote = replace(quote, basis=_basis(quote.order_id, rows))
    more = {"customer": json.loads(row["caller"]).get("customer"), "signals": "[]", "people": 1}
    nothing = dict.fromkeys(("first_by", "first_at", "replaces", "tool", "arguments"))
    return row | more | nothing | {"quote": QUOTE.dump_json(quote).decode(), "digest": quote.digest}


def _basis(order: str, rows: Rows) -> int:
    """As tools/orders/quote_parts.py counts it."""
    made = sum(int(row["order_id"] == order) for name in COUNTED for row in rows[name])
    return made + sum(int(row["cancelled"]) for row in rows["order_lines"] if row["order_id"] == order)
