"""A carrier knocks, the worker reads, the parcel's state follows: whatever order things happen in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create
from api.settings import Settings
from api.wiring import House
from connectors.carriers import aftership, easypost
from connectors.signed import in_base64, in_hex_of_nfkd
from tests.connectors.test_carriers import detail, tracker, update
from tests.shop import NOW, Shop
from tools.orders.actions.fulfilment import ShipOrder, StartFulfilment
from tools.orders.model import Order, ShipmentState

SECRET = "sécret"
NUMBER = "1Z5R89390357567127"


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EASYPOST", "AFTERSHIP"):
        monkeypatch.setenv(f"WISMO_{name}_WEBHOOK_SECRET", f"old,{SECRET}")


@pytest.fixture
def knocked(secrets: None, house: House, filled: Shop) -> Iterator[TestClient]:
    with TestClient(create(house)) as made:
        yield made


def knock(client: TestClient, body: dict[str, Any], vendor: str = "easypost") -> tuple[int, dict[str, str]]:
    raw = json.dumps(body).encode()
    signed = {
        easypost.SIGNATURE: in_hex_of_nfkd(SECRET, raw).decode(),
        aftership.SIGNATURE: in_base64(SECRET, raw).decode(),
    }
    answer = client.post(f"/webhooks/commerce/{vendor}", content=raw, headers=signed)
    return answer.status_code, answer.json()


def sent(shop: Shop, number: str = NUMBER, carrier: str = "UPS") -> Order:
    order = shop.place(("shirt", 1))
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking=number, carrier=carrier))
    return shop.get(order.number)


def at(hours: float) -> str:
    return (NOW + timedelta(hours=hours)).isoformat()


def test_a_delivery_is_told_once_however_often_the_carrier_knocks(
    knocked: TestClient, house: House, filled: Shop
) -> None:
    order = sent(filled)
    event = tracker(detail("in_transit", at(1)), detail("delivered", at(20)))
    assert knock(knocked, event) == (202, {"status": "stored"})
    assert knock(knocked, event) == (202, {"status": "seen before"})
    house.worker.run_once()
    parcel = filled.get(order.number).shipments[0]
    assert parcel.state is ShipmentState.DELIVERED
    assert [scan.code for scan in parcel.events] == ["in_transit", "delivered"]
    assert [one.type for one in filled.orders.events(order.id)].count("shipment.delivered") == 1


def test_two_events_in_either_order_leave_the_same_parcel(knocked: TestClient, house: House, filled: Shop) -> None:
    states = []
    for number, (first, second) in {"986578788855": (0, 1), "790535312317": (1, 0)}.items():
        order = sent(filled, number, "FedEx")
        point = {"tag": "InTransit", "checkpoint_time": at(1)}
        done = {"tag": "Delivered", "checkpoint_time": at(9)}
        events = (update(point, number=number, key=f"a{number}"), update(point, done, number=number, key=f"b{number}"))
        for one in (events[first], events[second]):
            assert knock(knocked, one, "aftership")[0] == 202
            house.worker.run_once()
        parcel = filled.get(order.number).shipments[0]
        states.append((parcel.state, parcel.delivered_at, tuple((scan.code, scan.at) for scan in parcel.events)))
    assert states[0] == states[1]
    assert states[0][0] is ShipmentState.DELIVERED


def test_an_event_of_a_parcel_that_is_not_there_yet_waits_for_it(secrets: None, filled: Shop, house: House) -> None:
    moving = House(Settings(), lambda: filled.time)
    with TestClient(create(moving)) as client:
        assert knock(client, tracker(detail("in_transit", at(1))))[0] == 202
        moving.worker.run_once()
        waiting = client.get("/healthz")
        assert waiting.status_code == 200
        order = sent(filled)
        assert filled.get(order.number).shipments[0].state is ShipmentState.HANDED_OVER
        filled.later(minutes=1)
        moving.worker.run_once()
    assert filled.get(order.number).shipments[0].state is ShipmentState.IN_TRANSIT
    moving.close()


def test_who_has_no_secret_or_another_is_sent_away(knocked: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert knocked.post("/webhooks/commerce/easypost", content=b"{}").status_code == 401
    assert knocked.post("/webhooks/commerce/nobody", content=b"{}").status_code == 404
    assert knock(knocked, {"description": "tracker.updated"})[0] == 400
    assert knock(knocked, {"description": "batch.created"}) == (202, {"status": "ignored"})
    monkeypatch.setenv("WISMO_EASYPOST_WEBHOOK_SECRET", "")
    assert knock(knocked, {})[0] == 503
