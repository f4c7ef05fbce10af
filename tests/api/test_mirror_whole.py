"""A mirrored shop over real HTTP as its users run it: the command, a worker process beside it, conflicts for a person."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.settings import Settings
from api.wiring import House
from tests.api.conftest import Wismo
from tests.connectors.fake_shopify import CLIENT, SECRET, FakeShopify, node
from tests.connectors.vendor import serving
from tools.orders.actions.changes import CorrectAddress
from tools.orders.model import Actor, Address
from tools.orders.service import Orders

NICE = Address("1 quai des Etats-Unis", "Nice", "06300", "FR")
LEAD = Actor("person", "lead")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeShopify]:
    with serving(FakeShopify()) as made:
        made.nodes = [node(number) for number in range(1, 6)]
        given = {"URL": made.url, "CLIENT_ID": CLIENT, "CLIENT_SECRET": SECRET}
        for name, value in given.items():
            monkeypatch.setenv(f"WISMO_SHOPIFY_{name}", value)
        yield made
        assert made.complaints == []


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "shop.toml").write_text('[terms]\norders_master = "shop"\n', encoding="utf-8")
    monkeypatch.setenv("WISMO_HOME", str(folder))
    return folder


@pytest.fixture
def orders(home: Path, wismo: Wismo) -> Iterator[Orders]:
    """The same database, beside the processes."""
    house = House(Settings())
    yield house.orders
    house.close()


def changed(fake: FakeShopify, at: int, **given: object) -> None:
    stamp = f"2027-01-01T00:00:{at:02d}Z"
    fake.nodes[at] |= {"updatedAt": stamp, **given}


def wait_for(what: Callable[[], bool], seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "nothing came"
        time.sleep(0.2)


def test_the_command_mirrors_goes_on_and_reports_what_both_ends_changed(
    wismo: Wismo, home: Path, fake: FakeShopify, orders: Orders
) -> None:
    first = wismo("mirror", "--bulk", "--json")
    assert (first.returncode, json.loads(first.stdout)["created"]) == (0, 5), first.stderr
    order = orders.order_by_number("#2")
    assert order
    orders.do(CorrectAddress(order_id=order.id, address=NICE), key="ours", actor=LEAD)
    theirs = {**fake.nodes[1]["shippingAddress"], "address1": "2 rue du Port", "city": "Brest", "zip": "29200"}
    changed(fake, 1, shippingAddress=theirs)
    again = wismo("mirror", "--json")
    told = json.loads(again.stdout)
    assert len(told["conflicts"]) == 1
    assert "for a person: #2: its address was changed here, and otherwise" in again.stderr
    kept = orders.order_by_number("#2")
    assert kept
    assert kept.address.city == "Nice"
    assert orders.audit().ok


def test_a_worker_process_mirrors_and_acts_beside_the_command(
    wismo: Wismo, home: Path, fake: FakeShopify, orders: Orders, tmp_path: Path
) -> None:
    log = (tmp_path / "worker.log").open("wb")
    environment = {**os.environ, "WISMO_POLL_SECONDS": "30"}
    with subprocess.Popen(
        [sys.executable, "-m", "api.cli", "worker"], env=environment, stdout=log, stderr=log
    ) as worker:
        try:
            wait_for(lambda: orders.count() == 5)
            order = orders.order_by_number("#3")
            assert order
            fake.acts.part("gid://shopify/Order/3")
            done = wismo("orders", "do", "correct_address", json.dumps(correction(order.id)))
            assert done.returncode == 0, done.stderr
            wait_for(lambda: fake.nodes[2]["shippingAddress"]["city"] == "Nice")
        finally:
            worker.terminate()
            worker.wait(30)
    log.close()
    assert fake.acts.done == ["orderUpdate"]
    assert b"Nice" not in (tmp_path / "worker.log").read_bytes()


def correction(order: str) -> dict[str, object]:
    address = {"line1": NICE.line1, "city": NICE.city, "postcode": NICE.postcode, "country": NICE.country}
    return {"order_id": order, "address": address}


def test_a_shop_that_is_away_is_told_in_a_line(wismo: Wismo, home: Path, fake: FakeShopify) -> None:
    fake.left = 1_000
    done = wismo("mirror", WISMO_SHOPIFY_CLIENT_SECRET="wrong")
    assert (done.returncode, "what was taken stays, run it again to go on" in done.stderr) == (2, True)
    assert "Traceback" not in done.stderr
    fake.complaints.clear()
