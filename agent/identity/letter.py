"""The letter that carries a code: wording from the templates, nothing of any order."""

from __future__ import annotations

from agent.policy import Policy
from agent.replies.render import render
from agent.replies.sources import Sources
from agent.replies.templates import fill, variant


def of_code(code: str, language: str, policy: Policy) -> dict[str, str]:
    """`subject` and `text`, in the shop's language nearest to the customer's."""
    spoken = language if language in policy.shop.languages else policy.shop.languages[0]
    known: Sources = {
        "code": {"digits": code, "minutes": policy.identity.code_minutes},
        "shop": {"name": policy.shop.name, "assistant": policy.voice.assistant},
    }

    def said(key: str) -> str:
        return render(fill(variant(spoken, "mail_code", key), {}, known), known, spoken, policy.terms.timezone)

    return {"subject": said("subject"), "text": said("text")}
