"""The five figures: each against orders, tickets and marks of known truth; the page, the sheet, the command."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from agent import ratings
from agent.case import ConversationId, Incoming
from api.desk import figures
from api.edge.tokens import Role
from api.wiring import House
from eval.metrics.deflection import Arm, causal
from eval.metrics.intervals import rate
from eval.metrics.operations import accuracy, processing
from tests.api.conftest import Wismo
from tests.api.test_inbox import page, say, with_both
from tests.shop import NOW, Shop
from tools.orders.actions.claims import OpenClaim, ResolveClaim
from tools.orders.figures import Sent


def sent(hours: float, *mistakes: str) -> Sent:
    return Sent(NOW - timedelta(hours=hours), NOW, frozenset(mistakes))


def test_processing_time_is_the_median_from_the_order_to_its_first_parcel() -> None:
    found = processing([sent(hours) for hours in (1, 3, 5, 30, 200)])
    assert (found.orders, found.median, found.p90) == (5, 5, 200)
    assert dict(found.steps)["≤ 4 h"] == 2
    assert dict(found.steps)["longer"] == 1
    assert sum(dict(found.steps).values()) == 5
    assert processing([]).median is None
    assert processing([sent(-2)]).median == 0


def test_accuracy_counts_orders_once_whatever_was_wrong_with_them() -> None:
    found = accuracy([sent(1), sent(1, "wrong_item", "missing"), sent(1, "missing"), sent(1)])
    assert found.rate == rate(2, 4)
    assert found.mistakes == {"wrong_item": 1, "missing": 2}


def claim(shop: Shop, kind: str, *, denied: bool = False) -> None:
    order = shop.sent(("mug", 1))
    opened = shop.done(OpenClaim(order_id=order.id, kind=kind, units={order.lines[0].id: 1}))
    if denied:
        shop.done(ResolveClaim(order_id=order.id, claim_id=opened["claim"], resolution="deny"))


def test_a_claim_of_a_wrong_item_counts_and_a_denied_one_or_the_carriers_does_not(house: House, filled: Shop) -> None:
    filled.stock("mug", 10)
    claim(filled, "wrong_item")
    claim(filled, "missing", denied=True)
    claim(filled, "damaged")
    filled.sent(("mug", 1))
    found = figures.measured(house, 7)
    assert (found.accuracy.rate.hits, found.accuracy.rate.of) == (3, 4)
    assert found.processing.orders == 4


def test_the_page_shows_five_figures_with_definitions_and_says_what_is_not_measured(
    client: TestClient, house: House, filled: Shop
) -> None:
    filled.stock("mug", 10)
    filled.sent(("mug", 1))
    say(client, "How long can I return something?")
    with house.database.write() as db:
        ratings.add(db, ConversationId("api:c"), 2, NOW - timedelta(hours=2))
        ratings.add(db, ConversationId("api:c"), 5, NOW - timedelta(hours=1))
    with_both(client, house, Role.VIEWER)
    shown = page(client, "/figures")
    for told in (
        "Order processing time",
        "Order accuracy",
        "Cost saved",
        "Customer satisfaction: 100.0%",
        "Deflection: –",
        "not measured yet: no holdout",
        "5.0 of 5, 1 rated",
        "no price is set",
        "half of 1 orders",
    ):
        assert told in shown, told
    assert shown.count('<svg class="chart"') == 4
    sheet = client.get("/figures.csv?days=7").text
    assert "Order accuracy,100.0%" in sheet
    assert client.get("/figures?days=0").status_code == 422


def test_an_empty_shop_has_five_empty_figures_and_no_chart(client: TestClient, house: House, filled: Shop) -> None:
    with_both(client, house, Role.VIEWER)
    shown = page(client, "/figures")
    for told in ("No parcel left in these days.", "No customer wrote", "Nobody gave a mark", "not measured yet"):
        assert told in shown, told
    assert '<svg class="chart"' not in shown


def test_deflection_is_what_a_holdout_shows_and_nothing_else(house: House, filled: Shop) -> None:
    known = causal(Arm(contacts=300, orders=2000), Arm(contacts=100, orders=500))
    found = replace(figures.measured(house, 30), deflection=known)
    assert found.deflection.deflection == pytest.approx(1 - (300 / 2000) / (100 / 500))
    shown = {one.key: one for one in figures.shown(found, house.policy.cost)}["deflection"]
    assert shown.figure == "25.0%"
    assert shown.rows == (("written to", "15.0 contacts per 100 orders"), ("held out", "20.0 contacts per 100 orders"))
    assert "<svg" in shown.chart


@pytest.mark.parametrize(("mode", "expected"), [("on", Arm(1, 1)), ("draft", Arm(0, 0))])
def test_whoever_speaking_first_holds_out_is_the_holdout_of_deflection(
    house: House, filled: Shop, mode: str, expected: Arm
) -> None:
    house.shop_file.write_text(f'[proactive]\nmode = "{mode}"\nholdout = 1.0\n', encoding="utf-8")
    order = filled.order()
    house.desk.answer(Incoming("t1", "c1", "api", f"where is {order.number}?", "ana@example.com", True))
    assert figures.measured(house, 30).deflection.holdout == expected


def test_cost_saved_is_money_once_an_hour_has_a_price(house: House, filled: Shop) -> None:
    text = house.shop_file.read_text(encoding="utf-8")
    house.shop_file.write_text(text.replace("person_hour = 0 ", "person_hour = 3000 "), encoding="utf-8")
    found = figures.measured(house, 7)
    shown = {one.key: one for one in figures.shown(found, house.policy.cost)}["saved"]
    assert shown.figure == "0.00"
    assert ("an hour ([cost] person_hour)", "30.00") in shown.inputs


def test_the_command_tells_the_same_as_json(wismo: Wismo) -> None:
    done = wismo("figures", "--days", "7", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert list(told) == [
        *("days", "period", "order_processing_time", "order_accuracy"),
        *("cost_saved", "customer_satisfaction", "deflection"),
    ]
    assert told["deflection"]["deflection"] is None
    assert told["deflection"]["why"].startswith("no customers are held out")
    assert datetime.fromisoformat(told["period"]["since"]) < datetime.fromisoformat(told["period"]["until"])
