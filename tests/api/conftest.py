from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create
from api.settings import Settings
from api.wiring import House
from tests.desks import intents
from tests.log_scan import a_secret
from tests.shop import NOW, Shop


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house in an empty home, its clock standing still; the shop of tests is imported into it."""
    for name in ("WISMO_ZENDESK_BASE_URL", "WISMO_ZENDESK_WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WISMO_HOME", str(tmp_path / "home"))
    intents()
    made = House(Settings(), lambda: NOW)
    yield made
    made.close()


@pytest.fixture
def filled(house: House, shop: Shop) -> Shop:
    """The shop of tests over the house's own database."""
    shop.database.close()
    shop.database, shop.orders = house.database, house.orders
    shop.import_shop([])
    return shop


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with TestClient(create(house)) as made:
        made.headers["Authorization"] = f"Bearer {a_secret(house.settings.api_token())}"
        yield made
