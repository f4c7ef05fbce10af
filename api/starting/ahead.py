"""What to do next, from what stands in the home: a command or a place, and what it is for."""

from __future__ import annotations

from collections.abc import Iterator

from api.starting.kept import Log
from api.starting.steps import STEPS, Name
from api.wiring import House

MISSING = {
    Name.RULES: "say what the shop is called and what it allows",
    Name.ORDERS: "without orders Wismo can look nothing up",
    Name.HELP: "without articles it answers no question about the shop",
    Name.TICKETS: "past tickets show what it would have done with them",
}


def ahead(house: House, log: Log) -> Iterator[tuple[str, str]]:
    for name, why in MISSING.items():
        if log.last(name) is None and STEPS[name].once:
            yield f"wismo init --only {name}", why
    if log.last(Name.TICKETS):
        yield "the report", "which wishes are ready: docs/guide-for-leads.md, from step 3"
    if not house.connections.channels:
        yield "wismo connect zendesk", "or intercom, freshdesk, sunshine: real tickets come in"
    yield "wismo tokens add mia --role lead", "invite your people: the token is their way into the desk"
    yield "wismo doctor", "what is missing, each with its remedy"
    if house.policy.rollout.mode == "draft":
        yield "wismo init --only rules --mode sent", "switch on, when the drafts are good"
    yield "wismo serve", "the desk, the chat, the API, the webhooks"
