"""`wismo init`: from an empty home to a shop's own data, in steps that can be repeated and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from agent.policy import PolicyError
from api.cli import init_asking, lines, show_init
from api.cli.show import console
from api.starting import Answers, Change, Declined, StartingError, Told, Unfit
from api.starting import sample as demo_shop
from api.starting.ahead import ahead
from api.starting.kept import Log
from api.starting.questions import BY_NAME
from api.starting.steps import STEPS, Name
from api.wiring import House, open_house
from connectors.exports.reading import Vendor

EXAMPLES = """Examples:

`wismo init`

`wismo init --sample`

`wismo init --only orders --orders orders.json`

`wismo init --no-input --name "Maison Lune" --country FR --orders orders/ --articles help/ --tickets tickets.json`

`wismo init --undo orders`
"""
INTERRUPTED = 130


@dataclass
class Walk:
    """One run of the command. `typed` are the answers that options gave; `failed` says why, by step."""

    house: House
    log: Log
    typed: Answers
    asks: bool
    only: Name | None
    currency: str = ""
    done: list[Name] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def register(app: typer.Typer) -> None:
    app.command("init", epilog=EXAMPLES)(init)


def init(
    name: Annotated[str, typer.Option(help="The shop's name.")] = "",
    country: Annotated[str, typer.Option(help="Two letters; proposes time zone, currency, languages.")] = "",
    timezone: Annotated[str, typer.Option(help="Where the shop's days begin, like Europe/Paris.")] = "",
    currency: Annotated[str, typer.Option(help="Of orders in a table that has no such column.")] = "",
    languages: Annotated[str, typer.Option(help="Comma separated, the main one first.")] = "",
    support: Annotated[str, typer.Option(help="The address that stands below each mail.")] = "",
    return_days: Annotated[str, typer.Option(help="Days after delivery to return something.")] = "",
    mode: Annotated[str, typer.Option(help="draft: a person sends each reply; sent: Wismo does.")] = "",
    orders: Annotated[str, typer.Option(help="JSON, CSV, a folder of CSV, EDI; or: shopify.")] = "",
    mapping: Annotated[Path | None, typer.Option(help="TOML: whose columns a table of orders has.")] = None,
    articles: Annotated[list[Path] | None, typer.Option(help="Help articles: a file or a folder; repeatable.")] = None,
    tickets: Annotated[Path | None, typer.Option(help="Past tickets: an export of the helpdesk.")] = None,
    vendor: Annotated[Vendor | None, typer.Option("--from", help="Whose export; seen from its content.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="So many past tickets, drawn at random; 0: all.")] = 300,
    report: Annotated[Path, typer.Option(help="Where the report is written.")] = Path("wismo-report.html"),
    url: Annotated[str, typer.Option(help="Where this Wismo is reached.", envvar="WISMO_PUBLIC_URL")] = "",
    site: Annotated[str, typer.Option(help="The shop's site, which will show the chat.")] = "",
    sample: Annotated[bool, typer.Option("--sample", help="The demo shop's data in place of your own.")] = False,
    only: Annotated[Name | None, typer.Option(help="This step alone, also where it is done already.")] = None,
    undo: Annotated[Name | None, typer.Option(help="Take the last run of this step back.")] = None,
    status: Annotated[bool, typer.Option("--status", help="Which steps are done, with what, when.")] = False,
    serve: Annotated[bool, typer.Option("--serve", help="Afterwards: the desk and the chat's test page.")] = False,
    no_input: Annotated[bool, typer.Option("--no-input", help="Ask nothing; what no option says is skipped.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="At the end, which steps are done, as JSON.")] = False,
) -> None:
    """Your shop in an hour: its rules, orders, help centre, past tickets with a report, and the chat.

    It asks; Enter skips. A step that any option speaks of asks nothing. Run it again: what is done stays, the rest goes
    on. Exit code 1: some steps failed; 2: nothing could be done; 130: stopped with Ctrl-C.
    """
    if sum(map(bool, (only, undo, status))) > 1:
        lines.unusable("say one of --only, --undo and --status")
    typed = Answers(
        rules=_answers(locals()),
        orders=orders,
        mapping=mapping,
        articles=tuple(articles or ()),
        tickets=tickets,
        vendor=vendor,
        limit=limit,
        report=report,
        url=url,
        site=site,
    )
    _must_be_there(typed)
    with open_house() as house, _readable(house) as log:
        walk = Walk(house, log, demo_shop.answers(typed) if sample else typed, not (no_input or sample), only)
        if undo:
            _take_back(walk, undo)
        elif not status:
            _all_steps(walk)
        _told(walk, as_json, ahead_too=not undo)
    if serve or (walk.asks and walk.done and not only and init_asking.wants_to_see()):
        from api.cli import home

        home.serve()
    if walk.failed:
        raise typer.Exit(1 if walk.done else 2)


def _answers(given: dict[str, object]) -> dict[str, str]:
    """Exit 2 with every answer that does not fit."""
    typed = {name: str(given[name]).strip() for name in BY_NAME if given[name]}
    wrong = []
    for name, text in typed.items():
        try:
            BY_NAME[name].check(text)
        except Unfit as error:
            wrong.append(f"--{name.replace('_', '-')}: {error}")
    if wrong:
        lines.unusable("; ".join(wrong))
    return typed


def _must_be_there(typed: Answers) -> None:
    """Exit 2 before anything is begun."""
    paths = [typed.mapping, typed.tickets, *typed.articles, init_asking.file_of(typed.orders)]
    missing = [str(path) for path in paths if path and not path.exists()]
    if missing:
        lines.unusable(f"no such file or folder: {', '.join(missing)}")


@contextmanager
def _readable(house: House) -> Iterator[Log]:
    log = Log(house.settings.home)
    try:
        log.runs(Name.RULES)
    except StartingError as error:
        lines.unusable(str(error))
    yield log


def _all_steps(walk: Walk) -> None:
    """Each by itself: what one leaves undone keeps no other from its work. Ctrl-C ends between or within any."""
    try:
        _ = walk.house.policy
    except PolicyError as error:
        lines.unusable(f"mend it first, nothing was changed: {error}")
    try:
        for name in (walk.only,) if walk.only else STEPS:
            _step(walk, name)
    except (KeyboardInterrupt, typer.Abort):
        lines.say("\nstopped; what was done stays. Go on with: wismo init")
        raise typer.Exit(INTERRUPTED) from None


def _step(walk: Walk, name: Name) -> None:
    step, last = STEPS[name], walk.log.last(name)
    given = step.given(walk.typed)
    show_init.heading(name)
    if last and step.once and not walk.only and not (given and not walk.typed.sample):
        show_init.says([f"done already: {last.says[0]}", f"again: wismo init --only {name}"])
        return
    answers = walk.typed
    if walk.asks and not (given and step.once):
        answers = init_asking.asked(name, walk.house, walk.typed, last is None)
    if not step.given(answers):
        show_init.says([f"skipped; later: wismo init --only {name}"], "dim")
        return
    _run(walk, name, _with_currency(walk, answers))


def _run(walk: Walk, name: Name, answers: Answers) -> None:
    try:
        with _bar() as progress:
            came = STEPS[name].run(walk.house, answers, Told(progress, _agreeing(walk)))
    except Declined as error:
        show_init.says([str(error)])
        return
    except StartingError as error:
        _failed(walk, name, error)
        return
    walk.log.put(name, came, walk.house.now())
    walk.done.append(name)
    show_init.says(came.says)
    show_init.reasons(came.reasons)


def _failed(walk: Walk, name: Name, error: StartingError) -> None:
    walk.failed[name] = str(error)
    show_init.says([f"failed: {error}"], "red")
    show_init.reasons(error.reasons)


def _with_currency(walk: Walk, answers: Answers) -> Answers:
    """What was answered about money in an earlier run holds for a table of orders in this one."""
    last = walk.log.last(Name.RULES)
    kept = str(last.lasting.get("currency", "")) if last else ""
    if not kept or answers.rules.get("currency") or not answers.orders:
        return answers
    return replace(answers, rules={**answers.rules, "currency": kept})


def _take_back(walk: Walk, name: Name) -> None:
    last = walk.log.last(name)
    if last is None:
        lines.unusable(f"there is nothing to take back: the step {name} was not done; see: wismo init --status")
    try:
        with _bar() as progress:
            told = STEPS[name].undo(walk.house, last.lasting, Told(progress))
    except StartingError as error:
        lines.unusable(f"{name} cannot be taken back: {error}")
    walk.log.drop_last(name)
    lines.say(told)


def _told(walk: Walk, as_json: bool, *, ahead_too: bool) -> None:
    if as_json:
        lines.put(show_init.as_json(walk.log, walk.failed))
        return
    show_init.status(walk.log)
    if ahead_too:
        show_init.following(ahead(walk.house, walk.log))


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    """Drawn from the first count on: questions come before."""
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn())
    out = console(stderr=True)
    bar = Progress(*columns, console=out, transient=True, disable=not out.is_terminal)
    tasks: dict[str, TaskID] = {}

    def progress(what: str, done: int, of: int) -> None:
        bar.start()
        if what not in tasks:
            tasks[what] = bar.add_task(what)
        bar.update(tasks[what], completed=done, total=of or None)

    try:
        yield progress
    finally:
        bar.stop()


def _agreeing(walk: Walk) -> Callable[[Sequence[Change]], bool]:
    def agree(changes: Sequence[Change]) -> bool:
        show_init.changes(changes)
        return not walk.asks or init_asking.agrees()

    return agree
