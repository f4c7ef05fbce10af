"""The documented way with pg_dump: what comes out of pg_restore is the same shop, and both audits say so."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from agent import audit as journal_audit
from agent.case import Incoming
from api import migrations
from api.backups.checking import rows_of
from api.settings import Settings
from api.wiring import House
from eval import postgres
from tests.desks import intents
from tests.shop import NOW, Shop
from tools.orders.database import Database

PAGE = Path(__file__).parents[2] / "docs" / "operate.md"


@pytest.fixture
def tools() -> dict[str, str]:
    try:
        return {name: postgres.program(name) for name in ("pg_dump", "pg_restore")}
    except postgres.NoPostgres as missing:
        pytest.skip(f"NOT RUN: {missing}")


def documented(program: str, **values: str) -> list[str]:
    """The command as the page says it, with its variables filled in."""
    line = re.search(rf"(?m)^{program} .*$", PAGE.read_text(encoding="utf-8"))
    assert line
    told = line[0]
    for name, value in values.items():
        told = told.replace(f'"${name}"', shlex.quote(value))
    assert "$" not in told
    return shlex.split(told)


def test_a_dump_restored_as_the_page_says_is_the_same_shop(
    postgres_server: str, tools: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    intents()
    with postgres.database(postgres_server) as first, postgres.database(postgres_server) as second:
        monkeypatch.setenv("WISMO_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("WISMO_DATABASE_URL", first)
        house = House(Settings(), lambda: NOW)
        migrations.upgrade(house.database)
        shop = Shop(tmp_path, first)
        order = shop.shipped()
        house.desk.answer(Incoming("t1", "c1", "api", f"where is {order.number}?", "ana@example.com", True))
        run(tools["pg_dump"], documented("pg_dump", WISMO_DATABASE_URL=postgres.for_psycopg(first)), tmp_path)
        run(tools["pg_restore"], documented("pg_restore", EMPTY_DATABASE_URL=postgres.for_psycopg(second)), tmp_path)
        with house.database.read() as db:
            before = rows_of(db)
        house.close()
        shop.database.close()
        restored = Database(second)
        migrations.upgrade(restored)
        with restored.read() as db:
            assert rows_of(db) == before
            assert journal_audit.verify(db, house.settings.anchors, lambda _: None).ok
        restored.close()
        monkeypatch.setenv("WISMO_DATABASE_URL", second)
        again = House(Settings(), lambda: NOW)
        assert again.orders.audit().ok
        assert before["orders"] == before["journal"] == 1
        again.close()


def run(program: str, command: list[str], folder: Path) -> None:
    done = subprocess.run([program, *command[1:]], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
