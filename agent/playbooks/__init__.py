"""What to do for each intent, as data a lead can read aloud: one TOML file an intent. No code per intent.

A shop's own stand in `playbooks/` beside its shop.toml and replace the packaged ones of the same name.
`wismo playbook check` says what is wrong with them (check.py).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.case import Intent, Reason
from tools.orders.agreement import Action

About = Literal["order", "act", "help", "talk", "person", "confirm", "deny"]
Need = Literal["order", "items", "variant", "address", "method"]
LookUp = Literal["orders", "account", "variants", "help"]


class PlaybookError(ValueError):
    """A playbook is not of the agreed shape. The message says which key of which file."""


class Playbook(BaseModel):
    """`about` says which kind of answer it is:

    order: read the order and tell · act: read the order and propose, the first action that the rules allow ·
    help: answer from the help centre · talk: small talk · person: hand over, with the order where one is meant ·
    confirm, deny: the customer's word on an open proposal.

    `needs` are the slots that are asked for when they are missing, `identity` the least proof, `looks_up` what is read,
    `propose` the actions in the order in which they are tried, `rules` those that decide about them, `reply` the
    template that tells. `candidates` narrows the orders that may be meant when the customer names none. `also` is said
    beside the quote: "photo" asks for one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    says: str = Field(min_length=10)
    about: About
    reply: str
    needs: tuple[Need, ...] = ()
    identity: Literal["anonymous", "matched", "verified"] = "anonymous"
    looks_up: tuple[LookUp, ...] = ()
    propose: tuple[Action, ...] = ()
    rules: tuple[str, ...] = ()
    candidates: Literal["all", "live", "open", "delivered", "refunds"] = "all"
    also: Literal["", "photo"] = ""
    reason: Reason = Reason.NOT_PERMITTED
    team: str = ""

    @property
    def help(self) -> bool:
        """The help centre may answer it, where no order is named."""
        return "help" in self.looks_up


Playbooks = Mapping[Intent, Playbook]


@cache
def playbooks() -> Playbooks:
    """The packaged ones; a missing, unknown or malformed one raises here, at start, not at the ticket."""
    return {intent: read(packaged(intent)) for intent in Intent}


def packaged(intent: Intent) -> Path:
    return Path(__file__).parent / f"{intent}.toml"


def with_own(folder: Path) -> Playbooks:
    """The packaged ones, replaced by the shop's own. Raises `PlaybookError`."""
    own = {_intent(path): read(path) for path in sorted(folder.glob("*.toml"))} if folder.is_dir() else {}
    return {**playbooks(), **own}


def read(path: Path) -> Playbook:
    """Raises `PlaybookError` with every key that does not fit."""
    try:
        return Playbook.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PlaybookError(f"{path.name} is not valid TOML: {error}") from None
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise PlaybookError(f"{path.name}: " + "; ".join(wrong)) from None


def _intent(path: Path) -> Intent:
    try:
        return Intent(path.stem)
    except ValueError:
        raise PlaybookError(f"{path.name}: no intent of this name; one of {', '.join(Intent)}") from None
