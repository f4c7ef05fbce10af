"""Conversations in a few words, for tests of figures: what was asked, how it ended, hours after the first turn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from agent.case import Disposition
from eval.conversation import Conversation, Grades, Request, Turn

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GOOD = Grades(True, True, True, True, True)


def turn(hours: float = 0, intent: str = "order_status", end: str = "answered", **given: Any) -> Turn:
    asked = Request(intent, 0.9, intent != "out_of_scope", Disposition(end), given.pop("rule", "STA-1"))
    made: dict[str, Any] = {"kind": "message", "sent": True} | given
    at = MONDAY + timedelta(hours=hours)
    return Turn(f"t{hours}{intent}", at, requests=(asked,), disposition=Disposition(end), **made)


def talk(*turns: Turn, name: str = "c1", **given: Any) -> Conversation:
    made: dict[str, Any] = {"channel": "chat", "customer": "ana", "grades": GOOD} | given
    return Conversation(name, turns=turns, **made)


def after(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)
