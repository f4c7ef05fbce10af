"""How answers look on a terminal: the path as a table, the reply below it. Plain in a pipe."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from agent.answer import Answer
from agent.case import Act, Approve, Ask, Case, Decision, HandOff
from tools.contract import Proposal, Refusal

IN_A_PIPE = 160
"""Columns: what is searched there, or read by a program, is not broken over lines."""
COLOURS = {"acted": "green", "answered": "cyan", "asked": "yellow", "queued": "magenta", "handed_off": "red"}


def console(stderr: bool = False) -> Console:
    made = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = IN_A_PIPE
    return made


@contextmanager
def bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """On standard error; nothing of it in a pipe."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as drawn:
        task = drawn.add_task(title, total=None)
        yield lambda done, total: drawn.update(task, completed=done, total=total)


def timed_bar() -> Progress:
    """For minutes of work: it tells how long the rest will take."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console(stderr=True), transient=True)


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    added: str
    seconds: float


class Path:
    """The steps of one ticket, collected while it walks."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def add(self, name: str, added: Case, seconds: float) -> None:
        self.steps.append(Step(name, told(name, added), seconds))

    def print(self) -> None:
        table = Table(box=None, padding=(0, 1), header_style="dim")
        table.add_column("step", style="bold", no_wrap=True)
        table.add_column("added", overflow="fold")
        table.add_column("ms", justify="right", style="dim", no_wrap=True)
        for step in self.steps:
            table.add_row(step.name, step.added, f"{step.seconds * 1000:.1f}")
        console().print(table)


def told(name: str, added: Case) -> str:
    """What a step added, in a line."""
    match name:
        case "triage":
            asked = ", ".join(
                f"{r.intent} {r.confidence:.0%}{_orders(r.slots.orders)}" for r in added["triage"].requests
            )
            return f"{added['triage'].language}, {added['triage'].mood}: {asked}"
        case "investigate":
            return _found(added)
        case "decide":
            return ", ".join(map(_decision, added["decisions"]))
        case "act":
            return ", ".join(
                f"{done.outcome.quote.action} {done.outcome.result}"
                if done.outcome
                else f"approval {done.approval} waits"
                for done in added["outcomes"]
            )
        case "write":
            return f"draft of {len(added['draft'].text.split())} words, {len(added['draft'].citations)} cited"
    problems = added["reply"].problems
    return f"{added['reply'].verdict}" + (f" ({'; '.join(problems)})" if problems else "")


def reply(answer: Answer) -> None:
    head = Text.assemble(
        (answer.disposition.value, COLOURS[answer.disposition]), f"  {answer.mode}  {' '.join(answer.rules)}"
    )
    if answer.handoff:
        head.append(f"  → {answer.handoff['team']} ({answer.handoff['reason']})")
    out = console()
    if out.is_terminal:
        out.print(Panel(Text(answer.reply), title=head, title_align="left", border_style=COLOURS[answer.disposition]))
    else:
        out.print(head)
        out.print(Text(answer.reply))
    out.print()


def _orders(orders: tuple[str, ...]) -> str:
    return f" ({' '.join(orders)})" if orders else ""


def _found(added: Case) -> str:
    facts = added["facts"]
    named = [fact.source for fact in facts.facts()[:4]]
    more = len(facts.facts()) - len(named)
    proposed = [f"proposes {f.answer.action}" for f in facts.findings if isinstance(f.answer, Proposal)]
    refused = [f"{f.call.tool}: {f.answer.code}" for f in facts.findings if isinstance(f.answer, Refusal)]
    said = [*named, *([f"{more} more"] if more > 0 else []), *proposed, *refused]
    return ", ".join(said) or "nothing to look up"


def _decision(decision: Decision) -> str:
    match decision:
        case HandOff():
            return f"hand off ({decision.reason}) by {decision.rule}"
        case Ask():
            return f"ask for {decision.missing} by {decision.rule}"
        case Act():
            return f"act: {decision.proposal.action} by {decision.rule}"
        case Approve():
            return f"a person decides: {decision.proposal.action} by {decision.rule}"
    return f"inform by {decision.rule}"
