"""`wismo orders label` as its users run it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.api.conftest import Wismo

ORDER = {
    "channel": "web",
    "external_id": "W1",
    "customer_id": "ana",
    "lines": [{"sku": "shirt", "quantity": 1}],
    "address": {"line1": "8 rue Pasteur", "city": "Lyon", "postcode": "69007", "country": "FR"},
    "currency": "EUR",
}
SHOP = {
    "currency": "EUR",
    "customers": [{"id": "ana", "name": "Ana Lee", "email": "ana@example.com"}],
    "products": [{"id": "p", "name": "Shirt", "variants": [{"sku": "shirt", "options": {}, "price": "20.00"}]}],
}


def test_a_label_is_written_and_the_order_leaves_under_its_number(wismo: Wismo, tmp_path: Path) -> None:
    (tmp_path / "shop.json").write_text(json.dumps(SHOP), encoding="utf-8")
    (tmp_path / "order.json").write_text(json.dumps(ORDER), encoding="utf-8")
    assert wismo("orders", "import", str(tmp_path / "shop.json")).returncode == 0
    assert wismo("orders", "place", str(tmp_path / "order.json")).returncode == 0
    told = wismo(
        "orders",
        "label",
        "W1",
        "--grams",
        "700",
        "--out",
        str(tmp_path),
        "--json",
        "--ship",
        WISMO_SHIPPING_GS1_PREFIX="3456789",
    )
    made = json.loads(told.stdout.splitlines()[0])
    assert told.returncode == 0, told.stderr
    assert (made["carrier"], made["price"], made["sscc"][:8]) == ("Sandbox Post", "690", "03456789")
    assert [Path(file).read_bytes()[:3] for file in made["files"]] == [b"%PDF"[:3], b"^XA"]
    shown = json.loads(wismo("orders", "show", "W1", "--json").stdout)
    assert made["tracking"] in json.dumps(shown)
    again = wismo("orders", "label", "W1", "--out", str(tmp_path))
    assert again.returncode == 1
    assert "FUL-1" in again.stderr
    assert "nobody carries 900000 g to FR" in wismo("orders", "label", "W1", "--grams", "900000").stderr
