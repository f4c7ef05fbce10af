"""`wismo forecast`: the contract, and a documented behaviour for each bad input (docs/forecast.md)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Wismo

HEAD = "date,sku,units\n"


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    """Two items over twenty weeks, to Sunday 1 March 2026; the other has gaps."""
    file = tmp_path / "sales.csv"
    rows = []
    for back in range(140, -1, -1):
        day = date(2026, 3, 1) - timedelta(days=back)
        rows.append(f"{day},mug,{3 + back % 4}\n")
        if back % 30 == 0:
            rows.append(f"{day},lamp,1\n")
    file.write_text(HEAD + "".join(rows), encoding="utf-8")
    return file


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_each_item_has_a_line_for_each_period_after_the_last_date(wismo: Wismo, sales: Path) -> None:
    done = wismo("forecast", "--sales", str(sales), "--horizon", "3", "--freq", "W")
    assert done.returncode == 0, done.stderr
    told = lines(done.stdout)
    assert [(one["sku"], one["date"]) for one in told] == [
        (sku, day) for sku in ("mug", "lamp") for day in ("2026-03-08", "2026-03-15", "2026-03-22")
    ]
    for one in told:
        assert list(one) == ["sku", "date", "mean", "p10", "p50", "p90"]
        assert 0 <= one["p10"] <= one["p50"] <= one["p90"]
        assert one["mean"] >= 0
    assert 25 < told[0]["mean"] < 40
    assert "seasonal naive" in done.stderr
    assert "coverage" in done.stderr


def test_days_and_months_are_periods_too_and_standard_input_is_a_file(wismo: Wismo, sales: Path) -> None:
    given = sales.read_text(encoding="utf-8")
    by_day = lines(wismo("forecast", "--sales", "-", "--horizon", "2", "--freq", "d", given=given).stdout)
    by_month = lines(wismo("forecast", "--sales", "-", "--horizon", "2", "--freq", "M", given=given).stdout)
    assert [one["date"] for one in by_day][:2] == ["2026-03-02", "2026-03-03"]
    assert [one["date"] for one in by_month][:2] == ["2026-04-01", "2026-05-01"]


def test_bad_rows_are_told_left_out_and_do_not_end_the_run(wismo: Wismo) -> None:
    given = (
        HEAD
        + "2026-02-01,mug,5\nnot-a-day,mug,5\n2026-02-08,mug,-5\n2026-02-15,mug,x\n2026-02-22,mug,4\n2026-02-22,mug,4\n"
    )
    done = wismo("forecast", "--sales", "-", "--horizon", "1", "--json", given=given)
    assert done.returncode == 1
    assert len(lines(done.stdout)) == 1
    assert "line 3: date 'not-a-day' is no date" in done.stderr
    assert "line 5: units 'x' is no number" in done.stderr
    assert "1 rows below zero are returns" in done.stderr
    assert "1 rows name an item and a day again" in done.stderr
    strict = wismo("forecast", "--sales", "-", "--horizon", "1", "--strict", given=given)
    assert (strict.returncode, strict.stdout) == (1, "")


def test_items_that_hardly_sold_stand_beside_the_others(wismo: Wismo, sales: Path) -> None:
    odd = "2026-02-28,once,7\n2025-11-01,zero,0\n2026-01-01,zero,0\n2025-10-20,gap,4\n2026-02-27,gap,5\n"
    done = wismo("forecast", "--sales", "-", "--horizon", "2", given=sales.read_text(encoding="utf-8") + odd)
    assert done.returncode == 0, done.stderr
    told = {one["sku"]: one for one in lines(done.stdout)}
    assert set(told) == {"mug", "lamp", "once", "zero", "gap"}
    assert [told["zero"][name] for name in ("mean", "p10", "p50", "p90")] == [0, 0, 0, 0]
    assert told["once"]["mean"] > 0
    assert told["gap"]["mean"] > 0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("", "the file is empty"),
        (HEAD, "holds no rows"),
        ("a,b\n1,2\n", "no column date, sku, units"),
        (HEAD + "x,y,z\n", "none of its 1 rows"),
    ],
)
def test_an_unusable_file_ends_with_2_and_one_line_that_says_why(wismo: Wismo, given: str, told: str) -> None:
    done = wismo("forecast", "--sales", "-", given=given)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_file_bytes_that_are_no_text_and_no_file_at_all_are_told(wismo: Wismo, tmp_path: Path) -> None:
    raw = tmp_path / "raw.csv"
    raw.write_bytes(b"date,sku,units\n2026-01-01,\xff\xfe,3\n")
    for arguments, told in (
        (("--sales", str(tmp_path / "none.csv")), "cannot read"),
        (("--sales", str(raw)), "is not text in UTF-8"),
        ((), "name a file with --sales"),
    ):
        done = wismo("forecast", *arguments)
        assert done.returncode == 2
        assert told in done.stderr
