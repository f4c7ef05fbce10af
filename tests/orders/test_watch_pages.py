"""Many orders are looked at by processes beside: the same alerts as alone, also when one of them ends before its time."""

from __future__ import annotations

import os
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.shop import Shop
from tools.orders.alerts import pages, store
from tools.orders.alerts.limits import Limits
from tools.orders.alerts.pages import Pages
from tools.orders.alerts.scanning import Look, Watch

LATE, FINE = 5, 4


@pytest.fixture
def late(shop: Shop) -> Shop:
    """Five orders that missed their promise, four that have not."""
    for days in [1] * LATE + [9] * FINE:
        shop.shipped(promised_at=(shop.time + timedelta(days=days)).isoformat())
    shop.later(days=1, minutes=1)
    return shop


def looked(shop: Shop, many: int) -> tuple[Look, list[tuple[int, int]]]:
    told: list[tuple[int, int]] = []
    zone, beside = ZoneInfo("Europe/Paris"), Pages(shop.database, size=2, many=many)
    watch = Watch(shop.database, Limits, lambda: zone, lambda: shop.time, lambda *done: told.append(done), pages=beside)
    return watch.run(), told


def kinds(shop: Shop) -> list[str]:
    with shop.database.read() as db:
        return [one.kind.value for one in store.newest(db)]


def test_processes_beside_find_what_one_alone_finds_and_say_how_far_they_are(
    late: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    look, told = looked(late, many=2)
    assert (look.orders, look.alerts) == (LATE + FINE, LATE)
    assert told == [(2, 9), (4, 9), (6, 9), (8, 9), (9, 9)]
    assert kinds(late) == ["late"] * LATE
    again, _ = looked(late, many=2)
    assert again.alerts == 0


def test_few_pages_need_no_other_process(late: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "pool", None)
    look, _ = looked(late, many=6)
    assert (look.orders, look.alerts) == (LATE + FINE, LATE)


def test_one_processor_looks_alone(late: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "pool", None)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    look, _ = looked(late, many=2)
    assert (look.orders, look.alerts) == (LATE + FINE, LATE)


def ended(*_: object) -> None:
    os._exit(9)


def test_a_process_that_is_killed_leaves_the_look_to_this_one(late: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(pages, "_enter", ended)
    look, told = looked(late, many=2)
    assert (look.orders, look.alerts) == (LATE + FINE, LATE)
    assert told[-1] == (9, 9)
