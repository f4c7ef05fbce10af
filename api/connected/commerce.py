"""Shops, providers and carriers that are connected: their settings, who knocks, and who reads what they sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.settings import CONNECTED
from connectors.carriers import aftership, easypost
from connectors.carriers.scans import Reading, Scans
from connectors.errors import Unauthorized
from connectors.inbox import Event
from connectors.payments import stripe_events
from connectors.payments.choosing import Choosing
from connectors.payments.sandbox import SandboxPayments
from connectors.payments.stripe_events import StripeEvents
from connectors.payments.through_shop import ThroughShop
from connectors.publishing import Publisher
from connectors.shops import Storefront, shopify_webhook
from connectors.shops.mirror import Mirror
from connectors.shops.shopify import Access, Shopify
from connectors.shops.shopify_webhook import ShopifyEvents
from connectors.signed import Knock
from connectors.worker import Handler
from tools.orders.model import Clock
from tools.orders.providers import Payments
from tools.orders.service import Orders


class WebhookSettings(BaseSettings):
    """WISMO_EASYPOST_…, WISMO_AFTERSHIP_…: without a secret nothing is taken from them."""

    model_config = SettingsConfigDict(extra="ignore")

    webhook_secret: SecretStr = Field(SecretStr(""), description="several, comma separated, while rotating")

    @classmethod
    def of(cls, home: Path) -> Self:
        """From the environment, and below it from what `wismo connect` wrote in the home."""
        return cls(_env_file=home / CONNECTED)

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


class ShopifySettings(WebhookSettings):
    """WISMO_SHOPIFY_…: the shop is the master of its orders; Wismo mirrors them and gives money back through it."""

    model_config = SettingsConfigDict(env_prefix="WISMO_SHOPIFY_", extra="ignore")

    url: str = Field("", description="https://your-shop.myshopify.com")
    client_id: str = Field("", description="the app's client id")
    client_secret: SecretStr = Field(SecretStr(""), description="also the secret that webhooks are signed with")
    token: SecretStr = Field(SecretStr(""), description="legacy: a fixed shpat_… token instead of client credentials")

    @property
    def connected(self) -> bool:
        return bool(self.url and (self.token.get_secret_value() or self.client_secret.get_secret_value()))

    def secrets(self) -> tuple[str, ...]:
        own = self.client_secret.get_secret_value()
        return (*super().secrets(), *((own,) if own else ()))


class PublishSettings(BaseSettings):
    """WISMO_PUBLISH_…: where the events of `terms.publish` go."""

    model_config = SettingsConfigDict(env_prefix="WISMO_PUBLISH_", extra="ignore")

    url: str = Field("", pattern=r"^$|^https?://", description="who is told of events")
    secret: SecretStr = Field(SecretStr(""), description="signs what is sent there")

    @property
    def connected(self) -> bool:
        return bool(self.url and self.secret.get_secret_value())


def publisher(now: Clock) -> Publisher | None:
    given = PublishSettings()
    return Publisher(given.url, given.secret.get_secret_value(), now) if given.connected else None


class ShippingSettings(BaseSettings):
    """WISMO_SHIPPING_…"""

    model_config = SettingsConfigDict(env_prefix="WISMO_SHIPPING_", extra="ignore")

    gs1_prefix: str = Field("0000000", pattern=r"^\d{7,10}$", description="the shop's GS1 company prefix, for SSCCs")
    sender: str = Field("", description="the sender's lines on a label, separated by |")
    packaging_grams: int = Field(100, ge=0, le=100_000, description="what a parcel's box weighs")


@dataclass(frozen=True, slots=True)
class Delivered:
    raw: bytes
    headers: Mapping[str, str]
    at: datetime
    home: Path


@dataclass(frozen=True, slots=True)
class Reach:
    """What readers of events may use."""

    orders: Orders
    mirror: Mirror | None = None


@dataclass(frozen=True, slots=True)
class Vendor:
    """`knock` verifies and reads; it raises `BadKnock`, and gives None for what is none of ours."""

    name: str
    settings: type[WebhookSettings]
    knock: Callable[[Delivered, Sequence[str]], Knock | None]
    handler: Callable[[Reach], Handler]


def _easypost(given: Delivered, secrets: Sequence[str]) -> Knock | None:
    easypost.verify(given.raw, given.headers, secrets)
    return easypost.knock(given.raw)


def _aftership(given: Delivered, secrets: Sequence[str]) -> Knock | None:
    aftership.verify(given.raw, given.headers, secrets)
    return aftership.knock(given.raw)


def _stripe(given: Delivered, secrets: Sequence[str]) -> Knock | None:
    stripe_events.verify(given.raw, given.headers, secrets, given.at)
    return stripe_events.knock(given.raw, StripeSettings.of(given.home).livemode)


def _shopify(given: Delivered, secrets: Sequence[str]) -> Knock | None:
    shopify_webhook.verify(given.raw, given.headers, secrets)
    return shopify_webhook.knock(given.raw, given.headers)


def shopify(now: Clock, home: Path) -> Shopify | None:
    """The shop's own system, when one is connected. The caller closes it."""
    given = ShopifySettings.of(home)
    if not given.connected:
        return None
    secret, token = given.client_secret.get_secret_value(), given.token.get_secret_value()
    return Shopify(Access(given.url.rstrip("/"), given.client_id, secret, token), now)


def payments(home: Path, storefront: Storefront | None = None) -> Payments:
    """Each payment is asked of the provider it was made with; the sandbox answers for names that are none."""
    settings = StripeSettings.of(home)
    by_name: dict[str, Payments] = {}
    if settings.connected:
        from connectors.payments.stripe import StripePayments

        by_name["stripe"] = StripePayments(settings.secret_key.get_secret_value(), settings.url)
    if storefront:
        by_name["import"] = ThroughShop(storefront)
    return Choosing(by_name, SandboxPayments(), frozenset({"stripe"}))


def _scans(name: str, reading: Reading) -> Callable[[Reach], Handler]:
    return lambda reach: Scans(reach.orders, name, reading).read


def _mirrored(reach: Reach) -> Handler:
    def read(event: Event) -> None:
        if reach.mirror is None:
            raise Unauthorized("Shopify is not connected any more; see: wismo doctor")
        ShopifyEvents(reach.mirror).read(event)

    return read


VENDORS: Mapping[str, Vendor] = {
    one.name: one
    for one in (
        Vendor("easypost", EasyPostSettings, _easypost, _scans("easypost", easypost.told)),
        Vendor("aftership", AfterShipSettings, _aftership, _scans("aftership", aftership.told)),
        Vendor("stripe", StripeSettings, _stripe, lambda reach: StripeEvents(reach.orders).read),
        Vendor("shopify", ShopifySettings, _shopify, _mirrored),
    )
}


def handlers(reach: Reach) -> dict[str, Handler]:
    """By the source of an event; also of those whose secret was taken away, for what had come before."""
    return {name: vendor.handler(reach) for name, vendor in VENDORS.items()}
