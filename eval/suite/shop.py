"""The small shop of one case: what the importer reads, and what happened to it before the first turn."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from eval.suite import customers, recipes
from eval.suite.case import Case, OrderOf, ShopOf
from eval.world import catalogue
from eval.world.stories import tell
from tools.orders.service import Orders

VARIANTS = {variant["sku"]: (product, variant) for product in catalogue.products() for variant in product["variants"]}


class UnknownItem(ValueError):
    """A case names a sku that the demo catalogue does not have."""


def stock(case: Case, now: datetime, folder: Path, orders_at: Callable[[datetime], Orders]) -> None:
    """Puts the case's shop into an empty one. Raises `UnknownItem`."""
    given = _shop(case.shop, now)
    file = folder / "shop.json"
    file.write_text(json.dumps(given), encoding="utf-8")
    orders_at(now).import_file(file)
    tell(orders_at, given["orders"], now)


def _shop(shop: ShopOf, now: datetime) -> dict[str, Any]:
    people = {**customers.CUSTOMERS, **{name: one.model_dump() for name, one in shop.customers.items()}}
    orders = [_order(one, people, now) for one in shop.orders]
    products = {item["product_id"] for order in orders for item in order["items"]}
    return {
        "currency": "EUR",
        "customers": [customers.record(name, one) for name, one in people.items()],
        "products": [_product(one, shop.sold_out) for one in catalogue.products() if one["id"] in products],
        "orders": orders,
    }


def _product(product: dict[str, Any], sold_out: tuple[str, ...]) -> dict[str, Any]:
    """Everything can be had but for what the case says."""
    variants = [one | {"available": one["sku"] not in sold_out} for one in product["variants"]]
    return product | {"variants": variants}


def _order(one: OrderOf, people: Mapping[str, Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    items = [_item(item.sku, item.quantity) for item in one.items]
    shipping = Decimal(one.shipping)
    total = sum((Decimal(item["price"]) * item["quantity"] for item in items), shipping)
    base = {
        "customer_id": one.customer,
        "total": f"{total:.2f}",
        "shipping": f"{shipping:.2f}",
        "shipping_address": dict(customers.ADDRESSES[people[one.customer]["country"]]),
        "items": items,
        "_method": one.method,
    }
    return recipes.record(one.order, one.state, one.days_ago, now, base)


def _item(sku: str, quantity: int) -> dict[str, Any]:
    if sku not in VARIANTS:
        raise UnknownItem(f"no item {sku!r} in the demo catalogue; for example {', '.join(sorted(VARIANTS)[:6])}")
    product, variant = VARIANTS[sku]
    return {
        "product_id": product["id"],
        "sku": sku,
        "name": product["name"],
        "quantity": quantity,
        "price": variant["price"],
        "options": variant["options"],
    }
