"""/evaluation: the runs that are kept in the home, each whole or against another; and a new one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.desk import playing
from api.desk.playing import RUNS, CannotRun
from api.desk.sheets import sheet
from api.edge.browser import Guest, LeadGuest, OwnForm, PageProblem, own_form
from api.trials.simulation import FOLDER, SUMMARY
from api.wiring import House
from eval.report import html
from eval.report.contents import BadReport, Report
from eval.report.sources.reading import read
from eval.report.wording import of_figure

SHOWN = 50
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}")
STYLED = re.compile(r'content="(default-src [^"]+)"')

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form)])


@dataclass(frozen=True, slots=True)
class Run:
    """A run in the home folder; `wrong` says why it cannot be read."""

    name: str
    at: datetime
    report: Report | None
    wrong: str = ""


@router.get("/evaluation")
def evaluation(guest: LeadGuest) -> Response:
    return _page(guest)


@router.post("/evaluation")
def begin(form: OwnForm, guest: LeadGuest) -> Response:
    """The form's `do` is run (with `suite` and perhaps `group`) or cancel."""
    house = guest.house
    if form.get("do") == "cancel":
        house.playing.cancel()
        return RedirectResponse("/evaluation", 303)
    try:
        house.playing.begin(form.get("suite", ""), form.get("group", ""), guest.person.name, house.now())
    except CannotRun as error:
        return _page(guest, f"Not begun: {error}.", 409)
    return RedirectResponse("/evaluation", 303)


def _page(guest: Guest, problem: str = "", status: int = 200) -> Response:
    house = guest.house
    shown = {"runs": _runs(house), "said": of_figure, "play": house.playing.newest(), "problem": problem}
    choice = {"suites": playing.SUITES, "groups": playing.groups_of(house.settings.home)}
    return guest.page("evaluation.html", status, **shown, **choice)


@router.get("/evaluation.csv")
def as_sheet(guest: LeadGuest) -> Response:
    rows = (
        (run.name, run.at.isoformat(), run.report.source, one.name, one.value)
        for run in _runs(guest.house)
        if run.report
        for one in run.report.figures
    )
    return sheet("evaluation", ("run", "kept (UTC)", "source", "figure", "value"), rows)


@router.get("/evaluation/report")
def report(guest: LeadGuest, run: Annotated[str, Query()], baseline: Annotated[str, Query()] = "") -> Response:
    """The report as one page, held against `baseline` where one is named. Its style sheet is allowed by its hash."""
    try:
        text = html.rendered(read(_kept(guest.house, run), _kept(guest.house, baseline) if baseline else None))
    except BadReport as error:
        raise PageProblem(409, "This run cannot be read", f"{error}.") from None
    found = STYLED.search(text)
    headers = {"Content-Security-Policy": f"{unescape(found[1])}; frame-ancestors 'none'"} if found else {}
    return HTMLResponse(text, headers=headers)


def _runs(house: House) -> tuple[Run, ...]:
    """The newest first."""
    files = [(name, file, file.stat()) for name, file in _files(house).items()]
    newest = sorted(files, key=lambda one: -one[2].st_mtime)[:SHOWN]
    return tuple(_run(name, file, found.st_mtime_ns) for name, file, found in newest)


@lru_cache(maxsize=2 * SHOWN)
def _run(name: str, file: Path, changed: int) -> Run:
    """Read once for each state of the file; `changed` is when, in nanoseconds."""
    at = datetime.fromtimestamp(changed / 1e9, UTC)
    try:
        return Run(name, at, read(json.loads(file.read_text(encoding="utf-8"))))
    except (BadReport, ValueError, RecursionError) as error:
        return Run(name, at, None, str(error) or type(error).__name__)


def _files(house: House) -> dict[str, Path]:
    """What `wismo simulate` leaves, and what was put into the folder `runs`."""
    home = house.settings.home
    kept = {one.stem: one for one in (home / RUNS).glob("*.json") if NAME.fullmatch(one.stem)}
    return kept | {f"simulation-{one.parent.name}": one for one in (home / FOLDER).glob(f"*/{SUMMARY}")}


def _kept(house: House, name: str) -> Any:
    file = _files(house).get(name)
    if file is None:
        raise PageProblem(404, "No such run", "Evaluation lists the runs that are kept.")
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise PageProblem(409, "This run cannot be read", "The file holds no JSON.") from None
