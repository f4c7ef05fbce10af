"""The demo shop's orders: a recipe a state, dates relative to now. Pure data in the import format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

Record = dict[str, Any]
CARRIERS = {
    "FR": ("Colissimo", "Chronopost"),
    "BE": ("DHL",),
    "GB": ("DHL", "UPS"),
    "IE": ("DHL",),
    "US": ("UPS",),
}
SHIPPING = {"FR": (490, 6000), "BE": (790, 10000), "IE": (790, 10000), "GB": (1490, None), "US": (1490, None)}


@dataclass(frozen=True, slots=True)
class Recipe:
    """`count` orders that were placed `days` ago and then went as `story` tells."""

    state: str
    count: int
    days: tuple[int, int]
    story: Callable[[Record, datetime, Random], None]


def orders(random: Random, now: datetime, customers: list[Record], products: list[Record]) -> list[Record]:
    """Each with its state's name under `_state`, for whoever looks for an example (the importer ignores it)."""
    shelf = [(product, variant) for product in products for variant in product["variants"]]
    made: list[Record] = []
    for recipe in RECIPES:
        for _ in range(recipe.count):
            placed = now - timedelta(
                days=random.randint(*recipe.days), hours=random.randint(1, 20), minutes=random.randint(0, 59)
            )
            order = _order(random, 1001 + len(made), placed, random.choice(customers), shelf)
            order["_state"] = recipe.state
            recipe.story(order, now, random)
            made.append(order)
    return made


def _order(random: Random, number: int, placed: datetime, customer: Record, shelf: list[Any]) -> Record:
    items = [_item(random, *one) for one in random.sample(shelf, random.choice((1, 1, 2, 2, 3)))]
    goods = sum(_cents(item["price"]) * item["quantity"] for item in items)
    fee, free_from = SHIPPING[customer["address"]["country"]]
    shipping = 0 if free_from and goods >= free_from else fee
    return {
        "id": f"#{number}",
        "customer_id": customer["id"],
        "status": "pending",
        "placed_at": _text(placed),
        "promised_at": _text(placed + timedelta(days=6 if customer["address"]["country"] == "FR" else 10)),
        "total": _euros(goods + shipping),
        "shipping": _euros(shipping),
        "shipping_address": customer["address"],
        "items": items,
        "shipments": [],
        "payments": [],
    }


def _item(random: Random, product: Record, variant: Record) -> Record:
    return {
        "product_id": product["id"],
        "sku": variant["sku"],
        "name": product["name"],
        "quantity": random.choice((1, 1, 1, 2)),
        "price": variant["price"],
        "options": variant["options"],
    }


def _paid(order: Record, *_: object) -> None:
    at = _moment(order["placed_at"]) + timedelta(minutes=2)
    order["paid_at"] = _text(at)
    order["payments"].append({"type": "payment", "amount": order["total"], "method": "credit_card", "at": _text(at)})


def _unpaid(order: Record, *_: object) -> None:
    """Nothing came in."""


def _in_warehouse(order: Record, now: datetime, random: Random) -> None:
    _paid(order)
    order["status"] = "processed"


def _shipped(
    order: Record,
    now: datetime,
    random: Random,
    *,
    codes: tuple[str, ...] = ("in_transit",),
    quiet_days: float = 0,
) -> None:
    _in_warehouse(order, now, random)
    shipped = _moment(order["placed_at"]) + timedelta(days=1)
    last = max(shipped + timedelta(hours=5), now - timedelta(days=quiet_days, hours=random.randint(2, 9)))
    hops = ["handed_over", *codes]
    step = (last - shipped) / max(len(hops) - 1, 1)
    events = [
        {
            "at": _text(shipped + step * place),
            "code": code,
            "place": random.choice(("Lyon", "Paris", "Roissy")),
        }
        for place, code in enumerate(hops)
    ]
    _with_parcel(order, shipped, events, random)
    order["status"] = "shipped"


def _with_parcel(order: Record, shipped: datetime, events: list[Record], random: Random) -> None:
    carrier = random.choice(CARRIERS[order["shipping_address"]["country"]])
    order["shipments"].append(
        {
            "tracking_id": f"{random.randint(10**11, 10**12 - 1)}",
            "carrier": carrier,
            "skus": sorted({item["sku"] for item in order["items"]}),
            "shipped_at": _text(shipped),
            "events": events,
        }
    )


def _late(order: Record, now: datetime, random: Random) -> None:
    _shipped(order, now, random, codes=("in_transit", "in_transit"), quiet_days=2)
    order["promised_at"] = _text(now - timedelta(days=random.randint(1, 4)))


def _delivered(order: Record, now: datetime, random: Random) -> None:
    placed = _moment(order["placed_at"])
    days = min(random.randint(2, 5), max((now - placed).days - 1, 2))
    arrived = min(placed + timedelta(days=days), now - timedelta(hours=3))
    _shipped(order, now, random)
    parcel = order["shipments"][0]
    shipped = _moment(parcel["shipped_at"])
    codes = ("handed_over", "in_transit", "out_for_delivery", "delivered")
    parcel["events"] = [
        {
            "at": _text(shipped + (arrived - shipped) * place / 3),
            "code": code,
            "place": order["shipping_address"]["city"],
        }
        for place, code in enumerate(codes)
    ]
    order["status"], order["delivered_at"] = "delivered", _text(arrived)


def _partly_refunded(order: Record, now: datetime, random: Random) -> None:
    _delivered(order, now, random)
    back = _euros(_cents(order["items"][0]["price"]))
    at = _moment(order["delivered_at"]) + timedelta(days=9)
    order["payments"].append({"type": "refund", "amount": back, "method": "credit_card", "at": _text(min(at, now))})


def _cancelled(order: Record, now: datetime, random: Random) -> None:
    _paid(order)
    at = _moment(order["placed_at"]) + timedelta(hours=7)
    order["status"], order["cancelled_at"] = "cancelled", _text(at)
    order["payments"].append(
        {
            "type": "refund",
            "amount": order["total"],
            "method": "credit_card",
            "at": _text(at + timedelta(days=1)),
        }
    )


def _going(*codes: str, quiet_days: float = 0) -> Callable[[Record, datetime, Random], None]:
    def story(order: Record, now: datetime, random: Random) -> None:
        _shipped(order, now, random, codes=codes, quiet_days=quiet_days)

    return story


RECIPES = (
    Recipe("unpaid", 40, (0, 1), _unpaid),
    Recipe("confirmed", 130, (0, 1), _paid),
    Recipe("on_hold", 20, (0, 3), _paid),
    Recipe("in_warehouse", 90, (1, 2), _in_warehouse),
    Recipe("shipped", 140, (2, 5), _going("in_transit")),
    Recipe("late", 50, (9, 14), _late),
    Recipe("delayed", 20, (4, 6), _going("in_transit", "delayed")),
    Recipe("exception", 15, (4, 6), _going("in_transit", "exception")),
    Recipe("out_for_delivery", 30, (3, 5), _going("in_transit", "out_for_delivery")),
    Recipe("attempt_failed", 10, (4, 6), _going("out_for_delivery", "attempt_failed")),
    Recipe("available_for_pickup", 15, (4, 6), _going("out_for_delivery", "available_for_pickup")),
    Recipe("lost", 15, (25, 40), _going("in_transit", "lost", quiet_days=15)),
    Recipe("silent", 15, (25, 40), _going("in_transit", quiet_days=16)),
    Recipe("delivered", 230, (4, 28), _delivered),
    Recipe("delivered_long_ago", 150, (45, 400), _delivered),
    Recipe("returning", 30, (8, 28), _delivered),
    Recipe("returned", 25, (15, 28), _delivered),
    Recipe("partly_refunded", 25, (20, 90), _partly_refunded),
    Recipe("cancelled", 50, (3, 120), _cancelled),
)


def _text(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _cents(price: str) -> int:
    return round(float(price) * 100)


def _euros(cents: int) -> str:
    return f"{cents / 100:.2f}"
