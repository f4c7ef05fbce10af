"""`kill -9` at every statement: afterwards the auditor finds nothing, and the provider was charged once."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from connectors.delivery import Delivery
from connectors.payments.asking import KINDS, Asking
from tests.shop import LYON, NOW, STAFF, Shop
from tools.orders import faults
from tools.orders.actions.fulfilment import ShipOrder, StartFulfilment
from tools.orders.actions.payments import CapturePayment, Pay
from tools.orders.actions.place import PlaceOrder, Wanted
from tools.orders.agreement import Action, Evidence, Result, Wish
from tools.orders.commands import Command, Done
from tools.orders.database import Database
from tools.orders.model import OrderId, TrackingEvent
from tools.orders.outbox import CLAIMED
from tools.orders.providers import Answer, Charge
from tools.orders.service import Orders
from tools.orders.terms import Terms

ORDER = OrderId("web:crash")
TERMS = Terms.model_validate({})
MOST = 80
"""More statements than any of these commands has."""


class Provider:
    """Keeps its books on disk, as a provider does: what it was asked survives our death."""

    def __init__(self, folder: Path) -> None:
        self._book = folder / "provider.txt"

    def _moved(self, kind: str, charge: Charge) -> Answer:
        if (kind, charge.key) not in self.book():
            with self._book.open("a", encoding="utf-8") as out:
                out.write(f"{kind} {charge.key}\n")
        return Answer("succeeded", f"ref-{charge.key}")

    def book(self) -> list[tuple[str, str]]:
        lines = self._book.read_text(encoding="utf-8").splitlines() if self._book.exists() else []
        return [(kind, key) for kind, _, key in (line.partition(" ") for line in lines)]

    def authorize(self, charge: Charge) -> Answer:
        return self._moved("authorize", charge)

    def capture(self, charge: Charge) -> Answer:
        return self._moved("capture", charge)

    def void(self, charge: Charge) -> Answer:
        return self._moved("void", charge)

    def refund(self, charge: Charge) -> Answer:
        return self._moved("refund", charge)


class House:
    """What a process of the shop has: its database, the core, the delivery to its provider."""

    def __init__(self, folder: Path, now: datetime = NOW) -> None:
        self.database = Database(folder / "wismo.db")
        self.orders = Orders(self.database, lambda: TERMS, lambda: NOW)
        self.provider = Provider(folder)
        carriers = dict.fromkeys(KINDS, Asking(self.orders, self.provider).carry)
        self._delivery = Delivery(self.database, carriers, lambda: now)

    def do(self, command: Command, key: str) -> None:
        answer = self.orders.do(command, key=key, actor=STAFF)
        assert isinstance(answer, Done), answer
        self.deliver()

    def deliver(self) -> None:
        while self._delivery.run_once():
            pass


def place(house: House) -> None:
    wanted = PlaceOrder(
        channel="web",
        external_id="crash",
        customer_id="ana",
        lines=(Wanted(sku="lamp", quantity=2), Wanted(sku="mug", quantity=1)),
        address=LYON,
        currency="EUR",
        payments=(Pay(kind="card", token="t", mode="authorize"),),
    )
    house.do(wanted, "place")


def capture(house: House) -> None:
    house.do(CapturePayment(order_id=ORDER), "capture")


def ship(house: House) -> None:
    house.do(StartFulfilment(order_id=ORDER), "start")
    house.do(ShipOrder(order_id=ORDER, tracking="T1", carrier="DHL"), "ship")


def refund(house: House) -> None:
    """The whole order by a claim; asked again with the same key after the crash."""
    house.orders.record_tracking("T1", TrackingEvent(NOW, "delivered"), STAFF)
    order = house.orders.order(ORDER)
    quote = house.orders.quote(order, Wish(Action.REFUND, "damaged"))
    if not order.refunds:
        evidence = Evidence("crash", quote.digest)
        assert house.orders.execute(quote, key="refund", actor=STAFF, evidence=evidence).result is Result.DONE
    house.deliver()


STEPS: tuple[tuple[Callable[[House], None], dict[str, int]], ...] = (
    (place, {"authorize": 1}),
    (capture, {"capture": 1}),
    (ship, {}),
    (refund, {"refund": 1}),
)


@pytest.mark.parametrize("step", range(len(STEPS)), ids=[step.__name__ for step, _ in STEPS])
def test_a_process_that_dies_at_any_statement_leaves_a_sound_shop(tmp_path: Path, step: int) -> None:
    verb, charges = STEPS[step]
    for point in range(1, MOST):
        folder = tmp_path / str(point)
        prepared(folder, step)
        died = run(folder, verb, str(point))
        audited(folder)
        assert run(folder, verb, "") == 0
        house = House(folder, NOW + CLAIMED)
        house.deliver()  # what the dead one had claimed is free by then
        for kind, times in charges.items():
            assert [each for each, _ in house.provider.book()].count(kind) == times
        house.database.close()
        audited(folder)
        if not died:
            assert point > 8
            return
    raise AssertionError(f"{verb.__name__} has more than {MOST} statements")


def prepared(folder: Path, step: int) -> None:
    """A shop with stock, and the steps before this one done. No connection stays open: a process is forked next."""
    shop = Shop(folder_of(folder))
    shop.stock("lamp", 5)
    shop.stock("mug", 5)
    shop.database.close()
    house = House(folder)
    for earlier, _ in STEPS[:step]:
        earlier(house)
    house.database.close()


def folder_of(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def run(folder: Path, verb: Callable[[House], None], point: str) -> int:
    """0, or the signal that ended it."""

    def child() -> None:
        faults.arm(point)
        verb(House(folder))

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(60)
    assert process.exitcode in {0, -signal.SIGKILL}, process.exitcode
    return -process.exitcode if process.exitcode else 0


def audited(folder: Path) -> None:
    database = Database(folder / "wismo.db")
    found = Orders(database, lambda: TERMS, lambda: NOW).audit()
    database.close()
    assert found.violations == ()
