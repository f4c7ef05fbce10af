"""An upgrade ends well, or the home is what it was; and an upgrade that ended well can be taken back."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import inspect, text

from agent.case import Incoming
from api import migrations
from api.backups import BackupError, Failed, Running, presence
from api.backups.making import Told
from api.backups.upgrading import roll_back, upgrade
from api.settings import Settings
from api.wiring import House
from eval import postgres
from knowledge.embed import OnnxEmbedder
from knowledge.ingest import ingest
from tests.api.conftest import Wismo
from tests.desks import HELP
from tests.shop import NOW, Shop
from tools.orders.database import Database

MIGRATION = """
revision = "{number}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    from alembic import op

    op.execute("CREATE TABLE newer (id TEXT)")
    op.execute("{statement}")


def downgrade() -> None:
    pass
"""


class Next:
    """The Wismo of tomorrow: the same with one migration more."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._today = migrations.FOLDER
        self._folder = folder
        self._monkeypatch = monkeypatch
        self.schema = "9998"

    def installed(self, statement: str = "UPDATE orders SET number = number") -> None:
        before = migrations.newest()
        shutil.copytree(self._today, self._folder)
        written = MIGRATION.format(number=self.schema, before=before, statement=statement)
        (self._folder / "versions" / f"{self.schema}_next.py").write_text(written, encoding="utf-8")
        self._monkeypatch.setattr(migrations, "FOLDER", self._folder)

    def removed(self) -> None:
        self._monkeypatch.setattr(migrations, "FOLDER", self._today)


class Renamed(OnnxEmbedder):
    """Another embedding model, as far as an index can tell."""

    @property
    def name(self) -> str:
        return "another-model"


@pytest.fixture
def tomorrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Next:
    return Next(tmp_path / "migrations", monkeypatch)


@pytest.fixture
def home(house: House, filled: Shop, tmp_path: Path) -> Path:
    """A shop's home with a talk in it, closed."""
    order = filled.order()
    house.desk.answer(Incoming("t1", "c1", "api", f"where is {order.number}?", "ana@example.com", True))
    page = tmp_path / "help.md"
    page.write_text(HELP, encoding="utf-8")
    ingest([page], house.settings.knowledge, house.embedder, lambda *_: None)
    house.settings.api_token()
    assert house.shop_file
    house.close()
    return house.settings.home


def open_home() -> House:
    return House(Settings(), lambda: NOW)


def open_with_another_model() -> House:
    house = open_home()
    house.__dict__["embedder"] = Renamed(house.settings.assets)
    return house


def tables(home: Path) -> tuple[str | None, set[str]]:
    database = Database(home / "wismo.db")
    try:
        with database.read() as db:
            names = db.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars()
            return migrations.current(database), set(names)
    finally:
        database.close()


def test_an_upgrade_migrates_audits_and_leaves_a_backup_of_what_was_before(home: Path, tomorrow: Next) -> None:
    before, _ = tables(home)
    tomorrow.installed()
    done = upgrade(open_home, Told())
    assert done
    assert (done.needed.schema, done.needed.to_schema) == (before, "9998")
    assert done.backup
    assert done.backup.exists()
    assert tables(home)[0] == "9998"
    assert "newer" in tables(home)[1]
    assert upgrade(open_home, Told()) is None


def test_a_migration_that_fails_leaves_the_home_as_it_was(home: Path, tomorrow: Next) -> None:
    before = tables(home)
    tomorrow.installed("INSERT INTO nowhere VALUES (1)")
    with pytest.raises(Failed, match="no such table: nowhere"):
        upgrade(open_home, Told())
    assert tables(home) == before
    tomorrow.removed()
    with open_home().database.read() as db:
        assert db.execute(text("SELECT count(*) FROM journal")).scalar_one() == 1


def test_a_migration_that_spoils_an_order_is_undone_because_the_audit_says_so(home: Path, tomorrow: Next) -> None:
    before = tables(home)
    tomorrow.installed("UPDATE order_lines SET quantity = quantity + 1")
    with pytest.raises(Failed, match="checks do not hold"):
        upgrade(open_home, Told())
    assert tables(home) == before
    tomorrow.removed()
    house = open_home()
    assert house.orders.audit().ok
    assert house.help.search("how long can I return")[0].title == "How long can I return something?"
    house.close()


def test_another_embedding_model_has_the_help_centre_embedded_anew(home: Path) -> None:
    done = upgrade(open_with_another_model, Told())
    assert done
    assert done.passages == 2
    house = open_with_another_model()
    assert house.help.search("how long can I return")[0].title == "How long can I return something?"
    house.close()
    assert upgrade(open_with_another_model, Told()) is None


def test_an_upgrade_is_taken_back_by_the_wismo_from_before_only(home: Path, tomorrow: Next) -> None:
    before = tables(home)
    tomorrow.installed()
    upgrade(open_home, Told())
    (home / "since").write_text("later", encoding="utf-8")
    with pytest.raises(BackupError, match="migrate it again"):
        roll_back(open_home, Told())
    assert tables(home)[0] == "9998"
    tomorrow.removed()
    done = roll_back(open_home, Told())
    assert tables(home) == before
    assert done.kept
    assert (done.kept / "since").exists()
    assert not (home / "since").exists()


def test_nothing_is_upgraded_without_need_or_under_a_running_service(home: Path, tomorrow: Next) -> None:
    assert upgrade(open_home, Told()) is None
    with pytest.raises(BackupError, match="no upgrade was made"):
        roll_back(open_home, Told())
    tomorrow.installed()
    with presence.serving(home), pytest.raises(Running):
        upgrade(open_home, Told())
    assert not (home / "backups").exists()


def test_the_command_says_when_there_is_nothing_to_do(wismo: Wismo) -> None:
    wismo("ask", "hello")
    done = wismo("upgrade")
    assert (done.returncode, "nothing to upgrade" in done.stderr) == (0, True)
    back = wismo("upgrade", "--rollback")
    assert (back.returncode, "wismo restore" in back.stderr) == (2, True)


# -- on PostgreSQL -------------------------------------------------------------------------------------------


@pytest.fixture
def on_a_server(postgres_server: str, tmp_path: Path) -> Iterator[Callable[[], House]]:
    with postgres.database(postgres_server) as url:
        settings = Settings(home=tmp_path / "server-home", database_url=SecretStr(url))
        database = Database(url)
        migrations.upgrade(database)
        database.close()
        yield lambda: House(settings, lambda: NOW)


def test_on_postgresql_it_asks_for_a_dump_first(
    on_a_server: Callable[[], House], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = migrations.newest()
    Next(tmp_path / "next", monkeypatch).installed()
    with pytest.raises(BackupError, match="take a dump"):
        upgrade(on_a_server, Told())
    assert schema_of(on_a_server) == before


def test_with_a_dump_it_migrates_postgresql_in_place(
    on_a_server: Callable[[], House], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = Next(tmp_path / "next", monkeypatch)
    following.installed()
    done = upgrade(on_a_server, Told(), dumped=True)
    assert done
    assert (done.backup, done.needed.to_schema) == (None, following.schema)
    assert schema_of(on_a_server) == following.schema
    assert upgrade(on_a_server, Told(), dumped=True) is None


def test_a_migration_that_fails_half_way_leaves_postgresql_as_it_was(
    on_a_server: Callable[[], House], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = migrations.newest()
    Next(tmp_path / "next", monkeypatch).installed("SELECT 1 / 0")
    with pytest.raises(Failed, match="one transaction, which was undone"):
        upgrade(on_a_server, Told(), dumped=True)
    assert schema_of(on_a_server) == before
    database = Database(on_a_server().settings.where)
    with database.read() as db:
        assert not inspect(db).has_table("newer")
    database.close()


def schema_of(open_home: Callable[[], House]) -> str | None:
    database = Database(open_home().settings.where)
    try:
        return migrations.current(database)
    finally:
        database.close()
