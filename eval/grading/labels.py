"""What people said of graded conversations: labels.jsonl in the home folder. Ids and yes or no, nobody's words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from eval.grading.agreement import Agreement, agreement
from eval.grading.evidence import Verdict

Graded = Mapping[str, Mapping[str, Verdict]]
"""By conversation's key, then by grader."""


class BadLabels(ValueError):
    """The file of labels holds a line that is none; the message names it."""


@dataclass(frozen=True, slots=True)
class Label:
    """`conversation` is a key (`key_of`); `holds` what the person says; `who` is one of the shop's own people."""

    conversation: str
    grader: str
    holds: bool
    who: str


def key_of(conversation: str) -> str:
    """The conversation's id; an id that holds an e-mail address is masked by its hash."""
    return f"~{hashlib.sha256(conversation.encode()).hexdigest()[:16]}" if "@" in conversation else conversation


def read(path: Path) -> tuple[Label, ...]:
    """The last word of each person on each verdict, in the order of the file. Raises `BadLabels`."""
    if not path.exists():
        return ()
    kept: dict[tuple[str, str, str], Label] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            one = _label(line, f"{path.name} line {number}")
            kept.pop((one.conversation, one.grader, one.who), None)
            kept[one.conversation, one.grader, one.who] = one
    return tuple(kept.values())


def _label(line: str, place: str) -> Label:
    try:
        one = Label(**json.loads(line))
    except (json.JSONDecodeError, TypeError):
        raise BadLabels(f'{place}: not {{"conversation","grader","holds","who"}}') from None
    if not isinstance(one.holds, bool):
        raise BadLabels(f"{place}: holds must be true or false")
    return one


def add(path: Path, label: Label) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(label), ensure_ascii=False) + "\n")


def take_back(path: Path, label: Label) -> None:
    """Removes a label that was given by mistake."""
    left = [one for one in read(path) if one != label]
    draft = path.with_suffix(".new")
    draft.write_text("".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in left), encoding="utf-8")
    draft.replace(path)


def to_label(
    graded: Graded, graders: Sequence[str], done: Iterable[tuple[str, str]], seed: int, sample: int = 0
) -> list[tuple[str, str]]:
    """(conversation, grader), what is least clear first: what a grader left open, then conversations of which one

    grader approves and another does not; then by turns of each grader and verdict, drawn by the seed. `sample` is how
    many at most (0: all).
    """
    shuffled = sorted(graded)
    Random(seed).shuffle(shuffled)
    known = set(done)
    open_still = [(one, grader) for one in shuffled for grader in graders if (one, grader) not in known]
    met: dict[tuple[str, bool | None], int] = {}
    ranked = []
    for place, (one, grader) in enumerate(open_still):
        verdicts = graded[one]
        stratum = (grader, verdicts[grader].holds)
        met[stratum] = met.get(stratum, 0) + 1
        ranked.append((_clarity(verdicts, grader), met[stratum], place))
    chosen = [open_still[place] for *_, place in sorted(ranked)]
    return chosen[:sample] if sample else chosen


def _clarity(verdicts: Mapping[str, Verdict], grader: str) -> int:
    if verdicts[grader].holds is None:
        return 0
    return 1 if {one.holds for one in verdicts.values()} >= {True, False} else 2


def agreements(labels: Iterable[Label], graded: Graded, graders: Iterable[str]) -> Mapping[str, Agreement]:
    """Of each grader, over the labelled conversations that are still there."""
    every = list(labels)
    return {
        grader: agreement(
            (one.holds, graded[one.conversation][grader].holds)
            for one in every
            if one.grader == grader and one.conversation in graded
        )
        for grader in graders
    }
