"""How many requests are taken from whom: a bucket of tokens each, refilled evenly. Kept in this process."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_BUCKETS = 20_000


class Buckets:
    """Each key may take `per_minute` at once and again over every minute. The longest unused key is forgotten."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic, most: int = MOST_BUCKETS) -> None:
        self._size = float(per_minute)
        self._rate = per_minute / 60
        self._clock = clock
        self._most = most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> int:
        """0 when it was taken, else the whole seconds to wait."""
        now = self._clock()
        left, since = self._left.pop(key, (self._size, now))
        left = min(self._size, left + (now - since) * self._rate)
        wait = 0 if left >= 1 else math.ceil((1 - left) / self._rate)
        self._left[key] = (left if wait else left - 1, now)
        if len(self._left) > self._most:
            self._left.popitem(last=False)
        return wait


def network(host: str | None) -> str:
    """Whom an address belongs to: an IPv4 address, or the /64 that one customer line gets of IPv6."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return host or "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
