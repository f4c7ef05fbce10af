"""Events of the core to another system of the shop's: signed, at least once, in order for each order.

Signed is `id.timestamp.body` (HMAC-SHA256, hex), so that neither an old message nor a changed one passes; the id is the
same however often it is sent. What is never taken stays in the outbox as a dead letter.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta

import httpx

from connectors.errors import Gone, Limited, Rejected, Unauthorized, Unreachable
from tools.orders.model import Clock
from tools.orders.outbox import Message

ID, TIMESTAMP, SIGNATURE = "wismo-id", "wismo-timestamp", "wismo-signature"
WINDOW = timedelta(minutes=5)
"""What receivers should allow between a message's timestamp and their clock."""


class Publisher:
    """`url` is the operator's own setting, and may lie in the LAN."""

    def __init__(self, url: str, secret: str, now: Clock, timeout: float = 10.0) -> None:
        self._url = url
        self._secret = secret
        self._now = now
        self._http = httpx.Client(timeout=timeout, follow_redirects=False)

    def close(self) -> None:
        self._http.close()

    def carry(self, message: Message) -> None:
        """Raises `ConnectorError`: tried again until the outbox gives it up."""
        name, raw = str(message.body["id"]), json.dumps(message.body, ensure_ascii=False, sort_keys=True).encode()
        stamp = str(int(self._now().timestamp()))
        headers = {ID: name, TIMESTAMP: stamp, SIGNATURE: f"v1={signature(self._secret, name, stamp, raw)}"}
        try:
            response = self._http.post(self._url, content=raw, headers={"content-type": "application/json", **headers})
        except httpx.HTTPError as error:
            raise Unreachable(f"publishing: {type(error).__name__}") from None
        _must_be_taken(response)


def signature(secret: str, name: str, stamp: str, raw: bytes) -> str:
    return hmac.new(secret.encode(), f"{name}.{stamp}.".encode() + raw, hashlib.sha256).hexdigest()


def _must_be_taken(response: httpx.Response) -> None:
    """410 is the receiver's way to say that it wants no more of it."""
    status = response.status_code
    if status < 300:
        return
    if status == 429 or (status == 503 and "retry-after" in response.headers):
        told = response.headers.get("retry-after", "")
        raise Limited(f"publishing: {status}", timedelta(seconds=int(told) if told.isdigit() else 30))
    if status in {401, 403}:
        raise Unauthorized(f"publishing: {status}; is WISMO_PUBLISH_SECRET the receiver's?")
    if status in {400, 410, 413, 422}:
        raise Rejected(f"publishing: {status}; the receiver does not take this event")
    if status == 404:
        raise Gone("publishing: 404; is WISMO_PUBLISH_URL right?")
    raise Unreachable(f"publishing: {status}")
