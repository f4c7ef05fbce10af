"""The [proactive] table of shop.toml: whether Wismo speaks first, to whom, and when."""

from __future__ import annotations

import re
from datetime import time
from typing import Literal

from pydantic import Field, field_validator

from tools.orders.alerts.kinds import Kind
from tools.orders.alerts.limits import Limits

Channel = Literal["widget", "helpdesk", "mail"]
URL = re.compile(r"https?://[^\s/]+(/\S*)?")


class ProactiveTable(Limits):
    """`mode`: off, draft (what would be sent is a note for the team), on. `quiet` is "HH:MM-HH:MM", or empty."""

    mode: Literal["off", "draft", "on"] = "off"
    holdout: float = Field(0.1, ge=0, le=1)
    kinds: tuple[Kind, ...] = tuple(Kind)
    channels: tuple[Channel, ...] = Field(("widget", "mail"), min_length=1)
    quiet: str = "21:00-08:00"
    merge_minutes: int = Field(30, ge=0, le=24 * 60)
    per_week: int = Field(3, ge=1, le=50)
    gap_hours: int = Field(20, ge=0, le=24 * 7, description="hours between two such messages to one customer")
    links: str = ""
    link_hours: int = Field(72, ge=1, le=24 * 30)

    @field_validator("quiet")
    @classmethod
    def _is_a_span(cls, given: str) -> str:
        if given:
            _span(given)
        return given

    @field_validator("links")
    @classmethod
    def _is_an_address(cls, given: str) -> str:
        if given and not URL.fullmatch(given):
            raise ValueError("links is the address under which customers reach Wismo: https://chat.your-shop.example")
        return given.rstrip("/")

    @property
    def quiet_span(self) -> tuple[time, time] | None:
        return _span(self.quiet) if self.quiet else None


def _span(given: str) -> tuple[time, time]:
    try:
        begin, end = (time.fromisoformat(part.strip()) for part in given.split("-"))
    except ValueError:
        raise ValueError('quiet hours are written as "21:00-08:00"; empty: none') from None
    if begin == end:
        raise ValueError("quiet hours that begin when they end are none: leave them empty")
    return begin, end
