"""`wismo eval …`: evaluations that bring their own shop. The suites come with the evaluation harness."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from rich.progress import track

from agent.brains.classifier import Written
from agent.case import Intent
from api.cli import evaluating, label, lines, reporting, show
from api.cli.tickets import triaged
from api.trials.benched import Benches
from api.wiring import House, open_house
from eval.search_quality import HELP, Question, decided, questions, recalled, unanswered
from eval.tau import tickets as tau_tickets
from eval.tau.replay import play, seed
from eval.tau.shop import Base
from eval.understanding import SETS, measured, sampled
from knowledge.index import Index
from knowledge.ingest import ingest
from knowledge.search import Searcher

app = typer.Typer(help="Test cases of conversations, and other evaluations that bring their own shop.")
evaluating.register(app)
reporting.register(app)
label.register(app)


class Action(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: str
    arguments: dict[str, Any] = Field(validation_alias=AliasChoices("kwargs", "arguments"))


class Task(BaseModel):
    """A task of the benchmark; only its ground-truth actions are read."""

    model_config = ConfigDict(extra="ignore")

    actions: list[Action]


@app.command("tau-replay")
def tau_replay(
    tasks: Annotated[str, typer.Argument(help="Tasks as JSON lines, `-` for standard input.")],
    users: Annotated[Path, typer.Option(help="The benchmark's users, as JSON.")],
    products: Annotated[Path, typer.Option(help="Its products.")],
    orders: Annotated[Path, typer.Option(help="Its orders.")],
    dump: Annotated[Path, typer.Option(help="A line a task: the records that changed.")],
) -> None:
    """Replay tau-bench (v1, retail) ground truths on the order core, each task on a fresh copy, and dump what changed.

    Exit code 1: the auditor found something. Example:
    `wismo eval tau-replay tasks.jsonl --users u.json --products p.json --orders o.json --dump out.jsonl`
    """
    base = Base(_records(users), _records(products), _records(orders))
    given = [_task(line) for line in lines.lines_of(tasks)]
    with tempfile.TemporaryDirectory(prefix="wismo-tau-") as folder:
        seeded = Path(folder) / "seed.db"
        problems = [f"the shop: {violation}" for violation in seed(base, seeded).violations]
        succeeded = 0
        with dump.open("w", encoding="utf-8") as out:
            for number, task in enumerate(track(given, "replaying", console=show.console(stderr=True))):
                actions = [(action.name, action.arguments) for action in task.actions]
                played = play(base, seeded, Path(folder) / "copy.db", actions)
                problems += [f"task {number}: {violation}" for violation in played.violations]
                succeeded += sum(played.succeeded)
                out.write(json.dumps({"task": number, **played.changed}, ensure_ascii=False) + "\n")
    for problem in problems:
        lines.say(f"audit: {problem}")
    lines.say(f"{len(given)} tasks, {succeeded} actions done, {len(problems)} audit findings; wrote {dump}")
    raise typer.Exit(1 if problems else 0)


@app.command("tau-tickets")
def tau_tickets_command(
    tasks: Annotated[Path, typer.Argument(help="The tasks of tau2-bench's retail domain, one JSON array.")],
    shop: Annotated[Path, typer.Option(help="Its shop: products, users, orders in one JSON object.")],
    as_json: Annotated[bool, typer.Option("--json", help="A JSON line a task, then the sum.")] = False,
) -> None:
    """The tasks told as one e-mail by the verified customer: how many end in the ground truth, and why the others not.

    Example: `wismo eval tau-tickets v2_tasks_train.json --shop v2_db.json`
    """
    kept = _records(shop)
    base = Base(kept["users"], kept["products"], kept["orders"], version="v2")
    given = list(tau_tickets.tickets(_listed(tasks), kept["users"]))
    ended: list[tau_tickets.Ended] = []
    with tempfile.TemporaryDirectory(prefix="wismo-tau-") as name, open_house() as house:
        folder = Path(name)
        seed(base, folder / "seed.db")
        benches = Benches(house, folder)
        for ticket in track(given, "answering", console=show.console(stderr=True)):
            one = tau_tickets.run(ticket, base, folder / "seed.db", folder, benches)
            ended.append(one)
            if as_json:
                lines.put({**asdict(one), "text": ticket.text})
    why = Counter(one.why for one in ended if one.why)
    total = {"tasks": len(ended), "right": sum(not one.why for one in ended), "why_not": dict(why.most_common())}
    if as_json:
        lines.put(total)
        return
    show.console().print(f"{total['right']} of {len(ended)} end in the ground truth's state")
    for reason, count in why.most_common():
        show.console().print(f"  {count:4} {reason}")


def _listed(file: Path) -> list[dict[str, Any]]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        lines.unusable(f"{file}: {error}")
    return found if isinstance(found, list) else lines.unusable(f"{file}: must hold one JSON array of tasks")


@app.command("search")
def search_quality(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """How often the right article of the demo help centre is found, by questions written apart from it.

    Example: `wismo eval search`
    """
    with tempfile.TemporaryDirectory(prefix="wismo-search-") as name, open_house() as house:
        ingest([HELP], Path(name), house.embedder, lambda *_: None)
        searcher = Searcher(Index(Path(name)), house.embedder)
        found = recalled(searcher, [*questions()], told_language=False)
        answers, strange = (_decided(house, searcher, [*asked]) for asked in (questions(), unanswered()))
    if as_json:
        lines.put({"found": found, "decided": answers, "without_an_article": strange})
        return
    for group, one in found.items():
        show.console().print(
            f"{group}: {one['questions']} questions, first {one['first']:.1%}, among five {one['among_five']:.1%}"
        )
    for title, decisions in (("with an article", answers), ("without an article", strange)):
        for group, count in decisions.items():
            show.console().print(
                f"{group}, {title}: {count['answered']} of {count['questions']} answered, {count['rightly']} rightly; "
                f"{count['asked']} asked back, {count['among_choices']} with the article; {count['left']} to a person"
            )


def _decided(house: House, searcher: Searcher, asked: list[Question]) -> dict[str, dict[str, int]]:
    def in_scope(one: Question) -> bool:
        guess = house.intents.guess([Written(one.query, one.language)])[0]
        return guess.label != Intent.OUT_OF_SCOPE and guess.confidence >= house.policy.understanding.confidence_to_tell

    return decided(searcher, asked, house.policy.understanding, in_scope)


@app.command("understanding")
def understanding(
    reference: Annotated[Path, typer.Argument(help="Folder with hint3/, bitext-20k/, clinc150/.")],
    only: Annotated[list[str] | None, typer.Option("--set", help="hint3, bitext or clinc; all without it.")] = None,
    sample: Annotated[int, typer.Option(min=0, help="At most so many sentences of a set; 0: all.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON line a set.")] = False,
) -> None:
    """How well public messages of other shops are understood, without training on them (docs/quality.md).

    Example: `wismo eval understanding DATA --set bitext --sample 2000`
    """
    unknown = set(only or ()) - SETS.keys()
    if unknown:
        lines.unusable(f"no set {', '.join(sorted(unknown))}; there are {', '.join(sorted(SETS))}")
    with open_house() as house:
        for name in only or sorted(SETS):
            try:
                sentences = sampled(SETS[name](reference), sample)
            except OSError as error:
                lines.unusable(f"{name}: cannot read {error.filename}: {error.strerror}")
            shown = track(sentences, name, console=show.console(stderr=True))
            told = {"set": name, **measured(shown, lambda text: triaged(house, text))}
            lines.put(told) if as_json else _tell_understanding(told)


def _tell_understanding(told: dict[str, Any]) -> None:
    names = ("right", "understood", "right_of_understood", "left_alone", "began_an_action")
    shares = ", ".join(f"{name.replace('_', ' ')} {told[name]:.1%}" for name in names if told[name] is not None)
    show.console().print(f"[bold]{told['set']}[/]: {told['sentences']} sentences, {shares}")
    for mistake, count in list(told["mistakes"].items())[:8]:
        show.console().print(f"  {count:4} {mistake}")


def _task(line: lines.Line) -> Task:
    try:
        return lines.parsed(line, Task)
    except lines.BadLine as error:
        lines.unusable(f"line {line.number}: {error}")


def _records(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        lines.unusable(f"{file}: {error}")
    return found if isinstance(found, dict) else lines.unusable(f"{file}: must hold one JSON object, records by id")
