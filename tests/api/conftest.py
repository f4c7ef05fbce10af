from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create
from api.settings import Settings
from api.wiring import House
from tests.desks import intents
from tests.log_scan import a_secret
from tests.shop import NOW, Shop

Wismo = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def wismo(tmp_path: Path, own_database: None) -> Wismo:
    """The command line in a home of its own."""
    intents()
    home = tmp_path / "home"

    def run(*arguments: str, given: str | bytes = "", **environment: str) -> subprocess.CompletedProcess[str]:
        raw = given.encode() if isinstance(given, str) else given
        settings = {name: value for name, value in os.environ.items() if not name.startswith("WISMO_ZENDESK")}
        done = subprocess.run(
            [sys.executable, "-m", "api.cli", *arguments],
            input=raw,
            capture_output=True,
            env=settings | {"WISMO_HOME": str(home), "COLUMNS": "200"} | environment,
            timeout=180,
            check=False,
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_database: None) -> Iterator[House]:
    """A house in an empty home, its clock standing still; the shop of tests is imported into it."""
    for name in ("WISMO_ZENDESK_BASE_URL", "WISMO_ZENDESK_WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WISMO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WISMO_QUIET_SECONDS", "0")  # the clock stands still
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
