"""A shop whose other systems are those of docs/integrations: its own feeds, lines to fakes, delivery and worker."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from agent.policy import Policy
from agent.systems import System, feeds_of
from connectors import inbox
from connectors.delivery import Delivery
from connectors.systems.sending import Feeding, Line
from connectors.systems.taking import Taking
from connectors.tables import metadata
from connectors.worker import Worker
from tests.connectors.fake_systems import SECRET, TOKEN
from tests.shop import Shop
from tools.orders import fed

EXAMPLES = Path(__file__).parents[2] / "docs" / "integrations"


def declared(name: str, **changed: Any) -> dict[str, Any]:
    """An example's tables by the systems' names."""
    given: dict[str, Any] = tomllib.loads((EXAMPLES / f"{name}.toml").read_text(encoding="utf-8"))["connectors"]
    return {each: {**table, **changed} for each, table in given.items()}


def read(tables: dict[str, Any]) -> dict[str, System]:
    return dict(Policy.model_validate({"connectors": tables}).connectors)


def credential(name: str) -> str:
    return {"WISMO_CONNECTOR_CRM_LOGIN": f"wismo:{TOKEN}"}.get(name) or (SECRET if name.endswith("SECRET") else TOKEN)


class Wired:
    def __init__(self, shop: Shop, tables: dict[str, Any]) -> None:
        self.shop = shop
        with shop.database.write() as db:
            metadata.create_all(db)
        systems = read(tables)
        shop.feeds = feeds_of(systems)
        self.lines = {
            name: Line(name, one, credential, lambda: shop.time, ("127.0.0.1",)) for name, one in systems.items()
        }
        feeding = Feeding(shop.orders, self.lines, shop.folder)
        self.delivery = Delivery(shop.database, {fed.KIND: feeding.carry}, lambda: shop.time)
        self.taking = {
            name: Taking(shop.orders, shop.database, line, shop.folder, lambda: shop.time)
            for name, line in self.lines.items()
        }
        handlers = {one.source: one.read for one in self.taking.values()}
        self.worker = Worker(shop.database, handlers, self.delivery, lambda: shop.time)

    def close(self) -> None:
        for line in self.lines.values():
            line.close()

    def deliver(self, rounds: int = 1, minutes: float = 0) -> int:
        sent = 0
        for _ in range(rounds):
            sent += self.delivery.run_once()
            self.shop.later(minutes=minutes)
        return sent

    def work(self, rounds: int = 4) -> None:
        for _ in range(rounds):
            self.worker.run_once()

    def states(self) -> dict[str, int]:
        """Messages to systems by their state, and, as inbox_…, what they told."""
        with self.shop.database.read() as db:
            told = "SELECT state, count(*) FROM outbox WHERE kind = 'system.fed' GROUP BY state"
            made = {state: int(number) for state, number in db.exec_driver_sql(told)}
            taken = {f"inbox_{state}": inbox.count(db, state) for state in ("new", "done", "dead")}
        return {"due": 0, "sent": 0, "dead": 0} | made | taken

    def why(self, box: str = "outbox") -> str:
        with self.shop.database.read() as db:
            return str(db.exec_driver_sql(f"SELECT max(last_error) FROM {box}").scalar_one())
