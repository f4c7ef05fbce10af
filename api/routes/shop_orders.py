"""/orders: search, and an order with its timeline, its ledger and what may be done for its customer now."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import RedirectResponse

from api.desk.sheets import sheet
from api.edge.browser import ApproverGuest, Guest, OwnForm, PageProblem, ViewerGuest, own_form
from tools.orders import rules
from tools.orders.agreement import Action, Evidence, Quote, Result, Wish
from tools.orders.commands import IdempotencyConflict
from tools.orders.model import Actor, Order, OrderId
from tools.orders.statement import Posting

SHOWN = 50
OFFERED = (Action.CANCEL_ORDER, Action.REQUEST_RETURN, Action.WITHDRAW, Action.REFUND)
"""What can be quoted without asking more; the others are at /v1/orders."""

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form)])
Wanted = Annotated[str, Query(alias="q", max_length=320)]


@router.get("/orders")
def search(guest: ViewerGuest, wanted: Wanted = "") -> Response:
    found = _search(guest, wanted.strip())
    return guest.page("orders.html", found=found, wanted=wanted, most=SHOWN, count=guest.house.orders.count())


@router.get("/orders.csv")
def as_sheet(guest: ViewerGuest, wanted: Wanted = "") -> Response:
    columns = ("number", "placed (UTC)", "state", "payment", "fulfilment", "returns", "total", "currency")
    rows = (
        (
            *(one.number, one.placed_at.isoformat(), one.lifecycle.value, one.payment.value, one.fulfilment.value),
            *(one.returning.value, one.total.decimal(), one.currency),
        )
        for one in _search(guest, wanted.strip())
    )
    return sheet("orders", columns, rows)


@router.get("/orders/{name:path}")
def show(name: str, guest: ViewerGuest) -> Response:
    return _page(guest, _order(guest, name))


@router.post("/orders/{name:path}")
def act(name: str, form: OwnForm, guest: ApproverGuest) -> Response:
    """Does the quote that was shown: its `action`, its `digest`, once a `key`."""
    order = _order(guest, name)
    action = next((one for one in OFFERED if one == form.get("action")), None)
    key, digest = form.get("key", ""), form.get("digest", "")
    if action is None or not key:
        raise PageProblem(422, "Nothing was done", "Open the order again and choose what to do.")
    quote = guest.house.orders.quote(order, Wish(action))
    actor, evidence = Actor("person", guest.person.name), Evidence(f"desk:{key}", digest)
    try:
        outcome = guest.house.orders.execute(quote, key=f"desk:{key}", actor=actor, evidence=evidence)
    except IdempotencyConflict:
        raise PageProblem(409, "Done already", "This form was sent before. Open the order again.") from None
    if outcome.result is not Result.DONE:
        said = rules.RULES.get(outcome.ruling.rule, "the order has changed since it was shown")
        return _page(guest, _order(guest, name), f"Not done ({outcome.ruling.rule}): {said}.", 409)
    guest.house.deliver()
    return RedirectResponse(f"/orders/{order.id}", 303)


def _page(guest: Guest, order: Order, problem: str = "", status: int = 200) -> Response:
    orders = guest.house.orders
    customer = orders.customer(order.customer_id)
    page: dict[str, Any] = {"order": order, "customer": customer, "events": orders.events(order.id), "problem": problem}
    page |= {"postings": orders.statement(order.id), "account": _account}
    page |= {"quotes": _quotes(guest, order), "says": rules.RULES, "key": secrets.token_hex(8)}
    return guest.page("order.html", status, **page)


def _quotes(guest: Guest, order: Order) -> list[Quote]:
    """Those that are allowed first."""
    made = [guest.house.orders.quote(order, Wish(action)) for action in OFFERED]
    return sorted(made, key=lambda one: not one.ruling.allowed)


def _account(one: Posting) -> str:
    """The kind of account; whose it is stands on the page."""
    return one.account.partition(":")[0].replace("_", " ")


def _search(guest: Guest, wanted: str) -> tuple[Order, ...]:
    orders = guest.house.orders
    if "@" in wanted:
        customer = orders.customer_by_email(wanted)
        return orders.orders_of(customer.id)[:SHOWN] if customer else ()
    return orders.newest(SHOWN, number=wanted or None)


def _order(guest: Guest, name: str) -> Order:
    try:
        return guest.house.orders.order(OrderId(name))
    except KeyError:
        found = guest.house.orders.order_by_number(name)
    if found is None:
        raise PageProblem(404, "No such order", "Search by its number or by the customer's whole address.")
    return found
