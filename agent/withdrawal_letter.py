"""The letter that acknowledges a withdrawal (WDR, Directive 2011/83/EU Art. 11(3)): what, when; on a durable medium."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from agent.policy import Policy
from agent.replies.render import render
from agent.replies.sources import Sources
from agent.replies.templates import fill, variant


def of_withdrawal(body: Mapping[str, Any], language: str | None, policy: Policy) -> dict[str, str]:
    """`subject` and `text`, in the shop's language nearest to the customer's. `body` is the outbox message's."""
    spoken = language if language in policy.shop.languages else policy.shop.languages[0]
    received = datetime.fromisoformat(str(body["received_at"])).astimezone(ZoneInfo(policy.terms.timezone))
    items = "\n".join(f"- {line}" for line in body["lines"])
    known: Sources = {
        "withdrawal": {"order": body["order"], "received": f"{received:%Y-%m-%d %H:%M %Z}", "items": items},
        "shop": {"name": policy.shop.name, "assistant": policy.voice.assistant},
    }

    def said(key: str) -> str:
        return render(fill(variant(spoken, "mail_withdrawal", key), {}, known), known, spoken, policy.terms.timezone)

    return {"subject": said("subject"), "text": said("text")}
