"""The fourth step: past tickets played to today's agent, and the report of it as one HTML file outside the home.

The report holds customers' words, so it lies where the shop's people put it, like the export itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from agent.policy import PolicyError
from api.starting import Answers, Came, CannotUndo, StepFailed, Told
from api.trials import simulation
from api.wiring import House
from connectors.exports.records import ExportError
from eval.past.survey import Chosen
from eval.report.contents import BadReport
from eval.report.sources.reading import read

RATES: Mapping[str, str] = {
    "coverage": "the agent tried",
    "contained": "ended without a person",
    "resolution": "and was verified to be right",
    "false_resolution": "only looked solved",
}
MARKS = {"html": b"<title>Simulation on past tickets</title>", "json": b'"usability"'}
"""What is in the two files, by which they are known again."""


def run(house: House, answers: Answers, told: Told) -> Came:
    """An interrupted run is taken up where it was. Raises `StepFailed`."""
    files = {kind: answers.report.with_suffix(f".{kind}") for kind in MARKS}
    for kind, file in files.items():
        _must_be_ours(file, MARKS[kind])
    known = _runs(house)
    result = _played(house, answers, told)
    _write(files, result.report)
    lasting = {
        "files": {str(file.resolve()): _digest(file) for file in files.values()},
        "runs": sorted(_runs(house) - known),
    }
    skipped = tuple(f"skipped: line {line}: {reason}" for line, reason in result.survey.bad)
    source = "the demo shop" if answers.sample and not answers.tickets else str(answers.tickets)
    return Came(source, (*_says(result.report), f"the report: {files['html'].resolve()}"), lasting, skipped)


def undo(house: House, lasting: Mapping[str, Any], _: Told) -> str:
    """Raises `CannotUndo` for a report that somebody changed."""
    changed = [
        name for name, digest in lasting["files"].items() if Path(name).exists() and _digest(Path(name)) != digest
    ]
    if changed:
        raise CannotUndo(f"not what was written then, so it stays: {', '.join(changed)}")
    for name in lasting["files"]:
        Path(name).unlink(missing_ok=True)
    for run_ in lasting["runs"]:
        shutil.rmtree(house.settings.home / simulation.FOLDER / run_, ignore_errors=True)
    return "the report and the figures of the run are gone; your export is where it was"


def _played(house: House, answers: Answers, told: Told) -> simulation.Result:
    from api.starting import sample

    given = nullcontext(answers.tickets) if answers.tickets else sample.tickets(house)
    with given as export:
        if not export.is_file():
            raise StepFailed(f"cannot read {export}: no such file")
        asked = simulation.Asked(
            export, answers.vendor, chosen=Chosen(limit=answers.limit), workers=os.cpu_count() or 1, resume=True
        )
        try:
            result = simulation.simulate(house, asked, told.progress)
        except (ExportError, PolicyError) as error:
            raise StepFailed(str(error)) from None
    if not result.played:
        why = [f"{count:,} skipped: {reason}" for reason, count in result.survey.skipped.items()]
        why += [
            f"{count:,} unusable: {reason.replace('_', ' ')}" for reason, count in result.report["unusable"].items()
        ]
        raise StepFailed(f"{export}: no ticket can be used; docs/simulation.md says what an export needs", why)
    return result


def _says(report: Mapping[str, Any]) -> tuple[str, ...]:
    export, rates = report["export"], report["predicted"]["rates"]
    played = f"{export['tickets']:,} tickets played, of {export['records']:,} in the export"
    return (played, *(f"{_share(rates[name])}  {words}" for name, words in RATES.items()))


def _share(one: Mapping[str, Any]) -> str:
    """With its interval (95 %), for few tickets tell little."""
    if one["value"] is None:
        return f"{'–':>6} {'':13}"
    return f"{one['value']:6.1%} ({one['low']:4.0%} to {one['high']:4.0%})"


def _write(files: Mapping[str, Path], report: Mapping[str, Any]) -> None:
    from eval.report import html

    plain = json.loads(json.dumps(report))
    try:
        told = html.rendered(read(plain))
        files["html"].write_text(told, encoding="utf-8", newline="\n")
        files["json"].write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    except (OSError, BadReport) as error:
        raise StepFailed(f"the report was not written: {error}") from None


def _must_be_ours(file: Path, mark: bytes) -> None:
    """Told before the work; a file that is no report of a simulation is never written over."""
    if not file.parent.is_dir() or file.is_dir():
        raise StepFailed(f"cannot write {file}: {'it is a folder' if file.is_dir() else f'no folder {file.parent}'}")
    if file.exists() and mark not in file.read_bytes():
        raise StepFailed(f"{file} is something else's: name another file with --report")


def _runs(house: House) -> set[str]:
    folder = house.settings.home / simulation.FOLDER
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
