"""What changed between two reports of the same kind: figures by their names, cases by their ids, causes by hashes."""

from __future__ import annotations

from eval.report.contents import BadReport, Changes, Moved, Report, Turned


def since(before: Report, now: Report, cases: tuple[Turned, ...] = ()) -> Changes:
    """Raises `BadReport` for runs of different kinds: their figures do not mean the same."""
    if before.source != now.source:
        raise BadReport(f"a {now.source} cannot be held against a {before.source}")
    earlier = {one.name: one for one in before.figures}
    figures = tuple(
        Moved(one.name, earlier[one.name].value, one.value, one.unit)
        for one in now.figures
        if one.name in earlier and earlier[one.name].value != one.value
    )
    causes = tuple(name for name in {**before.hashes, **now.hashes} if before.hashes.get(name) != now.hashes.get(name))
    return Changes(_named(before), figures, cases, causes)


def _named(before: Report) -> str:
    return ", ".join(part for part in (before.title, before.period) if part)
