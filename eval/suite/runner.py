"""Plays many cases over several processes; each result is kept at once, so that a killed run goes on where it was."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from contextlib import suppress
from dataclasses import dataclass
from errno import ENOTEMPTY
from functools import cache
from pathlib import Path

from agent.brains import EndsTheRun
from eval.suite import digest
from eval.suite.case import Case, ShopOf
from eval.suite.expecting import Difference
from eval.suite.player import Clock, play, policy_of
from eval.suite.results import RESULT, Result, Run, Standing
from eval.suite.stage import Open, Stages
from eval.world import catalogue
from tools.processes import pool

WORLD = Path(catalogue.__file__).parent
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """`folder` keeps what is made for runs: indexes of help articles, results by the digest of the run."""

    suite: str
    cases: tuple[Case, ...]
    folder: Path
    seed: int = 1
    trials: int = 1
    workers: int = 1
    resume: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    case: Case
    trial: int
    seed: int


Over = Callable[[Sequence[Task], Mapping[str, str]], Iterator[Result]]
"""Plays tasks somewhere, on the same digests; results come in any order."""


def run(plan: Plan, open_: Open, progress: Progress = lambda *_: None, over: Over | None = None) -> Run:
    """Over processes of this machine, or wherever `over` plays them.

    Raises what `open_` raises; a case that breaks is a failed case, never the end of the run.
    """
    stages = open_()
    try:
        digests = _digests(plan, stages)
        file = plan.folder / "runs" / digest.of_run(digests, plan.seed, plan.trials) / "results.jsonl"
        done = dict(_kept(file)) if plan.resume else {}
        tasks = [
            Task(case, trial, plan.seed)
            for case in plan.cases
            for trial in range(plan.trials)
            if (case.id, trial) not in done
        ]
        played = over(tasks, digests) if over else _each(tasks, plan, open_, stages)
        done |= _kept_as_they_end(played, len(tasks), plan, file, progress, len(done))
    finally:
        stages.close()
    return Run(plan.suite, plan.seed, plan.trials, digests, tuple(_standing(one, done, plan) for one in plan.cases))


def _standing(case: Case, done: Mapping[tuple[str, int], Result], plan: Plan) -> Standing:
    return Standing(case, tuple(done[case.id, trial] for trial in range(plan.trials)))


# -- results that last ------------------------------------------------------------------------------------------


def _kept(file: Path) -> Iterator[tuple[tuple[str, int], Result]]:
    """What a run that was stopped had finished; a torn last line is none."""
    for line in file.read_bytes().splitlines(keepends=True) if file.exists() else ():
        if line.endswith(b"\n"):
            one = RESULT.validate_json(line)
            yield (one.case, one.trial), one


def _kept_as_they_end(
    played: Iterator[Result], tasks: int, plan: Plan, file: Path, progress: Progress, before: int
) -> dict[tuple[str, int], Result]:
    file.parent.mkdir(parents=True, exist_ok=True)
    if plan.resume and file.exists():
        _mended(file)
    done: dict[tuple[str, int], Result] = {}
    progress(before, before + tasks)
    with file.open("ab" if plan.resume else "wb") as out:
        for one in played:
            out.write(RESULT.dump_json(one) + b"\n")
            out.flush()
            done[one.case, one.trial] = one
            progress(before + len(done), before + tasks)
    return done


def _mended(file: Path) -> None:
    """Cuts off a line that a kill tore."""
    kept = file.read_bytes()
    file.write_bytes(kept[: kept.rfind(b"\n") + 1])


# -- processes --------------------------------------------------------------------------------------------------


def _each(tasks: Sequence[Task], plan: Plan, open_: Open, stages: Stages) -> Iterator[Result]:
    """In this process, or over several."""
    workers = plan.workers
    if workers <= 1 or len(tasks) < 2 * workers:
        yield from (played(task, stages, plan.folder) for task in tasks)
        return
    for shop in {_help_name(task.case.shop): task.case.shop for task in tasks}.values():
        _index(shop, plan.folder, stages)
    with pool(workers, _enter, open_) as playing:
        futures: list[Future[Result]] = [playing.submit(_in_worker, task, plan.folder) for task in tasks]
        try:
            yield from (one.result() for one in as_completed(futures))
        finally:
            playing.shutdown(cancel_futures=True)


_STAGES: list[Stages] = []
"""Of this worker process."""


def _enter(open_: Open) -> None:
    _STAGES.append(open_())


def _in_worker(task: Task, folder: Path) -> Result:
    return played(task, _STAGES[0], folder)


def played(task: Task, stages: Stages, folder: Path) -> Result:
    """One trial of one case; indexes of help articles are kept in `folder`."""
    case = task.case
    pages = _index(case.shop, folder, stages)
    with tempfile.TemporaryDirectory(prefix="wismo-case-") as name:
        try:
            clock = Clock()
            stage = stages(Path(name), policy_of(case), clock, pages, case.shop.mail)
            try:
                told = play(case, stage, clock, Path(name), task.seed, task.trial)
            finally:
                stage.close()
        except EndsTheRun:
            raise
        except Exception as error:  # noqa: BLE001  # whatever breaks is told as this case's failure
            broke = Difference("case", "crash", "played to its end", f"{type(error).__name__}: {error}")
            return Result(case.id, task.trial, (broke,), (), None)
    return Result(case.id, task.trial, told.differences, told.transcript, told.conversation)


# -- what it rests on -------------------------------------------------------------------------------------------


def installed(stages: Stages) -> dict[str, str]:
    """What a machine brings to a run: code, model, replies."""
    return {name: digest.of_files(places) for name, places in stages.sources().items()}


def _digests(plan: Plan, stages: Stages) -> dict[str, str]:
    named = installed(stages)
    knowledge = digest.of_files((WORLD / "help",))
    return {
        **named,
        "knowledge": knowledge,
        "policy": policy_of(plan.cases[0].model_copy(update={"shop": ShopOf()})).version,
        "cases": digest.of_cases(plan.cases),
    }


@cache
def _demo_help() -> str:
    return f"demo-{digest.of_files((WORLD / 'help',))}"


def _help_name(shop: ShopOf) -> str:
    if shop.help == "none":
        return "none"
    if shop.help == "demo":
        return _demo_help()
    return digest.of_value([one.model_dump() for one in shop.articles])


def _index(shop: ShopOf, folder: Path, stages: Stages) -> Path:
    """Made once, kept for later runs. Half an index is never left: it is moved into its place when it is whole."""
    place = folder / "help" / _help_name(shop)
    if shop.help == "none" or place.exists():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as name:
        pages = Path(name) / "pages"
        pages.mkdir()
        if shop.help == "demo":
            pages = WORLD / "help"
        else:
            _write(shop, pages)
        stages.learn(pages, Path(name) / "index")
        with suppress(FileExistsError):  # another process made the same meanwhile
            _moved(Path(name) / "index", place)
    return place


def _moved(made: Path, place: Path) -> None:
    """Raises FileExistsError where somebody was faster; `shutil.move` would put it inside."""
    try:
        made.rename(place)
    except OSError as error:
        if error.errno == ENOTEMPTY:
            raise FileExistsError(str(place)) from error
        raise


def _write(shop: ShopOf, pages: Path) -> None:
    for number, one in enumerate(shop.articles):
        text = f"---\ntitle: {json.dumps(one.title)}\nlanguage: {one.language}\n---\n# {one.title}\n\n{one.text}\n"
        (pages / f"{number:02}.md").write_text(text, encoding="utf-8")


def chosen(cases: Iterable[Case], groups: Collection[str] = (), names: Collection[str] = ()) -> tuple[Case, ...]:
    """Of any of the groups, and with any of the names; none given: all."""
    return tuple(one for one in cases if (not groups or one.group in groups) and (not names or one.id in names))
