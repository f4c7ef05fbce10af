"""What the core did and the shop's own system must do too, so that both tell one story of an order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.errors import Gone, Rejected
from connectors.shops import Acts, Back, Storefront
from tools.orders.model import Order, OrderId
from tools.orders.outbox import Message
from tools.orders.service import Orders

REMEDY: Mapping[str, str] = {
    "shop.cancel": "stop it there by hand",
    "shop.address": "write the address there by hand",
    "shop.items": "change the order there by hand",
    "shop.hold": "hold it there by hand",
    "shop.release": "release it there by hand",
    "shop.move": "move it there by hand",
    "shop.return": "make the return there by hand",
    "shop.return_closed": "close the return there by hand",
    "shop.return_cancelled": "cancel the return there by hand",
}


class Acting:
    """Carries messages of `mastered.KINDS`."""

    def __init__(self, storefront: Storefront, acts: Acts, orders: Orders) -> None:
        self._storefront = storefront
        self._acts = acts
        self._orders = orders

    def carry(self, message: Message) -> None:
        """Raises `Rejected` where the shop refuses, or has no such order: a person must look before it sends."""
        number = str(message.body["order"])
        try:
            refused = self._act(message.kind)(number, message.body)
        except Gone:
            refused = "no such order there"
        if refused:
            raise Rejected(
                f"the shop does not take {message.kind} of {number} ({refused}): {REMEDY[message.kind]}, then drop this"
            )

    def _act(self, kind: str) -> Callable[[str, Mapping[str, object]], str]:
        acts = self._acts
        made: Mapping[str, Callable[[str, Mapping[str, object]], str]] = {
            "shop.cancel": lambda number, _: self._storefront.cancel(number),
            "shop.address": lambda number, body: acts.address(number, self._order(body).address),
            "shop.items": lambda number, body: acts.items(number, _units(self._order(body))),
            "shop.hold": lambda number, body: acts.hold(number, str(body["reason"])),
            "shop.release": lambda number, _: acts.release(number),
            "shop.move": lambda number, body: acts.move(number, str(body["location"])),
            "shop.return": lambda number, body: acts.open_return(number, _back(self._order(body), str(body["return"]))),
            "shop.return_closed": lambda number, body: acts.close_return(number, str(body["return"])),
            "shop.return_cancelled": lambda number, body: acts.cancel_return(number, str(body["return"])),
        }
        return made[kind]

    def _order(self, body: Mapping[str, object]) -> Order:
        return self._orders.order(OrderId(str(body["aggregate"])))


def _units(order: Order) -> dict[str, int]:
    """What the order should hold there, by sku: all that was sold and not cancelled; no free replacement."""
    units: dict[str, int] = {}
    for line in (each for each in order.lines if not each.free):
        units[line.sku] = units.get(line.sku, 0) + line.quantity - line.cancelled
    return units


def _back(order: Order, number: str) -> Back:
    one = next(each for each in order.returns if each.number == number)
    skus = {line.id: line.sku for line in order.lines}
    units: dict[str, int] = {}
    for line, count in one.lines.items():
        units[skus[line]] = units.get(skus[line], 0) + count
    return Back(number, one.reason, units)
