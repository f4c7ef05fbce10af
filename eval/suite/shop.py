"""The small shop of one case: what the importer reads, and what happened to it before the first turn."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from eval.suite import customers, recipes
from eval.suite.case import Case, ItemOf, OrderOf, ShopOf
from eval.world import catalogue
from eval.world.stories import tell
from tools.orders.service import Orders

VARIANTS = {variant["sku"]: (product, variant) for product in catalogue.products() for variant in product["variants"]}


def stock(case: Case, now: datetime, folder: Path, orders_at: Callable[[datetime], Orders]) -> None:
    """Puts the case's shop into an empty one; its items were looked up when it was read."""
    given = _shop(case.shop, now)
    file = folder / "shop.json"
    file.write_text(json.dumps(given), encoding="utf-8")
    orders_at(now).import_file(file)
    tell(orders_at, given["orders"], now)


def _shop(shop: ShopOf, now: datetime) -> dict[str, Any]:
    people = {**customers.CUSTOMERS, **{name: one.model_dump() for name, one in shop.customers.items()}}
    orders = [_order(one, people, now) for one in shop.orders]
    bought = {item["product_id"]: item for order in orders for item in order["items"]}
    named = {item.sku: item.returnable for order in shop.orders for item in order.items if item.name}
    own = [_own_product(bought[sku], returnable) for sku, returnable in named.items()]
    demo = [_product(one, shop.sold_out) for one in catalogue.products() if one["id"] in bought]
    return {
        "currency": "EUR",
        "customers": [customers.record(name, one) for name, one in people.items()],
        "products": [*demo, *own],
        "orders": orders,
    }


def _product(product: dict[str, Any], sold_out: tuple[str, ...]) -> dict[str, Any]:
    """Everything can be had but for what the case says."""
    variants = [one | {"available": one["sku"] not in sold_out} for one in product["variants"]]
    return product | {"variants": variants}


def _own_product(item: Mapping[str, Any], returnable: bool) -> dict[str, Any]:
    variant = {"sku": item["sku"], "options": item["options"], "price": item["price"]}
    return {"id": item["product_id"], "name": item["name"], "returnable": returnable, "variants": [variant]}


def _order(one: OrderOf, people: Mapping[str, Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    items = [_item(item) for item in one.items]
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


def _item(item: ItemOf) -> dict[str, Any]:
    known = {"sku": item.sku, "quantity": item.quantity}
    if item.name:
        return known | {"product_id": item.sku, "name": item.name, "price": item.price, "options": dict(item.options)}
    product, variant = VARIANTS[item.sku]
    told = {"name": product["name"], "price": variant["price"], "options": variant["options"]}
    return known | {"product_id": product["id"], **told}
