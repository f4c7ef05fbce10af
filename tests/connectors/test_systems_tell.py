"""What other systems tell us: by signed webhook, as files; and shop.toml that declares them wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from agent.policy import PolicyError, load_text
from connectors import inbox
from connectors.signed import BadEvent, BadSignature
from connectors.systems import taking
from tests.connectors.fake_systems import SECRET, signed_headers
from tests.connectors.systems import EXAMPLES, Wired, declared
from tests.shop import Shop

Told = Callable[..., int]


@pytest.fixture
def wms(shop: Shop) -> Iterator[Wired]:
    with ExitStack() as stack:
        wired = Wired(shop, declared("wms"))
        stack.callback(wired.close)
        yield wired


def tell(wired: Wired, body: Any, name: str = "m-1") -> int:
    """As the route does: verified, read, stored; how many records were new."""
    system = next(iter(wired.lines.values())).system
    raw, headers = signed_headers(body, wired.shop.time.timestamp(), name)
    taking.verify(raw, headers, [SECRET], wired.shop.time)
    source = next(iter(wired.taking.values())).source
    with wired.shop.database.write() as db:
        return sum(
            inbox.put(db, source, one.key, one.subject, one.body, wired.shop.time)
            for one in taking.knocks(system, raw, headers)
        )


# -- the warehouse -------------------------------------------------------------------------------------------


def test_the_warehouse_tells_each_step_and_the_parcel(wms: Wired, shop: Shop) -> None:
    order = shop.place(("shirt", 2), ("mug", 1))
    parcel = {"number": "1Z5R89390357567127", "carrier": "U1"}
    positions = [{"article": "shirt", "pieces": 1}, {"article": "mug", "pieces": "1"}]
    for at, body in enumerate(
        (
            {"type": "started", "reference": order.number},
            {"type": "picked", "reference": order.number},
            {"type": "sent", "reference": order.number, "parcel": parcel, "positions": positions},
        )
    ):
        assert tell(wms, body, f"m-{at}") == 1
        wms.work()
    sent = shop.get(order.number)
    assert (sent.shipments[0].carrier, sent.shipments[0].tracking_number) == ("UPS", parcel["number"])
    assert [line.shipped for line in sent.lines] == [1, 1]
    actors = {one.actor.id for one in shop.orders.events(order.id) if one.type.startswith("shipment")}
    assert actors == {"connector wms"}


def test_the_same_message_counts_once(wms: Wired, shop: Shop) -> None:
    body = {
        "type": "counted",
        "levels": [{"article": "shirt", "hall": "A", "pieces": 4}, {"article": "mug", "pieces": 9}],
    }
    assert [tell(wms, body), tell(wms, body)] == [2, 0]
    wms.work()
    assert (shop.orders.available("shirt"), shop.orders.available("mug")) == (4, 9)


def test_counts_of_one_variant_are_worked_in_their_order(wms: Wired, shop: Shop) -> None:
    for at, pieces in enumerate((4, 9, 2)):
        shop.later(seconds=1)
        tell(wms, {"type": "counted", "levels": [{"article": "shirt", "pieces": pieces}]}, f"m-{at}")
    wms.work(6)
    assert shop.orders.available("shirt") == 2
    assert wms.states()["inbox_done"] == 3


def test_what_speaks_of_an_order_that_is_not_here_yet_waits_for_it(wms: Wired, shop: Shop) -> None:
    tell(wms, {"type": "started", "reference": "P77"})
    wms.work()
    assert (wms.states()["inbox_new"], "not here yet" in wms.why("inbox")) == (1, True)
    order = shop.place(("shirt", 1), external="P77")
    shop.later(minutes=1)
    wms.work()
    assert shop.get(order.number).work[0].state == "in_progress"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"positions": [{"article": "shirt", "pieces": 5}]}, "3 more of shirt than the order still waits for"),
        ({"positions": [{"article": "shirt", "pieces": 1.5}]}, "no whole pieces"),
        ({"parcel": {"number": "1Z5R89390357567128", "carrier": "U1"}}, "TRK-1 wrong_check_digit"),
        ({"parcel": {"carrier": "U1"}}, "tracking: Field required"),
    ],
)
def test_what_does_not_fit_is_given_up_with_its_reason(
    wms: Wired, shop: Shop, change: dict[str, Any], why: str
) -> None:
    order = shop.place(("shirt", 2))
    body = {"type": "sent", "reference": order.number, "parcel": {"number": "T1"}}
    tell(wms, {**body, "positions": [{"article": "shirt", "pieces": 2}], **change})
    wms.work()
    assert (wms.states()["inbox_dead"], why in wms.why("inbox")) == (1, True), wms.why("inbox")
    assert shop.get(order.number).shipments == ()


def test_one_bad_record_holds_its_neighbours_back_from_nothing(wms: Wired, shop: Shop) -> None:
    levels = [{"article": "shirt", "pieces": "many"}, {"article": "mug", "pieces": 5}]
    tell(wms, {"type": "counted", "levels": levels})
    wms.work()
    assert (wms.states()["inbox_dead"], wms.states()["inbox_done"], shop.orders.available("mug")) == (1, 1, 5)


def test_the_oms_holds_and_releases(shop: Shop) -> None:
    wired = Wired(shop, declared("oms"))
    order = shop.place(("shirt", 1))
    tell(wired, {"event": "order.hold", "order": order.number, "why": "fraud check"}, "a")
    wired.work()
    assert (shop.get(order.number).lifecycle, shop.get(order.number).hold_reason) == ("on_hold", "fraud check")
    tell(wired, {"event": "order.release", "order": order.number}, "b")
    wired.work()
    assert shop.get(order.number).lifecycle == "confirmed"
    wired.close()


def test_a_wrong_signature_an_old_one_and_no_json_are_refused(wms: Wired, shop: Shop) -> None:
    raw, headers = signed_headers({"type": "started"}, shop.time.timestamp())
    with pytest.raises(BadSignature, match="does not match"):
        taking.verify(raw + b" ", headers, [SECRET], shop.time)
    with pytest.raises(BadSignature, match="not of now"):
        taking.verify(raw, headers, [SECRET], shop.time + timedelta(minutes=6))
    with pytest.raises(BadEvent, match="not JSON"):
        taking.knocks(wms.lines["wms"].system, b"{", headers)


# -- files ---------------------------------------------------------------------------------------------------


@pytest.fixture
def filed(shop: Shop) -> Iterator[Wired]:
    take = {
        "stock": {
            "command": "count_stock",
            "by": "file",
            "key": ["code", "at"],
            "fields": {"sku": "code", "counted": "pieces"},
        }
    }
    wired = Wired(shop, {"wms": {"kind": "csv", "folder": "drop", "take": take}})
    (shop.folder / "drop" / "in").mkdir(parents=True)
    yield wired
    wired.close()


def test_a_file_of_counts_is_taken_once_and_moved_away(filed: Wired, shop: Shop) -> None:
    folder = shop.folder / "drop" / "in"
    text = "code,pieces,at\nshirt,5,1\nmug,3,1\nshirt,8,2\n"
    (folder / "stock-1.csv").write_text(text, encoding="utf-8")
    assert filed.taking["wms"].run_once(timedelta()) == 3
    filed.work(6)
    assert (shop.orders.available("shirt"), shop.orders.available("mug")) == (8, 3)
    assert [one.name for one in (folder / "done").iterdir()] == ["stock-1.csv"]
    (folder / "stock-1-again.csv").write_text(text, encoding="utf-8")
    assert filed.taking["wms"].run_once(timedelta()) == 0


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"code,pieces,at\nshirt,5", "cut off"),
        (b"code,pieces,at\nsh\xffirt,5,1\n", "UTF-8"),
        (b"code,pieces\nshirt,5\n", "a record without code, at"),
    ],
)
def test_a_file_that_can_not_be_read_is_put_aside_whole_with_its_reason(
    filed: Wired, shop: Shop, raw: bytes, why: str
) -> None:
    folder = shop.folder / "drop" / "in"
    (folder / "stock.csv").write_bytes(raw)
    assert filed.taking["wms"].run_once(timedelta()) == 0
    assert why in (folder / "refused" / "stock.csv.txt").read_text(encoding="utf-8")
    assert filed.states()["inbox_new"] == 0


# -- shop.toml -----------------------------------------------------------------------------------------------

ORDERS = '[connectors.erp]\nkind = "rest"\nurl = "https://erp.example"\n[connectors.erp.orders]\npath = "/o"\n'
TAKES = '[connectors.erp]\nkind = "rest"\nsecret = "WISMO_CONNECTOR_S"\n[connectors.erp.take.stock]\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ORDERS + "[connectors.erp.orders.fields]\na = 'totl'", "orders.fields.a: no such field 'totl'; meant total"),
        (ORDERS + "[connectors.erp.orders.fields]\na = 'total as euros'", "accepted: major, minor, number, amount"),
        (ORDERS + "[connectors.erp.orders.fields]\na = 'lines.sku'", "lines.sku is in many rows; write it in a list"),
        (ORDERS + "[connectors.erp.orders.fields]\na = 7", "write one of our fields, or { value = 7 }"),
        (
            ORDERS + "[[connectors.erp.orders.fields.a]]\nb = 'lines.sku'\nc = 'parcels.carrier'",
            "rows of one list only, not of lines and parcels",
        ),
        (ORDERS.replace('"/o"', '"/o/{nr}"') + "[connectors.erp.orders.fields]\na = 'number'", "orders.path: no such field 'nr'"),
        (ORDERS.replace("orders", "invoices") + "[connectors.erp.invoices.fields]\na = 'number'", "accepted: orders, stock, customers, journal"),
        (ORDERS.replace("https://erp.example", "ftp://x") + "[connectors.erp.orders.fields]\na = 'number'", "connectors.erp.url"),
        ('[connectors.erp]\nkind = "rest"\ntoken = "WISMO_LLM_API_KEY"', "connectors.erp.token"),
        ('[connectors.erp]\nkind = "rest"\nurll = "x"', "urll: no such key; accepted: kind, url, folder"),
        ('[connectors.erp]\nkind = "csv"\nfolder = "../x"', "no folder of its own"),
        ('[connectors.erp]\nkind = "soap"', "'rest', 'webhook' or 'csv'"),
        (TAKES + 'command = "refund"\nfields = { sku = "a" }', "'count_stock'"),
        (TAKES + 'command = "count_stock"\nfields = { sku = "a" }', "take.stock.fields: counted missing"),
        (TAKES + 'command = "count_stock"\nfields = { sku = "a", counted = "b", x = "c" }', "fields.x: no such argument; accepted: sku"),
        (TAKES + 'command = "count_stock"\nby = "poll"\nfields = { sku = "a", counted = "b" }', "key is missing"),
        (
            TAKES.replace('secret = "WISMO_CONNECTOR_S"\n', "") + 'command = "count_stock"\nfields = { sku = "a", counted = "b" }',
            "secret is missing",
        ),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_told_at_the_start_with_its_key_and_what_would_do(
    shop: Shop, text: str, told: str
) -> None:
    with pytest.raises(PolicyError) as error:
        load_text(text, shop.folder / "shop.toml")
    assert told in str(error.value)
    assert "connectors.erp" in str(error.value)


def test_every_example_of_the_documentation_can_be_put_into_shop_toml(shop: Shop) -> None:
    files = sorted(EXAMPLES.glob("*.toml"))
    assert [one.stem for one in files] == ["accounting", "crm", "erp", "oms", "wms"]
    for file in files:
        assert load_text(file.read_text(encoding="utf-8"), shop.folder / "shop.toml").connectors
