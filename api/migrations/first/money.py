"""Money of schema 0001 in the words of schema 0003: tenders with their provider, requests, what is owed, the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from api.migrations.first.core import grouped, last, without

Row = dict[str, Any]
Rows = dict[str, list[Row]]
OWN = frozenset({"gift_card", "store_credit"})
AWAITED = frozenset({"submitting", "pending", "unknown"})
ENDED = frozenset({"cancelled", "rejected", "closed"})


def tenders(rows: Rows) -> Rows:
    moved = grouped(rows["payment_transactions"], "payment_id")
    return {"payments": [_tender(row, moved[row["id"]]) for row in rows["payments"]]}


def _tender(row: Row, moved: list[Row]) -> Row:
    taken = [one for one in moved if one["kind"] == "capture"]
    own = row["kind"] in OWN and bool(row["method_id"])
    psp = "ledger" if own else next((one["psp"] for one in taken), "sandbox")
    amount = sum(one["amount"] for one in taken if one["state"] == "succeeded")
    return row | {"psp": psp, "amount": amount, "replaces": None, "mode": "sale" if own else "captured"}


def refunds(rows: Rows) -> Rows:
    """A part's request of its provider was a message only; it is a row now, and the message names it."""
    parts = {row["id"]: row for row in rows["refund_allocations"]}
    psp = {row["id"]: row["psp"] for row in rows["payments"]}
    moved = [_moved(row, parts, psp) for row in rows["payment_transactions"]]
    at = {row["id"]: row["requested_at"] for row in rows["refunds"]}
    waiting = [
        _request(part, psp[part["payment_id"]], at[part["refund_id"]])
        for part in parts.values()
        if part["state"] in AWAITED
    ]
    return {
        "payment_transactions": [*moved, *waiting],
        "refund_allocations": [
            row | {"destination": None, "attempts": 1} for row in without(rows, "refund_allocations", column="psp_ref")
        ],
        "refunds": [row | {"fee": 0, "goodwill": 0} for row in rows["refunds"]],
        "refund_lines": list(_repaid(rows)),
    }


def _moved(row: Row, parts: dict[str, Row], psp: dict[str, str]) -> Row:
    part = row["id"].removesuffix(":paid")
    settled = row["at"] if row["state"] not in AWAITED else None
    own = {"psp": "ledger"} if psp[row["payment_id"]] == "ledger" else {}
    return row | own | {"allocation_id": part if part in parts else None, "settled_at": settled, "code": None}


def _request(part: Row, psp: str, at: str) -> Row:
    row = {"id": f"{part['id']}:paid", "payment_id": part["payment_id"], "kind": "refund", "amount": part["amount"]}
    row |= {"psp": psp, "psp_ref": None, "state": part["state"], "at": at, "allocation_id": part["id"]}
    return row | {"settled_at": None, "code": None}


def _repaid(rows: Rows) -> Iterator[Row]:
    """Goods and tax apart, in the proportion in which the line was sold."""
    lines = {row["id"]: row for row in rows["order_lines"]}
    for row in rows["refund_lines"]:
        line = lines[row["line_id"]]
        tax = row["amount"] * line["tax"] // max(line["net"] + line["tax"], 1)
        kept = {name: row[name] for name in ("refund_id", "line_id", "quantity")}
        yield kept | {"net": row["amount"] - tax, "tax": tax}


def ledger(rows: Rows) -> Rows:
    """What was sold and not paid for stood nowhere; what a file told was paid lay at the sandbox."""
    at, tenders_of = last(rows), grouped(rows["payments"], "order_id")
    balances = _at_the_sandbox(rows)
    transactions, entries = list(rows["ledger_transactions"]), without(rows, "ledger_entries")
    for order in rows["orders"]:
        given = tenders_of[order["id"]]
        moves = _owed(order, given) | _of_a_file(given, balances.get(order["id"], 0))
        name = f"{order['id']}:brought-over"
        fresh = list(_entries(name, moves, order["currency"]))
        entries += fresh
        if fresh:
            transactions.append({"id": name, "order_id": order["id"], "kind": "order.brought_over", "at": at})
    return {"ledger_transactions": transactions, "ledger_entries": entries}


def _owed(order: Row, given: Iterable[Row]) -> dict[str, int]:
    owed = 0 if order["lifecycle"] in ENDED else order["total"] - sum(one["amount"] for one in given)
    return {f"customer_receivable:{order['id']}": owed, "sales": -owed}


def _of_a_file(given: list[Row], balance: int) -> dict[str, int]:
    imported = bool(given) and all(one["psp"] == "import" for one in given)
    return {"psp_clearing:import": balance, "psp_clearing:sandbox": -balance} if imported else {}


def _entries(name: str, moves: dict[str, int], currency: str) -> Iterator[Row]:
    for account, amount in moves.items():
        if amount:
            yield {"transaction_id": name, "account": account, "amount": amount, "currency": currency}


def _at_the_sandbox(rows: Rows) -> dict[str, int]:
    order_of = {row["id"]: row["order_id"] for row in rows["ledger_transactions"]}
    found: dict[str, int] = {}
    for row in rows["ledger_entries"]:
        if row["account"] == "psp_clearing:sandbox":
            order = order_of[row["transaction_id"]]
            found[order] = found.get(order, 0) + row["amount"]
    return found


def asked(rows: Rows) -> Rows:
    """Refunds that no provider has answered are asked for again under the name of their request."""
    requests = {row["allocation_id"]: row for row in rows["payment_transactions"] if row["state"] in AWAITED}
    tender = {row["id"]: row for row in rows["payments"]}
    taken = {row["payment_id"]: row["psp_ref"] for row in rows["payment_transactions"] if row["kind"] == "capture"}
    out = []
    for row in rows["outbox"]:
        request = requests.get(row["body"].get("allocation"))
        out.append(row | (_message(request, tender, taken, row["body"]) if request else {}))
    return {"outbox": out}


def _message(request: Row, tender: dict[str, Row], taken: dict[str, str], body: Row) -> Row:
    paid = tender[request["payment_id"]]
    said = {"transaction": request["id"], "token": paid["method_id"], "psp": paid["psp"]}
    return {"key": f"payment:{request['id']}", "body": body | said | {"reference": taken.get(paid["id"])}}
