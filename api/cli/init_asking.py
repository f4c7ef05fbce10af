"""The questions of `wismo init`: Enter keeps what stands or skips the step; what does not fit is asked again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import typer

from api.cli import lines
from api.starting import SHOPIFY, Answers, StartingError, Unfit
from api.starting.questions import ADDRESS, QUESTIONS, proposed, standing
from api.starting.steps import Name
from api.wiring import House

WHERE = {
    Name.ORDERS: "Orders: a file, a folder of CSV, or shopify (Enter: skip)",
    Name.HELP: "Help articles: a file or folder (Enter: skip)",
    Name.TICKETS: "Past tickets: the helpdesk's export (Enter: skip)",
    Name.CHAT: "Your shop's address, https://… (Enter: skip)",
}


def asked(name: Name, house: House, answers: Answers, first: bool) -> Answers:
    """Raises typer.Abort when somebody stops."""
    if name is Name.RULES:
        return replace(answers, rules=_rules(house, first))
    if name is Name.CHAT:
        return answers if answers.site else replace(answers, site=_one(WHERE[name], "", lambda _: None))
    where = _one(WHERE[name], "", lambda given: _there(given, shopify=name is Name.ORDERS))
    if not where:
        return answers
    path = Path(where).expanduser()
    if name is Name.ORDERS:
        return replace(answers, orders=where if where == SHOPIFY else str(path))
    return replace(answers, articles=(path,)) if name is Name.HELP else replace(answers, tickets=path)


def agrees() -> bool:
    return typer.confirm("Write this into shop.toml?", default=True, err=True)


def wants_to_see() -> bool:
    return typer.confirm("\nServe the desk and the chat's test page now?", default=False, err=True)


def file_of(orders: str) -> Path | None:
    return Path(orders) if orders and orders != SHOPIFY else None


def _rules(house: House, first: bool) -> Mapping[str, str]:
    """A country proposes what is usual there; the first time Wismo begins with drafts."""
    usual = dict(standing(house.policy))
    if first:
        usual["mode"] = "draft"
    usual["support"] = usual["support"] if ADDRESS.search(usual["support"]) else ""
    found: dict[str, str] = {}
    for question in QUESTIONS:
        said = _one(question.asks, usual.get(question.name, ""), question.check)
        if said:
            found[question.name] = said
        if said and question.name == "country":
            usual |= proposed(said.upper())
    return found


def _one(words: str, usual: str, check: Callable[[str], object]) -> str:
    while True:
        said = str(typer.prompt(words, default=usual, show_default=bool(usual), err=True)).strip()
        try:
            if said:
                check(said)
            return said
        except StartingError as error:
            lines.say(f"  {error}")


def _there(given: str, *, shopify: bool) -> None:
    if not (shopify and given == SHOPIFY) and not Path(given).expanduser().exists():
        raise Unfit(f"no such file or folder: {given}")
