"""The whole way of a ticket: Zendesk knocks, the real desk answers, Zendesk is told once. No fake but Zendesk itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from agent import ratings
from api.app import create
from api.operating import tracing
from api.wiring import House
from connectors.helpdesks.zendesk_webhook import SIGNATURE, TIMESTAMP, signature
from tests.connectors.fake_zendesk import FakeZendesk, serving
from tests.shop import NOW, Shop
from tools.orders import watch

SECRET = "signing"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeZendesk]:
    with serving(FakeZendesk()) as made:
        settings = {"BASE_URL": made.url, "CLIENT_ID": "wismo", "CLIENT_SECRET": "s3cret", "WEBHOOK_SECRET": SECRET}
        for name, value in settings.items():
            monkeypatch.setenv(f"WISMO_ZENDESK_{name}", value)
        yield made
        assert made.complaints == []


@pytest.fixture
def zendesk(house: House, filled: Shop, fake: FakeZendesk, client: TestClient) -> FakeZendesk:
    """In this order: the settings are there before the client starts the house."""
    return fake


def knock(client: TestClient, key: str) -> int:
    raw = json.dumps({"type": "zen:event-type:ticket.comment_added", "id": key, "detail": {"id": "5158"}}).encode()
    at = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    headers = {SIGNATURE: signature(SECRET, at, raw).decode(), TIMESTAMP: at}
    return client.post("/webhooks/zendesk", content=raw, headers=headers).status_code


def test_a_customer_is_answered_from_the_record_and_an_action_goes_from_yes_to_approval_to_done(
    zendesk: FakeZendesk, client: TestClient, house: House, filled: Shop
) -> None:
    order = filled.order()
    zendesk.says(f"Hello, please cancel my order {order.number}, I bought it by mistake")
    assert knock(client, "e1") == 202
    house.worker.run_once()
    assert order.number in zendesk.public[0]
    assert "€20.00" in zendesk.public[0]
    zendesk.says("Yes please")
    knock(client, "e2")
    house.worker.run_once()
    (waiting,) = client.get("/v1/approvals").json()
    assert "wismo_queued" in zendesk.tags
    client.post(f"/v1/approvals/{waiting['id']}/accept", json={"by": "lead"})
    house.worker.run_once()
    assert "is now cancelled" in zendesk.public[-1]
    assert filled.get(order.number).payment == "refunded"


def test_an_unproven_requester_learns_nothing(
    zendesk: FakeZendesk, client: TestClient, house: House, filled: Shop
) -> None:
    order = filled.shipped()
    zendesk.verified = False
    zendesk.says(f"Where is {order.number}?")
    knock(client, "e1")
    house.worker.run_once()
    assert order.shipments[0].tracking_number not in zendesk.public[0]
    assert "can not tell yet that this is you" in zendesk.public[0]


def test_anger_reaches_the_team_with_a_note_and_wismo_falls_silent(
    zendesk: FakeZendesk, client: TestClient, house: House, filled: Shop
) -> None:
    zendesk.says("You are thieves, my lawyer will write to you")
    knock(client, "e1")
    house.worker.run_once()
    assert "HND-3" in zendesk.notes[0]
    assert "ai_handoff" in zendesk.tags
    zendesk.says("Hello?")
    knock(client, "e2")
    house.worker.run_once()
    assert len(zendesk.public) == 1


def handed_over(zendesk: FakeZendesk, client: TestClient, house: House) -> None:
    zendesk.says("I want to talk to a person")
    knock(client, "e1")
    house.worker.run_once()
    assert "ai_handoff" in zendesk.tags


def test_where_people_answer_they_are_told_what_wismo_would_say_and_nothing_is_done(
    zendesk: FakeZendesk, client: TestClient, house: House, filled: Shop
) -> None:
    order = filled.shipped()
    handed_over(zendesk, client, house)
    before = filled.get(order.number)
    zendesk.says(f"Where is my order {order.number}?")
    knock(client, "e2")
    house.worker.run_once()
    assert order.shipments[0].tracking_number in zendesk.notes[-1]
    assert "Suggested reply" in zendesk.notes[-1]
    assert len(zendesk.public) == 1
    assert filled.get(order.number) == before
    turns = client.get("/v1/conversations/zendesk:5158").json()["turns"]
    assert len(turns) == 1


def test_an_action_is_suggested_and_not_done(
    zendesk: FakeZendesk, client: TestClient, house: House, filled: Shop
) -> None:
    order = filled.order()
    handed_over(zendesk, client, house)
    zendesk.says(f"Please cancel my order {order.number}, I bought it by mistake")
    knock(client, "e2")
    house.worker.run_once()
    assert order.number in zendesk.notes[-1]
    assert client.get("/v1/approvals").json() == []
    assert filled.get(order.number).payment == order.payment


def test_who_turns_suggestions_off_hears_nothing_where_people_answer(
    house: House, filled: Shop, fake: FakeZendesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WISMO_ZENDESK_COPILOT", "false")
    fake.tags = ["ai_handoff"]
    fake.says("Where is my order?")
    with TestClient(create(house)) as client:
        knock(client, "e1")
    house.worker.run_once()
    assert (fake.notes, fake.public) == ([], [])


def test_how_content_the_customer_was_comes_into_the_report_once(
    zendesk: FakeZendesk, client: TestClient, house: House, filled: Shop
) -> None:
    zendesk.says(f"Where is my order {filled.shipped().number}?")
    knock(client, "e1")
    house.worker.run_once()
    zendesk.score, zendesk.status = "good", "solved"
    for key in ("e2", "e3"):
        knock(client, key)
        house.worker.run_once()
    zendesk.score = "bad"
    knock(client, "e4")
    house.worker.run_once()
    with house.database.read() as db:
        kept = db.exec_driver_sql("SELECT conversation, score FROM ratings ORDER BY sequence").all()
    assert [tuple(one) for one in kept] == [("zendesk:5158", 5), ("zendesk:5158", 1)]


def test_a_mark_for_a_conversation_that_was_never_ours_is_not_kept(
    zendesk: FakeZendesk, client: TestClient, house: House, filled: Shop
) -> None:
    zendesk.says("hello")
    zendesk.score, zendesk.status = "good", "solved"
    knock(client, "e1")
    house.worker.run_once()
    with house.database.read() as db:
        assert ratings.latest(db) == {}


def test_a_ticket_that_thanks_reopened_is_thanked_for_once_and_solved_again(
    zendesk: FakeZendesk, client: TestClient, house: House, filled: Shop
) -> None:
    zendesk.says(f"Where is my order {filled.shipped().number}?")
    knock(client, "e1")
    house.worker.run_once()
    for number, key in enumerate(("e2", "e3", "e4")):
        zendesk.status = "open"
        zendesk.says("Thank you very much!", created_at=f"2026-11-20T11:0{number}:00Z")
        knock(client, key)
        house.worker.run_once()
        assert zendesk.status == "solved"
    assert len(zendesk.public) == 2
    assert "ai_handoff" not in zendesk.tags


def test_from_the_webhook_to_zendesks_answer_it_is_one_trace_and_every_call_is_counted(
    zendesk: FakeZendesk, client: TestClient, house: House, filled: Shop
) -> None:
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    order = filled.order()
    with watch.watched_by(tracing.Tracing(provider).watch):
        zendesk.says(f"Where is my order {order.number}?")
        assert knock(client, "e1") == 202
        house.worker.run_once()
    provider.shutdown()
    spans = kept.get_finished_spans()
    (webhook,) = [one for one in spans if one.name.startswith("request /webhooks/")]
    whole = [
        one.name
        for one in spans
        if one.context and webhook.context and one.context.trace_id == webhook.context.trace_id
    ]
    assert {"event zendesk", "turn", "step write", "delivery reply.zendesk", "vendor_call zendesk"} <= set(whole)
    assert [one.name for one in spans if one.name not in whole and not one.name.startswith("vendor_call")] == []
    names = [one.name for one in spans]  # with the calls of a poll, which is nobody's turn
    said = client.get("/metrics").text
    assert 'wismo_webhooks_total{outcome="accepted",vendor="zendesk"} 1.0' in said
    (calls,) = re.findall(r'wismo_vendor_call_seconds_count\{outcome="done",vendor="zendesk"\} (\d+)', said)
    assert int(calls) == names.count("vendor_call zendesk") > 3
