"""Changing what was ordered before it leaves: items, quantities, variants, the address, how it is paid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.orders import ledger, pricing, rules
from tools.orders.actions import cancel, fulfilment_orders, levels, payments, refunds, reserving, swap
from tools.orders.actions.payments import Pay
from tools.orders.agreement import Quote
from tools.orders.commands import OnOrder, verb
from tools.orders.model import Address, Order
from tools.orders.rows import Row, fetch
from tools.orders.store import address_as_json, by_id
from tools.orders.tables import orders, payment_methods, variants
from tools.orders.work import Refused, Work


def change_address(work: Work, order: Order, quote: Quote) -> tuple[str, bool]:
    assert quote.address
    fresh = address_as_json(quote.address)
    work.set(orders, order.id, {"address": fresh})
    work.event("order.changed", {"address": fresh, "before": address_as_json(order.address), "key": work.key})
    return "", True


class CorrectAddress(OnOrder):
    """A person of the shop sets the address as it is, whatever the rules for customers say, until it is shipped."""

    address: Address


@verb(CorrectAddress)
def correct_address(work: Work, wanted: CorrectAddress) -> Mapping[str, Any]:
    order = by_id(work.db, wanted.order_id)
    if order.lifecycle not in {"confirmed", "on_hold"} or order.fulfilment != "unfulfilled":
        raise Refused(rules.refuse("ADR-2", "handed_over", accepts="an order that was not handed over"))
    fresh = address_as_json(wanted.address)
    work.set(orders, order.id, {"address": fresh})
    work.event("order.changed", {"address": fresh, "before": address_as_json(order.address), "key": work.key})
    return {"order": order.id, "address": wanted.address.one_line()}


def change_items(work: Work, order: Order, quote: Quote) -> tuple[str, bool]:
    """The old units are not sent, the new ones are reserved; the difference is charged or goes back."""
    prices = {row["sku"]: row["price"] for row in fetch(work.db, variants, sku=[one.sku for one in quote.swaps])}
    made = pricing.priced(order, quote.swaps, prices)
    cancel.take_out(work, order, {one.swap.line_id: one.swap.quantity for one in made})
    fresh = swap.write(work, order, made)
    _reserved(work, fresh)
    if fresh:
        fulfilment_orders.make_work(work, order.id, fresh)
    swaps = [(one.line_id, one.quantity, one.sku, one.units) for one in quote.swaps]
    body = {"swaps": swaps, "lines": [row["id"] for row in fresh], "method": quote.method_id, "key": work.key}
    work.event("order.changed", {**body, "difference": sum(one.difference for one in made)})
    return settle_difference(work, order, quote)


def _reserved(work: Work, fresh: list[Row]) -> None:
    for row in fresh:
        short = reserving.reserve_line(work, row["id"], row["sku"], row["quantity"])
        if short:
            raise Refused(levels.short_of(work.db, short))


def settle_difference(work: Work, before: Order, quote: Quote) -> tuple[str, bool]:
    """Of an order that is paid: what is owed now is charged, what was paid too much goes back."""
    order = by_id(work.db, before.id)
    if quote.charge and quote.charge.minor:
        given = _method(work, order, quote.method_id).model_copy(update={"amount": quote.charge.minor})
        payments.pay(work, order.id, len(order.tenders) + 1, given, order.customer_id, order.currency)
        return "", ledger.is_own(given.kind, given.token)
    if quote.amount.minor:
        debits = {ledger.receivable(order.id): quote.amount.minor}
        back = refunds.Back(
            quote.amount.minor, debits, quote.action.value, digest=quote.digest, destination=quote.method_id
        )
        return refunds.open_refund(work, order, back)
    return "", True


def _method(work: Work, order: Order, method_id: str | None) -> Pay:
    """The method that was named, else the one that paid; a sale, since the order is confirmed."""
    wanted = method_id or next((one.method_id for one in order.tenders if one.method_id), None)
    kind = next((one.kind for one in order.tenders if one.method_id == wanted), None)
    known = fetch(work.db, payment_methods, customer_id=order.customer_id, id=wanted) if wanted else []
    if known:
        kind = known[0]["type"]
    if not kind:
        raise Refused(rules.refuse("PAY-8", "unknown_method", accepts="a payment method of the customer"))
    return Pay(kind=kind, token=wanted, mode="sale")


def change_payment(work: Work, order: Order, quote: Quote) -> tuple[str, bool]:
    """The new tender first; the old one is given back once the new one holds (payments.py)."""
    (old,) = [one for one in order.tenders if one.refundable or one.state == "authorized"]
    amount = old.refundable or (old.authorized.minor if old.authorized else 0)
    given = _method(work, order, quote.method_id)
    mode = "sale" if old.refundable else "authorize"
    given = given.model_copy(update={"amount": amount, "mode": mode})
    tender = f"{order.id}:pay:{len(order.tenders) + 1}"
    payments.pay(
        work, order.id, len(order.tenders) + 1, given, order.customer_id, order.currency, replaces=old.payment_id
    )
    work.event("order.changed", {"payment": tender, "instead_of": old.payment_id, "key": work.key})
    done = payments.replaced(work, order.id, tender)
    return tender, done and not any(one.pending for one in by_id(work.db, order.id).tenders)
