"""Shops, providers and carriers that are connected: their settings, who knocks, and who reads what they sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from connectors.carriers import aftership, easypost
from connectors.carriers.scans import Scans
from connectors.payments import stripe_events
from connectors.payments.choosing import Choosing
from connectors.payments.sandbox import SandboxPayments
from connectors.payments.stripe_events import StripeEvents
from connectors.signed import Knock
from connectors.worker import Handler
from tools.orders.providers import Payments
from tools.orders.service import Orders


class WebhookSettings(BaseSettings):
    """WISMO_EASYPOST_…, WISMO_AFTERSHIP_…: without a secret nothing is taken from them."""

    model_config = SettingsConfigDict(extra="ignore")

    webhook_secret: SecretStr = Field(SecretStr(""), description="several, comma separated, while rotating")

    def secrets(self) -> tuple[str, ...]:
        return tuple(one.strip() for one in self.webhook_secret.get_secret_value().split(",") if one.strip())


class EasyPostSettings(WebhookSettings):
    model_config = SettingsConfigDict(env_prefix="WISMO_EASYPOST_", extra="ignore")


class AfterShipSettings(WebhookSettings):
    model_config = SettingsConfigDict(env_prefix="WISMO_AFTERSHIP_", extra="ignore")


class StripeSettings(WebhookSettings):
    """WISMO_STRIPE_…: with a secret key payments whose `psp` is stripe are asked of Stripe."""

    model_config = SettingsConfigDict(env_prefix="WISMO_STRIPE_", extra="ignore")

    secret_key: SecretStr = Field(SecretStr(""), description="sk_live_… or sk_test_…, or a restricted key")
    url: str = Field("", description="another address than Stripe's own, for tests")

    @property
    def connected(self) -> bool:
        return bool(self.secret_key.get_secret_value())

    @property
    def livemode(self) -> bool:
        return "_live_" in self.secret_key.get_secret_value()


class ShippingSettings(BaseSettings):
    """WISMO_SHIPPING_…"""

    model_config = SettingsConfigDict(env_prefix="WISMO_SHIPPING_", extra="ignore")

    gs1_prefix: str = Field("0000000", pattern=r"^\d{7,10}$", description="the shop's GS1 company prefix, for SSCCs")
    sender: str = Field("", description="the sender's lines on a label, separated by |")


@dataclass(frozen=True, slots=True)
class Delivered:
    raw: bytes
    headers: Mapping[str, str]
    at: datetime


@dataclass(frozen=True, slots=True)
class Vendor:
    """`knock` verifies and reads; it raises `BadKnock`, and gives None for what is none of ours."""

    name: str
    settings: Callable[[], WebhookSettings]
    knock: Callable[[Delivered, Sequence[str]], Knock | None]
    handler: Callable[[Orders], Handler]


def _easypost(given: Delivered, secrets: Sequence[str]) -> Knock | None:
    easypost.verify(given.raw, given.headers, secrets)
    return easypost.knock(given.raw)


def _aftership(given: Delivered, secrets: Sequence[str]) -> Knock | None:
    aftership.verify(given.raw, given.headers, secrets)
    return aftership.knock(given.raw)


def _stripe(given: Delivered, secrets: Sequence[str]) -> Knock | None:
    stripe_events.verify(given.raw, given.headers, secrets, given.at)
    return stripe_events.knock(given.raw, StripeSettings().livemode)


def payments() -> Payments:
    """Each payment is asked of the provider it was made with; the sandbox answers for names that are none."""
    settings = StripeSettings()
    by_name: dict[str, Payments] = {}
    if settings.connected:
        from connectors.payments.stripe import StripePayments

        by_name["stripe"] = StripePayments(settings.secret_key.get_secret_value(), settings.url)
    return Choosing(by_name, SandboxPayments(), frozenset({"stripe"}))


VENDORS: Mapping[str, Vendor] = {
    one.name: one
    for one in (
        Vendor("easypost", EasyPostSettings, _easypost, lambda orders: Scans(orders, "easypost", easypost.told).read),
        Vendor("stripe", StripeSettings, _stripe, lambda orders: StripeEvents(orders).read),
        Vendor(
            "aftership", AfterShipSettings, _aftership, lambda orders: Scans(orders, "aftership", aftership.told).read
        ),
    )
}


def handlers(orders: Orders) -> dict[str, Handler]:
    """By the source of an event; also of those whose secret was taken away, for what had come before."""
    return {name: vendor.handler(orders) for name, vendor in VENDORS.items()}
