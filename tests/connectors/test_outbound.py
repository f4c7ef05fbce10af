"""Fetching what data names: real HTTP to servers of this machine, names resolved by the test."""

from __future__ import annotations

import ipaddress
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from connectors.addresses import Trusted, why_not
from connectors.errors import ConnectorError, Unreachable
from connectors.outbound import Fetched, Limits, Outbound, Refused, TooMuch

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(
    answers: Mapping[str, Answer], seen: list[tuple[str, str]] | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if seen is not None:
                seen.append((self.headers["Host"], self.path))
            answers[self.path](self)

        def log_message(self, *_: object) -> None:
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.handle_error = lambda *_: None  # type: ignore[method-assign]
    if tls:
        made.socket = tls.wrap_socket(made.socket, server_side=True)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made.server_address[1]
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


def page(body: bytes = b"hello", **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        for name, value in (
            {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))} | headers
        ).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def leads_to(url: str, status: int = 302) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Location", url)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


def chunks(count: int, size: int, pause: float = 0) -> Answer:
    """A body that does not say how long it is."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            for _ in range(count):
                request.wfile.write(b"x" * size)
                request.wfile.flush()
                time.sleep(pause)
        except OSError:
            pass

    return answer


class Names:
    """Names as the test says; each may answer otherwise the next time, as a rebinding server does."""

    def __init__(self, **known: Sequence[str] | list[list[str]]) -> None:
        self.known = {name.replace("_", "."): list(found) for name, found in known.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        found = self.known.get(host)
        if found is None:
            ipaddress.ip_address(host)
            return [host]
        if found and isinstance(found[0], list):
            return found.pop(0) if len(found) > 1 else found[0]
        return [str(one) for one in found]


class Wires(httpcore.SyncBackend):
    """Public addresses are wired to a server of this machine; where a connection went is noted."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.went: list[str] = []

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        self.went.append(host)
        return super().connect_tcp("127.0.0.1", self.port, timeout, local_address, socket_options)


def fetched(url: str, port: int, *hosts: str, names: Names | None = None, limits: Limits | None = None) -> Fetched:
    with Outbound(hosts, limits, names or Names(), Wires(port)) as outbound:
        return outbound.get(url)


def test_a_public_page_is_fetched_from_the_address_that_was_looked_at_under_its_own_name() -> None:
    seen: list[tuple[str, str]] = []
    with server({"/a?b=c": page()}, seen) as port:
        names = Names(shop_example=["93.184.216.34"])
        wires = Wires(port)
        with Outbound((), None, names, wires) as outbound:
            got = outbound.get("http://shop.example/a?b=c")
    assert (got.status, got.kind, got.body, got.url) == (200, "text/html", b"hello", "http://shop.example/a?b=c")
    assert wires.went == ["93.184.216.34"]
    assert seen == [("shop.example", "/a?b=c")]
    assert names.asked == ["shop.example"]


PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "169.254.1.1",
    "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1", "203.0.113.9",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1",
    "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1",
    "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused_by_itself_and_behind_a_name(address: str) -> None:
    wires = Wires()
    shown = f"[{address}]" if ":" in address else address
    with Outbound((), None, Names(evil_example=[address]), wires) as outbound:
        for url in ("http://evil.example/", f"http://{shown}/", f"https://{shown}/"):
            with pytest.raises(Refused):
                outbound.get(url)
    assert wires.went == []


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001::8a"])
def test_a_public_address_is_allowed(address: str) -> None:
    assert why_not(ipaddress.ip_address(address)) is None


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.0.0.1", "017700000001", "localhost."])
def test_other_spellings_of_this_machine_are_refused_after_the_system_resolved_them(host: str) -> None:
    with Outbound() as outbound, pytest.raises((Refused, Unreachable)):
        outbound.get(f"http://{host}/")


def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    with pytest.raises(Refused):
        fetched("http://evil.example/", 0, names=Names(evil_example=["93.184.216.34", "10.0.0.1"]))


def test_a_name_that_changes_its_mind_is_held_to_the_address_that_was_looked_at() -> None:
    names = Names(evil_example=[["93.184.216.34"], ["127.0.0.1"]])
    with server({"/": page()}) as port:
        wires = Wires(port)
        with Outbound((), None, names, wires) as outbound:
            assert outbound.get("http://evil.example/").body == b"hello"
            with pytest.raises(Refused):
                outbound.get("http://evil.example/")
    assert wires.went == ["93.184.216.34"]


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::ffff:10.0.0.1]/", "http://evil.example/",
     "ftp://shop.example/", "file:///etc/passwd", "http://user:pass@shop.example/", "http://shop.example:22/", "gopher://x/"],
)  # fmt: skip
def test_every_redirect_is_looked_at_again(target: str) -> None:
    names = Names(shop_example=["93.184.216.34"], evil_example=["192.168.0.10"])
    with server({"/": leads_to(target)}) as port, pytest.raises((Refused, Unreachable)):
        fetched("http://shop.example/", port, names=names)


def test_a_redirect_to_another_public_page_is_followed_and_too_many_are_not() -> None:
    names = Names(shop_example=["93.184.216.34"], www_example=["93.184.216.35"])
    answers = {"/": leads_to("http://www.example/new"), "/new": page(b"new"), "/round": leads_to("/round")}
    with server(answers) as port:
        got = fetched("http://shop.example/", port, names=names)
        assert (got.url, got.body) == ("http://www.example/new", b"new")
        with pytest.raises(TooMuch, match="5 redirects"):
            fetched("http://shop.example/round", port, names=names)


@pytest.mark.parametrize(
    "url",
    ["ftp://shop.example/", "file:///etc/passwd", "unix:///run/x", "data:text/html,x", "javascript:1", "http://", "http:///x",
     "//shop.example", "shop.example", "", "http://a:b@shop.example/", "http://[::1", "http://shop.example:99999/",
     "http://shop.example:25/", "http://shop.example:6379/", "http://sh\x00op.example/", "http://" + "a" * 300 + ".example/"],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(ConnectorError) as told:
        fetched(url, 0, names=Names(shop_example=["93.184.216.34"]))
    assert "a:b" not in str(told.value)


def test_a_host_that_the_operator_named_may_lie_in_the_lan_on_any_port() -> None:
    with server({"/": page(b"erp")}) as port:
        names = Names(erp_lan=["127.0.0.1"])
        assert fetched(f"http://erp.lan:{port}/", port, "erp.lan", names=names).body == b"erp"
        assert fetched(f"http://127.0.0.1:{port}/", port, f"http://127.0.0.1:{port}/v1").body == b"erp"
        assert fetched(f"http://ERP.lan.:{port}/", port, "erp.LAN", names=names).body == b"erp"
        with pytest.raises(Refused):
            fetched("http://erp.lan:6379/", port, "erp.lan:8069", names=names)
        with pytest.raises(Refused):
            fetched("http://other.lan/", port, "erp.lan", names=Names(other_lan=["127.0.0.1"]))


def test_a_named_host_still_leads_nowhere_near_a_clouds_metadata_and_its_redirects_are_looked_at() -> None:
    with pytest.raises(Refused):
        fetched("http://erp.lan/", 0, "erp.lan", names=Names(erp_lan=["169.254.169.254"]))
    with server({"/": leads_to("http://192.168.7.7/")}) as port, pytest.raises(Refused):
        fetched("http://erp.lan/", port, "erp.lan", names=Names(erp_lan=["127.0.0.1"]))


def test_names_are_trusted_as_hosts_hosts_with_ports_and_base_urls() -> None:
    trusted = Trusted.of("erp.lan", "Model.lan:8080", "https://shop.example/api", "http://[::1]:99", "")
    assert trusted.knows("erp.lan", 1)
    assert trusted.knows("model.lan", 8080)
    assert not trusted.knows("model.lan", 80)
    assert trusted.knows("shop.example", 443)
    assert trusted.knows("::1", 99)
    assert not trusted.knows("lan", 80)
    assert not trusted.knows("erp.lan.evil.example", 80)


def test_a_body_that_is_too_large_is_cut_off_whether_it_says_so_or_not() -> None:
    small = Limits(bytes=1_000)
    answers = {"/said": page(b"x" * 1_001), "/unsaid": chunks(1_000, 1_000), "/fits": page(b"x" * 1_000)}
    with server(answers) as port:
        assert (
            len(fetched("http://s.lan/fits", port, "s.lan", names=Names(s_lan=["127.0.0.1"]), limits=small).body)
            == 1_000
        )
        for path in ("/said", "/unsaid"):
            with pytest.raises(TooMuch, match="larger than 1,000 bytes"):
                fetched(f"http://s.lan{path}", port, "s.lan", names=Names(s_lan=["127.0.0.1"]), limits=small)


def test_a_packed_body_is_not_unpacked() -> None:
    packed = page(b"\x1f\x8b" + b"x" * 50, **{"Content-Encoding": "gzip"})
    with server({"/": packed}) as port, pytest.raises(Refused, match="packed"):
        fetched("http://s.lan/", port, "s.lan", names=Names(s_lan=["127.0.0.1"]))


def test_a_body_that_drips_is_given_up_at_the_deadline_of_the_whole() -> None:
    started = time.monotonic()
    with server({"/": chunks(200, 1, pause=0.05)}) as port:
        with pytest.raises((TooMuch, Unreachable)):
            fetched("http://s.lan/", port, "s.lan", names=Names(s_lan=["127.0.0.1"]), limits=Limits(seconds=0.4))
        assert time.monotonic() - started < 3


def test_what_cannot_be_resolved_or_reached_is_an_outage_and_no_defect() -> None:
    def nowhere(host: str, port: int) -> Sequence[str]:
        raise OSError("no such host")

    with Outbound((), None, nowhere) as outbound, pytest.raises(Unreachable):
        outbound.get("http://shop.example/")
    with server({}) as port:
        pass
    with pytest.raises(Unreachable):
        fetched("http://shop.example/", port, names=Names(shop_example=["93.184.216.34"]))


def own_certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for `name`, and a client's that trusts it alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "own.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(made.public_bytes(Encoding.PEM) + private)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem)
    return serving, ssl.create_default_context(cafile=str(pem))


def test_tls_proves_the_name_of_the_url_and_not_the_address(tmp_path: Path) -> None:
    serving, trusting = own_certificate(tmp_path, "shop.example")
    asked: list[str | None] = []
    serving.sni_callback = lambda _socket, name, _context: asked.append(name)
    names = Names(shop_example=["93.184.216.34"], other_example=["93.184.216.34"])
    with server({"/": page(b"safe")}, tls=serving) as port, secured(names, port, trusting) as outbound:
        assert outbound.get("https://shop.example/").body == b"safe"
        with pytest.raises(Unreachable):
            outbound.get("https://other.example/")
    assert asked == ["shop.example", "other.example"]


def test_a_redirect_from_https_to_http_is_refused(tmp_path: Path) -> None:
    serving, trusting = own_certificate(tmp_path, "shop.example")
    names = Names(shop_example=["93.184.216.34"])
    answers = {"/": leads_to("http://shop.example/")}
    with (
        server(answers, tls=serving) as port,
        secured(names, port, trusting) as outbound,
        pytest.raises(Refused, match="https to http"),
    ):
        outbound.get("https://shop.example/")


def secured(names: Names, port: int, tls: ssl.SSLContext) -> Outbound:
    return Outbound((), None, names, Wires(port), tls)
