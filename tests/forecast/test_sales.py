"""Files of sales as shops have them: what is read, what is left out, and what is told of it."""

from __future__ import annotations

from datetime import date

import pytest

from tools.forecast.sales import Unusable, read

HEAD = "date,sku,units\n"


def test_a_plain_file_is_read_row_by_row() -> None:
    found = read(HEAD + "2026-01-05,mug,3\n2026-01-06,mug,1.5\n")
    assert [(one.day, one.sku, one.units) for one in found.rows] == [
        (date(2026, 1, 5), "mug", 3.0),
        (date(2026, 1, 6), "mug", 1.5),
    ]
    assert (found.bad, found.returns, found.repeated, found.ignored) == ([], 0, 0, ())


def test_columns_in_another_order_semicolons_and_a_byte_order_mark_are_read_too() -> None:
    found = read("\ufeffUnits;SKU;Date\r\n3;mug;2026-01-05T10:30:00\r\n")
    assert [(one.day, one.units) for one in found.rows] == [(date(2026, 1, 5), 3.0)]


def test_negative_demand_is_a_return_and_counts_as_nothing() -> None:
    found = read(HEAD + "2026-01-05,mug,3\n2026-01-06,mug,-2\n")
    assert [one.units for one in found.rows] == [3.0, 0.0]
    assert found.returns == 1


def test_a_day_that_is_named_again_is_added_up_and_counted() -> None:
    found = read(HEAD + "2026-01-05,mug,3\n2026-01-05,mug,3\n2026-01-05,cup,3\n")
    assert (len(found.rows), found.repeated) == (3, 1)


def test_unknown_columns_are_named_and_not_read() -> None:
    assert read("date,sku,units,colour\n2026-01-05,mug,3,red\n").ignored == ("colour",)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("32.13.2026,mug,3", "is no date"),
        ("2026-02-30,mug,3", "is no date"),
        ("1026-02-03,mug,3", "lies outside 1900"),
        ("2026-01-05,,3", "sku is empty"),
        ("2026-01-05,mug,three", "is no number"),
        ("2026-01-05,mug,nan", "is no usable number"),
        ("2026-01-05,mug,inf", "is no usable number"),
        ("2026-01-05,mug,1e300", "is no usable number"),
        ("2026-01-05,mug", "fewer cells"),
        (f"2026-01-05,{'m' * 300},3", "longer than"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_the_rest_is_read(row: str, told: str) -> None:
    found = read(f"{HEAD}2026-01-05,cup,1\n{row}\n2026-01-06,cup,1\n")
    assert [one.sku for one in found.rows] == ["cup", "cup"]
    (line, wrong), *more = found.bad
    assert (line, more) == (3, [])
    assert told in wrong


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        (HEAD, "holds no rows"),
        ("day,item,n\n2026-01-05,mug,3\n", "no column date, sku, units"),
        (HEAD + "x,mug,3\n", "none of its 1 rows can be used; line 2"),
    ],
)
def test_a_file_without_a_usable_row_says_what_is_missing(text: str, told: str) -> None:
    with pytest.raises(Unusable, match=told):
        read(text)


def test_a_stock_out_is_read_where_the_file_tells_of_it() -> None:
    found = read("date,sku,units,stockout\n2026-01-05,mug,3,0\n2026-01-06,mug,0,yes\n")
    assert [one.out for one in found.rows] == [False, True]
