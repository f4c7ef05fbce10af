"""docs/reference/shop-toml.md: what each key is, from the policy's types, the commented default file and the rules."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator, Mapping

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from agent.policy import Policy, default_text
from agent.routing_terms import Route
from agent.rules import RULES as PATH_RULES
from agent.systems import System
from api.upkeep.reference.told import MADE, default_of, kind_of, table
from tools.orders.model import RuleId
from tools.orders.rules import RULES as ORDER_RULES

HEAD = f"""# shop.toml

What Wismo may do, and how it sounds. The file is written with comments into a new home; every key is optional.
`wismo doctor` checks it, the desk edits it at `/policy`. {MADE}
"""
RULE = re.compile(r"\b[A-Z]{3}-\d+\b")
READ_BY = {
    "autonomy": "AUT-1 AUT-2 AUT-3 AUT-4 AUT-5",
    "confirm": "CNF-1 CNF-5",
    "handoff": "HND-5",
    "caps.refund_per_order": "AUT-3",
    "caps.refund_per_customer_day": "AUT-3",
    "caps.refund_per_day": "AUT-3",
    "caps.second_person": "APR-5",
    "identity.codes": "IDN-3 IDN-4",
    "identity.code_minutes": "IDN-4",
    "identity.match": "IDN-6",
    "limits.approval_hours": "APR-4",
    "limits.orders_per_message": "LIM-1",
    "limits.proposal_hours": "CNF-2",
    "limits.replies_per_conversation": "LIM-2",
    "limits.requests_per_message": "LIM-3",
    "risk.ratio_orders": "RSK-2",
    "risk.refunds_days": "RSK-1",
    "risk.two_people": "APR-5",
    "rollout.intents": "ROL-1",
    "terms.address_change_same_country": "ADR-3",
    "terms.goodwill_limit": "GDW-1",
    "terms.lost_after_days": "LST-1 REF-9",
    "terms.return_days": "RET-2 RET-5",
    "terms.withdrawal_days": "WDR-1 WDR-2",
    "understanding.answer_lead": "KNO-3",
    "understanding.answer_similarity": "KNO-1 KNO-2",
    "understanding.answer_surely": "KNO-1",
    "understanding.ask_similarity": "KNO-2 KNO-3",
}
"""The rules that read a key, or a whole table; docs/rules.md says what each is."""
WORDS = {
    "routing.intents": "what was asked for; the first row that fits decides, an empty cell fits all",
    "routing.languages": "the language that it was asked in",
    "routing.moods": "how the customer sounds",
    "routing.urgency": "how urgent it is",
    "routing.hours": "whether people answer now",
    "routing.reason": "why it is handed over",
    "routing.to": "`person`: handed over at once",
    "routing.playbook": "answered by another intent's playbook",
    "routing.team": "who takes a hand-off",
    "rollout.intents": "by intent: sent, draft, or off (goes to a person)",
    "model.steps": "another model for a step",
    "model.prices": "by model: units of your currency for a million tokens",
    "understanding.precision": "by intent: how often right; the least confidence then follows from validation",
    "connectors.kind": "how it is spoken to (docs/systems.md)",
    "connectors.url": "where it is",
    "connectors.folder": "of `csv`: the folder with `in` and `out`",
    "connectors.auth": "how Wismo says who it is",
    "connectors.header": "of `header`: its name",
    "connectors.token": "its credential: an environment variable, `WISMO_CONNECTOR_…`",
    "connectors.secret": "what its webhooks are signed with, likewise",
    "connectors.headers": "more headers of each request",
    "connectors.take": "by name: what it tells us, and the command that it becomes",
    "hours.days": 'written as keys of the table: `mon = "09:00-18:00"`',
}
"""What the default file shows only as an example."""
LISTED: Mapping[str, tuple[str, type[BaseModel]]] = {
    "routing": ("[[routing]]", Route),
    "connectors": ("[connectors.NAME]", System),
}
"""Keys that hold several of a kind."""
APART = {"playbooks"}
"""Files of their own beside shop.toml (docs/guide-for-leads.md)."""


def page() -> str:
    parts = [_part(name, field) for name, field in Policy.model_fields.items() if name not in APART]
    return "\n".join([HEAD, *parts])


def _part(name: str, field: FieldInfo) -> str:
    title, model = LISTED.get(name) or (f"[{name}]", field.annotation)
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    rows, words = _rows(name, model), _opening(model)
    body = table(("key", "type", "default", "what", "rules"), rows)
    return "\n".join(filter(None, [f"## {title}\n", f"{words}\n" if words else "", f"{body}\n"]))


def _opening(model: type[BaseModel]) -> str:
    """The class says it where the file does not; pydantic hands its own words down to who has none."""
    said = model.__doc__ or ""
    return " ".join(said.split()) if said and said != BaseModel.__doc__ else ""


def _rows(name: str, model: type[BaseModel]) -> Iterator[tuple[str, str, str, str, str]]:
    said = comments().get(name, {})
    for key, field in model.model_fields.items():
        what = said.get(key) or field.description or WORDS.get(f"{name}.{key}", "")
        yield f"`{key}`", kind_of(field.annotation), default_of(field), what, ", ".join(rules_of(name, key, what))
    if model.model_config.get("extra") == "allow":
        yield (
            "any other",
            _of_others(model),
            "none",
            MORE[name],
            "",
        )


def _of_others(model: type[BaseModel]) -> str:
    return kind_of(typing.get_type_hints(model)["__pydantic_extra__"]).partition(" to ")[2]


MORE = {
    "connectors": "a kind of record that it is told: `orders`, `stock`, `customers`, `journal`",
    "confirm": "the same for one channel, by its name",
    "handoff": "the team for one reason of a hand-off, by its name",
}


def rules_of(name: str, key: str, what: str) -> list[str]:
    """Rules that the file's words name, and those that read the key; one that is not known is a KeyError."""
    every = {**PATH_RULES, **ORDER_RULES}
    named = {*RULE.findall(what), *READ_BY.get(name, "").split(), *READ_BY.get(f"{name}.{key}", "").split()}
    return [rule for rule in sorted(named) if every[RuleId(rule)]]


def comments() -> dict[str, dict[str, str]]:
    """What the default file says beside each key, by table; of a key that is commented out too."""
    found: dict[str, dict[str, str]] = {}
    part = ""
    for line in default_text().splitlines():
        opened = re.match(r"(?:# )?\[+([a-z]+)\.?[^]]*\]+", line)
        part = opened[1] if opened else part
        key, _, rest = line.removeprefix("# ").partition(" = ")
        told = re.search(r"\s#\s(.+)$", rest)
        if told and key.isidentifier():
            found.setdefault(part, {}).setdefault(key, told[1])
    return found
