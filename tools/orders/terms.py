"""The shop's commercial terms that rules read. The agent's autonomy, tone and routing are not terms."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Step = Literal["confirmed", "paid", "packed", "shipped", "out_for_delivery", "delivered", "delayed", "refunded"]


class Terms(BaseModel):
    """The [terms] table of shop.toml. Money is in minor units of the order's currency, times in days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    return_days: int = Field(30, ge=0, description="Days after delivery in which a return may be requested.")
    claim_days: int = Field(7, ge=0, description="Days after delivery in which damage or loss may be reported.")
    lost_after_days: int = Field(10, ge=1, description="Days without a scan after which a parcel counts as lost.")
    return_label_fee: int = Field(0, ge=0, description="Deducted for the label when the fault is not the shop's.")
    restocking_fee: int = Field(0, ge=0, description="Deducted from a return; never for faults or withdrawals.")
    withdrawal_days: int = Field(14, ge=14, description="The EU right of withdrawal, in days after the last delivery.")
    goodwill_limit: int = Field(2000, ge=0, description="The most that gestures give back on one order.")
    gift_money_to_cards: bool = Field(False, description="Whether gift-card money may be sent to a card.")
    return_shipping: bool = Field(False, description="Refund the outbound shipping when everything goes back.")
    address_change_same_country: bool = Field(True, description="A new address must be in the same country.")
    quote_minutes: int = Field(15, ge=1, description="How long a quote stands before it is computed again.")
    route_split: int = Field(300, ge=0, description="Routing: what a further parcel is worth avoiding.")
    route_100_km: int = Field(20, ge=0, description="Routing: what 100 km are worth avoiding.")
    route_late_day: int = Field(400, ge=0, description="Routing: what a day after the promised one is worth avoiding.")
    route_stockout: int = Field(
        150, ge=0, description="Routing: what a unit that a location will sell itself is worth."
    )
    customer_updates: tuple[Step, ...] = Field((), description="Steps of an order that Wismo mails to customers.")
    publish: tuple[str, ...] = Field((), description="Events that other systems are told of: names, or order.*.")
    orders_master: Literal["wismo", "shop"] = Field("wismo", description="Whose word counts for mirrored orders.")
    timezone: str = Field("Europe/Paris", description="Where the shop's days begin.")
