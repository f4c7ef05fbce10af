"""`wismo simulate EXPORT`: past tickets, as today's agent would have answered them over the orders as they were."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from agent.policy import PolicyError
from api.cli import lines, recording, sharing
from api.cli.show import console
from api.cli.show_simulation import tell
from api.trials import simulation
from api.trials.recorded import Traffic
from api.trials.sharded import NotOverWorkers
from api.trials.simulated import Configuration
from api.wiring import House, open_house
from connectors.exports.reading import Vendor
from connectors.exports.records import ExportError
from connectors.shards import ShardFailed
from eval.past.replay import Assumed
from eval.past.survey import Chosen
from knowledge.ingest import ingest

EXAMPLES = """Examples:

`wismo simulate tickets.json`

`wismo simulate tickets.csv --since 2026-09-01 --limit 2000 --json > simulation.json`

`wismo simulate tickets.json --with shop.new.toml --out tickets-compared.jsonl`
"""


def register(app: typer.Typer) -> None:
    app.command("simulate", epilog=EXAMPLES)(simulate)


def simulate(
    export: Annotated[Path, typer.Argument(help="Past tickets: an export of the helpdesk, JSONL or CSV.")],
    vendor: Annotated[Vendor | None, typer.Option("--from", help="Whose export; seen from its content.")] = None,
    shop: Annotated[Path | None, typer.Option("--with", help="Compare with another shop.toml.")] = None,
    knowledge: Annotated[Path | None, typer.Option(help="Compare with other help articles, from this folder.")] = None,
    model: Annotated[Path | None, typer.Option(help="Compare with a model that `wismo train --out` made.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only tickets that began then or later (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Only tickets that began earlier (UTC).")] = None,
    limit: Annotated[int, typer.Option(min=0, help="So many tickets, drawn by the seed; 0: all.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the draw and of the intervals.")] = 1,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0: one a core.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was interrupted.")] = False,
    assume_yes: Annotated[bool, typer.Option(help="The customer says yes to what they asked for.")] = True,
    assume_proven: Annotated[bool, typer.Option(help="The customer's address counts as proven.")] = True,
    not_by: Annotated[
        list[str] | None, typer.Option(help="Id, name or e-mail of a seat that a bot writes from; repeatable.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Also write a JSON line a ticket; it holds customers' words.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(help="Think with the connected language model, its traffic kept in this folder.")
    ] = None,
    replay: Annotated[Path | None, typer.Option(help="With a model's traffic from such a folder: no key.")] = None,
    over_workers: sharing.OverWorkers = False,
    budget: recording.Budget = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """What Wismo would have done with past tickets: resolved, got wrong, handed over, and what that costs.

    Nothing is sent and nothing real is changed. Bad records are skipped and counted. Exit 2: no ticket can be used.
    """
    lines.can_be_written(out)
    chosen = Chosen(_utc(since), _utc(until), limit, seed)
    with open_house() as house, _other(house, shop, knowledge, model) as other, _bar() as progress:
        asked = simulation.Asked(
            export,
            vendor,
            tuple(not_by or ()),
            chosen,
            other,
            Assumed(assume_yes, assume_proven),
            workers or os.cpu_count() or 1,
            resume,
            out,
            recording.begun(Traffic(record, replay, budget=recording.cents(budget)), house.policy, house.now()),
            sharing.workers(house) if over_workers else None,
        )
        result = _simulated(house, asked, progress)
    _told(result, export, as_json)


def _simulated(house: House, asked: simulation.Asked, progress: simulation.Progress) -> simulation.Result:
    try:
        with recording.ending():
            return simulation.simulate(house, asked, progress)
    except (ExportError, PolicyError, NotOverWorkers, ShardFailed) as error:
        lines.unusable(str(error))


def _told(result: simulation.Result, export: Path, as_json: bool) -> None:
    for line, reason in result.survey.bad:
        lines.say(f"skipped: {export} line {line}: {reason}")
    if as_json:
        typer.echo(json.dumps(result.report, ensure_ascii=False, indent=1))
    else:
        tell(result)
    if not result.played:
        lines.unusable(f"{export}: no ticket can be used; docs/simulation.md says what an export needs")


@contextmanager
def _other(
    house: House, shop: Path | None, knowledge: Path | None, model: Path | None
) -> Iterator[Configuration | None]:
    """The second configuration; another knowledge is indexed for this run only."""
    for path in (shop, knowledge, model):
        if path and not path.exists():
            lines.unusable(f"no such file or folder: {path}")
    if model and not (model / "names.json").exists():
        lines.unusable(f"{model} is no trained model; make one with: wismo train LABELS.csv --out {model}")
    if knowledge is None:
        yield Configuration(shop, None, model) if shop or model else None
        return
    with tempfile.TemporaryDirectory(prefix="wismo-knowledge-") as folder:
        report = ingest([knowledge], Path(folder), house.embedder, lambda *_: None)
        if not report.articles:
            lines.unusable(f"{knowledge} holds no article that can be read")
        yield Configuration(shop, Path(folder), model)


@contextmanager
def _bar() -> Iterator[simulation.Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def progress(what: str, done: int, of: int) -> None:
            task = tasks.setdefault(what, bar.add_task(what) if what not in tasks else tasks[what])
            bar.update(task, completed=done, total=of or None)

        yield progress


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
