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


def placed(wismo: Wismo, tmp_path: Path, grams: int) -> None:
    variant = {"sku": "shirt", "options": {}, "price": "20.00", "grams": grams}
    shop = SHOP | {"products": [{"id": "p", "name": "Shirt", "variants": [variant]}]}
    order = {**ORDER, "lines": [{"sku": "shirt", "quantity": 3}]}
    (tmp_path / "shop.json").write_text(json.dumps(shop), encoding="utf-8")
    (tmp_path / "order.json").write_text(json.dumps(order), encoding="utf-8")
    assert wismo("orders", "import", str(tmp_path / "shop.json")).returncode == 0
    assert wismo("orders", "place", str(tmp_path / "order.json")).returncode == 0


def test_a_parcel_weighs_what_its_units_and_its_box_do_and_a_guess_is_told_as_one(wismo: Wismo, tmp_path: Path) -> None:
    placed(wismo, tmp_path, grams=400)
    made = json.loads(wismo("orders", "label", "W1", "--json", WISMO_SHIPPING_PACKAGING_GRAMS="150").stdout)
    assert made["grams"] == 3 * 400 + 150
    shop = SHOP | {"products": [{"id": "q", "name": "Mug", "variants": [{"sku": "mug", "price": "5.00"}]}]}
    (tmp_path / "more.json").write_text(json.dumps(shop), encoding="utf-8")
    wismo("orders", "import", str(tmp_path / "more.json"))
    order = {**ORDER, "external_id": "W2", "lines": [{"sku": "mug", "quantity": 1}]}
    (tmp_path / "second.json").write_text(json.dumps(order), encoding="utf-8")
    wismo("orders", "place", str(tmp_path / "second.json"))
    told = wismo("orders", "label", "W2", "--json")
    assert json.loads(told.stdout)["grams"] == 500
    assert "what mug weighs is not known: 500 g are reckoned with; give --grams" in told.stderr


def test_a_void_label_loses_its_files_and_the_despatch_advice_names_the_one_that_counts(
    wismo: Wismo, tmp_path: Path
) -> None:
    placed(wismo, tmp_path, grams=400)
    first = json.loads(wismo("orders", "label", "W1", "--json").stdout)
    done = wismo("orders", "void-label", "W1", "--json")
    assert json.loads(done.stdout)["sscc"] == first["sscc"]
    assert not any(Path(file).exists() for file in first["files"])
    again = wismo("orders", "void-label", "W1")
    assert (again.returncode, "LBL-1" in again.stderr) == (1, True)
    second = json.loads(wismo("orders", "label", "W1", "--ship", "--json").stdout.splitlines()[0])
    assert wismo("orders", "despatch", "W1", "--partner", "ZZ:ACME", "--out", str(tmp_path)).returncode == 0
    advice = (tmp_path / "856-W1-1.x12").read_text(encoding="utf-8")
    assert f"MAN*GM*{second['sscc']}" in advice
    assert first["sscc"] not in advice
