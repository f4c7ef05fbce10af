"""`wismo ingest` and `wismo search`: what Wismo knows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.cli import lines, sharing
from api.cli.show import console
from api.wiring import House, open_house
from connectors.shards import ShardFailed
from knowledge.embed import Embedder
from knowledge.ingest import IngestReport, ingest


def _told(value: object) -> object:
    if isinstance(value, str) and value.strip():
        return value
    raise PydanticCustomError("told", "must be text, and not empty")


def _named(value: object) -> object:
    """Given back as it came: who joins the answers to the questions compares 7 with 7."""
    return value if type(value) is int else _told(value)


class QueryLine(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: Annotated[int | str, BeforeValidator(_named)]
    query: Annotated[str, BeforeValidator(_told)]
    language: str | None = None


def register(app: typer.Typer) -> None:
    app.command("ingest")(ingest_command)
    app.command("search")(search)


def ingest_command(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Articles or folders: Markdown, HTML, PDF, DOCX, JSON, JSONL, helpdesk exports."),
    ],
    replace_all: Annotated[bool, typer.Option("--replace-all", help="Forget everything else.")] = False,
    over_workers: sharing.OverWorkers = False,
) -> None:
    """Read help articles into the index; while it works, the old index answers.

    Exports of Zendesk, Intercom and Freshdesk are JSON: drafts, and articles for some people only, are left out. What
    came earlier from the same paths is replaced, the rest stays. Example: `wismo ingest help/ handbook.pdf`
    """
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        lines.unusable(f"no such file or folder: {', '.join(missing)}")
    with open_house() as house:
        embedder = sharing.workers(house).embedder(house.embedder) if over_workers else house.embedder
        try:
            report = ingest_paths(house, paths, embedder, replace_all)
        except ShardFailed as error:
            lines.unusable(str(error))
    for problem in report.problems:
        lines.say(f"error: {problem}")
    if report.withheld:
        lines.say(f"{report.withheld} left out: drafts, out of date, or not for everybody")
    state = "unchanged" if report.unchanged else "index swapped"
    lines.say(f"{report.articles} articles read, {report.passages} passages in the index ({state})")
    if report.problems:
        raise typer.Exit(1 if report.articles else 2)


def ingest_paths(house: House, paths: list[Path], embedder: Embedder, replace_all: bool = False) -> IngestReport:
    """With a progress bar on standard error."""
    columns = (TextColumn("embedding passages"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("embed", total=None)
        return ingest(
            paths,
            house.shelf,
            embedder,
            lambda done, total: bar.update(task, completed=done, total=total),
            replace_all=replace_all,
        )


def search(
    file: Annotated[str, typer.Argument(help="JSONL of {id, query}; - reads standard input.")],
    k: Annotated[int, typer.Option("-k", min=1, max=200, help="Articles a query.")] = 10,
    keep_going: Annotated[bool, typer.Option("--keep-going", help="Skip bad lines.")] = False,
) -> None:
    """The best passages for each query, at most one an article, best first.

    Example: `echo '{"id":1,"query":"how long can I return"}' | wismo search - -k 3`
    """
    with open_house() as house:

        def work(_: lines.Line, line: QueryLine) -> None:
            hits = house.help.search(line.query, k, line.language, older=True)
            passages = [
                {"source": hit.source, "title": hit.title, "score": round(hit.score, 4), "text": hit.text}
                for hit in hits
            ]
            lines.put({"id": line.id, "passages": passages})

        lines.each_line(file, QueryLine, work, keep_going)
