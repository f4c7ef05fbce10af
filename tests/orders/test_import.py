"""The import format: all or nothing, every error with its place, again without effect."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.shop import HOME, Shop, euros, shop_file
from tools.orders.agreement import Action
from tools.orders.importing import ImportRefused
from tools.orders.model import FulfilmentAxis, Lifecycle, PaymentAxis, ReturnAxis


def refused(shop: Shop, orders: list[dict[str, Any]], **given: Any) -> tuple[str, ...]:
    with pytest.raises(ImportRefused) as error:
        shop.import_shop(orders, **given)
    return error.value.errors


def test_a_malformed_record_is_named_and_nothing_of_the_file_is_imported(shop: Shop) -> None:
    good, bad = shop.record(), shop.record()
    bad["items"][0]["price"] = "19.999"
    errors = refused(shop, [good, bad])
    assert errors == ("orders[1].items[0].price: 19.999 has more decimals than EUR allows",)
    assert shop.orders.count() == 0


def test_every_error_of_a_file_is_told_at_once(shop: Shop) -> None:
    first, second, third = shop.record(total="1.00"), shop.record(currency="XXY"), shop.record()
    third["placed_at"] = "2026-10-01T09:30:00"
    fourth = shop.record(status="teleported")
    assert any(e.startswith("orders[2].placed_at") for e in refused(shop, [first, second, third, fourth]))
    errors = refused(
        shop,
        [
            first,
            second,
            shop.record(customer_id="ana") | {"shipments": [{"tracking_id": "1", "skus": ["no"]}]},
        ],
    )
    assert [error.split(":")[0] for error in errors] == [
        "orders[0].total",
        "orders[1].currency",
        "orders[2].shipments[0].skus",
    ]


def test_an_unknown_customer_and_a_double_id_are_errors(shop: Shop) -> None:
    record = shop.record(customer_id="nobody")
    assert refused(shop, [record]) == ("orders[0].customer_id: nobody is neither in the file nor known",)
    assert "stands there 2 times" in refused(shop, [shop.record(id="#1"), shop.record(id=" 1")])[0]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe\x00", b'"text"'])
def test_a_file_that_is_no_import_is_refused_with_a_reason(shop: Shop, content: bytes) -> None:
    file = shop.folder / "bad.json"
    file.write_bytes(content)
    with pytest.raises(ImportRefused):
        shop.orders.import_file(file)


def test_importing_again_changes_nothing(shop: Shop) -> None:
    records = [shop.record(), shop.record("delivered"), shop.record("cancelled")]
    shop.import_shop(records)
    before = [shop.get(one["id"]) for one in records]
    report = shop.import_shop(records)
    assert (report.created, report.merged, report.unchanged) == (0, 0, 3)
    assert [shop.get(one["id"]) for one in records] == before


def test_what_wismo_did_survives_the_same_file(shop: Shop) -> None:
    record = shop.record("delivered", delivered_at=(shop.time - timedelta(days=2)).isoformat())
    shop.import_shop([record])
    order = shop.get(record["id"])
    shop.do(order, Action.REFUND, "damaged")
    shop.provider_answers()
    shop.import_shop([record])
    assert shop.get(record["id"]).tenders[0].refunded == euros("20.00")
    assert len(shop.get(record["id"]).refunds) == 1


def test_the_shops_own_record_of_our_refund_is_not_a_second_refund(shop: Shop) -> None:
    record = shop.record("delivered", delivered_at=(shop.time - timedelta(days=2)).isoformat())
    shop.import_shop([record])
    shop.do(shop.get(record["id"]), Action.REFUND, "damaged")
    shop.provider_answers()
    record["payments"].append({"type": "refund", "amount": "20.00", "method": "credit_card"})
    report = shop.import_shop([record])
    assert (report.merged, report.conflicts) == (1, ())
    assert shop.get(record["id"]).tenders[0].refunded == euros("20.00")


def test_an_order_that_wismo_cancelled_stays_cancelled_and_the_conflict_is_told(shop: Shop) -> None:
    record = shop.record()
    shop.import_shop([record])
    shop.do(shop.get(record["id"]), Action.CANCEL_ORDER)
    report = shop.import_shop([record | {"status": "processed"}])
    assert report.conflicts == (f"{record['id']}: cancelled here, processed in the file",)
    assert shop.get(record["id"]).lifecycle is Lifecycle.CANCELLED
    assert shop.import_shop([record | {"status": "processed"}]).conflicts == ()


def test_an_order_moves_on_with_its_file(shop: Shop) -> None:
    record = shop.record()
    shop.import_shop([record])
    scan = {"at": shop.time.isoformat(), "code": "in_transit", "place": "Lyon"}
    parcel = {"tracking_id": "T1", "carrier": "DHL", "skus": ["shirt"], "events": [scan]}
    shop.import_shop([record | {"status": "shipped", "shipments": [parcel]}])
    assert shop.get(record["id"]).fulfilment is FulfilmentAxis.SHIPPED
    arrived = {"at": (shop.time + timedelta(hours=2)).isoformat(), "code": "delivered", "place": "Lyon"}
    parcel = parcel | {"events": [scan, arrived]}
    shop.import_shop([record | {"status": "delivered", "shipments": [parcel]}])
    assert shop.get(record["id"]).fulfilment is FulfilmentAxis.DELIVERED
    types = [event.type for event in shop.orders.events(shop.get(record["id"]).id)]
    assert types == ["order.placed", "payment.captured", "shipment.in_transit", "shipment.delivered"]


def test_dates_that_are_missing_are_marked_as_reconstructed(shop: Shop) -> None:
    order = shop.order("delivered")
    exact = {event.type: not event.reconstructed for event in shop.orders.events(order.id)}
    assert exact["order.placed"] is True
    assert exact["shipment.delivered"] is exact["payment.captured"] is False
    assert order.delivered_exactly is False


def test_an_imported_cancelled_order_was_refunded_already(shop: Shop) -> None:
    rows = [{"type": kind, "amount": "20.00", "method": "paypal"} for kind in ("payment", "refund")]
    order = shop.order("cancelled", payments=rows)
    assert (order.lifecycle, order.payment) == (Lifecycle.CANCELLED, PaymentAxis.REFUNDED)
    assert shop.quote(order, Action.REFUND).ruling.rule == "REF-3"


def test_one_item_bought_twice_is_two_lines(shop: Shop) -> None:
    record = shop.record(items={"shirt": 1})
    record["items"] = record["items"] * 2
    record["total"] = "40.00"
    record["payments"][0]["amount"] = "40.00"
    shop.import_shop([record])
    assert [line.sku for line in shop.get(record["id"]).lines] == ["shirt", "shirt"]


def test_discount_and_tax_are_frozen_to_the_cent_over_the_lines(shop: Shop) -> None:
    record = shop.record(items={"shirt": 1, "mug": 1, "lamp": 1}) | {
        "discount": "10.00",
        "tax": "7.77",
        "total": "78.27",
    }
    record["payments"][0]["amount"] = "78.27"
    shop.import_shop([record])
    order = shop.get(record["id"])
    assert sum(line.net.minor for line in order.lines) == 8050 - 1000
    assert sum(line.tax.minor for line in order.lines) == 777


def test_unknown_fields_are_counted_not_refused(shop: Shop) -> None:
    report = shop.import_shop([shop.record() | {"_note": "x", "colour_of_van": "red"}])
    assert report.ignored_fields == 2


def test_a_folder_of_csv_files_is_the_same_shop(shop: Shop, tmp_path: Path) -> None:
    record = shop.record("shipped", shipping="4.90", total="24.90") | {
        "payments": [{"type": "payment", "amount": "24.90", "method": "credit_card"}],
        "shipments": [
            {
                "tracking_id": "T9",
                "carrier": "DHL",
                "skus": ["shirt"],
                "events": [{"at": "2026-11-12T10:00:00Z", "code": "in_transit", "place": "Lyon"}],
            }
        ],
    }
    folder = tmp_path / "csv"
    folder.mkdir()
    _as_csv(folder, record)
    shop.orders.import_file(folder)
    from_csv = shop.get(record["id"])
    other = Shop(tmp_path / "other")
    other.import_shop([record])
    assert from_csv == other.get(record["id"])
    other.database.close()


def _as_csv(folder: Path, record: dict[str, Any]) -> None:
    file = shop_file([record])
    _table(
        folder,
        "customers",
        [{k: v for k, v in one.items() if k != "address"} | one["address"] for one in file["customers"]],
    )
    _table(folder, "products", [{k: v for k, v in one.items() if k != "variants"} for one in file["products"]])
    _table(
        folder,
        "variants",
        [
            variant | {"product_id": one["id"], "options": "color=blue"}
            for one in file["products"]
            for variant in one["variants"]
        ],
    )
    head = {k: v for k, v in record.items() if not isinstance(v, list | dict)}
    _table(folder, "orders", [head | HOME | {"currency": "EUR"}])
    _table(
        folder,
        "items",
        [item | {"order_id": record["id"], "options": "color=blue"} for item in record["items"]],
    )
    parcels = [
        {k: v for k, v in one.items() if k != "events"} | {"order_id": record["id"], "skus": "|".join(one["skus"])}
        for one in record["shipments"]
    ]
    _table(folder, "shipments", parcels)
    _table(
        folder,
        "tracking_events",
        [scan | {"tracking_id": one["tracking_id"]} for one in record["shipments"] for scan in one["events"]],
    )
    _table(folder, "payments", [one | {"order_id": record["id"]} for one in record["payments"]])


def _table(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, sorted({key for row in rows for key in row}))
        writer.writeheader()
        writer.writerows(rows)


def test_a_return_that_wismo_opened_survives_a_changed_record(shop: Shop) -> None:
    record = shop.record("delivered", delivered_at=(shop.time - timedelta(days=2)).isoformat())
    shop.import_shop([record])
    shop.do(shop.get(record["id"]), Action.REQUEST_RETURN)
    shop.import_shop([record | {"promised_at": shop.time.isoformat()}])
    assert shop.get(record["id"]).returning is ReturnAxis.REQUESTED


def test_json_with_a_byte_order_mark_is_read(shop: Shop) -> None:
    file = shop.folder / "bom.json"
    file.write_text("\ufeff" + json.dumps(shop_file([shop.record()])), encoding="utf-8")
    assert shop.orders.import_file(file).created == 1
