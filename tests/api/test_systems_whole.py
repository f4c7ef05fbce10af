"""Declared systems from shop.toml to the other end: the command line, the webhook route, a worker's minute."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create
from api.settings import Settings
from api.wiring import House
from tests.api.conftest import Wismo
from tests.connectors import fake_systems
from tests.connectors.fake_systems import FakeSystem, signed_headers
from tests.connectors.systems import EXAMPLES, credential
from tests.connectors.vendor import serving
from tests.desks import intents
from tests.shop import NOW, Shop


@pytest.fixture
def erp() -> Iterator[FakeSystem]:
    with serving(fake_systems.erp()) as made:
        yield made
        assert made.complaints == []


def example(name: str, url: str) -> str:
    text = (EXAMPLES / f"{name}.toml").read_text(encoding="utf-8")
    lines = [f'url = "{url}"' if line.startswith("url = ") else line for line in text.splitlines()]
    return "\n".join(lines) + "\n"


def environment(url: str) -> dict[str, str]:
    named = ("WISMO_CONNECTOR_ERP_TOKEN", "WISMO_CONNECTOR_WMS_KEY", "WISMO_CONNECTOR_WMS_SECRET")
    return {name: credential(name) for name in named} | {"WISMO_OUTBOUND_HOSTS": url.removeprefix("http://")}


@pytest.fixture
def declared(tmp_path: Path, erp: FakeSystem, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose shop.toml declares the ERP and the WMS of the documentation."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    text = example("erp", erp.url) + example("wms", f"{erp.url}/v2")
    (home / "shop.toml").write_text(text, encoding="utf-8")
    for name, value in environment(erp.url).items():
        monkeypatch.setenv(name, value)
    return home


@pytest.fixture
def house(tmp_path: Path, declared: Path, monkeypatch: pytest.MonkeyPatch, own_database: None) -> Iterator[House]:
    monkeypatch.setenv("WISMO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WISMO_QUIET_SECONDS", "0")
    intents()
    made = House(Settings(), lambda: NOW)
    yield made
    made.close()


# -- worker and route ----------------------------------------------------------------------------------------


def test_a_house_tells_its_systems_and_is_told_by_them(house: House, filled: Shop, erp: FakeSystem) -> None:
    order = filled.place(("shirt", 1))
    erp.stock = [{"product": "mug", "on_hand": 12, "changed_at": "a"}]
    with TestClient(create(house)) as client:
        body = {"type": "started", "reference": order.number}
        raw, headers = signed_headers(body, NOW.timestamp())
        answers = [client.post("/webhooks/systems/wms", content=raw, headers=headers) for _ in range(2)]
        assert [(one.status_code, one.json()["status"]) for one in answers] == [(202, "stored"), (202, "seen before")]
        for _ in range(3):
            house.worker.run_once()
    assert [one["external_ref"] for one in erp.told("/api/sales-orders")] == [order.number]
    assert filled.get(order.number).work[0].state == "in_progress"
    assert house.orders.available("mug") == 12


@pytest.mark.parametrize(
    ("name", "change", "status"),
    [
        ("wms", {}, 202),
        ("wms", {"wismo-signature": "v1=00"}, 401),
        ("wms", {"wismo-timestamp": "1"}, 401),
        ("erp", {}, 404),
        ("nobody", {}, 404),
    ],
)
def test_who_may_knock(house: House, filled: Shop, name: str, change: dict[str, str], status: int) -> None:
    raw, headers = signed_headers({"type": "nothing of ours"}, NOW.timestamp())
    with TestClient(create(house)) as client:
        answer = client.post(f"/webhooks/systems/{name}", content=raw, headers=headers | change)
    assert answer.status_code == status


def test_a_body_that_is_no_json_and_a_secret_that_is_not_set(
    house: House, filled: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, headers = signed_headers("{", NOW.timestamp())
    with TestClient(create(house)) as client:
        from connectors.publishing import SIGNATURE, signature

        bad = b"{"
        headers |= {SIGNATURE: f"v1={signature(fake_systems.SECRET, 'm-1', str(int(NOW.timestamp())), bad)}"}
        assert client.post("/webhooks/systems/wms", content=bad, headers=headers).status_code == 400
        monkeypatch.delenv("WISMO_CONNECTOR_WMS_SECRET")
        assert client.post("/webhooks/systems/wms", content=raw, headers=headers).status_code == 503


# -- the command line ----------------------------------------------------------------------------------------


def placed(wismo: Wismo, tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    record = shop.record("pending", {"shirt": 2})
    shop.import_shop([record])
    shop.database.close()
    done = wismo("orders", "import", str(tmp_path / "import.json"))
    assert done.returncode == 0, done.stderr


def test_what_is_declared_can_be_listed_tried_and_written_out(
    wismo: Wismo, declared: Path, tmp_path: Path, erp: FakeSystem
) -> None:
    placed(wismo, tmp_path)
    found = [json.loads(line) for line in wismo("connectors", "list", "--json").stdout.splitlines()]
    assert [(one["name"], one["missing"]) for one in found] == [("erp", []), ("wms", [])]
    assert found[0]["sends"] == {"orders": "orders", "cancelled": "orders", "journal": "journal"}
    assert "journal" in wismo("connectors", "list").stdout
    tried = wismo("connectors", "test", "erp", "orders", "--order", "1001")
    assert json.loads(tried.stdout)["order_lines"][0]["qty"] == 2
    assert (tried.returncode, erp.kept) == (0, [])
    assert wismo("connectors", "test", "erp", "orders", "--send").returncode == 0
    assert len(erp.told("/api/sales-orders")) == 1
    file = tmp_path / "journal.csv"
    assert wismo("connectors", "export", "erp", "journal", "--out", str(file)).returncode == 0
    rows = file.read_text(encoding="utf-8").splitlines()
    assert rows[0] == "ref,date,document,currency,items.account,items.label,items.debit,items.credit"
    assert len(rows) > 2
    told = [json.loads(line) for line in wismo("connectors", "export", "erp", "orders").stdout.splitlines()]
    assert [one["external_ref"] for one in told] == ["#1001"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("test", "crm"), "shop.toml declares no crm; it declares: erp, wms"),
        (("test", "erp", "invoices"), "erp is not told of invoices; it is told: orders, cancelled, journal"),
        (("export", "erp", "orders", "--out", "/nowhere/x.csv"), "cannot write /nowhere/x.csv"),
        (("test", "erp", "orders", "--order", "9"), "no order 9"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_those_that_are(
    wismo: Wismo, declared: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = wismo("connectors", *arguments)
    assert (done.returncode, told in done.stderr) == (2, True), done.stderr


def test_a_wrong_declaration_stops_a_command_with_its_key(wismo: Wismo, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    text = '[connectors.erp]\nkind = "rest"\nurl = "https://erp.example"\n[connectors.erp.orders]\nfields = { a = "totl" }\n'
    (tmp_path / "home" / "shop.toml").write_text(text, encoding="utf-8")
    done = wismo("connectors", "list")
    assert (done.returncode, "connectors.erp: Value error, orders.fields.a: no such field 'totl'" in done.stderr) == (
        2,
        True,
    )


def test_a_declared_system_is_connected_with_its_steps_and_a_live_check(
    wismo: Wismo, declared: Path, erp: FakeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WISMO_CONNECTOR_ERP_TOKEN")
    before = wismo("connect", "erp", "--check")
    assert (before.returncode, "set WISMO_CONNECTOR_ERP_TOKEN; or: wismo connect erp" in before.stderr) == (1, True)
    done = wismo("connect", "erp", "--no-input", "--set", f"erp_token={fake_systems.TOKEN}")
    assert (done.returncode, f"ok  erp: {erp.url} answers (200)" in done.stderr) == (0, True), done.stderr
    assert "POST " + erp.url + "/api/sales-orders" in done.stderr
    assert "We ask it: GET" in done.stderr
    assert fake_systems.TOKEN not in done.stderr
    wms = wismo("connect", "wms", "--no-input", "--url", "https://w.example")
    assert "https://w.example/webhooks/systems/wms, signed with WISMO_CONNECTOR_WMS_SECRET" in wms.stderr
    erp.proof = {"authorization": "Bearer another"}
    refused = wismo("connect", "erp", "--check", "--json")
    told: dict[str, Any] = json.loads(refused.stdout)
    assert (refused.returncode, told["ok"], "401" in told["says"]) == (1, False, True)
