"""/v1/orders: the order core for programs. Every write needs an Idempotency-Key; a refusal says its rule.

A customer's wish is quoted first, then done with the quote's digest; the shop's own commands are done by name.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Query
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, ValidationError

from api import orders as shapes
from api.edge.auth import Admin, Approver, Lead, Viewer, Visit
from api.wiring import House
from tools.orders.actions.place import PlaceOrder
from tools.orders.agreement import Evidence, Ruling
from tools.orders.commands import Command, IdempotencyConflict, KeyMissing, Refusal
from tools.orders.model import Actor, Order, OrderId
from tools.orders.registry import COMMANDS

router = APIRouter(prefix="/v1/orders", tags=["orders"])
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200)]


def refused(ruling: Ruling, status: int | None = None) -> JSONResponse:
    body = {"result": "refused", "ruling": shapes.ruling_json(ruling)}
    return JSONResponse(body, status or shapes.status_of(ruling))


@router.get("")
def newest(
    visit: Viewer,
    number: str | None = None,
    lifecycle: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
) -> dict[str, Any]:
    """The newest orders, or those whose number begins so."""
    found = visit.house.orders.newest(limit, lifecycle, number)
    return {"orders": [shapes.order_json(one) for one in found]}


@router.post("", status_code=201)
def place(wanted: PlaceOrder, visit: Lead, key: Key) -> Any:
    """Capture an order of any channel. What is wrong with it puts it on hold, with every reason."""
    return _done(visit, wanted, key, 201)


@router.get("/commands")
def commands(_: Viewer) -> dict[str, Any]:
    """Every command of the shop, with the fields that it takes."""
    return {"commands": {name: command.model_json_schema() for name, command in sorted(COMMANDS.items())}}


@router.post("/commands/{name}")
def command(name: str, body: dict[str, Any], visit: Admin, key: Key) -> Any:
    """Do one of them: capture_payment, ship_order, receive_return, record_payment_result, …"""
    wanted = COMMANDS.get(name)
    if wanted is None:
        raise HTTPException(404, f"no such command; there are {', '.join(sorted(COMMANDS))}")
    try:
        return _done(visit, wanted.model_validate(body), key)
    except ValidationError as error:
        return refused(shapes.misuse(error))


@router.get("/audit")
def audit(visit: Viewer) -> dict[str, Any]:
    """Every invariant over the whole database."""
    found = visit.house.orders.audit()
    return {"ok": found.ok, "checked": dict(found.checked), "violations": list(map(str, found.violations))}


@router.get("/{order_id}")
def read(order_id: str, visit: Viewer, as_of: AwareDatetime | None = None) -> Any:
    """An order by its id or number; with `as_of`, as it was at that moment."""
    order = _found(visit.house, order_id)
    then = _then(visit.house, order, as_of) if as_of else order
    return shapes.order_json(then)


@router.get("/{order_id}/events")
def events(order_id: str, visit: Viewer) -> dict[str, Any]:
    """Everything that happened to it, oldest first."""
    order = _found(visit.house, order_id)
    return {"events": [shapes.event_json(one) for one in visit.house.orders.events(order.id)]}


@router.post("/{order_id}/quotes")
def quote(order_id: str, asked: shapes.Asked, visit: Viewer) -> Any:
    """What a wish would mean, in units and money, by which rule. Writes nothing."""
    order = _found(visit.house, order_id)
    try:
        return shapes.quote_json(visit.house.orders.quote(order, asked.wish(order)))
    except ValueError as error:
        return refused(shapes.misuse(error))


@router.post("/{order_id}/actions")
def act(order_id: str, agreed: shapes.Agreed, visit: Approver, key: Key) -> Any:
    """Do what was quoted. 409 when the rules refuse it, or when it is not what the digest says any more."""
    order = _found(visit.house, order_id)
    try:
        wish = agreed.wish(order)
        outcome = visit.house.orders.execute(
            visit.house.orders.quote(order, wish),
            key=key,
            actor=_actor(visit),
            evidence=Evidence(f"api:{key}", agreed.digest),
        )
    except (ValueError, IdempotencyConflict, KeyMissing) as error:
        return refused(shapes.misuse(error))
    visit.house.deliver()
    return JSONResponse(shapes.outcome_json(outcome), 200 if outcome.result == "done" else 409)


def _done(visit: Visit, wanted: Command, key: str, status: int = 200) -> Any:
    try:
        answer = visit.house.orders.do(wanted, key=key, actor=_actor(visit))
    except (IdempotencyConflict, KeyMissing) as error:
        return refused(shapes.misuse(error))
    if isinstance(answer, Refusal):
        return refused(answer.ruling)
    visit.house.deliver()
    return JSONResponse(shapes.answer_json(answer), status)


def _actor(visit: Visit) -> Actor:
    """The name on the token stands in the order's history."""
    return Actor("person", visit.person.name)


def _found(house: House, name: str) -> Order:
    try:
        return house.orders.order(OrderId(name))
    except KeyError:
        found = house.orders.order_by_number(name)
    if found is None:
        raise HTTPException(404, "no such order")
    return found


def _then(house: House, order: Order, moment: datetime) -> Order:
    then = house.orders.as_of(order.id, moment)
    if then is None:
        raise HTTPException(404, "it was not placed yet")
    return then
