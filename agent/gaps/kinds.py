"""What kind of gap each rule tells of, or that it tells of none. A test holds that every rule stands here once.

The kind says who can mend it: whoever writes articles, feeds orders, adds actions, owns shop.toml, connects identity,
or teaches words.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    KNOWLEDGE = "knowledge"
    DATA = "data"
    ACTION = "action"
    POLICY = "policy"
    IDENTITY = "identity"
    LANGUAGE = "language"


RULES_OF: Mapping[Kind, str] = {
    Kind.KNOWLEDGE: "KNO-2 GAP-1",
    Kind.DATA: "SCP-1 STA-2 TLF-1 FND-1 GAP-2",
    Kind.ACTION: "HND-5 GAP-3",
    # Switched off or limited in shop.toml, then the commercial rules, which are told: answered, and the wish unserved.
    Kind.POLICY: "AUT-1 AUT-4 ROL-1 ROU-1 LIM-1 LIM-2 LIM-3 LIM-4 "
    "CAN-2 CAN-4 ADR-2 ADR-3 RET-1 RET-2 RET-3 RET-5 REF-5 REF-7 REF-8 REF-9 GDW-1 WDR-2 WDR-3 "
    "CHG-1 CHG-2 CHG-3 CHG-4 EXC-1 CLM-1 STK-1 TRN-1 GAP-4",
    Kind.IDENTITY: "IDN-1 IDN-2 IDN-3 IDN-4 IDN-5",
    Kind.LANGUAGE: "TRI-1 TRI-2 SLT-3 LNG-1 ADR-4",
}
"""Rule ids by kind, by spaces. ADR-4 is here because an address that lacks a part was often read, not written, so."""

NO_GAP = (
    # met, whatever was asked: a person was wanted, owed by law or already there; answered; waits for a yes or a person
    "HND-1 HND-2 HND-3 HND-4 IDN-6 SLT-1 SLT-2 SLT-4 SLT-5 SLT-6 MCH-1 STA-1 STA-3 PRO-1 KNO-1 KNO-3 TLK-1 "
    "CNF-1 CNF-2 CNF-3 CNF-4 CNF-5 CND-1 "
    "AUT-2 AUT-3 AUT-5 APR-1 APR-2 APR-3 APR-4 APR-5 APR-6 CAP-1 RSK-1 RSK-2 RSK-3 RSK-4 RSK-5 "
    # allowed, or wished for what is so already
    "CAN-1 CAN-3 ADR-1 ADR-5 RET-4 REF-1 REF-2 REF-3 REF-4 REF-6 WDR-1 EXC-2 CLM-2 "
    # of the shop's own commands: no customer hears them
    "RET-6 RET-7 REF-11 REF-12 ORD-1 ORD-5 ORD-6 PAY-1 PAY-2 PAY-3 PAY-4 PAY-5 PAY-6 PAY-7 PAY-8 PAY-9 CUS-1 "
    "STK-2 STK-3 FUL-1 FUL-2 FUL-3 QUO-1 IDM-1 VAL-1 LST-1 TRK-1 LBL-1"
)

KIND_OF: Mapping[str, Kind] = {rule: kind for kind, rules in RULES_OF.items() for rule in rules.split()}
MEANS_A_RULE = frozenset({Kind.POLICY, Kind.DATA})
"""Kinds in which the rule decides what mends it, so that one wish under two rules is two gaps."""

REMEDY: Mapping[Kind, str] = {
    Kind.KNOWLEDGE: "write an article that answers it, then: wismo ingest ARTICLE",
    Kind.DATA: "see that the order, or its tracking, reaches Wismo: wismo orders import FILE",
    Kind.ACTION: "no action does this yet: add a playbook for it, or keep people for it",
    Kind.POLICY: "your rule at work: change it in shop.toml, or say it earlier in the help centre",
    Kind.IDENTITY: "give customers a way to prove who they are: signed tokens, or codes by mail (docs/identity.md)",
    Kind.LANGUAGE: "teach the words: wismo train LABELS.csv; or add the language in shop.toml",
}

REMEDY_OF: Mapping[str, str] = {
    "TLF-1": "something that Wismo stands on was out of order: wismo doctor",
    "AUT-1": "you switched it off: [autonomy] in shop.toml",
    "AUT-4": "you keep it in draft: [autonomy] and [rollout] in shop.toml",
    "ROU-1": "a row of yours: [[routing]] in shop.toml",
    "LIM-3": "a limit of yours: [limits] in shop.toml",
    "LNG-1": "a language that you do not answer in: add it to languages in shop.toml, or keep people for it",
    "ROL-1": "you switched it off: [rollout.intents] in shop.toml",
    "LIM-1": "a limit of yours: [limits] in shop.toml",
    "LIM-2": "a limit of yours: [limits] in shop.toml",
    "LIM-4": "the same answer did not help: read what was wanted, and say more in the template or the help centre",
}
UNSAID = "no words for the answer passed the check: wismo explain TICKET shows why; mend the template, or report it"


def remedy_for(kind: Kind, rule: str) -> str:
    """What would mend it. A rule that tells of no gap ended here only because its answer could not be said."""
    if kind is Kind.LANGUAGE and rule not in KIND_OF:
        return UNSAID
    return REMEDY_OF.get(rule, REMEDY[kind])


def bucket(kind: Kind, rule: str) -> str:
    """What must be the same, beside the kind, for two questions to be one gap: the rule, where it decides the cure."""
    return rule if kind in MEANS_A_RULE or rule not in KIND_OF else ""


def kind_of(rule: str) -> Kind | None:
    """None for a rule that tells of no gap, and for one of a journal older or newer than this code."""
    return KIND_OF.get(rule)
