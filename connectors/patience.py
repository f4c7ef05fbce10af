"""A question that met a moment's trouble is asked again at once; one that changes something never is."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx

TIMES, FIRST = 3, 0.1
"""How often in all, and seconds before the second time; what needs longer goes back to the inbox or the outbox."""
TROUBLES = frozenset({500, 502, 503, 504})
"""Never 429: whoever says so is left alone for as long as they ask."""


class Patient(httpx.BaseTransport):
    """For GET only: the vendors' other calls have no idempotency key."""

    def __init__(self, inner: httpx.BaseTransport | None = None, sleep: Callable[[float], None] = time.sleep) -> None:
        self._inner = inner or httpx.HTTPTransport()
        self._sleep = sleep

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for attempt in range(TIMES - 1 if request.method == "GET" else 0):
            try:
                response = self._inner.handle_request(request)
            except httpx.TransportError:
                pass  # asked again; the last time it is told
            else:
                if response.status_code not in TROUBLES or "retry-after" in response.headers:
                    return response
                response.close()
            self._sleep(FIRST * 3**attempt)
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


def patient() -> httpx.BaseTransport:
    return Patient()
