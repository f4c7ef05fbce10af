"""The helpdesks that can be connected: for each its settings, how it is built, and how its webhook is read.

A further vendor is one more entry of `VENDORS` and its modules in `connectors/helpdesks`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import SecretStr

from api.settings import (
    FreshdeskSettings,
    HelpdeskSettings,
    IntercomSettings,
    SunshineSettings,
    ZendeskSettings,
)
from connectors.helpdesks import (
    Helpdesk,
    freshdesk_webhook,
    intercom_webhook,
    sunshine_webhook,
    zendesk_webhook,
)
from connectors.helpdesks.pace import PATIENCE
from connectors.signed import Knock
from tools.orders.model import Clock

S = TypeVar("S", bound=HelpdeskSettings)
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Delivered:
    """One request of a webhook. `path` is what stands behind the webhook's own address."""

    raw: bytes
    headers: Headers
    now: datetime
    path: str = ""


@dataclass(frozen=True)
class Vendor(Generic[S]):
    """`channel` names it in settings, URLs, tickets and outbox kinds; `needs` are the settings that must be there.

    `knocks` raises `BadKnock`; no knock: an event that is none of ours.
    """

    channel: str
    settings: type[S]
    needs: tuple[str, ...]
    build: Callable[[S, Clock, timedelta], Helpdesk]
    knocks: Callable[[S, Delivered], Sequence[Knock]]

    @property
    def how(self) -> str:
        """The remedy that is told where something is missing."""
        return f"wismo connect {self.channel}"

    def missing(self, given: HelpdeskSettings) -> list[str]:
        """Names of variables that must be set. One of several, written a|b, is enough."""
        return [
            " or ".join(f"WISMO_{self.channel.upper()}_{name.upper()}" for name in names.split("|"))
            for names in self.needs
            if not any(self.text(given, name) for name in names.split("|"))
        ]

    def text(self, given: HelpdeskSettings, name: str) -> str:
        value = getattr(given, name, "")
        return str(value.get_secret_value() if isinstance(value, SecretStr) else value)


def _zendesk(given: ZendeskSettings, now: Clock, patience: timedelta) -> Helpdesk:
    from connectors.helpdesks.zendesk import Access, Zendesk

    access = Access(
        given.base_url,
        given.client_id,
        given.client_secret.get_secret_value(),
        given.email,
        given.api_token.get_secret_value(),
    )
    calls, updates = given.calls_per_minute, given.updates_per_minute
    return Zendesk(access, now, calls_per_minute=calls, updates_per_minute=updates, patience=patience)


def _zendesk_knocks(given: ZendeskSettings, one: Delivered) -> Sequence[Knock]:
    tolerance = timedelta(seconds=given.tolerance_seconds)
    zendesk_webhook.verify(one.raw, one.headers, given.secrets(), one.now, tolerance)
    found = zendesk_webhook.knock(one.raw, one.headers)
    return (found,) if found else ()


def _intercom(given: IntercomSettings, now: Clock, patience: timedelta) -> Helpdesk:
    from connectors.helpdesks.intercom import Access, Intercom

    access = Access(
        given.base_url,
        given.access_token.get_secret_value(),
        given.admin_id,
        given.messenger_security,
        given.beside_fin,
    )
    return Intercom(access, now, calls_per_minute=given.calls_per_minute, patience=patience)


def _intercom_knocks(given: IntercomSettings, one: Delivered) -> Sequence[Knock]:
    intercom_webhook.verify(one.raw, one.headers, given.secrets())
    found = intercom_webhook.knock(one.raw, given.app_id)
    return (found,) if found else ()


def _freshdesk(given: FreshdeskSettings, now: Clock, patience: timedelta) -> Helpdesk:
    from connectors.helpdesks.freshdesk import Access, Freshdesk

    access = Access(given.base_url, given.api_key.get_secret_value())
    return Freshdesk(access, now, calls_per_minute=given.calls_per_minute, patience=patience)


def _freshdesk_knocks(given: FreshdeskSettings, one: Delivered) -> Sequence[Knock]:
    freshdesk_webhook.verify(one.headers, one.path, given.secrets(), given.webhook_path.get_secret_value())
    return (freshdesk_webhook.knock(one.raw, one.now),)


def _sunshine(given: SunshineSettings, now: Clock, patience: timedelta) -> Helpdesk:
    from connectors.helpdesks.sunshine import Access, Sunshine

    access = Access(
        given.base_url,
        given.app_id,
        given.key_id,
        given.key_secret.get_secret_value(),
        given.integration,
        given.hand_to,
    )
    return Sunshine(access, now, calls_per_minute=given.calls_per_minute, patience=patience)


def _sunshine_knocks(given: SunshineSettings, one: Delivered) -> Sequence[Knock]:
    sunshine_webhook.verify(one.headers, given.secrets())
    return sunshine_webhook.knocks(one.raw, given.app_id, given.integration)


VENDORS: tuple[Vendor[Any], ...] = (
    Vendor(
        "zendesk",
        ZendeskSettings,
        ("base_url", "client_id|api_token", "webhook_secret"),
        _zendesk,
        _zendesk_knocks,
    ),
    Vendor("intercom", IntercomSettings, ("access_token", "admin_id", "webhook_secret"), _intercom, _intercom_knocks),
    Vendor(
        "freshdesk",
        FreshdeskSettings,
        ("base_url", "api_key", "webhook_secret", "webhook_path"),
        _freshdesk,
        _freshdesk_knocks,
    ),
    Vendor(
        "sunshine",
        SunshineSettings,
        ("base_url", "app_id", "key_id", "key_secret", "webhook_secret"),
        _sunshine,
        _sunshine_knocks,
    ),
)


def vendor_of(channel: str) -> Vendor[Any] | None:
    return next((one for one in VENDORS if one.channel == channel), None)


def given_in(home: Path) -> Mapping[str, HelpdeskSettings]:
    """Of every vendor, connected or not."""
    return {one.channel: one.settings.of(home) for one in VENDORS}


class Connections:
    """A shop's helpdesks: `given` are their settings by channel, `clients` those that are connected."""

    def __init__(self, given: Mapping[str, HelpdeskSettings], now: Clock) -> None:
        self.given = given
        self._now = now

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(channel for channel, given in self.given.items() if given.connected)

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(self.given[channel].base_url for channel in self.channels)

    @cached_property
    def clients(self) -> Mapping[str, Helpdesk]:
        return {channel: self.client(channel, PATIENCE) for channel in self.channels}

    def client(self, channel: str, patience: timedelta) -> Helpdesk:
        """One of its own, to be closed by the caller, that waits for so long where the vendor limits its calls."""
        vendor = next(one for one in VENDORS if one.channel == channel)
        helpdesk: Helpdesk = vendor.build(self.given[channel], self._now, patience)
        return helpdesk

    def close(self) -> None:
        for one in self.__dict__.get("clients", {}).values():
            one.close()
