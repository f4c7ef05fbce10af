"""Which network addresses a URL from data may lead to, and which hosts the operator vouches for."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Sequence[str]]
"""The addresses of a name. Raises OSError when there are none."""

METADATA = {  # of clouds, where they do not lie in a private range anyway (AWS, Google, Azure, Alibaba, Oracle)
    "169.254.169.254",
    "fd00:ec2::254",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
}
TRANSLATED = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")))
"""IPv6 ranges that carry an IPv4 address: NAT64, 6to4, Teredo, and the old compatible form."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """Hosts that the operator named, as `host` or `host:port`: they may lie in the LAN and use any port."""

    hosts: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, *named: str) -> Trusted:
        """From names and base URLs (`erp.lan`, `erp.lan:8069`, `https://shop.example/api`)."""
        split = (urlsplit(one if "//" in one else f"//{one}") for one in named if one)
        return cls(frozenset(one.netloc.rpartition("@")[2].casefold() for one in split))

    def knows(self, host: str, port: int) -> bool:
        name = bare(host)
        shown = f"[{name}]" if ":" in name else name
        return bool(self.hosts & {name, shown, f"{shown}:{port}"})


def resolve(host: str, port: int) -> Sequence[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def why_not(address: Address, trusted: bool = False) -> str | None:
    """Why data may not name this address; None when it may. A trusted host may also be private or loopback."""
    if str(address) in METADATA or address.is_link_local:
        return "link-local or a cloud's metadata"
    if address.is_multicast or address.is_unspecified:
        return "multicast or unspecified"
    if trusted:
        return None
    if isinstance(address, ipaddress.IPv6Address) and (
        address.ipv4_mapped or address.is_site_local or any(address in network for network in TRANSLATED)
    ):
        return "an IPv4 address in disguise, or site-local"
    return None if address.is_global and not address.is_reserved else "private, loopback or reserved"


def bare(host: str) -> str:
    return host.strip("[]").rstrip(".").casefold()
