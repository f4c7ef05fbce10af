"""shop.toml's [model]: which language model may think along, how long, and what it costs. Never its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Thinks = Literal["triage", "investigate", "write", "judge", "customer"]
REMEDY = "a key does not belong in shop.toml; set WISMO_LLM_API_KEY"


class Price(BaseModel):
    """Units of the shop's currency for a million tokens, so micros for one. `cached`: None means as `input`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(0.0, ge=0)
    output: float = Field(0.0, ge=0)
    cached: float | None = Field(None, ge=0)


class ModelTable(BaseModel):
    """`name` thinks in every step that names no other. Limits of a ticket end its calls; the embedded brain goes on.

    `cooling_seconds`: so long nothing is asked after `failures` calls in a row failed. `ticket_cost` in cents, 0: no
    limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = ""
    name: str = ""
    steps: Mapping[Thinks, str] = Field(default_factory=dict)
    prices: Mapping[str, Price] = Field(default_factory=dict)
    seconds: float = Field(20.0, gt=0, le=600)
    ticket_seconds: float = Field(60.0, gt=0, le=3_600)
    ticket_calls: int = Field(12, ge=1)
    ticket_tokens: int = Field(60_000, ge=1_000)
    ticket_cost: int = Field(0, ge=0)
    rounds: int = Field(4, ge=1, le=5)
    failures: int = Field(3, ge=1)
    cooling_seconds: float = Field(30.0, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _no_key(cls, given: object) -> object:
        if isinstance(given, Mapping) and {"key", "api_key", "token"} & set(given):
            raise ValueError(REMEDY)
        return given

    def at(self, step: str) -> str:
        return {str(name): model for name, model in self.steps.items()}.get(step) or self.name
