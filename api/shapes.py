"""The shapes in which tickets and approvals enter and leave the house, the same on the command line and over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StrictBool

from agent.approvals import Approval
from agent.case import Incoming, Letter, Turn

MESSAGE_ID = r"^(<[^<>\s]{1,500}>)?$"


class From(BaseModel):
    """`verified` is the channel's word that the address is proven; nothing in a message can be."""

    model_config = ConfigDict(extra="ignore")

    email: str | None = Field(None, max_length=320)
    verified: StrictBool = False
    token: SecretStr | None = Field(None, description="The shop's signed token of the customer who is signed in.")
    network: str = Field("", max_length=64, description="The customer's network address; limits are counted by it.")


class Said(BaseModel):
    role: Literal["customer", "agent"]
    text: str


class Message(BaseModel):
    """What every way in has in common."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    text: str
    sender: From = Field(From(), alias="from")
    subject: str = Field("", max_length=1_000)
    history: list[Said] = Field(default_factory=list, max_length=500)
    conversation: str | None = Field(None, min_length=1, max_length=200)
    message_id: str = Field("", pattern=MESSAGE_ID, description="Of the customer's letter, as in its header.")
    references: list[Annotated[str, Field(pattern=MESSAGE_ID)]] = Field(default_factory=list, max_length=100)
    auto_submitted: bool = Field(False, description="The letter says that a machine wrote it; no letter answers it.")

    def letter(self, channel: str) -> Letter | None:
        """None for what is no letter, has no sender or was written by a machine."""
        if channel != "email" or not self.sender.email or self.auto_submitted:
            return None
        return Letter(self.sender.email, self.subject, self.message_id, tuple(self.references))

    def incoming(self, turn: str, way: str, channel: str, *, by_letter: bool = False) -> Incoming:
        """Turns are separate conversations unless they name one."""
        return Incoming(
            turn,
            f"{way}:{self.conversation}" if self.conversation else turn,
            channel,
            self.text,
            self.sender.email,
            self.sender.verified,
            self.subject,
            tuple(Turn(said.role, said.text) for said in self.history),
            self.sender.token.get_secret_value() if self.sender.token else "",
            self.sender.network,
            letter=self.letter(channel) if by_letter else None,
        )


def described(one: Approval) -> dict[str, Any]:
    """A waiting approval, as programs see it."""
    quote = one.quote
    return {
        "id": one.id,
        "conversation": one.conversation,
        "action": quote.action.value,
        "order_id": quote.order_number,
        "amount": quote.amount.decimal(),
        "currency": quote.amount.currency,
        "items": ", ".join(line.name for line in quote.lines),
        "reason": quote.reason,
        "customer": one.caller.name or one.caller.email or "",
        "rule": quote.ruling.rule,
        "digest": quote.digest,
        "expires_at": one.expires_at.isoformat(),
        "state": one.state,
        "signals": list(one.signals),
        "people": one.people,
        "first_by": one.first_by,
        "replaces": one.replaces,
    }


def plain(record: Any) -> Any:
    """Moments as ISO 8601 text, tuples as lists: what JSON can say."""
    if isinstance(record, datetime):
        return record.isoformat()
    if isinstance(record, Mapping):
        return {name: plain(value) for name, value in record.items()}
    return [plain(value) for value in record] if isinstance(record, tuple | list) else record
