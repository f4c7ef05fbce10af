"""shop.toml's [hours] and [[routing]]: when people answer, and what goes to whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from agent.case import Intent, Mood, Reason


class HoursTable(BaseModel):
    """When people answer, by day ("mon" to "sun"), in the shop's time zone; none at all: always."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Mapping[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], tuple[time, time]] = Field(
        default_factory=dict
    )

    @model_validator(mode="before")
    @classmethod
    def _spans(cls, given: object) -> object:
        """ "09:00-18:00" as it is written in shop.toml."""
        if not isinstance(given, Mapping) or "days" in given:
            return given
        return {"days": {day: str(span).split("-") for day, span in given.items()}}

    @field_validator("days")
    @classmethod
    def _forwards(cls, days: Mapping[str, tuple[time, time]]) -> Mapping[str, tuple[time, time]]:
        for day, (begin, end) in days.items():
            if begin >= end:
                raise ValueError(f"{day}: a day is written as HH:MM-HH:MM, the earlier first")
        return days


class Route(BaseModel):
    """A row of the routing table. Empty cells fit everything; the first row that fits decides.

    `to = "person"` hands over at once, `playbook` answers by another intent's, `team` says who takes a hand-off
    (with `reason`, of that reason only).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    intents: tuple[Intent, ...] = ()
    languages: tuple[str, ...] = ()
    moods: tuple[Mood, ...] = ()
    urgency: Literal["normal", "high"] | None = None
    hours: Literal["open", "closed"] | None = None
    reason: Reason | None = None
    to: Literal["", "person"] = ""
    playbook: Intent | None = None
    team: str = ""

    @model_validator(mode="after")
    def _says_something(self) -> Route:
        if not (self.to or self.playbook or self.team):
            raise ValueError('a row needs to = "person", a playbook or a team')
        return self
