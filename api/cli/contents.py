"""Every command of `wismo`: where it stands, and what it does in a line. A module is imported when it is asked for.

A command that reads one order must not wait for the language model's SDK, nor `wismo --help` for anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

Command = TyperCommand | TyperGroup


@dataclass(frozen=True, slots=True)
class Place:
    """`family` names a Typer of `module`, into which `more` register too; without one it is added by `register`."""

    panel: str
    module: str
    says: str
    family: str | None = None
    more: tuple[str, ...] = ()


BEGIN, TICKETS, QUALITY = "Begin", "Tickets", "Quality"
LEARNING, ORDERS, PEOPLE, RUNNING = "Knowledge and learning", "Orders", "People", "Running it"
COMMANDS: Mapping[str, Place] = {
    "setup": Place(BEGIN, "home", "Prepare the installation: weights, classifier, shop.toml, the API's token."),
    "demo": Place(BEGIN, "home", "Seed the demo shop, answer its tickets, then serve the site."),
    "init": Place(BEGIN, "init", "Your shop's own data, step by step: rules, orders, help, past tickets."),
    "connect": Place(BEGIN, "connect", "Connect a helpdesk, shop or other system, with a live check."),
    "doctor": Place(BEGIN, "home", "Check the whole configuration; what says no says what to do."),
    "ask": Place(TICKETS, "tickets", "Ask one thing; prints the reply and the path it took."),
    "run": Place(TICKETS, "tickets", "Answer every ticket of a file: one JSON line in, one out."),
    "triage": Place(TICKETS, "tickets", "What each message wants; nothing is looked up or done."),
    "check": Place(TICKETS, "check", "Check any reply against the orders as they stand."),
    "explain": Place(TICKETS, "explain", "One case: message, facts, rule, action, approver."),
    "approvals": Place(TICKETS, "approvals", "Actions that wait for a person.", "app"),
    "report": Place(QUALITY, "report", "What was resolved, hand-offs, gaps, cost; with intervals."),
    "figures": Place(QUALITY, "figures", "The five figures of the shop, each with its inputs."),
    "eval": Place(QUALITY, "replay", "Test cases of conversations, and other evaluations.", "app", ("tau",)),
    "simulate": Place(QUALITY, "simulate", "What Wismo would have done with past tickets."),
    "attack": Place(QUALITY, "attack", "Try to make it disclose, pay wrongly, act twice, or say untruths."),
    "gaps": Place(QUALITY, "gaps", "What could not be answered, by meaning.", "app"),
    "bench": Place(QUALITY, "bench", "Benchmarks: product and floor, interleaved in one run.", "app"),
    "ingest": Place(LEARNING, "knowledge", "Read help articles into the index."),
    "search": Place(LEARNING, "knowledge", "The best passages for each query."),
    "learn": Place(LEARNING, "learned", "Propose examples, articles and macros from people's answers."),
    "learned": Place(LEARNING, "learned", "What solved tickets taught: list, accept, reject.", "app"),
    "history": Place(LEARNING, "history", "Solved conversations out of the helpdesk's API."),
    "train": Place(LEARNING, "train", "Train a classifier on labelled messages."),
    "playbook": Place(LEARNING, "playbook", "What is done for each intent, read aloud and checked.", "app"),
    "orders": Place(
        ORDERS,
        "orders",
        "See orders, place them, act on them, audit them.",
        "app",
        ("order_wishes", "order_commands", "capture", "shipping"),
    ),
    "forecast": Place(ORDERS, "forecast", "Demand, stock and tickets to come, with intervals.", "app"),
    "mirror": Place(ORDERS, "mirror", "The connected shop's orders into Wismo, each once."),
    "connectors": Place(ORDERS, "connectors", "ERP, WMS, books of shop.toml: list, test, export.", "app"),
    "watch": Place(ORDERS, "watch", "Watch every order; tell customers before they ask.", "app"),
    "tokens": Place(PEOPLE, "tokens", "Tokens of people and programs, with their roles.", "app"),
    "identity": Place(PEOPLE, "identity", "Keys of the shop's signed customer tokens.", "app"),
    "privacy": Place(PEOPLE, "privacy", "A customer's personal data: export, erase, age.", "app"),
    "serve": Place(RUNNING, "home", "The site and the API, with a worker beside them."),
    "worker": Place(RUNNING, "home", "A worker alone."),
    "pause": Place(RUNNING, "pause", "From the next message on every reply is a draft."),
    "resume": Place(RUNNING, "pause", "Answer again."),
    "inbox": Place(RUNNING, "backlog", "What is to be worked: list, show, replay, drop.", "inbox_app"),
    "outbox": Place(RUNNING, "backlog", "What is to leave: list, show, replay, drop.", "outbox_app"),
    "audit": Place(RUNNING, "audit", "The journal: is it what it was; export it.", "app"),
    "backup": Place(RUNNING, "backup", "Copy the whole home into one file while Wismo works."),
    "restore": Place(RUNNING, "backup", "Make a home out of a backup."),
    "upgrade": Place(RUNNING, "upgrade", "Bring the home to this version, or back."),
    "move": Place(RUNNING, "move", "From SQLite to PostgreSQL, all or nothing."),
}
"""In the order in which they are told."""


class Every(Mapping[str, Command]):
    """By name; each is loaded when it is looked at."""

    def __getitem__(self, name: str) -> Command:
        return loaded(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class Contents(TyperGroup):
    """Tells what there is from the table above; loads what is asked for."""

    _telling = False

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = cast("dict[str, Any]", Every())

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - click asks so
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Command | None:  # noqa: ARG002 - click asks so
        if cmd_name not in COMMANDS:
            return None
        return _told(cmd_name) if self._telling else loaded(cmd_name)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self._telling = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._telling = False


@cache
def loaded(name: str) -> Command:
    """Raises KeyError for a command that there is not."""
    place = COMMANDS[name]
    module = import_module(f"api.cli.{place.module}")
    family: typer.Typer = getattr(module, place.family) if place.family else typer.Typer()
    for each in ((module,) if place.family is None else ()) + tuple(map(import_module, _named(place.more))):
        each.register(family)
    group = typer.main.get_group(family)
    command = cast("Command", group if place.family else group.commands[name])
    command.name = name
    return command


def _named(modules: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"api.cli.{one}" for one in modules)


def _told(name: str) -> Command:
    command = TyperCommand(name, help=COMMANDS[name].says)
    command.rich_help_panel = COMMANDS[name].panel
    return command
