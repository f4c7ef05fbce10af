"""`wismo orders capture` and `despatch` as their users run them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.api.conftest import Wismo
from tests.connectors import edi

GOOD = ("2", "20.00", "shirt")


def test_a_file_is_taken_and_answered_and_a_damaged_one_leaves_nothing(wismo: Wismo, tmp_path: Path) -> None:
    file, out = tmp_path / "po.x12", tmp_path / "out"
    file.write_text(edi.interchange([edi.purchase("1", GOOD), edi.purchase("2", GOOD, st="0002", units="CA")]), "utf-8")
    done = wismo("orders", "capture", str(file), "--out", str(out), "--json")
    first, second = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, first["verdict"], second["verdict"]) == (1, "held", "rejected")
    assert second["lines"][0]["reasons"] == ["unit CA is not single pieces; ask for EA, PCE or C62"]
    assert sorted(path.name for path in out.iterdir()) == ["855-000000101.x12", "997-000000101.x12"]
    file.write_text(file.read_text("utf-8")[:-30], "utf-8")
    cut = wismo("orders", "capture", str(file), "--out", str(tmp_path / "none"))
    assert (cut.returncode, cut.stdout) == (2, "")
    assert "cut off" in cut.stderr
    assert not (tmp_path / "none").exists()
    assert "no parcel yet" in wismo("orders", "despatch", "ACME-1", "--partner", "ZZ:ACME").stderr
    assert "qualifier:id" in wismo("orders", "despatch", "ACME-1", "--partner", "ACME").stderr


def test_what_is_no_file_of_orders_is_told_in_a_line(wismo: Wismo, tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes(b"order;sku\n1;caf\xe9\n")
    for name, why in (("missing.csv", "No such file"), ("latin.csv", "not in utf-8")):
        told = wismo("orders", "capture", str(tmp_path / name))
        assert told.returncode == 2
        assert why in told.stderr
        assert "Traceback" not in told.stderr
