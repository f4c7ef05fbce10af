"""`wismo eval label` and `wismo eval agreement`: what people say of graded conversations, and how far graders agree."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from agent import journal
from agent.brains.model.asking import Model
from agent.case import ConversationId
from agent.journal import Entry
from api.cli import lines, recording, show
from api.trials.recorded import NoModel, Traffic
from api.wiring import House, open_house
from eval.grading import GRADERS, Evidence, Turn, of_journal, verdicts
from eval.grading.evidence import Verdict
from eval.grading.judging import judge
from eval.grading.labels import BadLabels, Label, add, agreements, key_of, read, take_back, to_label
from tools.orders.model import Order
from tools.views import status

QUESTIONS: Mapping[str, str] = {
    "facts": "Does every order fact in the replies agree with the orders?",
    "end_state": "Did the orders end as the customer's confirmed wishes and the rules demand?",
    "policy": "Was nothing done, promised, refused or handed over that need not have been?",
    "wording": "Is it well said: the language, who speaks, nothing of others, a hand-off that says so?",
    "answered": "Was what was asked answered?",
}
LABELS = "labels.jsonl"
Newest = Annotated[int, typer.Option(min=1, help="How many of the newest turns are looked through.")]


def register(app: typer.Typer) -> None:
    app.command("label")(label)
    app.command("agreement")(agreement)


def label(
    grader: Annotated[str, typer.Option(help="One grader; all of them without it.")] = "",
    sample: Annotated[int, typer.Option(min=0, help="At most so many questions; 0: all.")] = 0,
    seed: Annotated[int, typer.Option(help="Another seed draws another order.")] = 7,
    who: Annotated[str, typer.Option(help="Who judges; your name on this machine by default.")] = "",
    newest: Newest = 2_000,
) -> None:
    """Judge answered conversations one by one: y, n, s (skip), u (undo), q (quit). What was judged is not asked again.

    Shown are message, reply, orders and rules, never what the grader said. Example: `wismo eval label --grader facts`
    """
    if grader and grader not in GRADERS:
        lines.unusable(f"no grader {grader}; one of {', '.join(GRADERS)}")
    judge = who or getpass.getuser()
    with open_house() as house:
        path = house.settings.home / LABELS
        seen = dict(_evidence(house, newest))
        graded = {one: verdicts(evidence) for one, evidence in seen.items()}
        done = [(one.conversation, one.grader) for one in _read(path) if one.who == judge]
        questions = to_label(graded, [grader] if grader else [*GRADERS], done, seed, sample)
        if not questions:
            lines.say("nothing to judge: answer some messages first, or all of them are judged")
            return
        given = _ask(questions, seen, path, judge)
    lines.say(f"{given} judged; see: wismo eval agreement")


def agreement(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, by grader.")] = False,
    newest: Newest = 2_000,
    model: Annotated[bool, typer.Option("--model", help="The connected language model judges too: it costs.")] = False,
) -> None:
    """Cohen's kappa of each grader with what people said (`wismo eval label`), with its 95 % interval.

    With `--model` a line `answered by a model` stands beside `answered`, which is by rules.

    Example: `wismo eval agreement`
    """
    with open_house() as house:
        labels = _read(house.settings.home / LABELS)
        wanted = {one.conversation for one in labels}
        talks = {one: found for one, found in _evidence(house, newest) if one in wanted}
        graded = {one: verdicts(found) for one, found in talks.items()}
        told = dict(agreements(labels, graded, GRADERS))
        if model:
            with recording.ending():
                judged = {one: {"answered": verdict} for one, verdict in _judged(house, talks)}
            told["answered by a model"] = agreements(labels, judged, ("answered",))["answered"]
    if not labels and not as_json:
        lines.say("nobody has judged yet; begin with: wismo eval label")
        return
    if as_json:
        lines.put({name: one.as_json() for name, one in told.items()})
        return
    table = Table("grader", "judged", "agree", "missed", "false alarms", "left open", "kappa", box=None)
    for name, one in told.items():
        spread = "not defined" if one.kappa is None else f"{one.kappa:.2f} ({one.low:.2f} to {one.high:.2f})"
        table.add_row(name, *map(str, (one.n, one.agree, one.missed, one.alarms, one.unsure)), spread)
    show.console().print(table)


def _judged(house: House, talks: Mapping[str, Evidence]) -> Iterator[tuple[str, Verdict]]:
    try:
        chat = Traffic(live=True).chat(house)
    except NoModel as error:
        lines.unusable(str(error))
    judges = judge(Model(chat, house.policy.model))
    yield from ((one, judges(found)) for one, found in talks.items())


def _read(path: Path) -> tuple[Label, ...]:
    try:
        return read(path)
    except BadLabels as error:
        lines.unusable(str(error))


def _evidence(house: House, newest: int) -> Iterator[tuple[str, Evidence]]:
    """Of every conversation among the newest turns whose words are still there."""
    talks: dict[str, list[Entry]] = {}
    with house.database.read() as db:
        for entry in journal.newest(db, newest):
            talks.setdefault(entry.conversation, [])
        for one, entries in talks.items():
            entries.extend(journal.of_conversation(db, ConversationId(one)))
    for one, entries in talks.items():
        found = of_journal(entries, house.orders, house.policy)
        if found:
            yield key_of(one), found


def _ask(questions: list[tuple[str, str]], seen: Mapping[str, Evidence], path: Path, who: str) -> int:
    given: list[tuple[int, Label]] = []
    place, shown = 0, ""
    while place < len(questions):
        conversation, grader = questions[place]
        if conversation != shown:
            _show(conversation, seen[conversation])
            shown = conversation
        word = _word(f"[{place + 1}/{len(questions)}] {QUESTIONS[grader]} (y/n, s skip, u undo, q quit) ")
        if word == "q":
            break
        if word == "u" and given:
            place, last = given.pop()
            take_back(path, last)
        elif word in {"y", "n"}:
            given.append((place, Label(conversation, grader, word == "y", who)))
            add(path, given[-1][1])
            place += 1
        elif word == "s":
            place += 1
    return len(given)


def _word(question: str) -> str:
    """The first letter of a line; the end of the input quits."""
    typer.echo(question, nl=False, err=True)
    line = sys.stdin.readline()
    return line.strip().lower()[:1] if line else "q"


def _show(conversation: str, evidence: Evidence) -> None:
    out = show.console()
    out.rule(escape(conversation))
    out.print(f"[dim]{'known customer' if evidence.proven else 'not proven'}, {evidence.channel}[/dim]")
    for turn in evidence.turns:
        _show_turn(turn)


def _show_turn(turn: Turn) -> None:
    out = show.console()
    out.print(f"[bold]customer:[/bold] {escape(turn.message)}" if turn.message else "[bold]a person decided[/bold]")
    out.print(f"[bold]reply:[/bold] {escape(turn.reply) or '(nothing)'}")
    did = ", ".join(f"{one.action} {one.order} {one.status}" for one in turn.actions) or "nothing"
    out.print(f"[dim]ended {turn.disposition}, rules {' '.join(turn.rules) or 'none'}, did {escape(did)}[/dim]")
    for before, after in zip(turn.before, turn.after, strict=True):
        if before.number.lstrip("#") in turn.message + turn.reply or before != after:
            was, now = _state(before), _state(after)
            out.print(f"[dim]  {escape(was)}[/dim]" + ("" if was == now else f" → {escape(now)}"))


def _state(order: Order) -> str:
    items = ", ".join(f"{line.quantity} × {line.name}" for line in order.lines)
    parcels = ", ".join(f"{one.carrier or '?'} {one.tracking_number} {one.state}" for one in order.shipments)
    back = sum(one.amount.minor for one in order.refunds)
    told = [
        f"{order.number}: {status(order)}, {items}, {order.total.decimal()} {order.currency}",
        f"placed {order.placed_at:%d %b}",
    ]
    told += [f"delivered {order.delivered_at:%d %b}"] if order.delivered_at else []
    told += [parcels] if parcels else []
    told += [f"refunds {back / 100:.2f}"] if back else []
    return "; ".join([*told, *(f"return {one.number} {one.state}" for one in order.returns)])
