"""The one policy object: shop.toml as rules read it, replies quote it and the desk edits it.

The shop's commercial terms are in tools/orders/terms.py (this file embeds them); what the rules of the path
say of a request is in agent/rulebook/.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from agent.case import Intent, Reason
from agent.model_terms import ModelTable
from agent.playbooks import PlaybookError, Playbooks, playbooks, with_own
from agent.proactive.terms import ProactiveTable
from agent.routing_terms import HoursTable, Route
from agent.systems import Systems
from tools.orders.agreement import Action, Quote
from tools.orders.model import RuleId
from tools.orders.terms import Terms

Autonomy = Literal["off", "draft", "approve", "auto"]
STRICTEST: tuple[Autonomy, ...] = ("off", "draft", "approve", "auto")


class PolicyError(ValueError):
    """shop.toml cannot be used; the message names each key and what would be accepted."""


class Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ShopTable(Table):
    name: str = "Our shop"
    languages: tuple[str, ...] = Field(("en", "fr"), min_length=1)
    order_numbers: tuple[str, ...] = (r"#?W\d{4,10}", r"ORD-\d{4}-\d{3,8}", r"#\d{3,12}", r"\d{4,12}")

    @field_validator("order_numbers")
    @classmethod
    def _compiles(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
        return patterns


class IdentityTable(Table):
    """How callers may prove who they are, beside what the channel proves (DESIGN section 4, rule 2)."""

    codes: bool = True
    match: bool = False
    code_minutes: int = Field(10, ge=1, le=60)
    session_minutes: int = Field(30, ge=1, le=24 * 60)


class AutonomyTable(Table):
    cancel_order: Autonomy = "auto"
    change_address: Autonomy = "auto"
    change_items: Autonomy = "approve"
    change_payment: Autonomy = "approve"
    request_return: Autonomy = "auto"
    request_exchange: Autonomy = "approve"
    refund: Autonomy = "approve"


class CapsTable(Table):
    """Minor units of the order's currency. The first three end what runs without a person; the last needs two."""

    refund_per_order: int = Field(10_000, ge=0)
    refund_per_customer_day: int = Field(20_000, ge=0)
    refund_per_day: int = Field(200_000, ge=0)
    second_person: int = Field(50_000, ge=0)


class RiskTable(Table):
    """What raises an action from auto to a person, and with `two_people` from one person to two (RSK-*)."""

    refunds: int = Field(3, ge=1)
    refunds_days: int = Field(30, ge=1)
    ratio: float = Field(0.5, gt=0, le=1)
    ratio_orders: int = Field(3, ge=1)
    address_change_days: int = Field(7, ge=0)
    two_people: bool = False


class ConfirmTable(BaseModel):
    """By channel; a channel that is not named takes `default`."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, Literal["ask", "implied"]]
    default: Literal["ask", "implied"] = "ask"

    def on(self, channel: str) -> str:
        return self.__pydantic_extra__.get(channel, self.default)


class VoiceTable(Table):
    assistant: str = "Wismo"
    tone: str = Field("friendly, brief and plain", max_length=300)
    greeting: bool = True
    signature: str = ""


class HandoffTable(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, str]
    default: str = "support"

    @field_validator("*")
    @classmethod
    def _named(cls, team: str) -> str:
        if not team:
            raise ValueError("a team needs a name")
        return team

    def team(self, reason: Reason) -> str:
        return self.__pydantic_extra__.get(reason, self.default)


class RolloutTable(Table):
    """Less is always possible: of the shop's mode, the conversation's share and the intent's switch the least holds."""

    mode: Literal["sent", "draft"] = "sent"
    share: float = Field(1.0, ge=0, le=1)
    holdout: float = Field(0.0, ge=0, le=1)
    intents: Mapping[Intent, Literal["sent", "draft", "off"]] = Field(default_factory=dict)

    def of(self, intent: Intent) -> Literal["sent", "draft", "off"]:
        return self.intents.get(intent, "sent")

    def takes(self, conversation: str) -> bool:
        """By a stable hash: a conversation stays where it began, and a larger share keeps those of a smaller one."""
        return self.mode == "sent" and _place(conversation) < self.share

    def held_out(self, customer: str) -> bool:
        """Always left to people, so that the others can be compared with them; by customer, where one is known."""
        return _place(f"holdout:{customer}") < self.holdout


def _place(name: str) -> float:
    """From 0 to 1, the same for ever."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 0x1_0000_0000


class LimitsTable(Table):
    orders_per_message: int = Field(8, ge=1)
    requests_per_message: int = Field(8, ge=1)
    replies_per_conversation: int = Field(30, ge=1)
    message_characters: int = Field(20_000, ge=1_000)
    proposal_hours: int = Field(72, ge=1)
    approval_hours: int = Field(72, ge=1)
    monthly_cost: int = Field(0, ge=0)


class RetentionTable(Table):
    """Days that words, names and addresses of conversations are kept; 0: until somebody erases them."""

    personal_days: int = Field(730, ge=0)


class WidgetTable(Table):
    """`photos`: customers may send pictures of damage. `ask` is asked before the first message; it may be left out."""

    photos: bool = False
    ask: tuple[Literal["email", "order"], ...] = ()


class CostTable(Table):
    """What a ticket in a person's hands costs: minutes, and cents of an hour (0: only minutes are told)."""

    handoff_minutes: int = Field(6, ge=0)
    person_hour: int = Field(0, ge=0)


class UnderstandingTable(Table):
    """`confidence` is asked of what begins an order action, `confidence_to_tell` of the rest.

    `precision`, by intent, sets the least confidence from validation instead: as often right as wanted.
    """

    confidence: float = Field(0.45, ge=0, le=1)
    confidence_to_tell: float = Field(0.3, ge=0, le=1)
    precision: Mapping[Intent, float] = Field(default_factory=dict)
    answer_similarity: float = Field(0.35, ge=0, le=1)
    answer_lead: float = Field(0.5, ge=0)
    answer_surely: float = Field(0.7, ge=0, le=1)
    ask_similarity: float = Field(0.30, ge=0, le=1)


class Policy(Table):
    """What a shop allows. Frozen: a changed shop.toml is a new object with another `version`."""

    shop: ShopTable = ShopTable()
    terms: Terms = Terms()
    identity: IdentityTable = IdentityTable()
    autonomy: AutonomyTable = AutonomyTable()
    caps: CapsTable = CapsTable()
    risk: RiskTable = RiskTable()
    confirm: ConfirmTable = ConfirmTable()
    voice: VoiceTable = VoiceTable()
    handoff: HandoffTable = HandoffTable()
    rollout: RolloutTable = RolloutTable()
    limits: LimitsTable = LimitsTable()
    retention: RetentionTable = RetentionTable()
    widget: WidgetTable = WidgetTable()
    cost: CostTable = CostTable()
    proactive: ProactiveTable = ProactiveTable()
    model: ModelTable = ModelTable()
    understanding: UnderstandingTable = UnderstandingTable()
    hours: HoursTable = HoursTable()
    routing: tuple[Route, ...] = ()
    connectors: Systems = Field(default_factory=dict)
    playbooks: Playbooks = Field(default_factory=playbooks)

    @cached_property
    def version(self) -> str:
        """Hash of everything in it; stands in the journal of each reply."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

    def may(self, quote: Quote) -> Autonomy:
        """The strictest of: the action's own step, refund's step when money moves, the cap. A withdrawal is a right."""
        if quote.action is Action.WITHDRAW:
            return "auto"
        steps: list[Autonomy] = [getattr(self.autonomy, quote.action, "approve")]
        if quote.amount and quote.action is not Action.REQUEST_RETURN:
            steps.append(self.autonomy.refund)
            steps.append("auto" if quote.amount.minor <= self.caps.refund_per_order else "approve")
        return min(steps, key=STRICTEST.index)

    def people(self, quote: Quote, signals: Sequence[RuleId]) -> int:
        """How many must accept, once a person must (APR-5)."""
        return 2 if quote.amount.minor > self.caps.second_person or (signals and self.risk.two_people) else 1


def load(path: Path) -> Policy:
    """shop.toml, and the shop's own playbooks beside it. Raises `PolicyError` with every key that does not fit."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path.name} is not valid TOML: {error}") from None
    return load_text(text, path)


def load_text(text: str, path: Path) -> Policy:
    """The same of a text that may become the file."""
    try:
        given = tomllib.loads(text)
        if "playbooks" in given:
            raise PolicyError(f"{path.name}: playbooks: they are files of their own, in {path.parent / 'playbooks'}")
        return Policy.model_validate({**given, "playbooks": with_own(path.parent / "playbooks")})
    except PlaybookError as error:
        raise PolicyError(f"playbooks/{error}") from None
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{path.name} is not valid TOML: {error}") from None
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise PolicyError(f"{path.name}: " + "; ".join(wrong)) from None


def default_text() -> str:
    """The commented default shop.toml, as it is written into a new home."""
    return Path(__file__).with_name("default_shop.toml").read_text(encoding="utf-8")
