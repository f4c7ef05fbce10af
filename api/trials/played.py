"""A run of the test cases as a process of its own, which a page began: `python -m api.trials.played PARENT`.

It plays on one processor, behind whatever answers customers, tells after each case how far it is, and ends with the
process that began it.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from api.desk import playing
from api.desk.playing import Play
from api.settings import Settings
from api.trials import staged
from api.trials.recorded import Traffic
from eval.suite import runner
from eval.suite.results import Run

POLITE = 5
"""Added to its niceness."""


class Cancelled(Exception):
    pass


@dataclass(slots=True)
class Told:
    """What the page is told of a run."""

    home: Path
    play: Play
    parent: int

    def step(self, done: int, total: int) -> None:
        """Raises `Cancelled`."""
        if playing.is_cancelled(self.home) or os.getppid() != self.parent:
            raise Cancelled
        self.put(replace(self.play, done=done, total=total))

    def put(self, play: Play) -> None:
        self.play = play
        playing.keep(self.home, play)


def main(parent: int) -> None:
    home = Settings().home
    found = playing.kept(home)
    if found is None:
        return
    os.nice(POLITE)
    told = Told(home, found, parent)
    try:
        _kept(home, found.name, _played(home, found, told))
        told.put(replace(told.play, stage="done"))
    except Cancelled:
        told.put(replace(told.play, stage="cancelled"))
    except Exception as error:
        told.put(replace(told.play, stage="failed", why=f"{type(error).__name__}: {error}"[:500]))
        raise


def _played(home: Path, play: Play, told: Told) -> Run:
    chosen = playing.chosen_cases(home, play.suite, play.group)
    plan = runner.Plan(play.suite, chosen, home / "eval")
    return runner.run(plan, partial(staged.opened_quietly, Traffic()), told.step)


def _kept(home: Path, name: str, played: Run) -> None:
    """Under its name only once it is whole."""
    draft = home / playing.RUNS / f".{name}.draft"
    draft.write_text(json.dumps(played.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    draft.replace(home / playing.RUNS / f"{name}.json")


if __name__ == "__main__":
    main(int(sys.argv[1]))
