"""The API: tickets, approvals, health, the Zendesk webhook."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.wiring import House
from connectors import inbox
from connectors.helpdesks.zendesk_webhook import SIGNATURE, TIMESTAMP, signature
from tests.shop import ANA, NOW, Shop

SECRET = "a-signing-secret"


def ask(client: TestClient, text: str, **given: Any) -> Any:
    return client.post("/v1/tickets", json={"from": {"email": ANA, "verified": True}, "text": text} | given)


def test_a_ticket_is_answered_in_the_response_and_read_again_with_its_journal(client: TestClient, filled: Shop) -> None:
    order = filled.shipped()
    answer = ask(client, f"where is {order.number}?", id="t1").json()
    assert (answer["id"], answer["disposition"], answer["rules"]) == ("t1", "answered", ["STA-1"])
    kept = client.get("/v1/tickets/t1").json()
    assert kept["answer"]["reply"] == answer["reply"]
    assert kept["journal"]["identity"] == "authenticated"
    assert len(kept["journal"]["hash"]) == 64


def test_the_same_id_again_is_the_same_answer_and_another_text_is_a_conflict(client: TestClient, filled: Shop) -> None:
    first = ask(client, "hello", id="t1").json()
    assert ask(client, "hello", id="t1").json() == first
    assert ask(client, "something else", id="t1").status_code == 409


def test_money_waits_for_a_person_who_decides_by_the_api(client: TestClient, filled: Shop) -> None:
    order = filled.order()
    ask(client, f"cancel {order.number}", conversation="c")
    ask(client, "yes", conversation="c")
    (waiting,) = client.get("/v1/approvals").json()
    assert (waiting["action"], waiting["amount"], waiting["order_id"]) == ("cancel_order", "20.00", order.number)
    done = client.post(f"/v1/approvals/{waiting['id']}/accept", json={"by": "lead"}).json()
    assert done["actions"][0]["status"] == "done"
    assert filled.get(order.number).payment == "refunded"
    again = client.post(f"/v1/approvals/{waiting['id']}/reject", json={"by": "lead"})
    assert again.status_code == 409
    assert client.get("/v1/approvals").json() == []
    assert client.post("/v1/approvals/A-none/accept", json={"by": "lead"}).status_code == 404


@pytest.mark.parametrize("token", ["", "Bearer wrong", "Bearer ", "Basic abc"])
def test_without_the_right_token_nothing_is_told(client: TestClient, token: str) -> None:
    for method, path in (("GET", "/v1/tickets/t1"), ("GET", "/v1/approvals"), ("POST", "/v1/tickets")):
        client.headers["Authorization"] = token
        refused = client.request(method, path, json={"text": "x"} if method == "POST" else None)
        assert refused.status_code == 401


def test_there_is_no_default_token(house: House) -> None:
    token = house.settings.api_token()
    assert len(token) >= 32
    assert (house.settings.home / "api_token").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "body",
    [{}, {"text": 5}, {"text": "x", "id": "a b"}, {"text": "x", "channel": "zendesk"}, {"text": "x", "from": "ana"}],
)
def test_a_body_that_does_not_fit_is_refused_with_its_reason(client: TestClient, body: dict[str, Any]) -> None:
    refused = client.post("/v1/tickets", json=body)
    assert refused.status_code == 422
    assert refused.json()["detail"]


def test_a_body_that_is_too_large_is_refused(client: TestClient) -> None:
    assert ask(client, "x" * 1_100_000).status_code == 413
    chunks = (b"x" * 100_000 for _ in range(20))
    assert client.post("/webhooks/zendesk", content=chunks).status_code in {413, 503}


def test_an_unknown_ticket_is_not_found(client: TestClient) -> None:
    assert client.get("/v1/tickets/nope").status_code == 404


def test_health_readiness_documentation_and_front_page_answer_without_a_token(client: TestClient) -> None:
    client.headers.clear()
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json()["ready"] is True
    assert client.get("/docs").status_code == 200
    assert "/v1/tickets" in client.get("/openapi.json").json()["paths"]
    assert "Wismo is running" in client.get("/").text


def knock(client: TestClient, body: dict[str, Any] | bytes, secret: str = SECRET, stamp: str = "") -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    at = stamp or NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    headers = {SIGNATURE: signature(secret, at, raw).decode(), TIMESTAMP: at, "Authorization": ""}
    return client.post("/webhooks/zendesk", content=raw, headers=headers)


EVENT = {"type": "zen:event-type:ticket.comment_added", "id": "evt-1", "detail": {"id": "5158"}}


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WISMO_ZENDESK_WEBHOOK_SECRET", SECRET)


def test_a_signed_event_is_stored_once_and_answered_at_once(house: House, connected: None, client: TestClient) -> None:
    assert (knock(client, EVENT).status_code, knock(client, EVENT).json()) == (202, {"status": "seen before"})
    with house.database.read() as db:
        assert inbox.count(db, "new") == 1


@pytest.mark.parametrize(
    ("body", "secret", "stamp", "status"),
    [
        (EVENT, "wrong", "", 401),
        (EVENT, SECRET, "2026-11-20T11:00:00Z", 401),
        (b"not json", SECRET, "", 400),
        ({"type": "zen:event-type:user.created"}, SECRET, "", 202),
    ],
)
def test_what_is_not_a_good_event_is_refused_or_ignored_and_not_stored(
    house: House, connected: None, client: TestClient, body: Any, secret: str, stamp: str, status: int
) -> None:
    assert knock(client, body, secret, stamp).status_code == status
    with house.database.read() as db:
        assert inbox.count(db, "new") == 0


def test_without_a_configured_secret_no_webhook_is_believed(client: TestClient) -> None:
    assert knock(client, EVENT).status_code == 503
