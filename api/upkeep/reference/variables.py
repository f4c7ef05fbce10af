"""docs/reference/settings.md: every environment variable that Wismo reads, from the classes that read them."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic_settings import BaseSettings

from api.connected import commerce
from api.settings import (
    FreshdeskSettings,
    IntercomSettings,
    MailSettings,
    ModelSettings,
    Settings,
    SunshineSettings,
    ZendeskSettings,
)
from api.upkeep.reference.told import MADE, default_of, kind_of, table

HEAD = f"""# Settings

Where things are and who is connected: environment variables. What the shop allows is [shop.toml](shop-toml.md).
Lists are separated by commas. What `wismo connect` was given lies in `helpdesks.env` of the home, and the environment
goes before it.
{MADE}
"""
FAMILIES: tuple[tuple[str, type[BaseSettings]], ...] = (
    ("Wismo itself", Settings),
    ("A language model", ModelSettings),
    ("Mail", MailSettings),
    ("Zendesk", ZendeskSettings),
    ("Intercom", IntercomSettings),
    ("Freshdesk", FreshdeskSettings),
    ("Zendesk messaging (Sunshine Conversations)", SunshineSettings),
    ("Shopify", commerce.ShopifySettings),
    ("Stripe", commerce.StripeSettings),
    ("EasyPost", commerce.EasyPostSettings),
    ("AfterShip", commerce.AfterShipSettings),
    ("Labels", commerce.ShippingSettings),
    ("Events for other systems", commerce.PublishSettings),
)
OTHERS = (
    (
        "`WISMO_PUBLIC_URL`",
        "address",
        "none",
        "where this Wismo is reached from the internet; `wismo connect` tells it",
    ),
    (
        "`OTEL_EXPORTER_OTLP_ENDPOINT`",
        "address",
        "none",
        "where traces go, and OpenTelemetry's other variables with it",
    ),
    ("`FORWARDED_ALLOW_IPS`", "list of text", "`127.0.0.1`", "proxies whose word about the caller's address is taken"),
)


def page() -> str:
    head = ("variable", "type", "default", "what")
    parts = [f"## {title}\n\n{table(head, _rows(family))}\n" for title, family in FAMILIES]
    return "\n".join([HEAD, *parts, f"## Of others\n\n{table(head, OTHERS)}\n"])


def names() -> set[str]:
    """Every variable of the pages above."""
    own = {name for _, family in FAMILIES for name in named(family)}
    return own | {row[0].strip("`") for row in OTHERS}


def named(family: type[BaseSettings]) -> Iterator[str]:
    for field in family.model_fields:
        yield f"{family.model_config.get('env_prefix', '')}{field}".upper()


def _rows(family: type[BaseSettings]) -> Iterator[tuple[str, str, str, str]]:
    for name, field in zip(named(family), family.model_fields.values(), strict=True):
        default = "in the installation" if name == "WISMO_ASSETS" else default_of(field)
        yield f"`{name}`", kind_of(field.annotation), default, field.description or ""
