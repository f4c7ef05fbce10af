"""Entering Zendesk: an OAuth client that asks for its own tokens, or the legacy e-mail with token."""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import structlog

from connectors.errors import Gone, Rejected, Unauthorized
from connectors.helpdesks.calls import Manner, held, read
from tools.orders.model import Clock

SCOPES = "tickets:read tickets:write users:read"
TOKENS = "/oauth/tokens"
LIVES = 7_200
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Access:
    """OAuth client, or the legacy e-mail with token (Zendesk ends it on 2027-04-30)."""

    base_url: str
    client_id: str = ""
    client_secret: str = ""
    email: str = ""
    api_token: str = ""


def login(access: Access, manner: Manner, now: Clock) -> httpx.Auth:
    if access.client_id:
        return ClientCredentials(access, manner, now)
    log.warning("zendesk.legacy_token", remedy="connect an OAuth client: tokens end on 2027-04-30")
    return httpx.BasicAuth(f"{access.email}/token", access.api_token)


class ClientCredentials(httpx.Auth):
    """A token until a minute before its end; one that Zendesk no longer takes is asked for anew, once."""

    requires_response_body = True

    def __init__(self, access: Access, manner: Manner, now: Clock) -> None:
        self._access = access
        self._manner = manner
        self._now = now
        self._token: tuple[str, datetime] | None = None
        self._guard = threading.Lock()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        had = self._valid()
        used = had or (yield from self._fresh(request))
        request.headers["Authorization"] = f"Bearer {used}"
        response = yield request
        if response.status_code == 401 and had:
            fresh = yield from self._fresh(request)
            request.headers["Authorization"] = f"Bearer {fresh}"
            yield request

    def _valid(self) -> str | None:
        with self._guard:
            return self._token[0] if self._token and self._token[1] > self._now() else None

    def _fresh(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, str]:
        """Raises `ConnectorError`."""
        response = yield httpx.Request("POST", request.url.copy_with(raw_path=TOKENS.encode()), json=self._wanted())
        try:
            answer = read(response, TOKENS, self._manner)
        except (Gone, Rejected) as error:
            raise Unauthorized(f"{error}: is the subdomain right? {self._manner.remedy}") from None
        lives = timedelta(seconds=int(answer.get("expires_in") or LIVES) - 60)
        token = str(held(answer, "access_token", TOKENS))
        with self._guard:
            self._token = (token, self._now() + lives)
        return token

    def _wanted(self) -> dict[str, str | int]:
        return {
            "grant_type": "client_credentials",
            "client_id": self._access.client_id,
            "client_secret": self._access.client_secret,
            "scope": SCOPES,
            "expires_in": LIVES,
        }
