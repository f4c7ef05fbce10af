"""`wismo attack`: the attack suite against this shop's policy."""

from __future__ import annotations

import logging
from typing import Annotated

import structlog
import typer
from rich.progress import Progress

from api.cli import lines, show
from api.trials.attacked import build
from api.wiring import open_house
from eval.attack.suite import KINDS, Report, run


def register(app: typer.Typer) -> None:
    app.command("attack")(attack)


def attack(
    n: Annotated[int, typer.Option("--n", min=20, help="How many attacks.")] = 2_000,
    seed: Annotated[int, typer.Option(help="Another seed is another set of attacks.")] = 7,
    only: Annotated[str, typer.Option(help="A family (brains), or one attack of it (brains:17).")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Try to read another customer's data, move money outside the rules, do things twice, or have untruths sent.

    Brings its own shop in a temporary folder and attacks it under this home's shop.toml, and under one that lets
    everything run by itself. Exit code 1: an attack succeeded. Example: `wismo attack --n 400`
    """
    with open_house() as house:
        policy, reference = house.policy, house.settings.reference
    logging.disable(logging.CRITICAL)  # what the guards say about each of thousands of attacks is not news here
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with Progress(console=show.console(stderr=True), transient=True) as bar:
        task = bar.add_task("attacking", total=None if only else n)
        report = run(build, policy, n, seed, reference, only, lambda done: bar.update(task, completed=done))
    if not report.n:
        lines.unusable(f"--only {only!r} names no attack; families: brains, models, texts, guesses, forgeries, races")
    if as_json:
        lines.put(report.as_json())
    else:
        _show(report)
    raise typer.Exit(1 if report.failures else 0)


def _show(report: Report) -> None:
    out, told = show.console(), report.as_json()
    families = ", ".join(f"{count} {name}" for name, count in told["families"].items())
    out.print(f"{report.n:,} attacks ({families})")
    for kind in KINDS:
        out.print(f"  {kind.replace('_', ' '):20} {told['failures'][kind]}")
    for one in report.failures[:20]:
        out.print(f"  {one.name}: {one.finding.kind}: {one.finding.says}", markup=False)
    if not report.failures:
        out.print(f"fewer than {report.bound:.2%} of such attacks succeed (95 % bound 3/n)")
