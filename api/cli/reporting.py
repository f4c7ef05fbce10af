"""`wismo eval report`, and `--html` and `--markdown` of whatever makes a run: one file each. It measures nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import lines
from eval.report.contents import BadReport, Report
from eval.report.sources.reading import read

HtmlFile = Annotated[Path | None, typer.Option("--html", help="Write the report here, as one HTML file.")]
MarkdownFile = Annotated[Path | None, typer.Option("--markdown", help="Write the report here, as Markdown.")]


def register(app: typer.Typer) -> None:
    app.command("report")(report)


def report(
    run: Annotated[Path, typer.Argument(help="JSON of wismo eval, wismo simulate or wismo report.")],
    html_file: HtmlFile = None,
    markdown_file: MarkdownFile = None,
    baseline: Annotated[Path | None, typer.Option(help="An earlier run, to tell what changed since.")] = None,
    calibrate: Annotated[bool, typer.Option("--calibrate", help="Add the classifier's risk and coverage.")] = False,
) -> None:
    """Tell a run as one HTML file that needs nothing else, and as Markdown. Without either: Markdown, printed.

    Example: `wismo eval report run.json --baseline last.json --calibrate --html report.html --markdown report.md`
    """
    earlier = _read(baseline) if baseline else None
    told = _reported(_read(run), str(run), earlier, calibration() if calibrate else None)
    if html_file or markdown_file:
        _write_both(told, html_file, markdown_file)
    else:
        from eval.report import markdown

        typer.echo(markdown.rendered(told), nl=False)


def written(kept: Any, html_file: Path | None, markdown_file: Path | None, earlier: Any = None) -> None:
    """Of a run that has just ended, with the classifier's calibration: the same bytes as of its JSON afterwards."""
    if html_file or markdown_file:
        plain = json.loads(json.dumps(kept))
        _write_both(_reported(plain, "this run", earlier, calibration()), html_file, markdown_file)


def _write_both(told: Report, html_file: Path | None, markdown_file: Path | None) -> None:
    if html_file:
        from eval.report import html

        _write(html_file, html.rendered(told))
    if markdown_file:
        from eval.report import markdown

        _write(markdown_file, markdown.rendered(told))


def _reported(kept: Any, named: str, earlier: Any, calibrated: dict[str, Any] | None) -> Report:
    try:
        return read(kept, earlier, calibrated)
    except BadReport as error:
        lines.unusable(f"{named}: {error}")


def calibration() -> dict[str, Any]:
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
