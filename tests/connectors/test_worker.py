"""What the worker does by itself, and what it survives."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from connectors.delivery import Delivery
from connectors.tables import metadata as inbox_tables
from connectors.worker import Worker
from tests.shop import Shop
from tools.orders.actions.baskets import HoldStock
from tools.orders.tables import locations
from tools.orders.work import Direct


def test_a_baskets_hold_ends_by_itself(shop: Shop) -> None:
    shop.stock("lamp", 1)
    shop.done(HoldStock(sku="lamp", quantity=1, reference="basket", minutes=15))
    with shop.database.write() as db:
        inbox_tables.create_all(db)
    delivery = Delivery(shop.database, {}, lambda: shop.time)
    worker = Worker(shop.database, {}, delivery, lambda: shop.time, tidy=shop.orders.expire_holds)
    worker.run_once()
    assert shop.orders.available("lamp") == 0
    shop.later(minutes=16)
    worker.run_once()
    assert shop.orders.available("lamp") == 1


def test_a_failure_of_the_driver_is_one_of_sqlalchemys_and_tells_no_values(shop: Shop) -> None:
    row = {"id": "main", "name": "a customer's secret"}
    with pytest.raises(IntegrityError) as failure, shop.database.write() as db:
        Direct(db).insert(locations, [row])
    assert isinstance(failure.value, SQLAlchemyError)
    assert "secret" not in str(failure.value)
