"""From SQLite to PostgreSQL: everything, the same on both sides; or nothing, and the file is used as before."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text, update

from agent import audit as journal_audit
from agent.case import Incoming
from agent.tables import journal
from api import migrations
from api.backups import MOVED, Failed, LeftBehind, NotEmpty
from api.backups.making import Told
from api.backups.moving import move
from api.privacy.register import every_table
from api.settings import Settings
from api.wiring import House
from connectors import inbox
from eval import postgres
from tests.api.conftest import Wismo
from tests.shop import NOW, Shop
from tools.orders import outbox
from tools.orders.agreement import Action
from tools.orders.database import Database


@pytest.fixture
def target(postgres_server: str) -> Iterator[str]:
    with postgres.database(postgres_server) as url:
        yield url


@pytest.fixture
def home(house: House, filled: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A copy of a shop that lived: orders, a refund, a talk, an event, a letter; closed."""
    order, paid = filled.shipped(), filled.order()
    filled.do(paid, Action.CANCEL_ORDER)
    filled.provider_answers()
    house.desk.answer(
        Incoming("t1", "c1", "api", f"où est {order.number}? \\ tab\there\nline", "ana@example.com", True)
    )
    with house.database.write() as db:
        inbox.put(db, "zendesk", "e1", "77", '{"text": "\\u00e9 \\\\N"}', NOW)
        outbox.put(db, "mail:1", "mail.code", {"text": "a\\.b", "none": None}, NOW)
    house.close()
    monkeypatch.setenv("WISMO_HOME", str(shutil.copytree(house.settings.home, tmp_path / "moving")))
    return Settings()


def everything(where: Path | str) -> dict[str, list[tuple[object, ...]]]:
    database = Database(where)
    try:
        with database.read() as db:
            return {
                table.name: sorted(map(tuple, db.exec_driver_sql(f'SELECT * FROM "{table.name}"')), key=repr)
                for table in every_table()
            }
    finally:
        database.close()


def test_every_row_of_every_table_is_the_same_afterwards_and_both_audits_agree(
    home: Settings, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(home.database)
    bars: list[tuple[int, int]] = []
    done = move(home.database, target, home.anchors, Told(pages=lambda *how_far: bars.append(how_far)))
    assert everything(target) == before
    assert done.rows == {name: len(rows) for name, rows in before.items()}
    assert bars[-1] == (sum(done.rows.values()),) * 2
    assert len(before["journal"]) == 1
    assert before["refunds"]
    monkeypatch.setenv("WISMO_DATABASE_URL", target)
    house = House(Settings(), lambda: NOW)
    assert house.orders.audit().ok
    with house.database.read() as db:
        assert journal_audit.verify(db, home.anchors, lambda _: None).ok
    house.desk.answer(Incoming("t2", "c1", "api", "and now?", "ana@example.com", True))
    house.close()


def test_the_file_is_put_aside_and_nobody_begins_an_empty_shop_in_its_place(home: Settings, target: str) -> None:
    done = move(home.database, target, home.anchors, Told())
    assert not home.database.exists()
    assert done.kept.name == MOVED
    house = House(home, lambda: NOW)
    with pytest.raises(LeftBehind, match="WISMO_DATABASE_URL"):
        assert house.database
    done.kept.rename(home.database)
    assert house.orders.audit().ok
    house.close()


def test_a_target_that_holds_anything_is_refused_and_both_stay_as_they_are(home: Settings, target: str) -> None:
    taken = Database(target)
    migrations.upgrade(taken)
    with taken.write() as db:
        inbox.put(db, "zendesk", "e9", "1", "{}", NOW)
    taken.close()
    before = everything(target)
    with pytest.raises(NotEmpty, match="inbox"):
        move(home.database, target, home.anchors, Told())
    assert everything(target) == before
    assert home.database.exists()


def test_what_postgresql_cannot_hold_stops_all_of_it(home: Settings, target: str) -> None:
    source = Database(home.database)
    with source.write() as db:
        db.execute(text("UPDATE inbox SET body = 'a' || char(0) || 'b'"))
    source.close()
    with pytest.raises(Failed, match="nothing was moved"):
        move(home.database, target, home.anchors, Told())
    assert not any(everything(target).values())
    assert home.database.exists()
    source = Database(home.database)
    with source.write() as db:
        db.execute(text("UPDATE inbox SET body = '{}'"))
    source.close()
    assert move(home.database, target, home.anchors, Told()).rows["inbox"] == 1


def test_what_was_unsound_before_may_move_and_what_becomes_so_may_not(
    home: Settings, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Database(home.database)
    with source.write() as db:
        db.execute(update(journal).values(hash="0" * 64))
    source.close()
    from api.backups import moving

    written = moving._write

    def spoils(new: object, table: object, part: list[list[int]]) -> None:
        if getattr(table, "name", "") == "order_lines":
            names = [column.name for column in table.columns]  # type: ignore[attr-defined]
            place = names.index("shipped")
            part = [[*row[:place], row[place] + 1, *row[place + 1 :]] for row in part]
        written(new, table, part)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(moving, "_write", spoils)
        with pytest.raises(Failed):
            move(home.database, target, home.anchors, Told())
    assert not any(everything(target).values())
    assert move(home.database, target, home.anchors, Told()).rows["journal"] == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "name the target"),
        (("--to", "mysql://x@y/z"), "write postgresql://"),
        (("--to", "postgresql://wismo:s3cret@127.0.0.1:1/none"), "nothing was moved"),
    ],
)
def test_the_command_says_what_is_wrong_with_the_target_and_never_the_password(
    wismo: Wismo, words: tuple[str, ...], says: str
) -> None:
    wismo("ask", "hello")
    done = wismo("move", *words)
    assert done.returncode == 2
    assert says in done.stderr
    assert "s3cret" not in done.stderr


def test_the_command_moves_and_the_next_one_works_there(wismo: Wismo, target: str) -> None:
    assert wismo("move", "--to", postgres.for_psycopg(target)).returncode == 2
    wismo("ask", "hello")
    done = wismo("move", "--to", postgres.for_psycopg(target), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"]["journal"] == 1
    assert wismo("ask", "hello").returncode == 2
    there = wismo("audit", "verify", "--json", WISMO_DATABASE_URL=target)
    assert json.loads(there.stdout)["entries"] == 1
