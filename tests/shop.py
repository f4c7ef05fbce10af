"""A small shop for tests: real database, real core, a clock that stands still until it is told to move."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from agent.tables import metadata as agent_tables
from tools.orders import outbox, tables
from tools.orders.actions.fulfilment import ShipOrder, StartFulfilment
from tools.orders.actions.payment_results import RecordPaymentResult
from tools.orders.actions.payments import Pay
from tools.orders.actions.place import PlaceOrder, Wanted
from tools.orders.actions.returns import InspectReturn, ReceiveReturn
from tools.orders.actions.stock import ReceiveStock
from tools.orders.agreement import Action, Evidence, Outcome, Quote, Ruling, Selection, Wish
from tools.orders.commands import Command, Done, Refusal
from tools.orders.database import Database
from tools.orders.fed import Feed
from tools.orders.importing import ImportReport
from tools.orders.model import Actor, Address, Order, OrderId, TrackingEvent
from tools.orders.money import Money
from tools.orders.service import Orders
from tools.orders.terms import Terms

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOME = {"line1": "8 rue Pasteur", "city": "Lyon", "zip": "69007", "country": "FR"}
LYON = Address("8 rue Pasteur", "Lyon", "69007", "FR")
AGENT, STAFF = Actor("agent", "test"), Actor("person", "lead")
ANA, BOB = "ana@example.com", "bob@example.com"
ITEMS = {"shirt": 2000, "mug": 1050, "earrings": 2700, "lamp": 5000}


def euros(amount: str) -> Money:
    return Money.parse(amount, "EUR")


class Shop:
    """Orders are made by importing them, as a shop's own would be; the verbs are the core's."""

    def __init__(self, folder: Path, where: Path | str | None = None) -> None:
        self.folder = folder
        self.time = NOW
        self.terms = Terms()
        self.database = Database(where or folder / "wismo.db")
        with self.database.write() as db:
            tables.metadata.create_all(db)
            agent_tables.create_all(db)
        self.feeds: tuple[Feed, ...] = ()
        self.orders = Orders(self.database, lambda: self.terms, lambda: self.time, lambda: self.feeds)
        self._numbers, self._keys = count(1001), count(1)
        self.import_shop([])

    def later(self, **passed: float) -> None:
        self.time += timedelta(**passed)

    # -- orders in each state --------------------------------------------------------------------------------

    def record(self, status: str = "pending", items: Mapping[str, int] | None = None, **given: Any) -> dict[str, Any]:
        """An order of the import format: paid by card unless `payments` says otherwise."""
        bought = items or {"shirt": 1}
        lines = [_item(sku, quantity) for sku, quantity in bought.items()]
        goods = sum(ITEMS[sku] * quantity for sku, quantity in bought.items())
        total = f"{(goods + round(float(given.get('shipping', 0)) * 100) - round(float(given.get('discount', 0)) * 100)) / 100:.2f}"
        made = {
            "id": f"#{next(self._numbers)}",
            "customer_id": "ana",
            "status": status,
            "placed_at": (self.time - timedelta(days=10)).isoformat(),
            "total": total,
            "shipping_address": HOME,
            "items": lines,
            "payments": [{"type": "payment", "amount": total, "method": "credit_card"}],
        }
        return made | given

    def order(self, status: str = "pending", items: Mapping[str, int] | None = None, **given: Any) -> Order:
        record = self.record(status, items, **given)
        self.import_shop([record])
        return self.get(record["id"])

    def delivered(self, items: Mapping[str, int] | None = None, days_ago: float = 3, **given: Any) -> Order:
        return self.order("delivered", items, delivered_at=(self.time - timedelta(days=days_ago)).isoformat(), **given)

    def shipped(self, days_ago: float = 2, **given: Any) -> Order:
        at = (self.time - timedelta(days=days_ago)).isoformat()
        scan = {"at": at, "code": "in_transit", "place": "Lyon"}
        parcel = {
            "tracking_id": f"7{next(self._keys):011d}",
            "carrier": "DHL",
            "skus": ["shirt"],
            "events": [scan],
        }
        return self.order("shipped", shipments=[parcel], **given)

    def get(self, number: str) -> Order:
        order = self.orders.order_by_number(number)
        assert order
        return order

    def import_shop(self, orders: list[dict[str, Any]], **given: Any) -> ImportReport:
        file = self.folder / "import.json"
        file.write_text(json.dumps(shop_file(orders) | given), encoding="utf-8")
        return self.orders.import_file(file)

    # -- verbs -----------------------------------------------------------------------------------------------

    def quote(
        self,
        order: Order,
        action: Action,
        reason: str = "",
        units: Mapping[int, int] | None = None,
        address: Address | None = None,
    ) -> Quote:
        """`units` by line position."""
        chosen = {line.id: units[line.position] for line in order.lines if units and line.position in units}
        return self.orders.quote(self.orders.order(order.id), Wish(action, reason, Selection(chosen), address))

    def execute(self, quote: Quote, key: str = "") -> Outcome:
        turn = key or f"key-{next(self._keys)}"
        return self.orders.execute(quote, key=turn, actor=AGENT, evidence=Evidence(turn, quote.digest))

    def do(self, order: Order, action: Action, reason: str = "", units: Mapping[int, int] | None = None) -> Outcome:
        return self.execute(self.quote(order, action, reason, units))

    def come_back(self, order: Order, accepted: bool = True) -> None:
        """The open return arrives and is inspected."""
        rma = self.orders.order(order.id).returns[-1]
        self.done(ReceiveReturn(return_id=rma.id, units=dict(rma.lines)))
        units = {line: count if accepted else 0 for line, count in rma.lines.items()}
        self.done(InspectReturn(return_id=rma.id, accepted=units))

    def command(self, command: Command, key: str = "", actor: Actor = STAFF) -> Done | Refusal:
        return self.orders.do(command, key=key or f"command-{next(self._keys)}", actor=actor)

    def done(self, command: Command, key: str = "") -> Mapping[str, Any]:
        """The result of a command that must succeed."""
        answer = self.command(command, key)
        assert isinstance(answer, Done), answer
        return answer.result

    def refusal(self, command: Command, key: str = "") -> Ruling:
        """The ruling of a command that must be refused."""
        answer = self.command(command, key)
        assert isinstance(answer, Refusal), answer
        return answer.ruling

    def stock(self, sku: str, quantity: int, location: str = "main") -> None:
        self.done(ReceiveStock(sku=sku, location_id=location, quantity=quantity))

    def wanted(self, *lines: Wanted | tuple[str, int], external: str = "", **given: Any) -> PlaceOrder:
        """An order of Ana's on the web channel, paid by card unless `payments` says otherwise."""
        chosen = tuple(line if isinstance(line, Wanted) else Wanted(sku=line[0], quantity=line[1]) for line in lines)
        base: dict[str, Any] = {
            "channel": "web",
            "external_id": external or f"P{next(self._numbers)}",
            "customer_id": "ana",
            "lines": chosen,
            "address": LYON,
            "currency": "EUR",
            "payments": (Pay(kind="credit_card", token="tok_1"),),
        }
        return PlaceOrder(**(base | given))

    def place(self, *lines: Wanted | tuple[str, int], **given: Any) -> Order:
        """A placed order, whatever became of it."""
        return self.orders.order(OrderId(self.done(self.wanted(*lines, **given))["order"]))

    def sent(self, *lines: Wanted | tuple[str, int], **given: Any) -> Order:
        """Placed, shipped and delivered."""
        order = self.place(*lines, **given)
        self.done(StartFulfilment(order_id=order.id))
        self.done(ShipOrder(order_id=order.id, tracking=f"T{next(self._keys)}", carrier="DHL"))
        self.scan(order, "delivered", self.time)
        return self.orders.order(order.id)

    def scan(self, order: Order, code: str, at: datetime) -> bool:
        parcel = self.orders.order(order.id).shipments[-1]
        told = self.orders.record_tracking(parcel.tracking_number, TrackingEvent(at, code), Actor("system", "carrier"))
        assert isinstance(told, Done), told
        return bool(told.result["fresh"])

    def asked(self) -> list[outbox.Message]:
        """What providers are still to be asked."""
        with self.database.read() as db:
            return [one for one in outbox.due(db, self.time, 500) if one.kind.startswith("payment.")]

    def answer(self, transaction: str, state: str, reference: str = "", code: str = "") -> Done | Refusal:
        given = {"transaction": transaction, "state": state, "reference": reference, "code": code}
        return self.command(RecordPaymentResult.model_validate(given))

    def provider_answers(self, succeeded: bool = True) -> int:
        """The provider settles everything that it was asked."""
        asked = self.asked()
        for message in asked:
            self.answer(message.body["transaction"], "succeeded" if succeeded else "failed", f"ref-{message.key}")
            with self.database.write() as db:
                outbox.sent(db, message.key, self.time)
        return len(asked)

    # -- what is true whatever was done ------------------------------------------------------------------------

    def audit(self, aggregates: Sequence[str] | None = None) -> None:
        """Every invariant and the replay of every event, over the whole database or some of its aggregates."""
        violations = self.orders.audit(aggregates).violations
        assert not violations, "\n".join(str(one) for one in violations)


def shop_file(orders: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "currency": "EUR",
        "customers": [
            {"id": "ana", "name": "Ana Lee", "email": ANA, "language": "en", "address": HOME},
            {"id": "bob", "name": "Bob Ray", "email": BOB, "language": "en", "address": HOME},
        ],
        "products": [
            {
                "id": sku,
                "name": {
                    "shirt": "T-Shirt",
                    "mug": "Stoneware mug",
                    "earrings": "Brass earrings",
                    "lamp": "Paper lamp",
                }[sku],
                "returnable": sku != "earrings",
                "variants": [{"sku": sku, "options": {"color": "blue"}, "price": f"{price / 100:.2f}"}],
            }
            for sku, price in ITEMS.items()
        ],
        "orders": orders,
    }


def _item(sku: str, quantity: int) -> dict[str, Any]:
    names = {"shirt": "T-Shirt", "mug": "Stoneware mug", "earrings": "Brass earrings", "lamp": "Paper lamp"}
    return {
        "product_id": sku,
        "sku": sku,
        "name": names[sku],
        "quantity": quantity,
        "price": f"{ITEMS[sku] / 100:.2f}",
        "options": {"color": "blue"},
    }
