"""Files as they should not be: whatever stands in them, they are imported whole or refused with reasons."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.shop import Shop, shop_file
from tools.orders import tables
from tools.orders.importing import ImportRefused

MOMENTS = ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+14:00", "2026-11-15T00:00:00", "2026-02-30"]
TEXTS = ["", " ", "NaN", "19.999", "1e3", "\x00", "x" * 600, "XXX", "JPY", "cancelled", "refund", "#1001"]
WRONG: list[Any] = [None, True, 0, -1, 1e308, -0.01, 10**30, float("nan"), [], {}, {"a": 1}, *MOMENTS, *TEXTS]
TABLES = {
    "customers": "id,name,email\nzoe,Zoe,zoe@example.com\n",
    "products": "id,name\np9,Cup\n",
    "variants": "product_id,sku,price\np9,s9,5.00\n",
    "orders": "id,customer_id,status,placed_at,currency,total,line1,city,zip,country\n"
    "#Z1,zoe,pending,2026-11-01T00:00:00Z,EUR,5.00,1 rue X,Lyon,69001,FR\n",
    "items": "order_id,product_id,sku,name,quantity,price\n#Z1,p9,s9,Cup,1,5.00\n",
}


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inside for place in places(part, (*path, key)))]


def refusal(shop: Shop, path: Path) -> tuple[str, ...]:
    """Any other exception than a refusal is a defect, and comes through."""
    try:
        shop.orders.import_file(path)
    except ImportRefused as refused:
        return refused.errors
    return ()


def counts(shop: Shop) -> list[int]:
    with shop.database.read() as db:
        chosen = (select(func.count()).select_from(table) for table in tables.metadata.sorted_tables)
        return [db.execute(one).scalar_one() for one in chosen]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_file_with_anything_anywhere_is_imported_whole_or_refused_and_leaves_nothing(
    data: st.DataObject,
) -> None:
    with TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        scan = {"at": "2026-11-13T00:00:00Z", "code": "in_transit", "place": "Lyon"}
        parcel = {
            "tracking_id": "77",
            "skus": ["shirt"],
            "shipped_at": "2026-11-12T00:00:00Z",
            "events": [scan],
        }
        file = copy.deepcopy(shop_file([shop.record("shipped", shipments=[parcel])]))
        *way, last = data.draw(st.sampled_from(places(file)[1:]))
        holder: Any = file
        for key in way:
            holder = holder[key]
        holder[last] = data.draw(st.sampled_from(WRONG))
        (path := Path(folder) / "shop.json").write_text(json.dumps(file), encoding="utf-8")
        before = counts(shop)
        if refusal(shop, path):
            assert counts(shop) == before
        shop.audit()
        shop.database.close()


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        (
            "items",
            "order_id,product_id,sku,name,quantity,price\n#Z1,p9,s9,Cup,1,5.00\n#Z2,p9,s9,Cup,1,5.00\n",
        ),
        ("payments", "order_id,type,amount,method\n#Q,payment,5.00,credit_card\n"),
        ("variants", "product_id,sku,price\np9,s9,5.00\npX,sX,5.00\n"),
        ("tracking_events", "tracking_id,at,code\n99,2026-11-01T00:00:00Z,delivered\n"),
    ],
)
def test_a_csv_row_that_belongs_to_nothing_is_an_error_not_silence(
    shop: Shop, tmp_path: Path, name: str, rows: str
) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    for file, text in {**TABLES, name: rows}.items():
        (folder / f"{file}.csv").write_text(text, encoding="utf-8")
    before = counts(shop)
    with pytest.raises(ImportRefused) as refused:
        shop.orders.import_file(folder)
    assert all(error.startswith(f"{name}.csv record ") for error in refused.value.errors)
    assert counts(shop) == before
