"""Every tool by name: READ or WRITE, its arguments, the identity level it needs. Brains see only this list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from knowledge.errors import KnowledgeError
from tools.contract import Answer, Caller, Level, Refusal, Risk
from tools.orders.model import RuleId
from tools.together import Together

IDENTITY = RuleId("IDN-1")
READS_AT_ONCE = 8
"""Threads of one registry, whatever brains ask for; a database has 15 connections and more."""


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    risk: Risk
    needs: Level
    arguments: type[BaseModel]
    run: Callable[[Caller, Any, Any], Answer]
    says: str


class UnknownTool(LookupError):
    """A brain asked for a tool that is not on the list."""


class ToolFailed(RuntimeError):
    """What the tool stands on is out of order (database, index). The cause is chained."""


class Registry:
    """Tools over one place to work on (the shop): the identity level is checked before the tool is reached."""

    def __init__(self, tools: Mapping[str, Tool], shop: object) -> None:
        self._tools = tools
        self._shop = shop
        self.together = Together(READS_AT_ONCE)

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def __getitem__(self, name: str) -> Tool:
        try:
            return self._tools[name]
        except KeyError:
            raise UnknownTool(name) from None

    def only_reads(self, name: str) -> bool:
        """May it run beside others? What proposes runs alone and in its order."""
        return name in self._tools and self._tools[name].risk is Risk.READ

    def call(self, name: str, caller: Caller, arguments: Mapping[str, object]) -> Answer:
        """Raises `UnknownTool`, and pydantic's ValidationError for arguments that do not fit."""
        tool = self[name]
        wanted = tool.arguments.model_validate(arguments)
        if caller.level < tool.needs:
            return Refusal(IDENTITY, "identity")
        try:
            return tool.run(caller, wanted, self._shop)
        except (SQLAlchemyError, KnowledgeError, OSError) as error:
            raise ToolFailed(f"{name}: {type(error).__name__}") from error


def tool(
    found: dict[str, Tool], risk: Risk, needs: Level
) -> Callable[[Callable[[Caller, Any, Any], Answer]], Callable[[Caller, Any, Any], Answer]]:
    """Put a function on the list `found`; its second parameter's annotation is its argument model."""

    def register(run: Callable[[Caller, Any, Any], Answer]) -> Callable[[Caller, Any, Any], Answer]:
        name = run.__name__
        arguments = run.__annotations__["args"]
        found[name] = Tool(name, risk, needs, arguments, run, (run.__doc__ or "").strip())
        return run

    return register
