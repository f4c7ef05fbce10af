"""The form of a test case: the shop it happens in, what is said, what must come of it. docs/cases.md explains it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from agent.case import Disposition, Intent, Reason
from eval.suite.customers import CUSTOMERS
from eval.suite.recipes import STATES

GROUPS = (
    "happy",
    "correction",
    "topic_switch",
    "cancel_midway",
    "several_requests",
    "strangers_order",
    "injection",
    "false_promise",
    "double_refund",
    "talk_over",
    "stale_approval",
    "withdrawal",
    "language",
    "abuse",
    "gap",
)
"""Of the shipped cases; a lead's own may name others."""
ASKED = {
    "confirm": {"CNF-1", "CNF-2", "CNF-5", "APR-3"},
    "identity": {"IDN-1"},
    "email": {"IDN-5"},
    "code": {"IDN-3", "IDN-4"},
    "order": {"SLT-1", "STA-2", "SCP-1"},
    "address": {"SLT-2"},
    "items": {"SLT-4"},
    "variant": {"SLT-5", "SLT-6"},
    "article": {"KNO-3"},
    "intent": {"TRI-1"},
}
"""What a question of the agent asks for, by the rules that ask it."""
SHORT = re.compile(
    r"(?P<order>\S+) (?P<state>[a-z_]+)(?: (?P<days_ago>[\d.]+) days ago)?"
    r"(?: of (?P<customer>[a-z]\w*))?(?:: (?P<items>.+))?"
)
"""An order in a line: `1001 delivered 5 days ago of ana: throw-grey, 2 mugs-blue`."""
DONE_BY = ("say", "approve", "reject", "person_takes_over", "happens", "customer")


def _several(given: object) -> object:
    return (given,) if isinstance(given, str | int) else given


Words = Annotated[tuple[str, ...], BeforeValidator(_several)]
"""Plain words, in any case, or a /regular expression/."""


class Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class ItemOf(Form):
    """A sku of the demo catalogue; or an item of the shop's own, with its name and price."""

    sku: str
    quantity: int = Field(1, ge=1, le=99)
    name: str = ""
    price: str = Field("", pattern=r"^(\d+(\.\d{1,2})?)?$")
    options: Mapping[str, str] = Field(default_factory=dict)
    returnable: bool = True

    @model_validator(mode="after")
    def _both(self) -> ItemOf:
        if bool(self.name) != bool(self.price):
            raise ValueError("an item of the shop's own needs both name and price")
        return self


class OrderOf(Form):
    """`days_ago` counts from what made the state: the delivery, the dispatch, else the order itself."""

    order: str = Field(pattern=r"^#?[A-Za-z0-9-]{3,20}$")
    state: str
    customer: str = "ana"
    days_ago: float | None = Field(None, ge=0, le=4000)
    items: tuple[ItemOf, ...] = (ItemOf(sku="throw-grey"),)
    shipping: str = Field("0", pattern=r"^\d+(\.\d{1,2})?$")
    method: Literal["credit_card", "paypal", "gift_card"] = "credit_card"

    @model_validator(mode="before")
    @classmethod
    def _in_a_line(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        read = SHORT.fullmatch(given.strip())
        if read is None:
            raise ValueError(f"{given!r} is no order; write for example: 1001 delivered 5 days ago of ana: throw-grey")
        return {name: value for name, value in read.groupdict().items() if value}

    @field_validator("items", mode="before")
    @classmethod
    def _skus(cls, given: object) -> object:
        many = given.split(",") if isinstance(given, str) else given
        return [_item(one) if isinstance(one, str) else one for one in many] if isinstance(many, list) else many

    @field_validator("state")
    @classmethod
    def _known(cls, state: str) -> str:
        if state not in STATES:
            raise ValueError(f"no state {state!r}; there are {', '.join(STATES)}")
        return state


class CustomerOf(Form):
    """Somebody beside the customers that every case has."""

    name: str
    email: str
    language: str = "en"
    country: Literal["FR", "BE", "DE", "ES", "GB", "IE", "US"] = "FR"
    payment_methods: tuple[Mapping[str, str], ...] = ()


class Article(Form):
    title: str
    text: str
    language: str = "en"


class ShopOf(Form):
    """`help`: `demo` (the demo shop's help centre), `none`, or articles. `mail`: letters leave, codes are offered."""

    orders: tuple[OrderOf, ...] = ()
    customers: Mapping[str, CustomerOf] = Field(default_factory=dict)
    policy: Mapping[str, Any] = Field(default_factory=dict)
    help: Literal["demo", "none"] | tuple[Article, ...] = "demo"
    sold_out: tuple[str, ...] = ()
    mail: bool = False

    @property
    def articles(self) -> tuple[Article, ...]:
        return () if isinstance(self.help, str) else self.help


class ActionOf(Form):
    """Only the fields that are given are compared."""

    action: str
    order: str | None = None
    status: Literal["done", "proposed", "queued", "denied"] | None = None
    amount: str | None = None


class Expected(Form):
    """What a turn, or the whole conversation, must come to; what is not given is not looked at.

    `actions` are all of the turn's. Several dispositions or reasons: any of them. `must_say` at the end of a
    case: in any reply; `must_not_say`: in none.
    """

    intents: Annotated[tuple[Intent, ...], BeforeValidator(_several)] | None = None
    disposition: Annotated[tuple[Disposition, ...], BeforeValidator(_several)] = ()
    rules: Words = ()
    not_rules: Words = ()
    handoff: Annotated[tuple[Reason | Literal["none"], ...], BeforeValidator(_several)] = ()
    actions: tuple[ActionOf, ...] | None = None
    must_say: Words = ()
    must_not_say: Words = ()
    language: str | None = None
    sent: bool | None = None

    @field_validator("must_say", "must_not_say")
    @classmethod
    def _compiles(cls, said: tuple[str, ...]) -> tuple[str, ...]:
        for one in said:
            pattern_of(one)
        return said


class Outcome(Expected):
    """At the end of a case. `end_state`: by order, every field that differs from the start, as [before, after].

    An order or a field that is not named must be as it was: a case that says nothing expects nothing to be changed.
    """

    end_state: Mapping[str, Mapping[str, tuple[str, str]]] = Field(default_factory=dict)
    with_person: bool | None = None
    waiting: int | None = None


class When(Form):
    """What makes a scripted customer say something: all that is given must fit the agent's last turn."""

    asked: (
        Literal["confirm", "identity", "email", "code", "order", "address", "items", "variant", "article", "intent"]
        | None
    ) = None
    disposition: Disposition | None = None
    replied: str | None = None

    @model_validator(mode="after")
    def _something(self) -> When:
        if not (self.asked or self.disposition or self.replied):
            raise ValueError("needs one of: asked, disposition, replied (words or /regex/)")
        return self


class Reaction(Form):
    """Said at most `times` times; `when` left out fits any turn."""

    say: str
    when: When | None = None
    times: int = Field(1, ge=1, le=10)


class Scripted(Form):
    """A customer who opens, then reacts to what the agent answers, in a mood that colours the words."""

    opens: str
    mood: Literal["plain", "polite", "terse", "shouting", "typing"] = "plain"
    reacts: tuple[Reaction, ...] = ()
    at_most: int = Field(6, ge=1, le=20)


class Sender(Form):
    """Who writes: verified by the channel, only claimed, or somebody else in the thread."""

    email: str | None = None
    verified: bool = True
    stranger: bool = False


class Happening(Form):
    """What the shop, the warehouse or the carrier does meanwhile."""

    order: str
    what: Literal["starts", "ships", "delivered", "cancelled", "receives_return", "accepts_return"]


class Step(Form):
    """Exactly one of say, approve, reject, person_takes_over, happens, customer."""

    say: str | None = None
    subject: str = ""
    sender: Sender | str | None = Field(None, alias="from")
    channel: str | None = None
    after: Mapping[Literal["minutes", "hours", "days"], float] = Field(default_factory=dict)
    approve: str | None = None
    reject: str | None = None
    person_takes_over: bool = False
    happens: Happening | None = None
    customer: Scripted | None = None
    again: bool = False
    expect: Expected = Expected()

    @model_validator(mode="after")
    def _one_thing(self) -> Step:
        done = [name for name in DONE_BY if getattr(self, name) not in (None, False)]
        if len(done) != 1:
            raise ValueError(f"a turn does exactly one of: {', '.join(DONE_BY)}; this one: {', '.join(done) or 'none'}")
        return self


class Case(Form):
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{2,70}$")
    group: str = Field("own", pattern=r"^[a-z][a-z_]{1,30}$")
    says: str = Field(min_length=8)
    shop: ShopOf = ShopOf()
    customer: str = "ana"
    channel: str = "email"
    turns: tuple[Step, ...] = Field(min_length=1)
    expect: Outcome = Outcome()
    known_issue: str = ""

    @model_validator(mode="after")
    def _names_exist(self) -> Case:
        people = {*CUSTOMERS, *self.shop.customers}
        for name in (self.customer, *(one.customer for one in self.shop.orders), *self._senders()):
            if name not in people:
                raise ValueError(f"no customer {name!r}; there are {', '.join(sorted(people))}")
        numbers = {one.order for one in self.shop.orders}
        for number in (*self.expect.end_state, *(one.happens.order for one in self.turns if one.happens)):
            if number not in numbers:
                raise ValueError(
                    f"no order {number!r} in the shop of this case; there are {', '.join(sorted(numbers))}"
                )
        return self

    def _senders(self) -> tuple[str, ...]:
        return tuple(one.sender for one in self.turns if isinstance(one.sender, str))


def _item(text: str) -> dict[str, object]:
    """`throw-grey`, `2 throw-grey`."""
    count, _, sku = text.strip().rpartition(" ")
    return {"sku": sku, "quantity": count or 1}


def pattern_of(said: str) -> re.Pattern[str]:
    """Raises ValueError for what is no regular expression."""
    if len(said) > 2 and said.startswith("/") and said.endswith("/"):
        try:
            return re.compile(said[1:-1], re.IGNORECASE)
        except re.error as error:
            raise ValueError(f"{said} is not a regular expression: {error}") from None
    return re.compile(r"\s+".join(map(re.escape, said.split())), re.IGNORECASE)
