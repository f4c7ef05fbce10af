"""A home of the first preview, made by that tree's own code (tests/first_home), is brought to today, or left alone."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from agent import approvals, explain
from agent import audit as journal_audit
from agent.case import Incoming
from api import migrations
from api.backups import Failed
from api.backups.making import Told
from api.backups.upgrading import Upgraded, roll_back, upgrade
from api.settings import Settings
from api.wiring import House
from tests.api.conftest import Wismo
from tests.desks import intents
from tests.orders.test_migrations import statements
from tools.orders.database import Database
from tools.orders.model import CustomerId, Order

FIRST = Path(__file__).parent.parent / "first_home"
PASSAGE = {
    "id": "305ad403e155a7b3",
    "article_id": "r",
    "origin": "r",
    "source": "return-window.md",
    "language": "en",
} | {
    "title": "How long can I return something?",
    "heading": "Time to return",
    "text": "You may return items within 30 days of delivery.",
}
LATER = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def lay_out(home: Path) -> Path:
    home.mkdir()
    shutil.copy(FIRST / "shop.toml", home)
    with sqlite3.connect(home / "wismo.db") as db:
        db.executescript((FIRST / "home.sql").read_text(encoding="utf-8"))
    db.close()
    index = home / "knowledge" / "4bc5"
    index.mkdir(parents=True)
    (home / "knowledge" / "CURRENT").write_text("4bc5", encoding="ascii")
    (index / "manifest.json").write_text('{"form": 1, "embedder": "all-MiniLM-L6-v2", "passages": 1}', encoding="utf-8")
    (index / "passages.jsonl").write_text(json.dumps(PASSAGE) + "\n", encoding="utf-8")
    return home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("WISMO_DATABASE_URL", raising=False)
    monkeypatch.setenv("WISMO_HOME", str(tmp_path / "home"))
    intents()
    return lay_out(tmp_path / "home")


def open_home() -> House:
    return House(Settings(), lambda: LATER)


def upgraded() -> Upgraded:
    done = upgrade(open_home, Told())
    assert done
    return done


@pytest.fixture(scope="module")
def brought_over(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after its upgrade, which nobody has touched since."""
    intents()
    made = lay_out(tmp_path_factory.mktemp("brought-over") / "home")
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("WISMO_DATABASE_URL", raising=False)
        patched.setenv("WISMO_HOME", str(made))
        upgraded()
    return made


@pytest.fixture
def house(brought_over: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.delenv("WISMO_DATABASE_URL", raising=False)
    monkeypatch.setenv("WISMO_HOME", str(shutil.copytree(brought_over, tmp_path / "own")))
    made = open_home()
    yield made
    made.close()


def order(house: House, number: str) -> Order:
    found = house.orders.order_by_number(number)
    assert found
    return found


def held(home: Path) -> list[str]:
    with sqlite3.connect(home / "wismo.db") as db:
        lines = list(db.iterdump())
    db.close()
    return lines


def one(house: House, sql: str, **given: Any) -> Any:
    with house.database.read() as db:
        return db.execute(text(sql), given).scalar_one()


def test_a_home_of_the_first_preview_is_upgraded_with_a_backup_and_audited(home: Path) -> None:
    done = upgraded()
    assert (done.needed.schema, done.needed.to_schema) == ("0001", migrations.newest())
    assert done.backup
    house = open_home()
    assert house.orders.audit().violations == ()
    assert house.orders.audit().checked["orders"] == 12
    house.close()


def test_the_schema_that_it_gets_is_that_of_an_empty_home(house: House, tmp_path: Path) -> None:
    empty = Database(tmp_path / "empty.db")
    migrations.upgrade(empty)
    assert statements(house.database) == statements(empty)
    empty.close()


def test_the_help_centre_of_the_preview_is_embedded_anew_and_found(house: House) -> None:
    assert house.help.search("how long can I return")[0].source == "return-window.md"


def test_every_order_tells_what_it_told(house: House) -> None:
    told = {number: order(house, number) for number in ("#1001", "#1002", "#1004", "#1005", "W1")}
    assert str(told["#1001"].total.decimal()) == "44.23"
    assert told["#1002"].shipments[0].tracking_number == "700000000001"
    assert told["#1004"].returns[0].accepted == {told["#1004"].lines[0].id: 1}
    assert told["#1005"].lifecycle == "cancelled"
    assert sum(one.refunded.minor for one in told["#1005"].tenders) == 2000
    assert told["W1"].delivered_at == datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    kinds = [event.type for event in house.orders.events(told["#1004"].id)]
    assert kinds[0] == "order.placed"
    assert kinds[-1] == "order.brought_over"


def test_what_is_owed_is_what_was_not_paid(house: House) -> None:
    assert {number: order(house, number).receivable for number in ("#1001", "#1007", "W2", "#1005", "W3")} == {
        "#1001": 0,
        "#1007": 2000,
        "W2": 2590,
        "#1005": 0,
        "W3": 0,
    }
    assert one(house, "SELECT -sum(amount) FROM ledger_entries WHERE account = 'gift_card:gift_1'") == 3000


def test_a_refund_that_was_under_way_is_asked_for_once_and_arrives(house: House) -> None:
    before = order(house, "#1003").tenders[0]
    assert (before.pending.minor, before.refunded.minor) == (1050, 0)
    house.deliver()
    house.deliver()
    after = order(house, "#1003").tenders[0]
    assert (after.pending.minor, after.refunded.minor) == (0, 1050)
    assert house.orders.audit().ok


def test_every_case_can_be_explained_and_every_chain_holds(house: House) -> None:
    with house.database.read() as db:
        assert journal_audit.verify(db, house.settings.anchors, lambda _: None).problems == ()
        tickets = db.execute(text("SELECT ticket FROM journal")).scalars().all()
        told = [explain.explain(db, ticket) for ticket in tickets]
    assert len(tickets) == 11
    assert all(one and one.reply for one in told)


def test_an_approval_that_waited_is_accepted_and_the_quote_runs(house: House) -> None:
    with house.database.read() as db:
        (waiting,) = approvals.waiting(db, LATER)
    answer = house.desk.decide(waiting.id, True, "mia")
    assert answer
    assert (answer.disposition, order(house, waiting.quote.order_number).lifecycle) == ("acted", "cancelled")
    house.deliver()
    assert house.orders.audit().ok


def test_a_conversation_goes_on_and_an_old_yes_meets_its_offer_or_a_new_one(house: House) -> None:
    answer = house.desk.answer(Incoming("n1", "c4", "email", "yes", "ana@example.com", True))
    assert answer.disposition in {"queued", "asked", "acted"}
    assert any(one["order_id"] == "#1001" for one in answer.actions)
    again = house.desk.answer(Incoming("n2", "n2", "email", "Where is my order #1002?", "ana@example.com", True))
    assert again.disposition == "answered"
    with_person = house.desk.answer(Incoming("n3", "t3", "email", "hello?", "ana@example.com", True))
    assert with_person.mode == "draft"


def test_every_verb_works_on_orders_that_were_brought_over(house: House) -> None:
    customer = house.orders.customer_by_email("bob@example.com")
    assert customer
    assert {one.number for one in house.orders.orders_of(CustomerId(customer.id))} == {"#1006", "#1007", "W3"}
    answer = house.desk.answer(Incoming("n1", "n1", "email", "Please cancel order #1007", "bob@example.com", True))
    house.desk.answer(Incoming("n2", "n1", "email", "yes", "bob@example.com", True))
    assert answer.disposition == "asked"
    assert house.orders.audit().ok


def test_a_rollback_brings_back_every_row(home: Path) -> None:
    before = held(home)
    upgraded()
    assert held(home) != before
    done = roll_back(open_home, Told())
    assert done.manifest.schema == "0001"
    assert held(home) == before


def test_a_home_that_does_not_add_up_is_left_as_it_was(home: Path) -> None:
    with sqlite3.connect(home / "wismo.db") as db:
        db.execute("UPDATE order_lines SET net = net + 1, tax = tax - 1 WHERE order_id = 'import:1002'")
        db.execute("DELETE FROM shipments WHERE order_id = 'import:1002'")
    db.close()
    before = held(home)
    with pytest.raises(Failed):
        upgrade(open_home, Told())
    assert held(home) == before


def test_the_command_upgrades_reports_and_rolls_back(wismo: Wismo, tmp_path: Path) -> None:
    lay_out(tmp_path / "home")
    done = wismo("upgrade")
    assert (done.returncode, "schema 0001 to" in done.stderr) == (0, True)
    for command in (("report", "--json"), ("explain",), ("orders", "list"), ("gaps", "--json"), ("audit", "verify")):
        told = wismo(*command)
        assert (command, told.returncode, told.stderr.count("Traceback")) == (command, 0, 0)
    back = wismo("upgrade", "--rollback")
    assert (back.returncode, "the Wismo that made it" in back.stderr) == (0, True)


def test_a_schema_between_the_preview_and_the_release_is_refused_with_a_remedy(home: Path) -> None:
    with sqlite3.connect(home / "wismo.db") as db:
        db.execute("UPDATE alembic_version SET version_num = '0002'")
    db.close()
    house = open_home()
    with pytest.raises(migrations.UnknownSchema, match="import the shop again"):
        _ = house.database
    house.close()
