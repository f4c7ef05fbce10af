"""Figures for Prometheus: named by convention, few labels, nobody's data; and who may ask for them."""

from __future__ import annotations

import json
import re
import socket
import urllib.request
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from agent.case import Incoming
from api.app import create
from api.operating.metrics import LABELS, Meters, plain
from api.wiring import House
from connectors import inbox
from tests.shop import NOW, Shop
from tools.orders import outbox, watch

DOCS = Path(__file__).parents[2] / "docs"


def figures(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def one(text: str, name: str, **labels: str) -> float:
    return figures(text).get((name, tuple(sorted(labels.items()))), 0.0)


def test_turns_steps_requests_and_deliveries_are_counted(client: TestClient, house: House, filled: Shop) -> None:
    order = filled.order()
    sent = {"text": f"where is {order.number}?", "from": {"email": "ana@example.com", "verified": True}}
    assert client.post("/v1/tickets", json=sent).status_code == 200
    client.get("/v1/tickets/none")
    with house.database.write() as db:
        outbox.put(db, "reply:1", "reply.nobody", {}, NOW)
    house.deliver()
    text = client.get("/metrics").text
    assert one(text, "wismo_turn_seconds_count", disposition="answered", mode="sent", outcome="done") == 1
    for step in ("triage", "investigate", "decide", "write", "check"):
        assert one(text, "wismo_step_seconds_count", step=step, outcome="done") >= 1, step
    assert one(text, "wismo_http_request_seconds_count", method="POST", route="/v1/tickets", status="200") == 1
    read = {"method": "GET", "route": "/v1/tickets/{ticket_id}", "status": "404"}
    assert one(text, "wismo_http_request_seconds_count", **read) == 1
    assert one(text, "wismo_delivery_seconds_count", kind="reply.nobody", outcome="failed") == 1


def test_what_waits_and_what_was_given_up_is_read_at_the_moment_of_asking(client: TestClient, house: House) -> None:
    with house.database.write() as db:
        inbox.put(db, "zendesk", "e1", "77", "{}", NOW)
        outbox.put(db, "reply:1", "reply.zendesk", {}, NOW)
        outbox.put(db, "reply:2", "reply.zendesk", {}, NOW)
        outbox.failed(db, "reply:2", "Rejected: no", NOW, for_good=True)
    house.now = lambda: NOW.replace(minute=5)
    text = create_text(house)
    assert one(text, "wismo_inbox_events", source="zendesk", state="waiting") == 1
    assert one(text, "wismo_inbox_oldest_seconds", source="zendesk") == 300
    assert one(text, "wismo_outbox_messages", kind="reply.zendesk", state="waiting") == 1
    assert one(text, "wismo_outbox_messages", kind="reply.zendesk", state="dead") == 1
    assert one(text, "wismo_database_up") == 1


def create_text(house: House) -> str:
    return Meters(lambda: house.database, house.now).text().decode()


def test_webhooks_are_counted_by_vendor_and_outcome_and_strange_names_make_no_series(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WISMO_ZENDESK_BASE_URL", "https://x.zendesk.com")
    monkeypatch.setenv("WISMO_ZENDESK_WEBHOOK_SECRET", "s")
    client.post("/webhooks/zendesk", content=b"{}")
    for number in range(20):
        client.post(f"/webhooks/vendor{number}", content=b"{}")
        client.get(f"/nothing/{number}")
    text = client.get("/metrics").text
    refused = {name: value for name, value in figures(text).items() if name[0] == "wismo_webhooks_total"}
    assert sum(value for (_, labels), value in refused.items() if ("vendor", "zendesk") in labels) == 1
    assert len(refused) <= 2
    assert one(text, "wismo_http_request_seconds_count", method="GET", route="none", status="404") == 20


def test_no_address_no_order_and_no_name_is_in_any_line(client: TestClient, house: House, filled: Shop) -> None:
    order = filled.order()
    house.desk.answer(
        Incoming("t1", "ana@example.com", "ana lee", f"where is {order.number}?", "ana@example.com", True)
    )
    with house.database.write() as db:
        inbox.put(db, "zendesk", "e1", "77", "ana", NOW)
        outbox.put(db, "reply:ana@example.com", "A name with spaces", {}, NOW)
    text = client.get("/metrics").text
    assert "ana" not in text.lower().replace("wismo", "")
    assert order.number not in text
    assert one(text, "wismo_outbox_messages", kind="other", state="waiting") == 1


def test_names_follow_the_conventions(client: TestClient) -> None:
    client.get("/healthz")
    for family in text_string_to_metric_families(client.get("/metrics").text):
        assert family.name.startswith("wismo_")
        assert family.documentation
        assert re.fullmatch(r"[a-z_]+(_seconds|_events|_messages|_webhooks|_up)|wismo_webhooks", family.name), (
            family.name
        )


@pytest.mark.parametrize(
    ("host", "header", "client_at", "status"),
    [
        ("127.0.0.1:8000", {}, "127.0.0.1", 200),
        ("localhost:8000", {}, "::1", 200),
        ("[::1]:8000", {}, "::1", 200),
        ("shop.example", {}, "127.0.0.1", 401),
        ("localhost:8000", {"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 401),
        ("localhost:8000", {}, "192.0.2.7", 401),
        ("localhost:8000", {}, "testclient", 401),
    ],
)
def test_this_machine_needs_no_token_and_nobody_behind_a_proxy_is_this_machine(
    house: House, host: str, header: dict[str, str], client_at: str, status: int
) -> None:
    with TestClient(create(house), client=(client_at, 5000)) as asks:
        assert asks.get("/metrics", headers={"Host": host, **header}).status_code == status


def test_a_viewers_token_opens_it_and_a_wrong_one_does_not(client: TestClient) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_a_worker_serves_its_own_figures_on_this_machine_only_and_stops(tmp_path: object) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    meters = Meters()
    with watch.watched_by(meters.watch), meters.served(port):
        with watch.work("step", step="triage"):
            pass
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            assert one(answer.read().decode(), "wismo_step_seconds_count", step="triage", outcome="done") == 1
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5)


def test_a_value_that_is_none_of_our_words_becomes_one_word() -> None:
    assert [plain(one) for one in ("reply.zendesk", "", "Ana Lee", "x" * 41, "a@b.c")] == [
        "reply.zendesk",
        "",
        "other",
        "other",
        "other",
    ]


def test_work_that_fails_is_counted_by_the_name_of_its_failure_and_work_that_nobody_watches_goes_on() -> None:
    meters = Meters()
    with watch.watched_by(meters.watch), pytest.raises(KeyError), watch.work("vendor_call", vendor="mail"):
        raise KeyError("ana@example.com")
    text = meters.text().decode()
    assert one(text, "wismo_vendor_call_seconds_count", vendor="mail", outcome="KeyError") == 1
    with watch.work("vendor_call", vendor="mail") as unwatched:
        pass
    assert unwatched.outcome == "done"
    assert meters.text().decode() == text


def test_the_dashboard_and_the_alerts_name_only_figures_that_there_are() -> None:
    known = {f"wismo_{name}_seconds" for name in LABELS} | {"wismo_http_request_seconds", "wismo_webhooks_total"}
    known |= {f"wismo_{name}" for name in ("inbox_events", "outbox_messages", "inbox_oldest_seconds")}
    known |= {"wismo_outbox_oldest_seconds", "wismo_database_up"}
    page = (DOCS / "operate.md").read_text(encoding="utf-8")
    assert [name for name in known if name not in page] == []
    for file in ("grafana.json", "alerts.yml"):
        text = (DOCS / "monitoring" / file).read_text(encoding="utf-8")
        named = {re.sub(r"_(bucket|count|sum)$", "", name) for name in re.findall(r"\bwismo_\w+", text)}
        assert named - known == set(), file
        assert len(named) > 4
    assert json.loads((DOCS / "monitoring" / "grafana.json").read_text(encoding="utf-8"))["panels"]
    assert yaml.safe_load((DOCS / "monitoring" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
