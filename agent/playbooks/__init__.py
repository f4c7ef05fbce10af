"""What to do for each intent, as data a lead can read aloud: one TOML file an intent. No code per intent."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.case import Intent, Reason
from tools.orders.agreement import Action


class Playbook(BaseModel):
    """`about` says which kind of answer it is:

    order: read the order and tell · act: read the order and propose, the first action that the rules allow ·
    help: answer from the help centre · talk: small talk · person: hand over, with the order where one is meant ·
    confirm, deny: the customer's word on an open proposal.
    `candidates` narrows the orders that may be meant when the customer names none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    says: str = Field(min_length=10)
    about: Literal["order", "act", "help", "talk", "person", "confirm", "deny"]
    reply: str
    propose: tuple[Action, ...] = ()
    candidates: Literal["all", "open", "delivered", "refunds"] = "all"
    help: bool = False
    reason: Reason = Reason.NOT_PERMITTED


@cache
def playbooks() -> Mapping[Intent, Playbook]:
    """All of them; a missing, unknown or malformed one raises here, at start, not at the ticket."""
    folder = Path(__file__).parent
    return {intent: _read(folder / f"{intent}.toml") for intent in Intent}


def _read(path: Path) -> Playbook:
    return Playbook.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
