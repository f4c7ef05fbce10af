"""`wismo upgrade`: a backup, the schema, the help index for another embedding model, a check; or all of it undone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from api import migrations
from api.backups import BackupError, Failed, presence
from api.backups.checking import problems
from api.backups.copying import BACKUPS
from api.backups.making import Made, Told, make
from api.backups.restoring import Restored, put_back
from api.operating.doctor import examine
from api.wiring import House
from knowledge.index import earlier_form, remake, revise
from tools.orders.database import Database

Open = Callable[[], House]
LIST = "upgrades.jsonl"


@dataclass(frozen=True, slots=True)
class Needed:
    """`schema` is none for a home without a database; `embedder` that of the index where it is not the one set.

    `form` is that of an index that an earlier Wismo wrote otherwise.
    """

    schema: str | None
    to_schema: str | None
    embedder: str | None
    form: int | None = None

    @property
    def nothing(self) -> bool:
        return self.schema in (None, self.to_schema) and self.embedder is None and self.form is None


@dataclass(frozen=True, slots=True)
class Upgraded:
    """`backup` is none on PostgreSQL; `passages` were embedded anew."""

    needed: Needed
    backup: Path | None
    passages: int | None


def needed(house: House) -> Needed:
    """Looked up without changing anything."""
    database = Database(house.settings.where)
    try:
        schema = migrations.current(database)
    finally:
        database.close()
    form = earlier_form(house.shelf)
    if form:
        return Needed(schema, migrations.newest(), None, form)
    with house.index.reading() as snapshot:
        other = snapshot.embedder if snapshot.embedder not in (None, house.embedder.name) else None
    return Needed(schema, migrations.newest(), other)


def upgrade(open_home: Open, told: Told, *, dumped: bool = False) -> Upgraded | None:
    """None where nothing was to do. `dumped`: the caller has a dump of the PostgreSQL database.

    Raises `Failed` when it was undone, `Running`, `NoRoom`, and `BackupError` without a dump.
    """
    house = open_home()
    try:
        with presence.alone(house.settings.home):
            wanted = needed(house)
            if wanted.nothing:
                return None
            _must_be_known(wanted)
            return _upgraded(house, wanted, told, dumped)
    finally:
        house.close()


def roll_back(open_home: Open, told: Told) -> Restored:
    """The home as it was before the last upgrade. Raises `BackupError` without one, or where this Wismo is too new."""
    house = open_home()
    home = house.settings.home
    with presence.alone(home):
        last = _last(home)
        file = home / BACKUPS / last["backup"]
        if last["schema"] not in (migrations.newest(), migrations.PREVIEW):  # the preview could not roll back itself
            raise BackupError(
                f"the home had schema {last['schema']} before that upgrade, and this Wismo would migrate it again at "
                f"once: install Wismo {last['wismo_before'] or 'as it was then'}, then run this again"
            )
        if not file.exists():
            raise BackupError(f"{file} is gone: restore another backup with wismo restore FILE --replace")
        return put_back(file, home, house.now(), told)


def _upgraded(house: House, wanted: Needed, told: Told, dumped: bool) -> Upgraded:
    backup = _backup(house, told, dumped)
    try:
        passages = _applied(house, wanted, told, backup)
    except Exception as error:
        house.close()
        raise Failed(f"{_plainly(error)}; {_undone(house, backup, told)}") from error
    if backup:
        _note(house, wanted, backup.file)
    return Upgraded(wanted, backup.file if backup else None, passages)


def _backup(house: House, told: Told, dumped: bool) -> Made | None:
    if house.settings.database_url.get_secret_value():
        if not dumped:
            raise BackupError("the database is on PostgreSQL: take a dump (docs/operate.md), then say --dumped")
        return None
    folder, now = house.settings.home / BACKUPS, house.now()
    folder.mkdir(parents=True, exist_ok=True)
    return make(house.settings.home, folder / f"upgrade-{now:%Y%m%dT%H%M%SZ}.tar", now, told)


def _applied(house: House, wanted: Needed, told: Told, backup: Made | None) -> int | None:
    """The passages that were embedded anew. Raises whatever goes wrong."""
    told.step(f"schema {wanted.schema or 'none'} to {wanted.to_schema}")
    database = house.database  # opening it migrates it
    passages = _embedded_anew(house, wanted, told)
    told.step("checking")
    before = set(backup.soundness.wrong) if backup and backup.soundness else set()
    with database.read() as db:
        fresh = [one for one in problems(db, house.settings.anchors) if one not in before]
    fresh += [f"{check.name}: {check.says}" for check in examine(house) if check.needed and not check.ok]
    if fresh:
        raise Failed(f"{len(fresh)} checks do not hold afterwards, the first: {fresh[0]}")
    return passages


def _embedded_anew(house: House, wanted: Needed, told: Told) -> int | None:
    if not (wanted.embedder or wanted.form):
        return None
    told.step("embedding the help centre anew")
    if wanted.form:
        return remake(house.shelf, house.embedder, told.pages).passages
    return revise(house.shelf, list, house.embedder, told.pages).passages


def _undone(house: House, backup: Made | None, told: Told) -> str:
    if backup is None:
        return "the database changed in one transaction, which was undone, or restore the dump"
    told.step("putting everything back")
    put_back(backup.file, house.settings.home, house.now(), told)
    return f"everything is as it was before ({backup.file.name} holds it too)"


def _note(house: House, wanted: Needed, file: Path) -> None:
    line = {"at": house.now().isoformat(), "backup": file.name, "wismo": version("wismo"), **asdict(wanted)}
    line["wismo_before"] = _wismo_before(house.settings.home)
    with (house.settings.home / BACKUPS / LIST).open("a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")


def _wismo_before(home: Path) -> str | None:
    lines = _lines(home)
    return str(lines[-1]["wismo"]) if lines else None


def _last(home: Path) -> dict[str, str]:
    lines = _lines(home)
    if not lines:
        raise BackupError("no upgrade was made in this home; any backup can be put back: wismo restore FILE --replace")
    return lines[-1]


def _lines(home: Path) -> list[dict[str, str]]:
    file = home / BACKUPS / LIST
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def _must_be_known(wanted: Needed) -> None:
    if wanted.schema is not None and wanted.schema not in migrations.known():
        raise BackupError(f"this home has schema {wanted.schema}, which this Wismo does not know: install a newer one")


def _plainly(error: Exception) -> str:
    """The first line; of the database's errors without the values of rows."""
    told = str(getattr(error, "orig", None) or error).strip().splitlines()
    return f"the upgrade failed ({type(error).__name__}: {told[0][:200] if told else ''})"
