"""What a person does at a vendor to connect it, and what Wismo must be told; kept in the home, never shown again.

`docs/helpdesks.md` tells the same with more words; a test compares what is pasted.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from api.settings import CONNECTED
from connectors.payments.stripe_events import READ
from connectors.shops.shopify_documents import TOPICS

URL = re.compile(
    r"https://[a-z0-9.\-]+(:\d{1,5})?(/[\w.\-/]*)?|http://(127\.0\.0\.1|localhost)(:\d{1,5})?(/[\w.\-/]*)?"
)
LINE = re.compile(r"[^\x00-\x1f\x7f]+")

TRIGGER = """{"schema":"wismo.zendesk.trigger.v1","ticket_id":"{{ticket.id}}","account":"{{ticket.account}}",
 "updated_at":"{{ticket.updated_at_with_timestamp}}","status":"{{ticket.status}}","via":"{{ticket.via}}",
 "requester_id":"{{ticket.requester.id}}","current_user_id":"{{current_user.id}}","current_user_role":"{{current_user.role}}",
 "tags":"{{ticket.tags}}","brand":"{{ticket.brand.name}}"}"""
RULE = '{"ticket_id":"{{ticket.id}}","updated_at":"{{ticket.updated_at}}","rule":"customer-replied"}'


SCOPES = (
    "read_orders,read_all_orders,write_orders,write_order_edits,read_customers,read_products,read_fulfillments,"
    "read_merchant_managed_fulfillment_orders,write_merchant_managed_fulfillment_orders,read_returns,write_returns"
)


class Unfit(ValueError):
    """A value that can not be what was asked for; the message says what would be, and never repeats it."""


@dataclass(frozen=True, slots=True)
class Guide:
    """`steps` may hold {webhook}, {webhook_secret} and {webhook_path}. `asked` are the settings, in order.

    `made` are secrets that nobody needs to think of. `domain` completes an address of one word.
    """

    steps: tuple[str, ...]
    asked: tuple[str, ...]
    made: tuple[str, ...] = ()
    domain: str = ""


GUIDES: Mapping[str, Guide] = {
    "zendesk": Guide(
        (
            "Admin Center > People > Team members: add a user named like 'Wismo AI', role agent. It is our "
            "seat: no person uses it.",
            "Admin Center > Apps and integrations > APIs > OAuth clients: add a confidential client of that "
            "user, grant client credentials. Scopes: tickets:read tickets:write users:read",
            "Admin Center > Webhooks: create a webhook, 'Trigger or automation', endpoint {webhook}, POST, "
            "JSON, no authentication. Then copy its signing secret.",
            "Admin Center > Business rules > Triggers: add one. ALL of: Comment is public; Current user is "
            "not 'Wismo AI'; Current user is (end user); Tags contain none of: ai_handoff ai_disabled; Status"
            " is less than solved. ANY of: Ticket is created; Ticket is updated. Action: notify that webhook,"
            " with this JSON:  " + TRIGGER,
        ),
        ("base_url", "client_id", "client_secret", "webhook_secret"),
        domain=".zendesk.com",
    ),
    "intercom": Guide(
        (
            "Settings > Teammates: invite a seat named like 'Wismo AI'. No person uses it. Its id is the "
            "number in the address of its page.",
            "Developer Hub: create an app for your workspace. Permissions: read and write conversations, read"
            " users and companies, read admins, read and write tags. Copy the access token, and the client "
            "secret: it signs the notifications, so it is the webhook_secret.",
            "Developer Hub > Webhooks: endpoint {webhook}. Topics: conversation.user.created, "
            "conversation.user.replied, conversation.rating.added",
            "Answers to e-mail conversations are sent as that teammate. If customers do not get them, ask "
            "Intercom to switch on e-mail replies for your workspace.",
        ),
        ("base_url", "access_token", "admin_id", "app_id", "webhook_secret"),
    ),
    "freshdesk": Guide(
        (
            "Admin > Agents: add an agent named like 'Wismo AI'. No person uses it. Log in as it, and copy "
            "the API key of its profile settings.",
            "Admin > Workflows > Automations > Ticket updates: new rule. Performed by: Requester. Event: "
            "Reply is sent. Condition: the tags hold none of ai_handoff ai_disabled. Action: Trigger webhook,"
            " POST, JSON, advanced, URL {webhook}/{webhook_path} with the custom header X-Wismo-Secret: "
            "{webhook_secret} and this body:  " + RULE,
            "The same under Ticket creation, so that first messages come too.",
        ),
        ("base_url", "api_key"),
        made=("webhook_secret", "webhook_path"),
        domain=".freshdesk.com",
    ),
    "sunshine": Guide(
        (
            "Admin Center > Apps and integrations > Conversations API: create a key. Copy app id, key id and secret.",
            "Conversations API: create a custom integration with a webhook to {webhook}, triggers "
            "conversation:message, switchboard:passControl, switchboard:acceptControl. Copy the webhook's "
            "shared secret.",
            "Make a switchboard integration named like WISMO_SUNSHINE_INTEGRATION (default: wismo) of it, "
            "first in the switchboard, with Zendesk's agents as the next.",
        ),
        ("base_url", "app_id", "key_id", "key_secret", "webhook_secret"),
        domain=".zendesk.com/sc",
    ),
    "shopify": Guide(
        (
            "Dev Dashboard (dev.shopify.com) > Apps: create an app for this shop only. Version: webhooks API version "
            "2026-07, and the scopes " + SCOPES,
            "The same page: ask for protected customer data, level 2 (name, address, e-mail, phone). Without it people "
            "have no address here, and can prove nothing.",
            "Release the version, install the app in your shop, then copy its client id and client secret (Settings).",
            "Webhooks need no pasting: Wismo subscribes {webhook} to "
            + ", ".join(TOPICS)
            + " when the check has held. "
            "They are signed with the client secret.",
            'shop.toml: orders_master = "shop" in [terms], if Wismo acts through Shopify. Then: wismo mirror --bulk',
        ),
        ("url", "client_id", "client_secret"),
        domain=".myshopify.com",
    ),
    "stripe": Guide(
        (
            "Developers > API keys: create a restricted key. Write: PaymentIntents, Refunds. Read: Charges, Disputes, "
            "Accounts. Everything else: none. Copy it: it is the secret_key.",
            "Developers > Webhooks: add the endpoint {webhook} with the events "
            + " ".join(READ)
            + ". Copy its signing "
            "secret (whsec_…): it is the webhook_secret.",
        ),
        ("secret_key", "webhook_secret"),
    ),
}


def fit(name: str, value: str, guide: Guide) -> str:
    """The value as it is kept. Raises `Unfit`."""
    value = value.strip()
    if not LINE.fullmatch(value) or len(value) > 2_000:
        raise Unfit(f"{name} must be one line of text")
    if "${" in value:
        raise Unfit(f"{name} may not hold ${{, which a file of settings would replace; set it in the environment")
    if name not in {"base_url", "url"} or not value:
        return value
    if guide.domain and re.fullmatch(r"[a-z0-9\-]+", value):
        value = f"https://{value}{guide.domain}"
    if not URL.fullmatch(value.rstrip("/")):
        raise Unfit(f"{name} must be an address like https://your-shop{guide.domain or '.intercom.io'}")
    return value.rstrip("/")


def fresh() -> str:
    return secrets.token_urlsafe(32)


def keep(home: Path, given: Mapping[str, str]) -> Path:
    """Beside what is there already, readable by its owner only, as a whole or not at all."""
    path = home / CONNECTED
    every = {**(dotenv_values(path, interpolate=False) if path.exists() else {}), **given}
    home.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{CONNECTED}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text("".join(f"{name}={_quoted(value or '')}\n" for name, value in sorted(every.items())), "utf-8")
    draft.replace(path)
    return path


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
