"""tau-bench's retail shop, and the same in Wismo's import format.

Its orders carry no dates: they are given one, and the importer marks what follows from it as reconstructed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Base:
    """A shop of the benchmark. `version` is v1 or v2; `bug` shows version 2's modified items as it shows them."""

    users: Mapping[str, Record]
    products: Mapping[str, Record]
    orders: Mapping[str, Record]
    version: str = "v1"
    bug: bool = False

    def variant(self, product: str, sku: str) -> Record | None:
        found: Record | None = self.products[product]["variants"].get(sku)
        return found

    def product_of(self, sku: str) -> str:
        return next(key for key, product in self.products.items() if sku in product["variants"])


def import_file(users: Record, products: Record, orders: Record, placed: datetime) -> Record:
    """The import format of docs/integrate.md."""
    return {
        "currency": "USD",
        "customers": [_customer(key, user) for key, user in users.items()],
        "products": [_product(product) for product in products.values()],
        "orders": [_order(order, placed) for order in orders.values()],
    }


def _customer(key: str, user: Record) -> Record:
    methods = [
        {
            "id": one["id"],
            "type": one["source"],
            **({"balance": f"{one['balance']:.2f}"} if "balance" in one else {}),
        }
        for one in user["payment_methods"].values()
    ]
    name = f"{user['name']['first_name']} {user['name']['last_name']}"
    return {
        "id": key,
        "name": name,
        "email": user["email"],
        "payment_methods": methods,
        "address": _address(user["address"]),
    }


def _address(address: Record) -> Record:
    kept = {name: address[name] for name in ("city", "state", "zip", "country")}
    return {"line1": address["address1"], "line2": address["address2"], **kept}


def _product(product: Record) -> Record:
    variants = [
        {
            "sku": one["item_id"],
            "options": one["options"],
            "price": one["price"],
            "available": one["available"],
        }
        for one in product["variants"].values()
    ]
    return {"id": product["product_id"], "name": product["name"], "variants": variants}


def _order(order: Record, placed: datetime) -> Record:
    cents = sum(round(item["price"] * 100) for item in order["items"])
    return {
        "id": order["order_id"],
        "customer_id": order["user_id"],
        "status": order["status"],
        "placed_at": placed.isoformat(),
        "total": f"{cents / 100:.2f}",
        "shipping_address": _address(order["address"]),
        "items": list(map(_item, order["items"])),
        "shipments": [
            {"tracking_id": number, "skus": sorted(set(one["item_ids"]))}
            for one in order["fulfillments"]
            for number in one["tracking_id"]
        ],
        "payments": list(map(_payment, order["payment_history"])),
    }


def _item(item: Record) -> Record:
    return {
        "product_id": item["product_id"],
        "sku": item["item_id"],
        "name": item["name"],
        "quantity": 1,
        "price": item["price"],
        "options": item["options"],
    }


def _payment(payment: Record) -> Record:
    method = payment["payment_method_id"]
    return {
        "type": payment["transaction_type"],
        "amount": payment["amount"],
        "method": _method(method),
        "method_id": method,
    }


def _method(payment_method: str) -> str:
    return payment_method.rsplit("_", 1)[0]
