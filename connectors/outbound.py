"""Fetching addresses that come from data: help pages, tracking links, attachments. Whoever wrote them is not trusted.

The guard stands where the connection is made: it resolves the name itself, looks at every address, and connects to
the one it looked at, so that a name cannot change its mind in between. TLS still proves the name of the URL.

Refused         an address, a scheme, a port or a redirect that data may not name
TooMuch         larger, slower or more often redirected than allowed
Both are `ConnectorError`s; an answer that does not come is `Unreachable`.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ssl import SSLContext
from types import TracebackType
from typing import Self

import httpcore
import httpx

from connectors.addresses import Resolver, Trusted, bare, resolve, why_not
from connectors.errors import ConnectorError, Unreachable

PORTS = {"http": 80, "https": 443}


class Refused(ConnectorError):
    pass


class TooMuch(ConnectorError):
    pass


@dataclass(frozen=True, slots=True)
class Limits:
    bytes: int = 5_000_000
    seconds: float = 15.0
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Fetched:
    """`url` is where it came from in the end."""

    url: str
    status: int
    kind: str
    body: bytes


class GuardedNetwork(httpcore.NetworkBackend):
    """Connects only to addresses that were looked at, and keeps the deadline of the fetch on every read and write."""

    def __init__(self, trusted: Trusted, resolver: Resolver, network: httpcore.NetworkBackend) -> None:
        self._trusted = trusted
        self._resolve = resolver
        self._network = network
        self.until: float | None = None

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in self._addresses(host, port):
            try:
                stream = self._network.connect_tcp(
                    address, port, self.left(timeout), local_address, list(socket_options or ())
                )
                return _Timed(stream, self.left)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError("no address")

    def sleep(self, seconds: float) -> None:
        self._network.sleep(seconds)

    def left(self, timeout: float | None) -> float | None:
        """Seconds for the next step. Raises `TooMuch` when the fetch has none left."""
        if self.until is None:
            return timeout
        left = self.until - time.monotonic()
        if left <= 0:
            raise TooMuch("the answer takes too long")
        return left if timeout is None else min(left, timeout)

    def _addresses(self, host: str, port: int) -> list[str]:
        """All of them must be allowed: a name with one public and one private address is a trick."""
        trusted = self._trusted.knows(host, port)
        if not trusted and port not in PORTS.values():
            raise Refused(f"port {port} is not one of the web's")
        try:
            found = list(dict.fromkeys(self._resolve(bare(host), port)))
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(type(error).__name__) from error
        for one in found:
            why = why_not(ipaddress.ip_address(one.partition("%")[0]), trusted)
            if why:
                raise Refused(f"the host leads to an address that is {why}; if it is yours: WISMO_OUTBOUND_HOSTS")
        return found


class _Timed(httpcore.NetworkStream):
    """A drop now and then keeps a plain timeout from ever ringing; the deadline of the whole does not care."""

    def __init__(self, stream: httpcore.NetworkStream, left: Callable[[float | None], float | None]) -> None:
        self._stream = stream
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, self._left(timeout)), self._left)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class GuardedTransport(httpx.BaseTransport):
    """For an `httpx.Client`: every request, and so every redirect, goes through the guard. No proxy is asked."""

    def __init__(
        self,
        trusted: Trusted,
        resolver: Resolver = resolve,
        network: httpcore.NetworkBackend | None = None,
        tls: SSLContext | None = None,
    ) -> None:
        self.network = GuardedNetwork(trusted, resolver, network or httpcore.SyncBackend())
        self._pool = httpcore.ConnectionPool(tls, max_keepalive_connections=0, network_backend=self.network)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        _look_at(request.url)
        url = request.url
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        assert isinstance(request.stream, httpx.SyncByteStream)
        with _told():
            answer = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    target,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        assert isinstance(answer.stream, Iterable)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _told():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class Outbound:
    """GET an address that came from data. Close it when done; one thread at a time."""

    def __init__(
        self,
        hosts: Iterable[str] = (),
        limits: Limits | None = None,
        resolver: Resolver = resolve,
        network: httpcore.NetworkBackend | None = None,
        tls: SSLContext | None = None,
    ) -> None:
        """`hosts` are WISMO_OUTBOUND_HOSTS and the base URLs of the vendors that are connected."""
        self._limits = limits or Limits()
        self._guard = GuardedTransport(Trusted.of(*hosts), resolver, network, tls)
        self._http = httpx.Client(
            transport=self._guard, follow_redirects=False, trust_env=False, timeout=self._limits.seconds
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def get(self, url: str) -> Fetched:
        """Raises `Refused`, `TooMuch` or `Unreachable`; their words hold no part of the address but its host."""
        self._guard.network.until = time.monotonic() + self._limits.seconds
        # Nothing is unpacked: a small body cannot become a large one.
        headers = {"Accept-Encoding": "identity", "User-Agent": "Wismo"}
        try:
            request = self._http.build_request("GET", url, headers=headers)
            return self._followed(request)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError, ValueError):
            raise Refused("this is no address that can be fetched") from None
        except httpx.HTTPError as error:
            raise Unreachable(f"fetching: {type(error).__name__}") from None

    def _followed(self, request: httpx.Request) -> Fetched:
        for _ in range(self._limits.redirects + 1):
            answer = self._http.send(request, stream=True)
            try:
                following = answer.next_request
                if following is None:
                    return Fetched(str(answer.url), answer.status_code, _kind(answer), self._read(answer))
            finally:
                answer.close()
            if request.url.scheme == "https" and following.url.scheme != "https":
                raise Refused("redirected from https to http")
            request = following
        raise TooMuch(f"more than {self._limits.redirects} redirects")

    def _read(self, answer: httpx.Response) -> bytes:
        most = self._limits.bytes
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise Refused("a packed answer, although none was asked for")
        said = answer.headers.get("content-length", "")
        if said.isdigit() and int(said) > most:
            raise TooMuch(f"larger than {most:,} bytes")
        body = bytearray()
        for chunk in answer.iter_raw():
            body += chunk
            if len(body) > most:
                raise TooMuch(f"larger than {most:,} bytes")
        return bytes(body)


def _look_at(url: httpx.URL) -> None:
    if url.scheme not in PORTS:
        raise Refused("only http and https are fetched")
    if url.userinfo:
        raise Refused("an address with a name and password in it")
    if not url.host:
        raise Refused("an address without a host")


@contextmanager
def _told() -> Iterator[None]:
    """httpcore's failures as httpx's, as every transport of httpx tells them."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise httpx.TimeoutException(type(error).__name__) from None
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise httpx.TransportError(type(error).__name__) from None


def _kind(answer: httpx.Response) -> str:
    return str(answer.headers.get("content-type", "")).partition(";")[0].strip().casefold()
