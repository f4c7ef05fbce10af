"""`wismo eval tau`: tau-bench's retail tasks as conversations with a customer whom a model plays."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import track

from agent.brains.model.asking import Model
from api.cli import lines, recording, show
from api.trials.benched import Benches
from api.trials.recorded import Traffic
from eval.tau import talk as tau_talk
from eval.tau.replay import seed
from eval.tau.shop import Base


def register(family: typer.Typer) -> None:
    family.command("tau")(tau)


def tau(
    tasks: Annotated[Path, typer.Argument(help="Version 1: JSON lines; version 2: one JSON array.")],
    shop: Annotated[list[Path], typer.Option(help="v2_db.json; or v1's users, products and orders, in this order.")],
    trials: Annotated[int, typer.Option(min=1, max=16, help="Tries of each task, for pass^k.")] = 1,
    first: Annotated[int, typer.Option(min=1, help="How many tasks.")] = 1_000,
    record: Annotated[Path | None, typer.Option(help="Keep the models' traffic in this folder.")] = None,
    replay: Annotated[Path | None, typer.Option(help="From such a folder: no server, no key.")] = None,
    budget: recording.Budget = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON line a talk, then the sum.")] = False,
) -> None:
    """Wismo as the agent, with the connected language model; the same server plays the customer.

    Example: `wismo eval tau v2_tasks.json --shop v2_db.json --trials 4`
    """
    base, traffic = _base(shop), Traffic(record, replay, True, recording.cents(budget))
    given = list(tau_talk.tasks_of(_tasks(tasks), base.users))[:first]
    talks: list[tau_talk.Talk] = []
    with tempfile.TemporaryDirectory(prefix="wismo-tau-") as name, recording.opened(traffic) as house:
        folder, chat = Path(name), house.chat
        assert chat
        seed(base, folder / "seed.db")
        benches, customer = Benches(house, folder, chat, house.policy.model), Model(chat, house.policy.model)
        tries = [(task, trial) for task in given for trial in range(trials)]
        for task, trial in track(tries, "talking", console=show.console(stderr=True)):
            one = tau_talk.talk(task, trial, base, folder / "seed.db", folder, benches, customer)
            talks.append(one)
            if as_json:
                lines.put(one.as_json())
    told = tau_talk.summary(talks, trials, 1)
    if as_json:
        return lines.put(told)
    return _tell(told, talks)


def _tell(told: dict[str, Any], talks: list[tau_talk.Talk]) -> None:
    out = show.console()
    for one in talks:
        if one.why:
            out.print(f"task {one.task}, try {one.trial}: {one.why}", markup=False)
    for k in range(1, told["trials"] + 1):
        found = told[f"pass^{k}"]
        between = f" ({found['low']:.1%}–{found['high']:.1%})" if "low" in found else ""
        out.print(f"pass^{k} {found['share'] or 0:.1%}{between} of {told['tasks']} tasks")


def _base(files: list[Path]) -> Base:
    if len(files) == 1:
        kept = _json(files[0])
        return Base(kept["users"], kept["products"], kept["orders"], version="v2")
    if len(files) != 3:
        lines.unusable("--shop: one file of version 2, or three of version 1: users, products, orders")
    return Base(*map(_json, files))


def _tasks(file: Path) -> list[dict[str, Any]]:
    if file.suffix == ".jsonl":
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    found: list[dict[str, Any]] = _json(file)
    return found


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        lines.unusable(f"{file}: {error}")
