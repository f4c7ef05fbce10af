"""A home as one file and back: made while others write, refused when it is not whole, never half in place."""

from __future__ import annotations

import json
import sqlite3
import tarfile
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from agent import anchors
from agent import audit as journal_audit
from agent.tables import journal
from api.backups import Damaged, NotABackup, NotEmpty, Running, archive, presence
from api.backups.checking import soundness
from api.backups.making import Made, Told, in_folder, make, thin_out
from api.backups.restoring import restore
from api.settings import Settings
from api.wiring import House
from knowledge.ingest import ingest
from tests.api.conftest import Wismo
from tests.desks import HELP
from tests.shop import NOW, Shop
from tools.orders import outbox


@pytest.fixture
def talked(house: House, filled: Shop, tmp_path: Path) -> House:
    """A home with orders, a talk, an anchor, keys, help pages and what a person put there."""
    from agent.case import Incoming

    order = filled.shipped()
    house.desk.answer(Incoming("t1", "c1", "api", f"where is {order.number}?", "ana@example.com", True))
    anchors.keep(house.database, house.settings.anchors, NOW + timedelta(days=2))
    house.settings.api_token()
    assert house.shop_file
    page = tmp_path / "help.md"
    page.write_text(HELP, encoding="utf-8")
    ingest([page], house.settings.knowledge, house.embedder, lambda *_: None)
    (house.settings.home / "model").mkdir()
    (house.settings.home / "model" / "names.json").write_text("{}", encoding="utf-8")
    return house


@pytest.fixture
def copy(talked: House, tmp_path: Path) -> Made:
    return make(talked.settings.home, tmp_path / "copy.tar", NOW, Told())


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], House]]:
    made: list[House] = []

    def open_home(home: Path) -> House:
        monkeypatch.setenv("WISMO_HOME", str(home))
        made.append(House(Settings(), lambda: NOW))
        return made[-1]

    yield open_home
    for house in made:
        house.close()


def names(home: Path) -> set[str]:
    return {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}


def test_a_restored_home_is_what_it_was_and_works(
    talked: House, copy: Made, tmp_path: Path, opened: Callable[[Path], House]
) -> None:
    done = restore(copy.file, tmp_path / "there", NOW, Told(), replace=False)
    assert copy.soundness
    assert copy.soundness.ok
    assert done.soundness
    assert done.soundness.ok
    assert done.soundness.rows == copy.manifest.rows
    assert done.soundness.rows["journal"] == 1
    there = opened(tmp_path / "there")
    assert there.orders.audit().ok
    with there.database.read() as db:
        assert journal_audit.verify(db, there.settings.anchors, lambda _: None).ok
    assert there.help.search("how long can I return")[0].title == "How long can I return something?"
    for name in ("shop.toml", "api_token", "identity_key", "journal-anchors.jsonl", "model/names.json"):
        assert (there.settings.home / name).read_bytes() == (talked.settings.home / name).read_bytes()


def test_the_file_is_readable_by_its_owner_only_and_holds_no_lock_and_no_log(copy: Made) -> None:
    assert copy.file.stat().st_mode & 0o077 == 0
    with tarfile.open(copy.file) as tar:
        members = tar.getnames()
    assert members[0] == "wismo-backup.json"
    assert {"wismo.db", "shop.toml", "knowledge/CURRENT"} <= set(members)
    assert not any(name.endswith((".lock", "-wal", "-shm", ".migrating")) for name in members)


def test_writers_go_on_while_the_copy_is_made_and_it_is_the_home_of_one_moment(talked: House, tmp_path: Path) -> None:
    stop, written, copied_at = threading.Event(), [0], [0]

    def write() -> None:
        while not stop.is_set():
            with talked.database.write() as db:
                outbox.put(db, f"first:{written[0]}", "mail.code", {"filler": "x" * 2_000}, NOW)
                outbox.put(db, f"second:{written[0]}", "mail.code", {}, NOW)
            written[0] += 1

    def progress(_: int, whole: int) -> None:
        assert whole
        copied_at.append(written[0])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            made = make(talked.settings.home, tmp_path / f"copy{number}.tar", NOW, Told(pages=progress))
            assert made.soundness
            assert made.soundness.ok
            assert made.soundness.rows["outbox"] % 2 == 0
    finally:
        stop.set()
        writer.join()
    assert written[0] > copied_at[1] > 0


def test_a_home_that_holds_a_shop_is_replaced_only_when_that_is_said_and_then_kept(
    talked: House, copy: Made, opened: Callable[[Path], House]
) -> None:
    home = talked.settings.home
    talked.close()
    (home / "mark").write_text("newer", encoding="utf-8")
    with pytest.raises(NotEmpty, match="--replace"):
        restore(copy.file, home, NOW, Told(), replace=False)
    assert (home / "mark").exists()
    done = restore(copy.file, home, NOW, Told(), replace=True)
    assert done.kept
    assert (done.kept / "mark").read_text(encoding="utf-8") == "newer"
    assert (done.kept / "wismo.db").exists()
    assert not (home / "mark").exists()
    assert opened(home).orders.audit().ok


def test_a_mounted_home_is_replaced_piece_by_piece(
    talked: House, copy: Made, monkeypatch: pytest.MonkeyPatch, opened: Callable[[Path], House]
) -> None:
    home = talked.settings.home
    talked.close()
    (home / "mark").write_text("newer", encoding="utf-8")
    monkeypatch.setattr(Path, "is_mount", lambda path: path == home)
    done = restore(copy.file, home, NOW, Told(), replace=True)
    assert done.kept
    assert done.kept.is_relative_to(home)
    assert (done.kept / "mark").exists()
    assert not (home / "mark").exists()
    assert not [name for name in names(home) if "restoring" in name]
    assert opened(home).orders.audit().ok


def test_nothing_is_restored_under_a_running_service_and_no_service_starts_under_a_restore(
    talked: House, copy: Made
) -> None:
    home = talked.settings.home
    before = names(home)
    with presence.serving(home), presence.serving(home), pytest.raises(Running, match="stop wismo serve"):
        restore(copy.file, home, NOW, Told(), replace=True)
    assert names(home) - {"running.lock"} == before
    with presence.alone(home), pytest.raises(Running), presence.serving(home):
        pass


def spoil(file: Path, place: int) -> None:
    whole = bytearray(file.read_bytes())
    whole[place] ^= 0xFF
    file.write_bytes(whole)


@pytest.mark.parametrize("where", [0.3, 0.6])
def test_a_spoilt_archive_changes_nothing(copy: Made, tmp_path: Path, where: float) -> None:
    spoil(copy.file, int(copy.bytes * where))
    with pytest.raises((Damaged, NotABackup)):
        restore(copy.file, tmp_path / "there", NOW, Told(), replace=False)
    assert names(tmp_path / "there") <= {"running.lock"}
    assert [path.name for path in tmp_path.iterdir() if "restoring" in path.name] == []


def test_an_archive_that_ends_too_early_is_refused(copy: Made, tmp_path: Path) -> None:
    copy.file.write_bytes(copy.file.read_bytes()[: copy.bytes // 2])
    with pytest.raises((Damaged, NotABackup)):
        restore(copy.file, tmp_path / "there", NOW, Told(), replace=False)


def test_a_packed_archive_is_smaller_and_the_same(talked: House, copy: Made, tmp_path: Path) -> None:
    packed = make(talked.settings.home, tmp_path / "copy.tar.gz", NOW, Told())
    assert packed.bytes < copy.bytes / 2
    restore(packed.file, tmp_path / "there", NOW, Told(), replace=False)
    spoil(packed.file, packed.bytes // 2)
    with pytest.raises((Damaged, NotABackup)):
        restore(packed.file, tmp_path / "elsewhere", NOW, Told(), replace=False)


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "a/../../outside"])
def test_an_archive_that_names_files_outside_of_the_home_is_refused(tmp_path: Path, name: str) -> None:
    listed = {"form": 1, "wismo": "0", "made_at": "", "schema": None, "rows": {}}
    contents = json.dumps(listed | {"files": [{"name": name, "bytes": 1, "sha256": ""}]})
    (tmp_path / "list").write_text(contents, encoding="utf-8")
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        tar.add(tmp_path / "list", "wismo-backup.json")
        tar.add(tmp_path / "list", name)
    with pytest.raises(NotABackup, match="outside"):
        restore(tmp_path / "evil.tar", tmp_path / "there", NOW, Told(), replace=False)


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b broken"])
def test_a_file_that_is_no_archive_is_told_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "some.tar").write_bytes(content)
    with pytest.raises((NotABackup, Damaged)):
        archive.read(tmp_path / "some.tar")


def test_a_database_that_is_not_sound_is_kept_and_said_to_be_so(talked: House, tmp_path: Path) -> None:
    with talked.database.write() as db:
        db.execute(update(journal).values(hash="0" * 64))
    made = make(talked.settings.home, tmp_path / "copy.tar", NOW, Told())
    assert made.soundness
    assert any("changed after it was written" in one for one in made.soundness.wrong)
    assert made.file.exists()


def test_a_file_whose_pages_are_spoilt_is_told_so(talked: House, tmp_path: Path) -> None:
    talked.close()
    (tmp_path / "wismo.db").write_bytes(talked.settings.database.read_bytes())
    for place in range(20_000, 60_000, 512):
        spoil(tmp_path / "wismo.db", place)
    assert not soundness(tmp_path).ok


def test_a_backup_of_a_newer_wismo_is_refused_before_anything_is_unpacked(
    talked: House, wismo: Wismo, tmp_path: Path
) -> None:
    made = make(talked.settings.home, tmp_path / "old.tar", NOW, Told())
    with sqlite3.connect(talked.settings.database) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    newer = make(talked.settings.home, tmp_path / "newer.tar", NOW, Told())
    assert made.manifest.schema != newer.manifest.schema
    done = wismo("restore", str(newer.file), WISMO_HOME=str(tmp_path / "there"))
    assert (done.returncode, "9999" in done.stderr) == (2, True)
    assert not (tmp_path / "there").exists()


def test_of_those_in_a_folder_the_newest_are_kept_and_nothing_else_is_touched(tmp_path: Path) -> None:
    files = [in_folder(tmp_path, NOW + timedelta(days=day)) for day in range(4)]
    for file in (*files, tmp_path / "notes.tar"):
        file.write_text("", encoding="utf-8")
    thin_out(tmp_path, 2)
    assert {path.name for path in tmp_path.iterdir()} == {"notes.tar", files[2].name, files[3].name}


def test_the_commands_say_what_they_made_and_what_is_wrong_with_what_they_were_given(
    wismo: Wismo, tmp_path: Path
) -> None:
    empty = wismo("backup", str(tmp_path / "a.tar"))
    assert (empty.returncode, "WISMO_HOME" in empty.stderr) == (2, True)
    wismo("ask", "hello")
    made = wismo("backup", str(tmp_path), "--keep", "3", "--json")
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)
    assert (told["sound"], told["rows"]["journal"]) == (True, 1)
    again = wismo("backup", told["file"])
    assert (again.returncode, "exists already" in again.stderr) == (2, True)
    assert wismo("backup", str(tmp_path / "none" / "a.tar")).returncode == 2
    assert wismo("restore", str(tmp_path / "none.tar")).returncode == 2
    refused = wismo("restore", told["file"])
    assert (refused.returncode, "--replace" in refused.stderr) == (2, True)
    restored = wismo("restore", told["file"], "--replace", "--json")
    assert restored.returncode == 0, restored.stderr
    assert Path(json.loads(restored.stdout)["before"]).is_dir()


def test_on_postgresql_the_files_are_taken_and_the_database_has_its_own_tools(wismo: Wismo, tmp_path: Path) -> None:
    wismo("ask", "hello")
    url = "postgresql://nobody@127.0.0.1:1/none"
    refused = wismo("backup", str(tmp_path / "a.tar"), WISMO_DATABASE_URL=url)
    assert (refused.returncode, "pg_dump" in refused.stderr) == (2, True)
    made = wismo("backup", str(tmp_path / "a.tar"), "--files-only", WISMO_DATABASE_URL=url)
    assert (made.returncode, "no database" in made.stderr) == (0, True), made.stderr
    with tarfile.open(tmp_path / "a.tar") as tar:
        assert "wismo.db" not in tar.getnames()
