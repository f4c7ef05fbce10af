"""What the retail benchmark's seven write functions do to its world, told a second time and apart from the product.

Written from the description of the semantics only. Orders, users and products are plain dictionaries, as the public
files have them; nothing of the product is imported, so a mistake there cannot hide here.
"""

from __future__ import annotations

import json
import marshal
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Record = dict[str, Any]
Records = dict[str, Record]
Action = tuple[str, Record]
Pair = tuple[Record, Record]  # the line of the order as it is, the variant that is wanted

REASONS = {"no longer needed", "ordered by mistake"}
CHANGES_NOTHING = {
    "calculate",
    "find_user_id_by_email",
    "find_user_id_by_name_zip",
    "get_item_details",
    "get_order_details",
    "get_product_details",
    "get_user_details",
    "list_all_product_types",
    "think",
    "transfer_to_human_agents",
}


class Refused(Exception):
    """The function answers with an error, and nothing has changed."""


class World:
    """One shop in one version. `bug` is v2's own: every modified item gets the last variant's price and options."""

    def __init__(self, orders: Records, users: Records, products: Records, version: str, bug: bool = False) -> None:
        self.orders, self.users, self.products = _deep((orders, users, products))
        self.version, self.bug = version, bug

    def copy(self) -> World:
        return World(self.orders, self.users, self.products, self.version, self.bug)

    def around(self, actions: Sequence[Action]) -> World:
        """A copy with only the orders and customers that the actions name: all they can change, and quick to make."""
        named = {arguments.get(key) for _, arguments in actions for key in ("order_id", "user_id")}
        orders = {key: order for key, order in self.orders.items() if key in named}
        named |= {order["user_id"] for order in orders.values()}
        users = {key: user for key, user in self.users.items() if key in named}
        return World(orders, users, self.products, self.version, self.bug)

    def apply(self, name: str, arguments: Record) -> bool:
        """Whether it succeeded. A refusal changes nothing; a name that nobody knows is a KeyError."""
        if name in CHANGES_NOTHING:
            return True
        write = WRITES[name]
        try:
            write(self, **arguments)
        except Refused:
            return False
        return True

    # -- what the functions look at ------------------------------------------------------------------------------

    def order(self, order_id: str) -> Record:
        return _found(self.orders, order_id)

    def methods(self, order: Record) -> Records:
        methods: Records = self.users[order["user_id"]]["payment_methods"]
        return methods

    def variant(self, line: Record, item_id: str) -> Record:
        """An available one of the same product."""
        variant = _found(self.products[line["product_id"]]["variants"], item_id)
        _require(variant["available"])
        return variant

    def pairs(self, order: Record, item_ids: Sequence[str], new_item_ids: Sequence[str]) -> list[Pair]:
        _require(_contains(order, item_ids))
        _require(len(item_ids) == len(new_item_ids))
        _require(self.version == "v1" or all(old != new for old, new in zip(item_ids, new_item_ids, strict=True)))
        lines = [_line(order, item_id) for item_id in item_ids]
        return [(line, self.variant(line, new)) for line, new in zip(lines, new_item_ids, strict=True)]


# -- the seven writes ------------------------------------------------------------------------------------------------


def cancel_pending_order(world: World, order_id: str, reason: str) -> None:
    order = world.order(order_id)
    _require(order["status"] == "pending")
    _require(reason in REASONS)
    for paid in list(order["payment_history"]):
        _pay_back(world.methods(order), order, paid["payment_method_id"], paid["amount"])
    order |= {"status": "cancelled", "cancel_reason": reason}


def modify_pending_order_address(world: World, order_id: str, **address: str) -> None:
    order = world.order(order_id)
    _require(_still_pending(world, order))
    order["address"] = _address(**address)


def modify_pending_order_payment(world: World, order_id: str, payment_method_id: str) -> None:
    order = world.order(order_id)
    _require(_still_pending(world, order))
    method = _found(world.methods(order), payment_method_id)
    history = order["payment_history"]
    _require(len(history) == 1 and history[0]["transaction_type"] == "payment")
    old, amount = history[0]["payment_method_id"], history[0]["amount"]
    _require(old != payment_method_id)
    _require(_covers(method, amount))
    _charge(world.methods(order), order, payment_method_id, amount)
    _pay_back(world.methods(order), order, old, amount)


def modify_pending_order_items(
    world: World, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
) -> None:
    order = world.order(order_id)
    _require(order["status"] == "pending")
    pairs = world.pairs(order, item_ids, new_item_ids)
    difference = _difference(pairs)
    _require(_covers(_found(world.methods(order), payment_method_id), difference))
    settle = _charge if difference > 0 else _pay_back
    settle(world.methods(order), order, payment_method_id, abs(difference))
    _replace(order, item_ids, [variant for _, variant in pairs], leaks=world.version == "v2" and world.bug)
    order["status"] = "pending (item modified)"


def exchange_delivered_order_items(
    world: World, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
) -> None:
    order = world.order(order_id)
    _require(order["status"] == "delivered")
    difference = round(_difference(world.pairs(order, item_ids, new_item_ids)), 2)
    _require(_covers(_found(world.methods(order), payment_method_id), difference))
    order |= {
        "status": "exchange requested",
        "exchange_items": sorted(item_ids),
        "exchange_new_items": sorted(new_item_ids),
        "exchange_payment_method_id": payment_method_id,
        "exchange_price_difference": difference,
    }


def return_delivered_order_items(world: World, order_id: str, item_ids: list[str], payment_method_id: str) -> None:
    order = world.order(order_id)
    _require(order["status"] == "delivered")
    method = _found(world.methods(order), payment_method_id)
    _require(_is_gift_card(method) or payment_method_id == order["payment_history"][0]["payment_method_id"])
    _require(_contains(order, item_ids))
    order |= {
        "status": "return requested",
        "return_items": sorted(item_ids),
        "return_payment_method_id": payment_method_id,
    }


def modify_user_address(world: World, user_id: str, **address: str) -> None:
    _found(world.users, user_id)["address"] = _address(**address)


WRITES: dict[str, Callable[..., None]] = {
    write.__name__: write
    for write in (
        cancel_pending_order,
        modify_pending_order_address,
        modify_pending_order_payment,
        modify_pending_order_items,
        exchange_delivered_order_items,
        return_delivered_order_items,
        modify_user_address,
    )
}


# -- their parts -----------------------------------------------------------------------------------------------------


def _require(held: bool) -> None:
    if not held:
        raise Refused


def _found(records: Records, key: str) -> Record:
    _require(key in records)
    return records[key]


def _still_pending(world: World, order: Record) -> bool:
    """v2 still lets the address of an order be changed after its items were."""
    status: str = order["status"]
    return status == "pending" if world.version == "v1" else "pending" in status


def _address(*, address1: str, address2: str, city: str, state: str, country: str, zip: str) -> Record:  # noqa: A002
    return {
        "address1": address1,
        "address2": address2,
        "city": city,
        "country": country,
        "state": state,
        "zip": zip,
    }


def _contains(order: Record, item_ids: Sequence[str]) -> bool:
    return Counter(item_ids) <= Counter(line["item_id"] for line in order["items"])


def _line(order: Record, item_id: str) -> Record:
    """The first that matches."""
    line: Record = next(line for line in order["items"] if line["item_id"] == item_id)
    return line


def _difference(pairs: Sequence[Pair]) -> float:
    """Left to right in doubles, one by one: from Python 3.12 on, `sum` would correct the binary tail away."""
    difference = 0.0
    for line, variant in pairs:
        difference += variant["price"] - line["price"]
    return difference


def _replace(order: Record, item_ids: Sequence[str], variants: Sequence[Record], leaks: bool) -> None:
    for item_id, variant in zip(item_ids, variants, strict=True):
        looks = variants[-1] if leaks else variant
        line = _line(order, item_id)
        line |= {"item_id": variant["item_id"], "price": looks["price"], "options": _deep(looks["options"])}


def _is_gift_card(method: Record) -> bool:
    return bool(method["source"] == "gift_card")


def _covers(method: Record, amount: float) -> bool:
    return not _is_gift_card(method) or method["balance"] >= amount


def _charge(methods: Records, order: Record, method_id: str, amount: float) -> None:
    _book(order, "payment", method_id, amount)
    _add_to_balance(methods[method_id], -amount)


def _pay_back(methods: Records, order: Record, method_id: str, amount: float) -> None:
    _book(order, "refund", method_id, amount)
    _add_to_balance(methods[method_id], amount)


def _book(order: Record, kind: str, method_id: str, amount: float) -> None:
    order["payment_history"].append(
        {"transaction_type": kind, "amount": amount, "payment_method_id": method_id},
    )


def _add_to_balance(method: Record, amount: float) -> None:
    if _is_gift_card(method):
        method["balance"] = round(method["balance"] + amount, 2)


def _deep(value: Any) -> Any:
    """Written out and read again: every bit of a float stays, and (before marshal's version 3) no two records share a part."""
    return marshal.loads(marshal.dumps(value, 2))


# -- comparing -------------------------------------------------------------------------------------------------------


def normalised(value: Any) -> Any:
    """Every number as a float, so that 75 and 75.0 are the same also when written out."""
    if isinstance(value, dict):
        return {key: normalised(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [normalised(one) for one in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def changed(before: World, after: World) -> dict[str, Records]:
    """The orders and users of `after` that are not as they were."""
    return {
        "orders": _differing(before.orders, after.orders),
        "users": _differing(before.users, after.users),
    }


def _differing(before: Records, after: Records) -> Records:
    """Python's own comparison takes 75 for 75.0."""
    return {key: record for key, record in after.items() if before.get(key) != record}


# -- reading the public files ----------------------------------------------------------------------------------------


def load_v1(folder: Path) -> World:
    orders, users, products = (_read(folder / f"v1_{name}.json") for name in ("orders", "users", "products"))
    return World(orders, users, products, "v1")


def load_v2(folder: Path, bug: bool = True) -> World:
    shop = _read(folder / "v2_db.json")
    return World(shop["orders"], shop["users"], shop["products"], "v2", bug)


def tasks_v1(path: Path) -> list[list[Action]]:
    tasks = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [[(action["name"], action["kwargs"]) for action in task["actions"]] for task in tasks]


def tasks_v2(path: Path) -> list[list[Action]]:
    truths = [task["evaluation_criteria"]["actions"] or [] for task in _read(path)]
    return [[(action["name"], action["arguments"]) for action in actions] for actions in truths]


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
