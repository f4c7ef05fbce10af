"""Integer money: exact or refused, and divisions that lose nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.orders.money import Money, MoneyError, allocate, slice_of

CENTS = st.integers(min_value=0, max_value=10**9)


@pytest.mark.parametrize(("written", "minor"), [("19.90", 1990), (19.9, 1990), (20, 2000), ("0.1", 10), (1e3, 100000)])
def test_an_amount_is_what_was_written(written: str | float, minor: int) -> None:
    assert Money.parse(written, "EUR") == Money(minor, "EUR")


@pytest.mark.parametrize("written", ["19.999", "nan", "inf", "", "ten", "1e40", 0.1 + 0.2])
def test_an_amount_that_is_not_exact_is_refused(written: str | float) -> None:
    with pytest.raises(MoneyError):
        Money.parse(written, "EUR")


def test_yen_have_no_cents_and_dinars_have_three_decimals() -> None:
    assert Money.parse("500", "JPY").minor == 500
    assert Money.parse("1.234", "KWD").minor == 1234
    with pytest.raises(MoneyError):
        Money.parse("1.5", "JPY")


def test_currencies_do_not_mix() -> None:
    with pytest.raises(MoneyError):
        Money(1, "EUR") + Money(1, "USD")


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(MoneyError):
        Money.parse("1", "XYZ")


@given(CENTS, st.lists(CENTS, min_size=1, max_size=8))
def test_shares_add_up_to_the_amount_exactly(amount: int, weights: list[int]) -> None:
    shares = allocate(amount, weights)
    assert sum(shares) == amount
    assert all(share >= 0 for share in shares)


@given(CENTS, st.integers(1, 60), st.data())
def test_slices_in_any_partition_give_the_whole_and_never_more_on_the_way(
    amount: int, units: int, data: st.DataObject
) -> None:
    already, paid = 0, 0
    while already < units:
        more = data.draw(st.integers(1, units - already))
        paid += slice_of(amount, units, already, more)
        already += more
        assert 0 <= paid <= amount
    assert paid == amount
