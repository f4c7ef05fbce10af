"""Asking a vendor over HTTP: paced, signed in, and every failure in our words (`connectors.errors`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx

from connectors.errors import Conflict, ConnectorError, Gone, Limited, Rejected, Unauthorized, Unreachable
from connectors.helpdesks.pace import Limit, Pace
from tools.orders import watch
from tools.orders.model import Clock

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
LONGEST = timedelta(hours=1)
UNTOLD = timedelta(seconds=30)
MOST_TRIES = 5
MOST_READS, FIRST_PAUSE = 3, timedelta(milliseconds=50)
FAILURES: Mapping[int, type[ConnectorError]] = {
    401: Unauthorized,
    403: Unauthorized,
    404: Gone,
    409: Conflict,
    410: Gone,
}


@dataclass(frozen=True, slots=True)
class Manner:
    """What differs between vendors. `limit_header` tells the account's limit, `remedy` what a refused login needs."""

    vendor: str
    remedy: str
    headers: Mapping[str, str] = field(default_factory=dict)
    limit_header: str = ""
    refused: Callable[[httpx.Response], str] = lambda _: ""
    """Words of a refusal that are no customer's: codes and request ids."""


class Calls:
    def __init__(
        self,
        base_url: str,
        manner: Manner,
        auth: httpx.Auth,
        pace: Pace,
        now: Clock,
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._manner = manner
        self._pace = pace
        self._now = now
        self._http = httpx.Client(
            base_url=base_url,
            timeout=timeout,
            transport=transport,
            follow_redirects=False,
            auth=auth,
            headers={"Accept": "application/json", **manner.headers},
        )

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **params: str) -> Any:
        return self.ask("GET", path, params=params)

    def ask(self, method: str, path: str, *, limits: tuple[tuple[str, Limit], ...] = (), **given: Any) -> Any:
        """The JSON of a success, None for an empty one. Raises `ConnectorError`.

        A 429 did nothing: where our patience lasts as long as it says, the call is made again. A question that met a
        moment's trouble is asked again at once; what changes something never is.
        """
        for tried in count(1):
            self._pace.take(*limits)
            try:
                return self._once(method, path, given)
            except Limited as error:
                self._pace.shut(error.retry_after)
                if tried == MOST_TRIES or error.retry_after > self._pace.patience:
                    raise
            except Unreachable:
                if method != "GET" or tried == MOST_READS:
                    raise
                self._pace.pause(FIRST_PAUSE * 3 ** (tried - 1))
        raise AssertionError("unreachable")

    def _once(self, method: str, path: str, given: Mapping[str, Any]) -> Any:
        with watch.work("vendor_call", vendor=self._manner.vendor.casefold().replace(" ", "_")):
            return self._asked(method, path, given)

    def _asked(self, method: str, path: str, given: Mapping[str, Any]) -> Any:
        try:
            response = self._http.request(method, path, **given)
        except httpx.HTTPError as error:
            raise Unreachable(f"{method} {path}: {type(error).__name__}") from error
        self._learn(response)
        if response.status_code == 429:
            raise Limited(f"{path}: 429", again_in(response.headers, self._now()))
        return read(response, path, self._manner)

    def own(self, path: str, **params: str) -> Any:
        """Our own account. That it is not there means that the address is not the vendor's, not that it is gone."""
        try:
            return self.get(path, **params)
        except (Gone, Rejected) as error:
            raise Unauthorized(f"{error}: is the address right? {self._manner.remedy}") from None

    def _learn(self, response: httpx.Response) -> None:
        told = response.headers.get(self._manner.limit_header, "") if self._manner.limit_header else ""
        if told.isdigit() and int(told):
            self._pace.learn(int(told))


def read(response: httpx.Response, path: str, manner: Manner) -> Any:
    """A refusal's body may be plain text or hold a customer's words: only `refused` reads it."""
    status = response.status_code
    if status < 300:
        return _json(response, path)
    told = f"{path}: {status}{manner.refused(response)}"
    if status in {401, 403}:
        raise Unauthorized(f"{told}; {manner.remedy}")
    if status in FAILURES:
        raise FAILURES[status](told)
    if status == 429 or (status == 503 and "retry-after" in response.headers):
        raise Limited(told, _seconds(response.headers.get("retry-after", "")) or UNTOLD)
    if status >= 500:
        raise Unreachable(told)
    raise Rejected(f"{told}; see {manner.vendor}'s reference for this call")


def again_in(headers: Mapping[str, str], now: datetime) -> timedelta:
    """`Retry-After` in seconds; else the moment of a reset, in Unix seconds; else half a minute."""
    wait = _seconds(headers.get("retry-after", ""))
    reset = headers.get("x-ratelimit-reset", "")
    if wait is None and reset.isdigit():
        wait = timedelta(seconds=max(1.0, float(reset) - now.timestamp() + 1))
    return min(wait or UNTOLD, LONGEST)


def _seconds(told: str) -> timedelta | None:
    return timedelta(seconds=min(int(told), 3_600)) if told.strip().isdigit() else None


def _json(response: httpx.Response, path: str) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        raise Unreachable(f"{path}: the answer is not JSON") from None


def held(answer: Any, name: str, path: str) -> Any:
    """A field that must be there. Raises `Unreachable`: an answer without it is a cut-off one."""
    if not isinstance(answer, dict) or name not in answer:
        raise Unreachable(f"{path}: the answer holds no {name}")
    return answer[name]
