"""Shopify's webhooks: is it Shopify who knocks, and which order does it speak of? It is read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.errors import Rejected
from connectors.inbox import Event
from connectors.shops.mirror import Mirror
from connectors.signed import BadEvent, Knock, in_base64, must_match, object_in

SIGNATURE, WEBHOOK, TOPIC = "x-shopify-hmac-sha256", "x-shopify-webhook-id", "x-shopify-topic"
OF_ORDERS = ("orders/", "fulfillments/", "refunds/", "returns/")


def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> None:
    """Shopify may sign with the old secret for an hour after it changed. Raises `BadSignature`."""
    must_match((in_base64(secret, raw) for secret in secrets), headers.get(SIGNATURE, ""))


def knock(raw: bytes, headers: Mapping[str, str]) -> Knock | None:
    """None for topics that are none of ours. Raises `BadEvent`."""
    topic, key = headers.get(TOPIC, ""), headers.get(WEBHOOK, "")
    body = object_in(raw)
    if not topic.startswith(OF_ORDERS):
        return None
    if not key:
        raise BadEvent("X-Shopify-Webhook-Id is missing")
    order = body.get("id") if topic.startswith("orders/") else body.get("order_id")
    if not isinstance(order, int) or isinstance(order, bool):
        raise BadEvent("the order's id is missing")
    return Knock(key, str(order))


class ShopifyEvents:
    """An event is a hint: what changed since the mirror's mark is read."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror

    def read(self, event: Event) -> None:
        """Raises `Rejected` where an order could not be taken, `ConnectorError` where the shop can not be asked."""
        made = self._mirror.run()
        if made.quarantined or made.conflicts:
            told = "; ".join((*made.quarantined, *made.conflicts))
            raise Rejected(f"after an event of order {event.conversation}: {told}"[:400])
