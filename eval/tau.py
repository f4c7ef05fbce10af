"""tau-bench's retail shop in Wismo's import format, and its tasks told by the customer: `python -m eval.tau --help`.

The data is public (sierra-research/tau-bench, MIT) and not part of Wismo. Its orders carry no dates: they are given
one, and the importer marks what follows from it as reconstructed. The tasks' first-person form is this script's own.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Record = dict[str, Any]
ACTIONS = {
    "cancel_pending_order": "cancel_order",
    "modify_pending_order_address": "change_address",
    "modify_pending_order_items": "change_items",
    "modify_pending_order_payment": "change_payment",
    "exchange_delivered_order_items": "exchange",
    "return_delivered_order_items": "request_return",
    "modify_user_address": "change_account_address",
}


def shop(users: Record, products: Record, orders: Record, placed: datetime) -> Record:
    """The import format of docs/reference/import.md."""
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
    items = [
        {
            "product_id": i["product_id"],
            "sku": i["item_id"],
            "name": i["name"],
            "quantity": 1,
            "price": i["price"],
            "options": i["options"],
        }
        for i in order["items"]
    ]
    cents = sum(round(item["price"] * 100) for item in items)
    payments = [
        {
            "type": one["transaction_type"],
            "amount": one["amount"],
            "method": _method(one["payment_method_id"]),
            "method_id": one["payment_method_id"],
        }
        for one in order["payment_history"]
    ]
    parcels = [
        {"tracking_id": number, "skus": sorted(set(one["item_ids"]))}
        for one in order["fulfillments"]
        for number in one["tracking_id"]
    ]
    return {
        "id": order["order_id"],
        "customer_id": order["user_id"],
        "status": order["status"],
        "placed_at": placed.isoformat(),
        "total": f"{cents / 100:.2f}",
        "shipping_address": _address(order["address"]),
        "items": items,
        "shipments": parcels,
        "payments": payments,
    }


def _method(payment_method: str) -> str:
    return payment_method.rsplit("_", 1)[0]


def tickets(tasks: Iterable[Record], users: Record) -> Iterator[Record]:
    """A line of `wismo run` a task. What is right is not in it."""
    for number, task in enumerate(tasks):
        yield {
            "id": f"tau-{number}",
            "channel": "email",
            "from": {"email": users[task["user_id"]]["email"], "verified": True},
            "text": first_person(task["instruction"]),
        }


def truth(task: Record) -> Record | None:
    """The first action of the ground truth that changes something; None where nothing should change."""
    writes = [action for action in task["actions"] if action["name"] in ACTIONS]
    if not writes:
        return None
    return {"action": ACTIONS[writes[0]["name"]], "order_id": writes[0]["kwargs"].get("order_id", "")}


SPOKEN: tuple[tuple[str, str], ...] = (
    (r"\bYour name is (\w+ \w+)", r"My name is \1"),
    (r"\band your (zip code|email) is", r"and my \1 is"),
    (r"\bYou are [\w ,-]+\.\s*", ""),
    (r"\bReturn (#W\d+) via (\w+): ", r"I want to return from order \1, with the money back to my \2: "),
    (
        r"\bCancel order (#W\d+) because no longer needed",
        r"Please cancel order \1 because I no longer need it",
    ),
    (
        r"\bCancel order (#W\d+) because ordered by mistake",
        r"Please cancel order \1 because it was ordered by mistake",
    ),
    (
        r"\bFor (#W\d+), change address to (\{[^}]*\})(?: \(same as #W\d+\))?",
        r"For order \1, please change the address to \2",
    ),
    (r"\bFor (#W\d+), change payment to (\w+)", r"For order \1, please change the payment to my \2"),
    (r"\bFor (#W\d+), exchange", r"From order \1 I want to exchange"),
    (r"\bFor (#W\d+), modify", r"In order \1 I want to change"),
    (r"; via (\w+)", r"; on my \1"),
)


def first_person(instruction: str) -> str:
    """The task's own facts, as the customer would write them in one mail."""
    text = re.sub(r"\{[^}]*\}", options_in_words, _with_addresses(instruction))
    for pattern, spoken in SPOKEN:
        text = re.sub(pattern, spoken, text)
    return re.sub(r"\s+", " ", text.replace("; .", ".")).strip()


def _with_addresses(text: str) -> str:
    def words(found: re.Match[str]) -> str:
        given = dict(re.findall(r"'(\w+)': '([^']*)'", found[0]))
        parts = [
            given.get("address1"),
            given.get("address2"),
            given.get("city"),
            f"{given.get('state')} {given.get('zip')}",
            given.get("country"),
        ]
        return ", ".join(part for part in parts if part)

    return re.sub(r"\{[^}]*'address1'[^}]*\}", words, text)


def options_in_words(found: re.Match[str]) -> str:
    values = re.findall(r": '([^']*)'", found[0])
    return f"({', '.join(values)})" if values else "another one"


def agreement(truths: Iterable[Record | None], answers: Iterable[Record]) -> Record:
    """How often the first action, done or proposed, is the truth's first, on the same order; by kind of action."""
    table: dict[str, list[int]] = {}
    for right, answer in zip(truths, answers, strict=True):
        if right is not None:
            first = next((one for one in answer["actions"] if one["status"] != "denied"), None)
            hit = first is not None and all(first[name] == right[name] for name in ("action", "order_id"))
            table.setdefault(right["action"], []).append(int(hit))
    scored = [hit for hits in table.values() for hit in hits]
    by_action = {action: {"right": sum(hits), "of": len(hits)} for action, hits in sorted(table.items())}
    return {"right": sum(scored), "of": len(scored), "by_action": by_action}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m eval.tau", description=__doc__)
    parser.add_argument(
        "--reference",
        type=Path,
        required=True,
        help="folder with v1_users.json, v1_products.json, v1_orders.json",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for shop.json and tickets.jsonl")
    parser.add_argument("--tasks", default="v1_tasks_train.jsonl")
    parser.add_argument("--first", type=int, default=100, help="how many tasks")
    parser.add_argument("--score", type=Path, help="answers of wismo run: compare instead of convert")
    wanted = parser.parse_args()
    users, products, orders = (
        json.loads((wanted.reference / f"v1_{n}.json").read_text()) for n in ("users", "products", "orders")
    )
    tasks = [json.loads(line) for line in (wanted.reference / wanted.tasks).read_text().splitlines()[: wanted.first]]
    told = list(tickets(tasks, users))
    if wanted.score:
        answers = [json.loads(line) for line in wanted.score.read_text().splitlines()]
        sys.stdout.write(json.dumps(agreement(map(truth, tasks), answers), indent=2) + "\n")
        return
    wanted.out.mkdir(parents=True, exist_ok=True)
    placed = datetime.now(UTC).replace(microsecond=0) - timedelta(days=10)
    (wanted.out / "shop.json").write_text(json.dumps(shop(users, products, orders, placed)))
    (wanted.out / "tickets.jsonl").write_text("".join(json.dumps(one) + "\n" for one in told))


if __name__ == "__main__":
    main()
