"""How long is too long, and how sure is sure enough: a part of [proactive] in shop.toml."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    label_hours: int = Field(48, ge=1, le=720, description="Hours a label may be without a scan of the carrier.")
    silence_days: int = Field(4, ge=1, le=60, description="Days a parcel under way may be without a scan.")
    refund_days: int = Field(7, ge=1, le=60, description="Days that money may take to go back.")
    inspection_days: int = Field(3, ge=1, le=60, description="Days a return may wait for its inspection.")
    chance: float = Field(0.9, ge=0.5, le=0.99, description="How likely lateness must be before it is an alert.")
    history: int = Field(
        30, ge=1, description="Deliveries that a lane must have seen before it predicts or names days."
    )
    transit_days: int = Field(2, ge=0, le=60, description="Days on the way, where no history says how many.")
