"""Whether the language model answers, by asking it: one short form to fill in, one tool to call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.brains import BrainError
from agent.brains.model.asking import Ask, Model, json_in
from agent.brains.model.prompting import Prompt, system, user
from agent.model_terms import ModelTable
from agent.policy import PolicyError
from api.connected import thinking
from api.operating.checks import Check
from api.settings import ModelSettings

if TYPE_CHECKING:
    from api.wiring import House

SECONDS = 15.0
FORM = {
    "type": "object",
    "properties": {"word": {"type": "string"}},
    "required": ["word"],
    "additionalProperties": False,
}
PROMPT = Prompt("doctor", "You are being tested. Answer as JSON with the property `word`.", "")
TOOL = {
    "type": "function",
    "function": {
        "name": "say_yes",
        "description": "Call this.",
        "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
    },
}


def model(house: House) -> Check:
    given = ModelSettings()
    try:
        table = thinking.with_environment(house.policy, given).model
        chat = house.chat
    except PolicyError:
        return Check("language model", False, "shop.toml cannot be read", needed=False)
    if chat is None:
        half = [name for name, value in (("BASE_URL", table.base_url), ("MODEL", table.name)) if not value]
        says = "not connected: the embedded brain answers (docs/model.md)"
        return Check("language model", len(half) == 2, says if len(half) == 2 else f"set WISMO_LLM_{half[0]}", False)
    try:
        says = _asked(Model(chat, table.model_copy(update={"seconds": SECONDS, "ticket_seconds": SECONDS * 2})), table)
    except BrainError as error:
        return Check("language model", False, f"{table.name}: {error}", needed=False)
    return Check("language model", True, says, needed=False)


def _asked(asked: Model, table: ModelTable) -> str:
    """What it does, and what it is charged at. Raises `BrainError`."""
    question = (system(PROMPT.text), user('Say the word "yes".'))
    json_in(asked.say(Ask("triage", PROMPT, question, FORM)).text)
    tools = (system("You are being tested."), user("Call the tool say_yes."))
    called = asked.say(Ask("investigate", PROMPT, tools, tools=(TOOL,))).calls
    priced = "" if table.at("write") in table.prices else "; no price in [model.prices]: it counts as free"
    does = "calls tools" if called else "calls NO tools, so it only reads and words"
    return f"{table.name} fills in forms and {does}{priced}"
