"""The second step: the shop's orders, from a file, a folder, the connected shop or the demo's world.

The home is backed up before, for an import cannot be taken back piece by piece: the database is put back as a whole,
and only while nothing else was written into it.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.backups import BackupError, archive, presence
from api.backups.checking import rows_of
from api.backups.copying import BACKUPS, DATABASE
from api.backups.making import Told as Copying
from api.backups.making import make
from api.starting import SHOPIFY, Answers, Came, CannotUndo, StepFailed, Told
from api.wiring import House
from connectors.capture import CaptureError, Verdict, files, marketplace
from connectors.capture.take import Taken, take
from connectors.errors import ConnectorError
from tools.orders.importing import ImportRefused

BESIDE = frozenset({"anchors", "aggregates", "attempts", "counters", "leases", "polls"})
"""Tables that the house writes by itself, whether or not anything happened."""
LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class Read:
    """`reasons`: what was not taken as it stands, and why."""

    says: tuple[str, ...]
    reasons: tuple[str, ...] = ()


def run(house: House, answers: Answers, told: Told) -> Came:
    """Raises `StepFailed`."""
    source = "the demo shop" if answers.sample else answers.orders
    with _backed_up(house, told) as backup:
        read = _read(house, answers, told)
        lasting = {"backup": backup, "rows": _rows(house)}
        return Came(source, (*read.says, *_seen(house, answers)), lasting, read.reasons)


def undo(house: House, lasting: Mapping[str, Any], told: Told) -> str:
    """The database as it was before the step. Raises `CannotUndo`."""
    home = house.settings.home
    if not lasting["backup"]:
        raise CannotUndo("the database is on PostgreSQL: take the dump back that you made before (docs/operate.md)")
    file = home / BACKUPS / lasting["backup"]
    if not file.exists():
        raise CannotUndo(f"the backup made before is gone: {file}")
    try:
        with presence.alone(home):
            _nothing_since(lasting["rows"], _rows(house), file)
            house.close()
            del house.database
            _put_back(file, home, told)
    except BackupError as error:
        raise CannotUndo(str(error)) from None
    file.unlink()
    return "the database is as it was before the orders came"


def _read(house: House, answers: Answers, told: Told) -> Read:
    if answers.sample:
        from api.starting import sample

        return Read(sample.orders(house, told))
    if answers.orders == SHOPIFY:
        return _mirrored(house, told)
    path = Path(answers.orders)
    return _imported(house, path, told) if path.is_dir() or _is_json(path) else _captured(house, path, answers, told)


def _imported(house: House, path: Path, told: Told) -> Read:
    try:
        report = house.orders.import_file(path, lambda done, of: told.progress("orders", done, of))
    except ImportRefused as refused:
        reasons = len(refused.errors)
        raise StepFailed(
            f"{path} was not imported: {reasons} {'error' if reasons == 1 else 'errors'}, nothing was changed "
            "(the format: docs/integrate.md)",
            refused.errors,
        ) from None
    return Read((str(report),), tuple(f"conflict: {one}" for one in report.conflicts))


def _captured(house: House, path: Path, answers: Answers, told: Told) -> Read:
    try:
        how = marketplace.mapping(answers.mapping)
        text = files.text_of(path, how.encoding)
        if answers.mapping is None:
            how = how.model_copy(update={"delimiter": files.delimiter_of(text)})
        if not how.currency:
            how = how.model_copy(update={"currency": answers.rules.get("currency", "").upper()})
        found = files.orders(text, how)
    except CaptureError as error:
        raise StepFailed(f"{path}: {error}; nothing was taken (the format: docs/capture.md)") from None
    taken: list[Taken] = []
    for one in take(house.orders, found):
        taken.append(one)
        told.progress("orders", len(taken), len(found))
    return _verdicts(path, taken)


def _verdicts(path: Path, taken: Sequence[Taken]) -> Read:
    counted = Counter(one.verdict for one in taken)
    reasons = [f"{one.number} ({one.place}): {_why(one)}" for one in taken if one.verdict is not Verdict.ACCEPTED]
    told = f"{len(taken)} orders: " + ", ".join(f"{counted[one]} {one}" for one in Verdict)
    if counted[Verdict.REJECTED] == len(taken):
        raise StepFailed(f"{path}: {told}", reasons)
    held = ("held orders wait for a person: wismo orders list --lifecycle on_hold",) if counted[Verdict.HELD] else ()
    return Read((told, *held), tuple(reasons))


def _why(one: Taken) -> str:
    return f"{one.verdict}; " + "; ".join(dict.fromkeys(why for line in one.lines for why in line.reasons))


def _mirrored(house: House, told: Told) -> Read:
    mirror = house.buying.mirror
    if mirror is None:
        raise StepFailed("no shop is connected: wismo connect shopify (docs/commerce.md), then again")
    try:
        made = mirror.run(lambda seen: told.progress("orders", seen, 0))
    except ConnectorError as error:
        raise StepFailed(f"{error}; what was taken stays, run it again to go on") from None
    told_of = (*made.conflicts, *made.quarantined)
    counts = f"{made.created} orders created, {made.merged} merged, {made.unchanged} unchanged"
    return Read((counts,), tuple(f"for a person: {one}" for one in told_of))


def _seen(house: House, answers: Answers) -> Iterator[str]:
    """What a newcomer would otherwise find out by wrong answers."""
    count, newest = house.orders.count(), house.orders.newest(LOOKED_AT)
    if not newest:
        return
    currencies = sorted({one.total.currency for one in newest})
    yield f"{count:,} orders are there, in {', '.join(currencies)}, the newest of {newest[0].placed_at:%Y-%m-%d}"
    wanted = answers.rules.get("currency", "").upper()
    if wanted and wanted not in currencies:
        yield f"note: none of them is in {wanted}"
    patterns = [re.compile(one, re.IGNORECASE) for one in house.policy.shop.order_numbers]
    strange = [one.number for one in newest if not any(pattern.fullmatch(one.number) for pattern in patterns)]
    if strange:
        yield (
            f"note: {len(strange)} of the newest {len(newest)} numbers, like {strange[0]}, fit no pattern of "
            "order_numbers in shop.toml: customers who write them would not be understood"
        )


@contextmanager
def _backed_up(house: House, told: Told) -> Iterator[str]:
    """Its name in the home's folder of backups, "" on PostgreSQL. It goes with a step that fails."""
    if house.database.path is None:
        yield ""
        return
    folder, now = house.settings.home / BACKUPS, house.now()
    folder.mkdir(parents=True, exist_ok=True)
    file = _new(folder, f"before-orders-{now:%Y%m%dT%H%M%SZ}")
    try:
        make(house.settings.home, file, now, Copying(lambda done, of: told.progress("backup", done, of)))
        yield file.name
    except BackupError as error:
        raise StepFailed(f"no backup, so no import: {error}") from None
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def _new(folder: Path, stem: str) -> Path:
    names = (f"{stem}{more}.tar" for more in ("", *(f"-{number}" for number in range(1, 1_000))))
    return next(one for name in names if not (one := folder / name).exists())


def _rows(house: House) -> dict[str, int]:
    with house.database.read() as db:
        return {name: count for name, count in rows_of(db).items() if name not in BESIDE}


def _nothing_since(then: Mapping[str, int], now: Mapping[str, int], file: Path) -> None:
    more = [f"{name} {now[name] - then.get(name, 0):+,}" for name in now if now[name] != then.get(name, 0)]
    if more:
        raise CannotUndo(
            f"more was written since ({', '.join(more[:6])}), which would be lost. To lose it: "
            f"wismo restore {file} --replace (the home as it is now is put aside)"
        )


def _put_back(file: Path, home: Path, told: Told) -> None:
    """One rename, from the same disk; the log of the database that goes is gone before."""
    fresh = Path(tempfile.mkdtemp(prefix=".wismo-restoring-", dir=home))
    try:
        archive.unpack(file, fresh, lambda done, of: told.progress("unpacking", done, of))
        for log in ("-wal", "-shm"):
            (home / f"{DATABASE}{log}").unlink(missing_ok=True)
        (fresh / DATABASE).replace(home / DATABASE)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _is_json(path: Path) -> bool:
    if path.suffix.lower() == ".json":
        return True
    try:
        with path.open("rb") as file:
            return file.read(4_096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
    except OSError as error:
        raise StepFailed(f"cannot read {path}: {error.strerror or error}") from None
