"""The steps in their order, and which answers each of them needs. Read top to bottom: this is the first hour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from api.starting import Answers, Came, Told, articles, chat, orders, past, rules
from api.wiring import House


class Name(StrEnum):
    RULES = "rules"
    ORDERS = "orders"
    HELP = "help"
    TICKETS = "tickets"
    CHAT = "chat"


@dataclass(frozen=True, slots=True)
class Step:
    """`given`: whether the answers hold what it needs. `once`: not done again unless it is asked for."""

    title: str
    run: Callable[[House, Answers, Told], Came]
    undo: Callable[[House, Mapping[str, Any], Told], str]
    given: Callable[[Answers], bool]
    once: bool = True


STEPS: Mapping[Name, Step] = {
    Name.RULES: Step("the shop and its rules", rules.run, rules.undo, lambda it: bool(it.rules)),
    Name.ORDERS: Step("orders", orders.run, orders.undo, lambda it: bool(it.orders) or it.sample),
    Name.HELP: Step("the help centre", articles.run, articles.undo, lambda it: bool(it.articles)),
    Name.TICKETS: Step("past tickets", past.run, past.undo, lambda it: it.tickets is not None or it.sample),
    Name.CHAT: Step("the chat", chat.run, chat.undo, lambda _: True, once=False),
}
