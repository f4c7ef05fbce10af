"""The brain of a house with a language model: the model first, within the month's cap; the embedded one goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.costs import Costs
from agent.policy import Policy
from api.settings import ModelSettings
from tools.registry import Registry

if TYPE_CHECKING:
    from agent.brains import Brain, Plain
    from agent.brains.llm import Server
    from agent.brains.model.asking import Chat


def with_environment(policy: Policy, given: ModelSettings) -> Policy:
    """WISMO_LLM_BASE_URL and WISMO_LLM_MODEL go before shop.toml's; the journal's policy version says which held."""
    named = {name: value for name, value in (("base_url", given.base_url), ("name", given.model)) if value}
    if not named:
        return policy
    return policy.model_copy(update={"model": policy.model.model_copy(update=named)})


def server(policy: Policy, given: ModelSettings) -> Server | None:
    """None where no model is connected: an address and a model's name make one."""
    table = with_environment(policy, given).model
    if not (table.base_url and table.name):
        return None
    from agent.brains.llm import Server

    return Server(table.base_url, given.api_key.get_secret_value())


def brain(chat: Chat, policy: Policy, tools: Registry, embedded: Plain, costs: Costs | None) -> Brain:
    """Without `costs` (an evaluation's own shop) there is no month and no cap."""
    from agent.brains.capped import CappedBrain
    from agent.brains.fallback import FallbackBrain
    from agent.brains.llm import LLMBrain
    from agent.brains.model.asking import Model

    thinks = LLMBrain(Model(chat, policy.model), tools, policy, embedded)
    return FallbackBrain(CappedBrain(thinks, embedded, costs) if costs else thinks, embedded)
