"""Another system's record as a command of ours, by the places that shop.toml names. What does not fit is refused.

Absent      an order or a parcel that is not here yet: parked, tried again
Rejected    a place that is not there, a word without a meaning, a command that the rules refuse
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from agent.systems import Received
from agent.systems.mapping import Argument, Fixed, Rows
from connectors.errors import Absent, Rejected
from tools.orders.actions.fulfilment import AdvanceFulfilment, ShipOrder, StartFulfilment
from tools.orders.commands import Command, IdempotencyConflict, Refusal
from tools.orders.model import Actor, Order
from tools.orders.registry import COMMANDS
from tools.orders.service import Orders

BEFORE = {"picked": "in_progress", "packed": "picked"}


class Doing:
    """What one system tells, done in the core under the event's own key."""

    def __init__(self, orders: Orders, system: str) -> None:
        self._orders = orders
        self._actor = Actor("system", f"connector {system}")

    def do(self, take: Received, record: Mapping[str, Any], key: str) -> None:
        """Raises `Absent` or `Rejected`."""
        given = {
            name: found for name, one in take.arguments.items() if (found := _given(name, one, record)) is not None
        }
        command = self._command(COMMANDS[take.command], given, key)
        try:
            answer = self._orders.do(command, key=key, actor=self._actor)
        except IdempotencyConflict:
            raise Rejected("this was taken before, under another mapping") from None
        if isinstance(answer, Refusal):
            ruling = answer.ruling
            refused = Absent if ruling.code == "not_found" else Rejected
            raise refused(f"{take.command}: {ruling.rule} {ruling.code}; accepted: {ruling.accepts}")

    def _command(self, kind: type[Command], given: dict[str, Any], key: str) -> Command:
        if "order" in given:
            order = self._order(str(given.pop("order")))
            given["order_id"] = order.id
            if "units" in given:
                given["units"] = _by_line(order, given["units"])
            if kind is AdvanceFulfilment:
                given.setdefault("work_id", _work(order, str(given.get("to"))))
            if kind is ShipOrder and any(one.state == "open" for one in order.work):
                self._orders.do(StartFulfilment(order_id=order.id), key=f"{key}:start", actor=self._actor)
        try:
            return kind.model_validate({name: _typed(kind, name, value) for name, value in given.items()})
        except ValidationError as error:
            wrong = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False))
            raise Rejected(f"{kind.name}: {'; '.join(wrong)}") from None

    def _order(self, number: str) -> Order:
        found = self._orders.order_by_number(number)
        if found is None:
            raise Absent("an order of this number is not here yet")
        return found


def place(record: Any, dotted: str) -> Any:
    """What stands there; None where nothing does. Numbers count in lists."""
    for part in dotted.split(".") if dotted else ():
        if isinstance(record, Mapping):
            record = record.get(part)
        elif isinstance(record, list) and part.isdigit() and int(part) < len(record):
            record = record[int(part)]
        else:
            return None
    return record


def records(take: Received, body: Any) -> Iterator[Mapping[str, Any]]:
    """Those of a body that are meant. Raises `Rejected` where the rows are not where they should be."""
    found = place(body, take.rows)
    if found is None and take.by == "webhook":
        return  # another kind of message of the same system
    rows = found if isinstance(found, list) else [found]
    for row in rows:
        if not isinstance(row, Mapping):
            raise Rejected(f"no record at {take.rows or 'the top'} of what came")
        if all(str(place(row, name)) == value for name, value in take.when.items()):
            yield row


def _given(name: str, one: Argument, record: Mapping[str, Any]) -> Any:
    if isinstance(one, Fixed):
        return one.value
    if isinstance(one, Rows):
        return list(_units(one, record))
    found = place(record, one.place)
    if found is None or found == "":
        return one.otherwise
    if one.values is None:
        return found
    if str(found) in one.values:
        return one.values[str(found)]
    if one.otherwise is None:
        raise Rejected(f"{name}: {str(found)[:40]!r} has no meaning; [values] knows {', '.join(one.values)}")
    return one.otherwise


def _units(one: Rows, record: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for row in place(record, one.each) or ():
        sku, quantity = place(row, one.sku), str(place(row, one.quantity))
        if sku is None or not quantity.isdecimal():
            raise Rejected(f"units: a row of {one.each} has no {one.sku}, or no whole {one.quantity}")
        yield str(sku), int(quantity)


def _by_line(order: Order, units: list[tuple[str, int]]) -> dict[str, int]:
    """Units of a sku over the order's lines, first line first. Raises `Rejected` where there are not so many."""
    made: dict[str, int] = {}
    for sku, quantity in units:
        for line in order.lines:
            here = min(quantity, line.open - made.get(line.id, 0)) if line.sku == sku else 0
            if here > 0:
                made[line.id] = made.get(line.id, 0) + here
                quantity -= here
        if quantity:
            raise Rejected(f"units: {quantity} more of {sku} than the order still waits for")
    return made


def _work(order: Order, to: str) -> str:
    """The first work that stands before that step."""
    return next((one.id for one in order.work if one.state == BEFORE.get(to)), "none")


def _typed(kind: type[Command], name: str, value: Any) -> Any:
    """Files and forms say numbers as text, and a code may come as a number."""
    wanted = kind.model_fields[name].annotation
    if wanted is int and isinstance(value, str) and value.strip().lstrip("-").isdecimal():
        return int(value)
    if wanted is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return str(value) if isinstance(value, int) and wanted is not int and _is_text(wanted) else value


def _is_text(wanted: Any) -> bool:
    return wanted in (str, str | None)
