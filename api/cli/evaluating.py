"""`wismo eval`: the test cases of conversations, shipped and the lead's own; add one from the journal, show one."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from agent import explain as explaining
from agent.policy import Policy, PolicyError
from agent.policy import load as load_policy
from api.cli import lines, recording, reporting, sharing, show
from api.cli.show_cases import print_case, print_run, table_of
from api.ground import utc_now
from api.settings import Settings
from api.trials import staged
from api.trials.recorded import Traffic
from api.wiring import open_house
from connectors.shards import ShardFailed
from eval.suite import gate, junit, runner, writing
from eval.suite.case import Case
from eval.suite.reading import SHIPPED, BadCase, cases_of
from eval.suite.results import Run

CPUS = min(os.cpu_count() or 1, 8)


def suite(
    context: typer.Context,
    name: Annotated[str, typer.Option("--suite", help="shipped, own ($WISMO_HOME/cases) or all.")] = "shipped",
    groups: Annotated[
        list[str] | None, typer.Option("--group", help="Only cases of this group; again for more.")
    ] = None,
    case: Annotated[list[str] | None, typer.Option("--case", help="Only this case; again for more.")] = None,
    cases: Annotated[Path | None, typer.Option(help="A folder of cases instead.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same result, to the byte.")] = 1,
    trials: Annotated[int, typer.Option(min=1, max=50, help="Plays each case so often, and tells pass^k.")] = 1,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = CPUS,
    as_json: Annotated[bool, typer.Option("--json", help="The run as JSON, for programs.")] = False,
    junit_file: Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML here.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the JSON here: a later --baseline.")] = None,
    html_file: reporting.HtmlFile = None,
    markdown_file: reporting.MarkdownFile = None,
    gated: Annotated[
        bool, typer.Option("--gate", help="Exit 1 below --min or --grader, or where --baseline held.")
    ] = False,
    least: Annotated[list[str] | None, typer.Option("--min", help="0.95, or GROUP=0.9; again for more.")] = None,
    approved: Annotated[
        list[str] | None,
        typer.Option("--grader", help="Least share that a grader approves: facts=0.98; again for more."),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="A run of --out: what passed then must pass, what held must hold.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the same run that was stopped.")] = False,
    model: Annotated[bool, typer.Option("--model", help="Think with the connected language model: it costs.")] = False,
    record: Annotated[Path | None, typer.Option(help="With the model, its traffic kept in this folder.")] = None,
    replay: Annotated[Path | None, typer.Option(help="With a model's traffic from such a folder: no key.")] = None,
    over_workers: sharing.OverWorkers = False,
    budget: recording.Budget = 0.0,
) -> None:
    """Play the test cases, each in a small shop of its own, and tell what came otherwise than expected.

    Examples: `wismo eval` · `wismo eval --group withdrawal` · `wismo eval --case happy-cancel-paid-order` ·
    `wismo eval --suite all --gate --min 0.97 --baseline last.json --junit cases.xml` · `wismo eval --trials 4 --json` ·
    `wismo eval --html cases.html`
    """
    if context.invoked_subcommand:
        return
    limits, earlier = _gate(least or [], approved or [], baseline)
    for file in (junit_file, out, html_file, markdown_file):
        lines.can_be_written(file)
    chosen = _chosen(_cases(name, cases), groups or [], case or [])
    plan = runner.Plan(name, chosen, Settings().home / "eval", seed, trials, workers, resume)
    played = _played(plan, Traffic(record, replay, model, recording.cents(budget)), over_workers)
    _written(played, junit_file, out)
    reporting.written(played.as_json(), html_file, markdown_file, earlier)
    lines.put(played.as_json()) if as_json else print_run(played)
    shut = list(gate.failures(played, limits, earlier)) if gated else []
    for reason in shut:
        lines.say(f"gate: {reason}")
    raise typer.Exit(1 if shut else 0)


def _played(plan: runner.Plan, wanted: Traffic, over_workers: bool) -> Run:
    traffic = recording.begun(wanted, _policy(), utc_now())
    if plan.resume and traffic.live and not wanted.record:
        lines.unusable("--resume with --model needs --record: what was played before may have been without it")
    if over_workers and traffic:
        lines.unusable("--over-workers goes without --model, --record and --replay: a recording lies on one machine")
    with _over(over_workers) as over, show.bar(f"{len(plan.cases)} cases") as progress, recording.ending():
        try:
            return runner.run(plan, partial(staged.opened_quietly, traffic), progress, over)
        except ShardFailed as error:
            lines.unusable(str(error))


@contextmanager
def _over(workers: bool) -> Iterator[runner.Over | None]:
    """Where the cases are played when this machine does not."""
    if not workers:
        yield None
        return
    with open_house() as house:
        yield sharing.workers(house).cases


def show_case(
    case: Annotated[str, typer.Argument(help="The id of a case.")],
    cases: Annotated[Path | None, typer.Option(help="A folder of cases instead.")] = None,
) -> None:
    """Play one case and show all that was said, and what came otherwise than expected.

    Example: `wismo eval show happy-cancel-paid-order`
    """
    chosen = _chosen(_cases("all", cases), [], [case])
    plan = runner.Plan("all", chosen, Settings().home / "eval")
    played = runner.run(plan, staged.opened_quietly)
    print_case(played.standings[0])


def list_cases(
    name: Annotated[str, typer.Option("--suite", help="shipped, own or all.")] = "all",
    groups: Annotated[
        list[str] | None, typer.Option("--group", help="Only cases of this group, one a line; again for more.")
    ] = None,
    cases: Annotated[Path | None, typer.Option(help="A folder of cases instead.")] = None,
) -> None:
    """The cases by group, or those of one group. Example: `wismo eval cases --group injection`"""
    found = _cases(name, cases)
    out = show.console()
    if groups:
        for one in _chosen(found, groups, []):
            out.print(f"[bold]{one.id}[/]  {escape(one.says)}" + (" [yellow]known issue[/]" if one.known_issue else ""))
        return
    table = table_of("group", "cases", "known issues")
    for each in dict.fromkeys(one.group for one in found):
        own = runner.chosen(found, [each])
        table.add_row(each, str(len(own)), str(sum(bool(one.known_issue) for one in own)))
    out.print(table)


def add_case(
    ticket: Annotated[str, typer.Argument(help="A case of this home's journal; see: wismo explain.")],
    out: Annotated[Path | None, typer.Option(help="The file; `-` prints. Without it: $WISMO_HOME/cases.")] = None,
) -> None:
    """Write a test case from a conversation that was: its turns, its orders as they were then, people masked.

    What is expected is what happened: read it, and say what should happen.
    Example: `wismo eval add A-1f2e3d4c:decision`
    """
    with open_house() as house, house.database.read() as db:
        entry = explaining.found(db, ticket)
        if entry is None:
            lines.unusable(f"no case {ticket}; wismo explain lists the newest")
        try:
            text = writing.case_of(db, entry, tomllib.loads(house.shop_file.read_text(encoding="utf-8")))
        except writing.Erased as error:
            lines.unusable(str(error))
    _put_case(text, out or Settings().home / "cases" / f"{text.split('id: ', 1)[1].split()[0]}.yaml")


def _put_case(text: str, file: Path) -> None:
    if str(file) == "-":
        typer.echo(text, nl=False)
        return
    if file.exists():
        lines.unusable(f"{file} is there already; give another --out")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    lines.say(f"wrote {file}; read it, say what should happen, then: wismo eval --suite own")


def register(family: typer.Typer) -> None:
    family.callback(invoke_without_command=True)(suite)
    family.command("add")(add_case)
    family.command("show")(show_case)
    family.command("cases")(list_cases)


def _cases(name: str, folder: Path | None) -> tuple[Case, ...]:
    own = Settings().home / "cases"
    folders = {"shipped": [SHIPPED], "own": [own], "all": [SHIPPED, own]}
    if name not in folders:
        lines.unusable(f"no suite {name}; there are {', '.join(folders)}")
    if folder and not folder.is_dir():
        lines.unusable(f"{folder} is no folder")
    try:
        return cases_of([folder] if folder else folders[name])
    except BadCase as error:
        lines.unusable(str(error))


def _policy() -> Policy:
    """The home's, where it has one: its shop.toml may connect the model, and says what it costs."""
    file = Settings().shop_file
    try:
        return load_policy(file) if file.exists() else Policy()
    except PolicyError as error:
        lines.unusable(str(error))


def _chosen(every: tuple[Case, ...], groups: list[str], names: list[str]) -> tuple[Case, ...]:
    """Each group and each case that is named must be there: a slip would leave a gate open."""
    for unknown in sorted(set(groups) - {one.group for one in every}):
        lines.unusable(f"no group {unknown}; see: wismo eval cases")
    for unknown in sorted(set(names) - {one.id for one in every}):
        lines.unusable(f"no case {unknown}; see: wismo eval cases --group GROUP")
    chosen = runner.chosen(every, groups, names)
    if not every:
        lines.unusable("no case there yet; write one with: wismo eval add CASE_ID (wismo explain lists them)")
    if not chosen:
        lines.unusable("no case is of both; see: wismo eval cases")
    return chosen


def _gate(least: list[str], approved: list[str], baseline: Path | None) -> tuple[gate.Least, dict[str, Any] | None]:
    """Before anything is played, for that may take minutes."""
    try:
        return gate.least(least, approved), _earlier(baseline) if baseline else None
    except gate.BadGate as error:
        lines.unusable(str(error))


def _earlier(baseline: Path) -> dict[str, Any]:
    try:
        return gate.checked(json.loads(baseline.read_text(encoding="utf-8")))
    except OSError as error:
        lines.unusable(f"cannot read {baseline}: {error.strerror or error}")
    except ValueError as error:
        lines.unusable(f"{baseline}: {error}")


def _written(played: Run, junit_file: Path | None, out: Path | None) -> None:
    try:
        if junit_file:
            junit_file.write_bytes(junit.xml_of(played))
        if out:
            out.write_text(json.dumps(played.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        lines.unusable(f"cannot write {error.filename}: {error.strerror}")
