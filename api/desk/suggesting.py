"""What a person could answer: the draft that stands, or what Wismo would write now. Nothing is done or kept by it."""

from __future__ import annotations

from agent.case import HandOff
from agent.inbox import Talk
from api.wiring import House


def suggestion(house: House, talk: Talk) -> str:
    """Empty where Wismo would hand over again: then it has nothing to say that passes its check."""
    last = talk.last
    if last.private is None or talk.channel in house.connections.channels:
        return ""
    kept: str = last.private["answer"]["reply"]
    if last.body["mode"] == "draft" and not last.body["handoff"]:
        return kept
    walked = house.rehearsal.again(last)
    if walked is None or not walked.said or any(isinstance(one, HandOff) for one in walked.case["decisions"]):
        return ""
    return walked.case["reply"].text if "reply" in walked.case else ""
