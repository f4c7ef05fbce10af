"""The third step: the help centre into the index. Taken back by the index's pointer, or by where articles came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from api.starting import Answers, Came, CannotUndo, StepFailed, Told
from api.wiring import House
from knowledge.errors import KnowledgeError
from knowledge.ingest import forget, holds, ingest


def run(house: House, answers: Answers, told: Told) -> Came:
    """Raises `StepFailed` where not one article can be read."""
    paths = [path.resolve() for path in answers.articles]
    before, fresh = house.shelf.current(), not holds(paths, house.shelf)
    try:
        report = ingest(paths, house.shelf, house.embedder, lambda done, of: told.progress("passages", done, of))
    except KnowledgeError as error:
        raise StepFailed(str(error)) from None
    problems = tuple(map(str, report.problems))
    named = "the demo shop" if answers.sample else ", ".join(map(str, answers.articles))
    if not report.articles:
        _point_back(house, before)
        raise StepFailed(f"{named}: no article that can be read; docs/integrate.md says which forms", problems)
    withheld = (f"{report.withheld} left out: drafts, out of date, or not for everybody",) if report.withheld else ()
    says = f"{report.articles} articles read, {report.passages} passages in the index"
    lasting = {"before": before, "after": report.digest, "fresh": fresh, "paths": list(map(str, paths))}
    return Came(named, (says, *withheld), lasting, tuple(f"not read: {one}" for one in problems))


def undo(house: House, lasting: Mapping[str, Any], _: Told) -> str:
    """Raises `CannotUndo`."""
    before, after = lasting["before"], lasting["after"]
    if before == after:
        return "there was nothing to take back: the index was not changed"
    if before and house.shelf.current() == after and house.shelf.has(before):
        _point_back(house, before)
        return "the help index is the one from before"
    if not lasting["fresh"]:
        raise CannotUndo(
            "these articles took the place of earlier ones, which the index no longer holds: read those again "
            "with wismo ingest"
        )
    _forget(house, [Path(one) for one in lasting["paths"]])
    return "these articles are out of the index"


def _forget(house: House, paths: Sequence[Path]) -> None:
    forget(paths, house.shelf, house.embedder, lambda *_: None)


def _point_back(house: House, digest: str | None) -> None:
    if digest and house.shelf.has(digest) and house.shelf.current() != digest:
        with house.shelf.locked():
            house.shelf.point_to(digest)
