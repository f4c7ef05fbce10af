"""Exchanging delivered goods: a return first; once its units are accepted, the difference and the new goods (R14)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.orders import ledger, pricing, rules
from tools.orders.actions import fulfilment_orders, levels, payments, refunds, reserving, return_requests, swap
from tools.orders.actions.payments import Pay
from tools.orders.agreement import Quote, Swap
from tools.orders.commands import Name, OnOrder, verb
from tools.orders.model import LineId, Order, OrderId
from tools.orders.rows import Row, fetch
from tools.orders.store import by_id
from tools.orders.tables import exchanges, payment_methods, return_lines, returns, variants
from tools.orders.work import Refused, Work


class ContinueExchange(OnOrder):
    """After what stopped it: the difference was paid, or what was out of stock is here again."""

    exchange_id: Name


class CancelExchange(OnOrder):
    """The return becomes one that is refunded; what was reserved for it is available again."""

    exchange_id: Name


def request(work: Work, order: Order, quote: Quote) -> tuple[str, bool]:
    """The return's number; the difference is settled when the goods are back."""
    rma, number = return_requests.open_return(work, order, quote)
    name = f"{order.id}:exchange:{len(order.exchanges) + 1}"
    difference = (quote.charge.minor if quote.charge else 0) - quote.amount.minor
    row = {"id": name, "order_id": order.id, "return_id": rma, "state": "requested", "difference": difference}
    row |= {"currency": order.currency, "method_id": quote.method_id, "requested_at": work.now}
    prices = {one["sku"]: one["price"] for one in fetch(work.db, variants, sku=[each.sku for each in quote.swaps])}
    lines = [
        {"line": one.line_id, "quantity": one.quantity, "sku": one.sku, "price": prices[one.sku]} for one in quote.swaps
    ]
    work.insert(exchanges, row | {"lines": lines})
    work.event("exchange.requested", {"exchange": name, "return": number, "method": quote.method_id, "key": work.key})
    work.change(exchanges, name, "exchange", "requested", "return_pending")
    work.event("exchange.return_pending", {"exchange": name})
    return number, True


def accepted(work: Work, rma: str) -> None:
    """The goods are back: the difference for what was accepted, charged first or given back after."""
    row = fetch(work.db, exchanges, return_id=rma, state="return_pending")[0]
    order = by_id(work.db, OrderId(row["order_id"]))
    kept = _accepted(work, row)
    made = _priced(order, row, kept)
    difference = sum(one.difference for one in made)
    state = "even" if not difference else "difference_due" if difference > 0 else "difference_credit"
    work.change(exchanges, row["id"], "exchange", "return_pending", state)
    work.set(exchanges, row["id"], {"difference": difference})
    fresh = swap.write(work, order, made)
    lines = [{**one, "new_line": line["id"]} for one, line in zip(kept, fresh, strict=True)]
    work.set(exchanges, row["id"], {"lines": lines})
    work.event(f"exchange.{state}", {"exchange": row["id"], "difference": difference})
    if difference > 0:
        _charge(work, order, row, difference)
    elif difference < 0:
        _credit(work, order, row, -difference)
    _forward(work, order.id, row["id"], must=False)


def _credit(work: Work, order: Order, row: Row, amount: int) -> None:
    """What can go back of it; what an earlier gesture took is not paid twice."""
    disputed = any(one.open_dispute for one in order.tenders)
    back = 0 if disputed else min(amount, sum(one.refundable for one in order.tenders))
    if back:
        debits = {ledger.receivable(order.id): back}
        refunds.open_refund(work, order, refunds.Back(back, debits, "exchange", destination=row["method_id"]))
    if amount > back and not disputed:
        rest = {ledger.receivable(order.id): amount - back, "goodwill": back - amount}
        ledger.post(work, order.id, "exchange.above_captured", order.currency, rest)
        work.event("exchange.above_captured", {"exchange": row["id"], "amount": amount - back})


def _accepted(work: Work, row: Row) -> list[Row]:
    """The exchange's lines, cut to what was accepted of each."""
    left = {one["line_id"]: one["accepted"] for one in fetch(work.db, return_lines, return_id=row["return_id"])}
    lines = {line.id: line for line in by_id(work.db, OrderId(row["order_id"])).lines}
    left = {line: min(units, lines[line].quantity - lines[line].refunded) for line, units in left.items()}
    kept = []
    for one in row["lines"]:
        units = min(one["quantity"], left.get(one["line"], 0))
        left[one["line"]] = left.get(one["line"], 0) - units
        if units:
            kept.append({**one, "quantity": units})
    return kept


def _priced(order: Order, row: Row, kept: list[Row]) -> list[pricing.Priced]:
    swaps = [Swap(LineId(one["line"]), one["quantity"], one["sku"]) for one in kept]
    prices = {one["sku"]: one["price"] for one in row["lines"]}  # as agreed to, whatever it costs today
    return pricing.priced(order, swaps, prices)


def _charge(work: Work, order: Order, row: Row, amount: int) -> None:
    """Asks the method that was agreed on; without one the difference stays to be paid (add_payment)."""
    known = (
        fetch(work.db, payment_methods, customer_id=order.customer_id, id=row["method_id"]) if row["method_id"] else []
    )
    paid = next((one for one in order.tenders if one.method_id and one.method_id == row["method_id"]), None)
    kind = known[0]["type"] if known else paid.kind if paid else None
    if kind:
        given = Pay(kind=kind, token=row["method_id"], amount=amount, mode="sale")
        payments.pay(work, order.id, len(order.tenders) + 1, given, order.customer_id, order.currency)


@verb(ContinueExchange)
def continue_exchange(work: Work, wanted: ContinueExchange) -> Mapping[str, Any]:
    return {"exchange": wanted.exchange_id, "state": _forward(work, wanted.order_id, wanted.exchange_id, must=True)}


def _forward(work: Work, order_id: OrderId, name: str, *, must: bool) -> str:
    """Reserves the new goods once the difference is settled. `must`: says why when it can not."""
    row = _row(work, order_id, name)
    order = by_id(work.db, order_id)
    if row["state"] not in {"even", "difference_due", "difference_credit"} or order.receivable > 0:
        if must:
            raise Refused(
                rules.refuse("EXC-2", "not_due", accepts="one whose goods are back and whose difference is paid")
            )
        return str(row["state"])
    fresh = [one for one in order.lines if one.id in {line.get("new_line") for line in row["lines"]}]
    for line in fresh:
        short = reserving.reserve_line(work, line.id, line.sku, line.quantity)
        if short and must:
            raise Refused(levels.short_of(work.db, short))
        if short:
            return str(row["state"])
    rows = [{"id": line.id, "quantity": line.quantity, "cancelled": 0} for line in fresh]
    fulfilment_orders.make_work(work, order_id, rows)
    work.change(exchanges, name, "exchange", row["state"], "new_reserved")
    work.change(returns, row["return_id"], "return", "exchange_due", "closed")
    work.event("exchange.new_reserved", {"exchange": name})
    return "new_reserved"


@verb(CancelExchange)
def cancel_exchange(work: Work, wanted: CancelExchange) -> Mapping[str, Any]:
    """Only before the goods are back; afterwards the new goods are cancelled or returned like any others."""
    row = _row(work, wanted.order_id, wanted.exchange_id)
    if row["state"] != "return_pending":
        raise Refused(rules.refuse("EXC-2", f"exchange_{row['state']}", accepts="one whose goods are not back yet"))
    work.change(exchanges, row["id"], "exchange", "return_pending", "cancelled")
    work.event("exchange.cancelled", {"exchange": row["id"]})
    return {"exchange": row["id"], "state": "cancelled"}


def _row(work: Work, order: OrderId, name: str) -> Row:
    found = fetch(work.db, exchanges, id=name, order_id=order)
    if not found:
        raise Refused(rules.refuse("EXC-2", "no_such_exchange", accepts="an exchange of this order"))
    return found[0]
