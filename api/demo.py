"""The demo: a seeded shop in this home, its help centre, its tickets answered with the path of each shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

from api.cli import show
from api.cli.knowledge import ingest_paths
from api.shapes import Message
from api.wiring import House
from eval.world import catalogue, people
from eval.world import orders as order_book
from eval.world.stories import tell
from eval.world.tickets import tickets

WORLD = Path(people.__file__).parent
CUSTOMERS = 220


class NotADemoHome(RuntimeError):
    """This home holds a shop of its own; the demo must not mix with it."""


def seed(house: House, seed: int, progress: Callable[[str], None]) -> None:
    """Once a home; later runs find it. Raises `NotADemoHome`."""
    kept = house.settings.home / "demo-tickets.json"
    if kept.exists():
        progress(f"the demo shop is in {house.settings.home} already")
        return
    must_be_empty(house)
    _own_rules(house)
    orders, customers = fill(house, seed, progress)
    progress("reading the help centre (English and French)")
    ingest_paths(house, [WORLD / "help"], house.embedder)
    kept.write_text(json.dumps(tickets(orders, customers), ensure_ascii=False, indent=1), encoding="utf-8")


def fill(house: House, seed: int, progress: Callable[[str], None]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The demo shop's orders and customers into the order core, with what happened to them."""
    shop = house.policy.shop.name  # read before anything is written: a mistake in shop.toml is told first
    random, now = Random(seed), house.now()
    products, customers = catalogue.products(), people.customers(random, CUSTOMERS)
    orders = order_book.orders(random, now, customers, products)
    variants = sum(map(catalogue.variants_of, products))
    progress(f"{shop}: importing {len(orders):,} orders of {len(customers)} customers, {variants} variants")
    _import(house, {"currency": "EUR", "customers": customers, "products": products, "orders": orders})
    progress("returns, refunds and holds of the past weeks")
    tell(house.orders_at, orders, now - timedelta(days=1))
    return orders, customers


def answer_tickets(house: House) -> None:
    """Each with its path as a table and its reply."""
    batch = uuid4().hex[:8]
    out = show.console()
    for line in json.loads((house.settings.home / "demo-tickets.json").read_text(encoding="utf-8")):
        out.rule(f"[bold]{line['id']}[/bold] {line['name']} · {line['channel']}", align="left")
        out.print(f"[italic]{line['text']}[/italic]\n")
        path = show.Path()
        answer = house.desk.answer(_message(line).incoming(f"{batch}:{line['id']}", batch, line["channel"]), path.add)
        house.deliver()
        path.print()
        show.reply(answer)


def _message(line: dict[str, Any]) -> Message:
    return Message.model_validate(line)


def must_be_empty(house: House) -> None:
    """Raises `NotADemoHome`."""
    if house.orders.count():
        home = house.settings.home
        raise NotADemoHome(f"{home} holds orders already; take another home: WISMO_HOME=.wismo-demo wismo demo")


def _own_rules(house: House) -> None:
    """The demo shop's shop.toml; one that was changed by hand is left alone."""
    from agent.policy import default_text

    path = house.settings.shop_file
    if not path.exists() or path.read_text(encoding="utf-8") == default_text():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((WORLD / "shop.toml").read_text(encoding="utf-8"), encoding="utf-8")


def _import(house: House, shop: dict[str, Any]) -> None:
    draft = house.settings.home / "demo-shop.json"
    draft.write_text(json.dumps(shop, ensure_ascii=False), encoding="utf-8")
    house.orders.import_file(draft)
    draft.unlink()
