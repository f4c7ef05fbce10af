"""What is coming, at the desk and by the command line: from orders to items at risk, what to order, and people."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import partial
from random import Random

import pytest
from fastapi.testclient import TestClient

from agent.case import Incoming
from api import foreseeing
from api.desk import demand
from api.edge.tokens import Role
from api.wiring import House
from tests.api.browsing import csrf_in
from tests.api.test_inbox import page, with_both
from tests.shop import ANA, Shop
from tools.forecast.terms import Shift, Terms


@pytest.fixture
def selling(house: House, filled: Shop) -> Shop:
    """Twenty weeks of mugs and a few lamps; five mugs are left, lamps are not counted."""
    random, orders = Random(4), []
    for back in range(140, 0, -1):
        at = (filled.time - timedelta(days=back)).isoformat()
        bought = {"mug": random.choice((1, 2, 2, 3))} | ({"lamp": 1} if back % 20 == 0 else {})
        orders.append(filled.record("delivered", bought, placed_at=at, delivered_at=at))
    waiting = filled.record("pending", {"mug": 4})
    filled.import_shop([*orders, waiting])
    filled.stock("mug", 5)
    return filled


def test_orders_become_demand_items_at_risk_and_what_to_order(house: House, selling: Shop) -> None:
    kept = foreseeing.demand(house, Terms(), workers=1)
    items = {one["sku"]: one for one in kept.body["items"]}
    assert 12 < items["mug"]["mean"][0] < 17
    assert items["lamp"]["stock"] is None
    assert kept.body["measured"]["wismo"]["wape"] < kept.body["measured"]["naive"]["wape"]
    (mug,) = demand.risks(kept)
    assert mug.risk > 0.9
    assert mug.quantity > 25
    assert mug.expected > 8
    assert [hit["units"] for hit in mug.open] == [4]
    assert foreseeing.kept(house, foreseeing.DEMAND) == kept


def test_a_shop_without_orders_says_what_would_make_a_forecast(house: House, filled: Shop) -> None:
    with pytest.raises(foreseeing.NothingYet, match="import orders"):
        foreseeing.demand(house, Terms())
    with pytest.raises(foreseeing.NothingYet, match="4 whole weeks"):
        foreseeing.tickets(house, Shift())


def test_the_page_is_empty_then_shows_what_a_lead_had_made(client: TestClient, house: House, selling: Shop) -> None:
    with_both(client, house, Role.LEAD)
    empty = page(client, "/demand")
    assert "Nothing was forecast yet" in empty
    assert "Tickets of four whole weeks are needed" in empty
    assert client.post("/demand", data={"csrf": csrf_in(empty)}).url.path == "/demand"
    shown = page(client, "/demand")
    for told in ("Items at risk", "At risk of running out", "Stoneware mug", "To order", "#1141", "<svg"):
        assert told in shown, told
    assert "Demand of lamp" in page(client, "/demand?sku=lamp")
    assert "Demand of mug" in page(client, "/demand?sku=%3Cscript%3E")
    sheet = client.get("/demand.csv").text
    assert "reorder point" in sheet
    assert re.search(r"mug,Stoneware mug,5,0,\d+,\d+,0\.9", sheet)


def test_a_viewer_sees_the_page_and_makes_no_forecast(client: TestClient, house: House, selling: Shop) -> None:
    with_both(client, house, Role.VIEWER)
    shown = client.get("/demand")
    assert "Make a forecast now" not in shown.text
    assert client.post("/demand", data={"csrf": csrf_in(shown.text)}).status_code == 403
    assert foreseeing.kept(house, foreseeing.DEMAND) is None


def _at(moment: datetime) -> datetime:
    return moment


@pytest.fixture
def busy(house: House, filled: Shop) -> Shop:
    """Six weeks of tickets: one a day says hello, every other day somebody wants a person."""
    now, moments = house.now, [filled.time - timedelta(days=back, hours=3) for back in range(44, 0, -1)]
    for at, moment in enumerate(moments):
        house.now = partial(_at, moment)
        house.reread()
        house.desk.answer(Incoming(f"r{at}", f"r{at}", "api", "Hello there", ANA, True))
        if at % 2:
            house.desk.answer(Incoming(f"p{at}", f"p{at}", "api", "I want to talk to a human please", ANA, True))
    house.now = now
    house.reread()
    return filled


def test_tickets_are_told_by_intent_with_the_people_they_need(house: House, busy: Shop, client: TestClient) -> None:
    kept = foreseeing.tickets(house, Shift(minutes=60, hours=10), workers=1)
    items = {one["sku"]: one for one in kept.body["items"]}
    assert 6 < items["greeting"]["mean"][0] < 8
    assert 3 < items["talk_to_human"]["mean"][0] < 4.2
    assert items["talk_to_human"]["share"] == 1.0
    assert items["greeting"]["share"] < 0.2
    first = kept.body["weeks"][0]
    assert first["needed"] < first["without"]
    assert first["most"] >= first["needed"]
    with_both(client, house, Role.VIEWER)
    shown = page(client, "/demand")
    assert "People needed" in shown
    assert "Nothing was forecast yet" in shown
