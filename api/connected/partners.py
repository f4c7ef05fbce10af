"""Whoever `wismo connect` can connect: what a person does there, what is asked for, how it is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from api.connected import commerce, systems
from api.connected.connecting import GUIDES, Guide
from api.connected.helpdesks import vendor_of
from api.connected.systems import credential
from api.operating import doctor
from api.operating.checks import Check

if TYPE_CHECKING:
    from agent.systems import System
    from api.wiring import House

COMMERCE: Mapping[str, type[commerce.WebhookSettings]] = {
    "shopify": commerce.ShopifySettings,
    "stripe": commerce.StripeSettings,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that Wismo must know. `now` is what it knows already."""

    variable: str
    secret: bool
    says: str = ""
    now: str = ""


@dataclass(frozen=True, slots=True)
class Partner:
    """`where` are the steps done; `webhook` is the path it knocks at; `after` runs when the check held."""

    name: str
    where: str
    guide: Guide
    settings: Mapping[str, Asked]
    webhook: str
    check: Callable[[House], Check]
    after: Callable[[House, str], list[str]] | None = None


def partner(house: House, name: str) -> Partner | None:
    """None for a name that nobody has."""
    vendor = vendor_of(name)
    if vendor:
        settings = _asked(house.connections.given[name], f"WISMO_{name.upper()}_")
        webhook = f"/webhooks/{name}"
        return Partner(name, "the helpdesk", GUIDES[name], settings, webhook, lambda h: doctor.connection(h, vendor))
    if name in COMMERCE:
        return _of_commerce(house, name)
    declared = house.policy.connectors.get(name)
    return _declared(house, name, declared) if declared else None


def _asked(given: BaseSettings, prefix: str) -> dict[str, Asked]:
    return {
        name: Asked(
            f"{prefix}{name}".upper(),
            one.annotation is SecretStr,
            one.description or "",
            _text(getattr(given, name)),
        )
        for name, one in type(given).model_fields.items()
    }


def _text(value: Any) -> str:
    return str(value.get_secret_value() if isinstance(value, SecretStr) else value)


def _of_commerce(house: House, name: str) -> Partner:
    settings = _asked(COMMERCE[name].of(house.settings.home), f"WISMO_{name.upper()}_")
    webhook = f"/webhooks/commerce/{name}"
    if name == "stripe":
        return Partner(name, "Stripe", GUIDES[name], settings, webhook, doctor.stripe)
    return Partner(name, "Shopify", GUIDES[name], settings, webhook, doctor.shopify, _subscribed)


def _subscribed(house: House, url: str) -> list[str]:
    """Shopify knocks at what is told it; an address that it can not reach is not told."""
    shop = house.buying.shopify
    if shop is None or not url.startswith("https://") or "YOUR-HOST" in url:
        return ["webhooks: not subscribed; run this again with --url https://… of this Wismo"]
    fresh, there = shop.subscribe(f"{url}/webhooks/commerce/shopify")
    return [f"webhooks: {len(fresh)} subscribed now, {len(there)} were there ({', '.join(sorted({*fresh, *there}))})"]


def _declared(house: House, name: str, system: System) -> Partner:
    """What shop.toml says already is not asked again: only the values of the variables that it names."""
    home = house.settings.home
    asked = {
        variable.removeprefix("WISMO_CONNECTOR_").lower(): Asked(variable, True, says, credential(home, variable))
        for variable, says in ((system.token, "what proves us to it"), (system.secret, "signs webhooks, both ways"))
        if variable
    }
    return Partner(
        name,
        name,
        Guide(tuple(_steps(name, system)), tuple(asked)),
        asked,
        f"/webhooks/systems/{name}",
        lambda h: systems.check(h, name, h.systems.line(name, system)),
    )


def _steps(name: str, system: System) -> list[str]:
    made = []
    for feed, one in system.sent.items():
        what = f"{system.what(feed)} as shop.toml's [connectors.{name}.{feed}] names them"
        files = f"files in systems/{system.folder}/out"
        where = files if system.kind == "csv" else f"{one.method} {system.url}{one.path}"
        made.append(f"It must take {what}: {where}. To see one: wismo connectors test {name} {feed}")
    if system.token:
        made.append(f"Make a token there that may do that. It goes into {system.token}.")
    for take, received in system.take.items():
        by = {
            "webhook": "It posts JSON to {webhook}, signed with " + system.secret + " (docs/systems.md)",
            "poll": f"We ask it: GET {system.url}{received.path}",
            "file": f"It puts files {take}*.csv into systems/{system.folder}/in",
        }[received.by]
        made.append(f"{by}: each record becomes {received.command}.")
    return made
