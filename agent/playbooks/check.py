"""Is a playbook right? Its actions, look-ups, rules and templates must be there, and the proof that they need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent import rules as path_rules
from agent.playbooks import Playbook
from agent.replies.templates import sections_of
from tools.contract import Level
from tools.orders import rules as order_rules
from tools.verbs import TOOLS

LOOK_UPS = {
    "orders": ("find_orders", "read_order"),
    "account": ("read_account",),
    "variants": ("read_variants",),
    "help": ("search_help",),
}


def problems_in(playbook: Playbook, languages: Sequence[str]) -> Iterator[str]:
    """What is wrong, each with what would be accepted."""
    yield from _shape(playbook)
    yield from _proof(playbook)
    known = {*path_rules.RULES, *order_rules.RULES}
    for rule in playbook.rules:
        if rule not in known:
            yield f"rules: there is no rule {rule}; docs/rules.md lists them"
    for language in languages:
        yield from _words(playbook, language)


def _shape(playbook: Playbook) -> Iterator[str]:
    acts = playbook.about == "act"
    if acts and not playbook.propose:
        yield 'propose: a playbook about "act" names at least one action'
    if not acts and playbook.propose:
        yield f'propose: only a playbook about "act" proposes; this one is about "{playbook.about}"'
    if acts and "orders" not in playbook.looks_up:
        yield 'looks_up: an action needs "orders" to be read'
    if {"variant"} & set(playbook.needs) and "variants" not in playbook.looks_up:
        yield 'looks_up: to ask for a variant, "variants" must be read'
    if playbook.about == "order" and "orders" not in playbook.looks_up:
        yield 'looks_up: to tell of an order, "orders" must be read'
    if playbook.about == "help" and not playbook.help:
        yield 'looks_up: to answer from the help centre, "help" must be read'


def _proof(playbook: Playbook) -> Iterator[str]:
    """The declared level is what the tools hold anyway; here it is read aloud, so it must be true."""
    used = [
        *(action.value for action in playbook.propose),
        *(name for one in playbook.looks_up for name in LOOK_UPS[one]),
    ]
    if "help" in playbook.looks_up and not playbook.propose and playbook.about == "help":
        used = ["search_help"]
    needed = max((TOOLS[name].needs for name in used if name in TOOLS), default=Level.ANONYMOUS)
    if Level[playbook.identity.upper()] < needed:
        yield f'identity: what it reads and does needs "{needed.name.lower()}"'
    for action in playbook.propose:
        if action.value not in TOOLS:
            yield f"propose: no tool does {action}; there are {', '.join(name for name in TOOLS)}"


def _words(playbook: Playbook, language: str) -> Iterator[str]:
    if playbook.about in {"order", "help"} and not sections_of(language, playbook.reply):
        yield f"reply: there is no template {playbook.reply}.md in {language}"
    if playbook.about == "talk" and playbook.reply not in sections_of(language, "talk"):
        yield f"reply: talk.md in {language} has no part {playbook.reply}"
    for action in playbook.propose:
        if "confirm" not in sections_of(language, action.value):
            yield f"propose: {action}.md in {language} can not quote it (no part confirm)"
    for need in playbook.needs:
        if need not in sections_of(language, "ask") and need != "method":
            yield f"needs: ask.md in {language} does not ask for {need}"
