"""The whole way at Intercom, Freshdesk and messaging: the webhook, the real desk, the answer. No fake but the vendor."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.wiring import House
from connectors.helpdesks import freshdesk_webhook, intercom_webhook, sunshine_webhook
from tests.connectors import fake_freshdesk, fake_intercom, fake_sunshine
from tests.connectors.fake_freshdesk import FakeFreshdesk
from tests.connectors.fake_intercom import FakeIntercom
from tests.connectors.fake_sunshine import FakeSunshine
from tests.connectors.vendor import serving
from tests.shop import Shop

SECRET = "signing-of-tests"


@pytest.fixture
def intercom(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeIntercom]:
    with serving(FakeIntercom(first="hello")) as fake:
        settings = {
            "BASE_URL": fake.url,
            "ACCESS_TOKEN": fake_intercom.TOKEN,
            "ADMIN_ID": fake_intercom.SEAT,
            "WEBHOOK_SECRET": SECRET,
            "MESSENGER_SECURITY": "true",
        }
        connect(monkeypatch, "intercom", settings)
        yield fake
        assert fake.complaints == []


@pytest.fixture
def freshdesk(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeFreshdesk]:
    with serving(FakeFreshdesk()) as fake:
        settings = {"BASE_URL": fake.url, "API_KEY": fake_freshdesk.KEY}
        connect(monkeypatch, "freshdesk", {**settings, "WEBHOOK_SECRET": SECRET, "WEBHOOK_PATH": "hard-to-guess"})
        yield fake
        assert fake.complaints == []


@pytest.fixture
def sunshine(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSunshine]:
    with serving(FakeSunshine()) as fake:
        settings = {
            "BASE_URL": fake.url + fake_sunshine.BELOW,
            "APP_ID": fake_sunshine.APP,
            "KEY_ID": fake_sunshine.KEY_ID,
            "KEY_SECRET": fake_sunshine.SECRET,
            "WEBHOOK_SECRET": SECRET,
        }
        connect(monkeypatch, "sunshine", settings)
        yield fake
        assert fake.complaints == []


def connect(monkeypatch: pytest.MonkeyPatch, channel: str, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"WISMO_{channel.upper()}_{name}", value)


def notified(client: TestClient, house: House, key: str) -> None:
    item = {"type": "conversation", "id": fake_intercom.ID}
    raw = json.dumps({"topic": "conversation.user.replied", "id": key, "data": {"item": item}}).encode()
    headers = {intercom_webhook.SIGNATURE: intercom_webhook.signature(SECRET, raw).decode()}
    assert client.post("/webhooks/intercom", content=raw, headers=headers).status_code == 202
    house.worker.run_once()


def test_a_signed_in_messenger_user_hears_of_the_order_and_may_cancel_it(
    intercom: FakeIntercom, house: House, filled: Shop, client: TestClient
) -> None:
    order = filled.order()
    intercom.says(f"Please cancel my order {order.number}, I bought it by mistake")
    notified(client, house, "n1")
    assert order.number in intercom.public[0]
    intercom.says("Yes please")
    notified(client, house, "n2")
    (waiting,) = client.get("/v1/approvals").json()
    client.post(f"/v1/approvals/{waiting['id']}/accept", json={"by": "lead"})
    house.worker.run_once()
    assert "is now cancelled" in intercom.public[-1]
    assert filled.get(order.number).payment == "refunded"


def test_at_freshdesk_an_address_opens_nothing_and_a_hand_off_reaches_the_group(
    freshdesk: FakeFreshdesk, house: House, filled: Shop, client: TestClient
) -> None:
    order = filled.shipped()
    freshdesk.says(f"Where is {order.number}?")
    for number in ("1", "2"):
        body = {"ticket_id": fake_freshdesk.TICKET, "rule": number}
        headers = {freshdesk_webhook.SECRET: SECRET}
        assert client.post("/webhooks/freshdesk/hard-to-guess", json=body, headers=headers).status_code == 202
        house.worker.run_once()
        if number == "1":
            freshdesk.says("You are thieves, my lawyer will write to you")
    assert order.shipments[0].tracking_number not in " ".join(freshdesk.public)
    assert len(freshdesk.public) == 2
    assert "HND-3" in freshdesk.notes[-1]
    assert {"ai_handoff", "vip"} <= set(freshdesk.tags)


def test_a_signed_in_chat_is_answered_from_the_record_and_handed_over_on_request(
    sunshine: FakeSunshine, house: House, filled: Shop, client: TestClient
) -> None:
    order = filled.shipped()
    for key, words in (("m1", f"Where is my order {order.number}?"), ("m2", "I want to talk to a person")):
        sunshine.says(words)
        conversation = {"id": fake_sunshine.CHAT, "activeSwitchboardIntegration": {"name": "wismo"}}
        payload = {"conversation": conversation, "message": {"author": {"type": "user"}}}
        event = {"id": key, "type": "conversation:message", "payload": payload}
        body = {"app": {"id": fake_sunshine.APP}, "events": [event]}
        answer = client.post("/webhooks/sunshine", json=body, headers={sunshine_webhook.SECRET: SECRET})
        assert answer.status_code == 202
        house.worker.run_once()
    assert order.shipments[0].tracking_number in sunshine.public[0]
    assert (sunshine.holder, len(sunshine.passed)) == ("agents", 1)
    assert "HND-1" in sunshine.passed[0]["metadata"]["wismo_summary"]
