"""`wismo audit verify|export`: is the journal what it was, and the journal for whoever wants to see for themselves."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from agent import audit as auditing
from agent import journal, journal_export
from agent.audit import Audit
from api.cli import lines, show
from api.wiring import open_house

app = typer.Typer(help="The journal: is it what it was, and an export that others can verify.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
FIRST, LAST = date(1, 1, 1), date(9998, 12, 31)
SHOWN = 50
LONG = 20_000
"""Entries above which a bar is shown."""


@app.command()
def verify(
    anchors: Annotated[
        Path | None,
        typer.Option(help="A copy of journal-anchors.jsonl that was kept elsewhere.", show_default="home's"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check every chain, every daily anchor and the file of anchors. Exit code 1: something was touched.

    Example: `wismo audit verify --anchors /mnt/backup/journal-anchors.jsonl`
    """
    if anchors and not anchors.is_file():
        lines.unusable(f"cannot read {anchors}: no such file")
    with open_house() as house, house.database.read() as db, _bar(journal.count(db)) as on_progress:
        witness = anchors or house.settings.anchors
        try:
            found = auditing.verify(db, witness, on_progress)
        except OSError as error:
            lines.unusable(f"cannot read {witness}: {error.strerror or error}")
    if as_json:
        lines.put({"ok": found.ok, **asdict(found)})
    else:
        _print(found)
    raise typer.Exit(0 if found.ok else 1)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to write; one JSON object a line.")],
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day, in UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day, included.")] = None,
    personal: Annotated[
        bool, typer.Option("--with-personal-data", help="Words, names and addresses of customers too.")
    ] = False,
) -> None:
    """Write the journal and its anchors as JSON lines, verifiable without Wismo (docs/operate.md).

    Example: `wismo audit export journal.jsonl --since 2026-11-01 --until 2026-11-30`
    """
    first, last = since.date() if since else FIRST, min(until.date(), LAST) if until else LAST
    if first > last:
        lines.unusable(f"--since {first} is after --until {last}")
    with open_house() as house, house.database.read() as db, _bar(journal.count(db)) as on_progress:
        count = _written(file, journal_export.lines(db, first, last, personal), on_progress)
    kept = "with personal data: keep it as you keep your orders" if personal else "no personal data"
    lines.say(f"{_count(count, 'line')} in {file} ({kept})" if count else f"nothing in those days; {file} is empty")


def _written(file: Path, found: Iterable[str], on_progress: Callable[[int], None]) -> int:
    """All of it or nothing: another file, which takes the place at the end. Readable by its owner only."""
    count, draft = 0, None
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, delete=False) as out:
            draft = Path(out.name)
            for count, line in enumerate(found, 1):
                out.write(line)
                on_progress(count)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    except OSError as error:
        lines.unusable(f"cannot write {file}: {error.strerror or error}")
    finally:
        if draft:
            draft.unlink(missing_ok=True)
    return count


def _print(found: Audit) -> None:
    out = show.console()
    if not found.entries and not found.anchors and found.ok:
        return lines.say('the journal is empty; try: wismo ask "Where is my order?"')
    chains = f"{_count(found.entries, 'entry', 'entries')} in {_count(found.conversations, 'conversation')}"
    out.print(f"{chains}, {found.erased:,} erased")
    out.print(_anchored(found))
    for problem in found.problems[:SHOWN]:
        where = problem.day or f"{problem.conversation} no. {problem.sequence}"
        out.print(Text.assemble((problem.code, "red"), f"  {where}: {problem.says}"))
    if len(found.problems) > SHOWN:
        out.print(f"… and {len(found.problems) - SHOWN:,} more; all of them: --json")
    if found.ok:
        out.print("[green]the journal is what it was[/green]")
    else:
        out.print(f"[red]{_count(len(found.problems), 'problem')}[/red]; what to do: docs/operate.md, The journal")
    return None


def _anchored(found: Audit) -> str:
    if not found.anchors:
        return "no anchors yet: wismo serve (or wismo worker) makes one for every day that is over"
    file = (
        "" if found.in_file_until >= found.anchored_until else f" (in the file until {found.in_file_until or 'never'})"
    )
    newer = _count(found.waiting, "newer entry", "newer entries")
    return f"{_count(found.anchors, 'anchor')} until {found.anchored_until}{file}; {newer}"


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """Only for long journals, and never in the answer."""
    columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=show.console(stderr=True), transient=True, disable=total < LONG) as bar:
        task = bar.add_task("", total=total)

        def on_progress(done: int) -> None:
            if done % 1_000 == 0:
                bar.update(task, completed=done)

        yield on_progress
