"""/v1/orders: two steps for a customer's wish, commands by name, a key on every write, refusals with their rule."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.cli import app
from tests.shop import Shop

PLACED = {
    "channel": "web",
    "external_id": "W1",
    "customer_id": "ana",
    "lines": [{"sku": "shirt", "quantity": 2}],
    "address": {"line1": "8 rue Pasteur", "city": "Lyon", "postcode": "69007", "country": "FR"},
    "currency": "EUR",
    "payments": [{"kind": "card", "token": "tok_1", "mode": "sale"}],
}


def post(client: TestClient, path: str, body: dict[str, Any], key: str = "k1") -> Any:
    return client.post(f"/v1/orders{path}", json=body, headers={"Idempotency-Key": key})


def test_an_order_is_placed_read_quoted_and_cancelled(client: TestClient, filled: Shop) -> None:
    placed = post(client, "", PLACED)
    assert (placed.status_code, placed.json()["order"]) == (201, "web:W1")
    order = client.get("/v1/orders/W1").json()
    assert (order["total"], order["payment"], order["lines"][0]["quantity"]) == ("40.00", "paid", 2)
    asked = {"action": "cancel_order", "lines": {"1": 1}}
    quote = client.post("/v1/orders/W1/quotes", json=asked).json()
    assert (quote["allowed"], quote["back"], quote["ruling"]["rule"]) == (True, "20.00", "CAN-1")
    done = post(client, "/W1/actions", asked | {"digest": quote["digest"]}, "k2").json()
    assert (done["result"], done["reference"]) == ("done", "web:W1:refund:1")
    assert post(client, "/W1/actions", asked | {"digest": quote["digest"]}, "k3").status_code == 409
    told = [event["type"] for event in client.get("/v1/orders/W1/events").json()["events"]]
    assert told[0] == "order.placed"
    assert told[-1] == "refund.succeeded"
    assert client.get("/v1/orders/audit").json()["violations"] == []
    assert client.get("/v1/orders", params={"number": "W"}).json()["orders"][0]["number"] == "W1"


def test_the_same_key_is_one_order_and_another_body_under_it_is_refused(client: TestClient, filled: Shop) -> None:
    assert post(client, "", PLACED).json() == post(client, "", PLACED).json()
    other = post(client, "", PLACED | {"external_id": "W2"})
    assert (other.status_code, other.json()["ruling"]["rule"]) == (409, "IDM-1")
    assert client.get("/v1/orders/W2").status_code == 404
    twice = post(client, "", PLACED, "another key")
    assert (twice.status_code, twice.json()["ruling"]["accepts"]) == (
        409,
        "external_id: web order W1 exists already",
    )


def test_a_write_without_a_key_is_refused(client: TestClient, filled: Shop) -> None:
    for path in ("", "/1001/actions", "/commands/hold_order"):
        refused = client.post(f"/v1/orders{path}", json=PLACED)
        assert refused.status_code == 422
        assert refused.json()["ruling"]["rule"] == "IDM-1"
        assert "Idempotency-Key" in refused.text
    assert filled.orders.count() == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"lines": [{"sku": "shirt", "quantity": 0}]}, "greater than or equal to 1"),
        ({"lines": [{"sku": "shirt", "quantity": -1}]}, "greater than or equal to 1"),
        ({"lines": [{"sku": "shirt", "quantity": 10**9}]}, "less than or equal to 1000000"),
        ({"lines": [{"sku": "shirt", "quantity": 1.5}]}, "valid integer"),
        ({"lines": [{"sku": "shirt", "quantity": 1, "unit_price": 19.9}]}, "valid integer"),
        ({"shipping": 4.9}, "valid integer"),
        ({"currency": "XXY"}, "currency: XXY is unknown"),
        ({"currency": "USD"}, "is sold in EUR, not USD"),
        ({"payments": [{"kind": "card", "token": "4242424242424242"}]}, "the provider's token"),
        ({"surprise": 1}, "Extra inputs are not permitted"),
    ],
)
def test_bad_input_is_refused_with_what_would_be_accepted_and_nothing_is_written(
    client: TestClient, filled: Shop, change: dict[str, Any], told: str
) -> None:
    refused = post(client, "", PLACED | change)
    assert refused.status_code in {409, 422}
    assert refused.json()["ruling"]["rule"] in {"VAL-1", "ORD-1", "PAY-1"}
    assert told in refused.text
    assert "4242" not in refused.text
    assert filled.orders.count() == 0
    assert post(client, "", PLACED).status_code == 201


def test_an_address_without_a_postcode_puts_the_order_on_hold_with_its_reason(client: TestClient, filled: Shop) -> None:
    address = {**PLACED["address"], "postcode": ""}  # type: ignore[dict-item]
    assert post(client, "", PLACED | {"address": address}).json()["reasons"] == ["address: postal_code"]
    assert client.get("/v1/orders", params={"lifecycle": "on_hold"}).json()["orders"][0]["number"] == "W1"


def test_too_early_is_refused_by_its_rule(client: TestClient, filled: Shop) -> None:
    unpaid = PLACED | {"payments": []}
    post(client, "", unpaid)
    for action, rule in (("refund", "REF-4"), ("request_return", "RET-1")):
        quote = client.post("/v1/orders/W1/quotes", json={"action": action}).json()
        assert (quote["allowed"], quote["ruling"]["rule"]) == (False, rule)
        refused = post(client, "/W1/actions", {"action": action, "digest": quote["digest"]}, action)
        assert refused.status_code == 409


def test_commands_are_listed_and_done_by_name_and_refused_with_their_rule(client: TestClient, filled: Shop) -> None:
    listed = client.get("/v1/orders/commands").json()["commands"]
    assert {"place_order", "ship_order", "record_payment_result"} <= listed.keys()
    post(client, "", PLACED)
    started = post(client, "/commands/start_fulfilment", {"order_id": "web:W1"}, "s")
    assert started.json()["events"] == ["fulfillment.started"]
    again = post(client, "/commands/start_fulfilment", {"order_id": "web:W1"}, "s2")
    assert (again.status_code, again.json()["ruling"]["rule"]) == (409, "FUL-1")
    missing = post(client, "/commands/start_fulfilment", {"order_id": "web:none"}, "s3")
    assert (missing.status_code, missing.json()["ruling"]["rule"]) == (404, "FND-1")
    bad = post(client, "/commands/start_fulfilment", {"order": "web:W1"}, "s4")
    assert (bad.status_code, bad.json()["ruling"]["rule"]) == (422, "VAL-1")
    assert post(client, "/commands/fly", {}, "s5").status_code == 404
    wrong_line = client.post("/v1/orders/W1/quotes", json={"action": "refund", "lines": {"9": 1}})
    assert (wrong_line.status_code, wrong_line.json()["ruling"]["rule"]) == (422, "VAL-1")


def test_an_order_is_read_as_it_was(client: TestClient, filled: Shop) -> None:
    order = filled.shipped(days_ago=2)
    past = client.get(f"/v1/orders/{order.number[1:]}", params={"as_of": "2026-11-17T12:00:00Z"}).json()
    assert past["shipments"] == []
    before = client.get(f"/v1/orders/{order.number[1:]}", params={"as_of": "2026-01-01T00:00:00Z"})
    assert before.status_code == 404


def test_nothing_is_told_without_the_token(client: TestClient, filled: Shop) -> None:
    client.headers["Authorization"] = "Bearer wrong"
    for path in ("", "/1001", "/audit", "/commands"):
        assert client.get(f"/v1/orders{path}").status_code == 401


# -- the command line ----------------------------------------------------------------------------------------


@pytest.fixture
def wismo(house: Any, filled: Shop) -> Any:
    """`wismo orders …` in this process, in the house's home."""

    def run(*arguments: str, given: str = "") -> Any:
        return CliRunner().invoke(app, ["orders", *arguments], input=given)

    return run


def test_people_list_show_cancel_and_audit_orders(wismo: Any, filled: Shop) -> None:
    assert "No orders yet" in wismo("list").output
    order = filled.order(items={"shirt": 2})
    assert order.number in wismo("list").output
    assert "T-Shirt (blue)" in wismo("show", order.number).output
    assert wismo("cancel", order.number, "--line", "1:1", given="n\n").exit_code == 1
    done = wismo("cancel", order.number, "--line", "1:1", "--yes")
    assert (done.exit_code, "€20.00" in done.output) == (0, True)
    assert filled.get(order.number).lines[0].cancelled == 1
    assert "order.lines_cancelled" in wismo("history", order.number).output
    audit = wismo("audit")
    assert (audit.exit_code, "every invariant holds" in audit.output) == (0, True)


def test_a_person_is_told_the_rule_and_what_would_be_accepted(wismo: Any, filled: Shop) -> None:
    order = filled.shipped()
    refused = wismo("cancel", order.number, "--yes")
    assert refused.exit_code == 1
    assert "CAN-2" in refused.output
    assert wismo("cancel", "4711", "--yes").exit_code == 2
    assert wismo("refund", order.number, "--line", "x").exit_code == 2
    assert wismo("do", "fly", "{}").exit_code == 2
    assert wismo("do", "hold_order", "{").exit_code == 2
    assert wismo("show", order.number, "--as-of", "2020-01-01").exit_code == 2


def test_goods_are_placed_shipped_returned_received_and_refunded(wismo: Any, filled: Shop) -> None:
    assert wismo("stock", "shirt", "5").exit_code == 0
    assert "5 available" in wismo("stock", "shirt").output
    placed = wismo("place", "-", "--json", given=json.dumps(PLACED))
    assert json.loads(placed.stdout)["order"] == "web:W1"
    assert wismo("ship", "W1", "T9", "--carrier", "DHL").exit_code == 0
    scan = {"tracking": "T9", "code": "delivered", "at": "2026-11-20T11:00:00Z"}
    assert wismo("do", "record_scan", json.dumps(scan)).exit_code == 0
    returned = wismo("return", "W1", "-l", "1:1", "--yes", "--json")
    number = json.loads(returned.stdout)["reference"]
    assert wismo("receive", number, "--accept").exit_code == 0
    assert "€20.00" in wismo("refund", "W1", "--yes").output
    assert filled.get("W1").payment == "partially_refunded"
    assert "capture_payment" in wismo("commands").output
    assert '"order_id"' in wismo("commands", "ship_order").output
