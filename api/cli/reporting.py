"""`wismo eval report`: a run as one HTML file and as Markdown. It measures nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import lines
from eval.report.contents import BadReport, Report
from eval.report.sources.reading import read


def register(app: typer.Typer) -> None:
    app.command("report")(report)


def report(
    run: Annotated[Path, typer.Argument(help="JSON of wismo eval, wismo simulate or wismo report.")],
    html_file: Annotated[Path | None, typer.Option("--html", help="Write one HTML file here.")] = None,
    markdown_file: Annotated[Path | None, typer.Option("--markdown", help="Write Markdown here.")] = None,
    baseline: Annotated[Path | None, typer.Option(help="An earlier run, to tell what changed since.")] = None,
    calibrate: Annotated[bool, typer.Option("--calibrate", help="Add the classifier's risk and coverage.")] = False,
) -> None:
    """Tell a run as one HTML file that needs nothing else, and as Markdown. Without either: Markdown, printed.

    Example: `wismo eval report run.json --baseline last.json --calibrate --html report.html --markdown report.md`
    """
    earlier = _read(baseline) if baseline else None
    told = reported(_read(run), run, earlier, _calibration() if calibrate else None)
    if html_file:
        from eval.report import html

        _write(html_file, html.rendered(told))
    if markdown_file or not html_file:
        from eval.report import markdown

        text = markdown.rendered(told)
        _write(markdown_file, text) if markdown_file else typer.echo(text, nl=False)


def reported(kept: Any, run: Path, earlier: Any, calibration: dict[str, Any] | None) -> Report:
    try:
        return read(kept, earlier, calibration)
    except BadReport as error:
        lines.unusable(f"{run}: {error}")


def _calibration() -> dict[str, Any]:
    from api.cli import train
    from api.wiring import open_house

    with open_house() as house:
        return train.calibration(house)


def _read(run: Path) -> Any:
    try:
        return json.loads(run.read_text(encoding="utf-8"))
    except OSError as error:
        lines.unusable(f"cannot read {run}: {error.strerror or error}")
    except (ValueError, RecursionError) as error:
        lines.unusable(f"{run} holds no JSON: {error}")


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        lines.unusable(f"cannot write {file}: {error.strerror or error}")
    lines.say(f"wrote {file}")
