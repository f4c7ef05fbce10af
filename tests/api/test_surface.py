"""The edge: headers on every answer, how much is read, how often is asked, who may ask from where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from api.app import create
from api.edge.limits import Buckets, network
from api.edge.tokens import Role
from api.settings import Settings
from api.wiring import House
from connectors.outbound import Refused
from tests.api.browsing import csrf_in, given_token, signed_in
from tests.shop import Shop

CSP = {
    "default-src": "'none'",
    "script-src": "'self'",
    "connect-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}


def policy(answer: Any) -> dict[str, str]:
    rules = (one.strip().partition(" ") for one in answer.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in rules}


def set_up(house: House, **settings: Any) -> TestClient:
    house.settings = Settings(**settings)
    return TestClient(create(house), raise_server_exceptions=False)


# -- headers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/login", 200),
        ("GET", "/docs", 200),
        ("GET", "/static/wismo.css", 200),
        ("GET", "/healthz", 200),
        ("GET", "/v1/orders", 401),
        ("GET", "/v1/nothing", 404),
        ("PUT", "/v1/orders", 405),
        ("POST", "/login", 403),
        ("GET", "/approvals", 303),
        ("GET", "/?token=x", 400),
        ("POST", "/webhooks/zendesk", 503),
    ],
)
def test_every_answer_carries_the_headers(house: House, method: str, path: str, status: int) -> None:
    answer = set_up(house).request(method, path, follow_redirects=False)
    assert answer.status_code == status
    assert policy(answer) == CSP
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] in {"no-referrer", "same-origin"}
    assert ("no-store" in answer.headers.get("cache-control", "")) is not path.startswith("/static")
    assert "strict-transport-security" not in answer.headers
    assert "server" not in answer.headers


def test_a_defect_tells_nothing_and_carries_the_headers_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with set_up(house) as client:
        monkeypatch.setattr("api.routes.health.examine", lambda _: 1 / 0)
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (500, {"detail": "something failed here"})
    assert policy(answer) == CSP


def test_over_https_the_browser_is_told_to_stay_there(house: House) -> None:
    with TestClient(create(house), base_url="https://testserver") as client:
        assert "max-age" in client.get("/").headers["strict-transport-security"]


# -- sense ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["token", "access_token", "api_key", "Authorization", "TOKEN"])
def test_a_token_in_the_url_is_refused_though_it_is_a_good_one(client: TestClient, house: House, name: str) -> None:
    secret = house.settings.api_token()
    client.headers.clear()
    refused = client.get("/v1/approvals", params={name: secret})
    assert (refused.status_code, secret in refused.text) == (400, False)
    assert "Authorization header" in refused.text


@pytest.mark.parametrize("path", ["/v1/tickets/a%00b", "/v1/tickets/a%0d%0aSet-Cookie:x", "/v1/tickets/..%5c..%5cx"])
def test_control_characters_and_backslashes_in_a_path_are_refused(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 400


def test_an_endless_url_a_forged_host_and_a_doubled_header_are_refused(client: TestClient) -> None:
    assert client.get("/v1/tickets/" + "x" * 5_000).status_code == 414
    assert client.get("/", headers={"Host": "evil.example/<script>"}).status_code == 400
    good = client.headers["Authorization"]
    twice = client.get("/v1/approvals", headers=[("Authorization", good), ("Authorization", "Bearer x")])
    assert twice.status_code in {400, 401}


def test_a_static_path_leads_nowhere_else(client: TestClient) -> None:
    for path in ("/static/../__init__.py", "/static/%2e%2e/__init__.py", "/static/..%2f__init__.py", "/static/"):
        assert client.get(path).status_code in {400, 404}, path


# -- bodies --------------------------------------------------------------------------------------------------


@pytest.fixture
def small(house: House) -> Iterator[TestClient]:
    with set_up(house, body_bytes=2_000) as client:
        client.headers["Authorization"] = f"Bearer {house.settings.api_token()}"
        yield client


@pytest.mark.parametrize(
    "path",
    ["/v1/tickets", "/v1/orders", "/v1/orders/1/quotes", "/v1/orders/commands/hold_order", "/v1/approvals/A/accept", "/v1/pause", "/login", "/webhooks/zendesk"],
)  # fmt: skip
def test_a_body_that_never_said_how_long_it_is_is_cut_off_on_every_route(
    small: TestClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WISMO_ZENDESK_WEBHOOK_SECRET", "x")
    read: list[int] = []

    def drip() -> Iterator[bytes]:
        for _ in range(100):
            read.append(1)
            yield b'{"text": "' + b"x" * 990

    kind = "application/x-www-form-urlencoded" if path == "/login" else "application/json"
    answer = small.post(path, content=drip(), headers={"Content-Type": kind, "Idempotency-Key": "k"})
    assert (answer.status_code, "larger than 2,000 bytes" in answer.text) == (413, True)
    said = small.post(path, content=b"x" * 2_001, headers={"Content-Type": kind, "Idempotency-Key": "k"})
    assert said.status_code == 413


# -- how often -----------------------------------------------------------------------------------------------


def test_a_bucket_refills_evenly_and_says_how_long_to_wait() -> None:
    now = [0.0]
    buckets = Buckets(6, lambda: now[0])
    assert [buckets.take("a") for _ in range(7)] == [0] * 6 + [10]
    assert buckets.take("b") == 0
    now[0] = 9.0
    assert buckets.take("a") == 1
    now[0] = 10.0
    assert [buckets.take("a"), buckets.take("a")] == [0, 10]


def test_buckets_do_not_grow_without_end() -> None:
    buckets = Buckets(2, lambda: 0.0, most=3)
    for key in "abcd":
        buckets.take(key)
    assert len(buckets._left) == 3


def test_an_ipv6_line_is_one_stranger_however_many_addresses_it_has() -> None:
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9") != network("2001:db8:1:3::1")
    assert network("::ffff:192.0.2.1") == "192.0.2.1"
    assert network(None) == "unknown"


def test_strangers_are_slowed_down_and_neither_a_proven_caller_nor_a_webhook_is(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WISMO_ZENDESK_WEBHOOK_SECRET", "x")
    with set_up(house, strangers_per_minute=5, rate_per_minute=50) as client:
        told = [client.get("/v1/approvals", headers={"Authorization": f"Bearer guess{n}"}) for n in range(20)]
        assert [one.status_code for one in told] == [401] * 5 + [429] * 15
        assert int(told[-1].headers["retry-after"]) >= 1
        assert policy(told[-1]) == CSP
        proven = {"Authorization": f"Bearer {house.settings.api_token()}"}
        assert client.get("/v1/approvals", headers=proven).status_code == 200
        assert {client.post("/webhooks/zendesk", content=b"{}").status_code for _ in range(20)} == {401}


def test_one_token_cannot_use_up_anothers_share(house: House) -> None:
    with set_up(house, rate_per_minute=3) as client:
        greedy, modest = (given_token(house, Role.VIEWER, name)[1] for name in ("greedy", "modest"))

        def ask(secret: str) -> int:
            return client.get("/v1/approvals", headers={"Authorization": f"Bearer {secret}"}).status_code

        assert [ask(greedy) for _ in range(5)] == [200] * 3 + [429] * 2
        assert ask(modest) == 200


def test_a_person_who_is_signed_in_is_not_slowed_down_by_strangers_of_the_same_network(
    house: House, filled: Shop
) -> None:
    with set_up(house, strangers_per_minute=5) as client:
        signed_in(client, house)
        assert [client.get("/v1/orders").status_code for _ in range(10)][-1] == 429
        page = client.get("/approvals")
        assert (page.status_code, len(csrf_in(page.text))) == (200, 64)


# -- from where ----------------------------------------------------------------------------------------------


def preflight(client: TestClient, origin: str) -> Any:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    return client.options("/v1/tickets", headers=asked)


def test_no_other_site_may_call_unless_it_is_named(house: House) -> None:
    with set_up(house) as client:
        assert "access-control-allow-origin" not in preflight(client, "https://www.shop.example").headers
        answer = client.get("/healthz", headers={"Origin": "https://www.shop.example"})
        assert "access-control-allow-origin" not in answer.headers


def test_a_named_site_may_call_and_its_neighbours_may_not(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WISMO_ALLOWED_ORIGINS", "https://www.shop.example, http://localhost:3000")
    with set_up(house) as client:
        allowed = preflight(client, "https://www.shop.example")
        assert allowed.headers["access-control-allow-origin"] == "https://www.shop.example"
        assert "access-control-allow-credentials" not in allowed.headers
        for other in (
            "https://shop.example",
            "http://www.shop.example",
            "https://www.shop.example.evil.example",
            "null",
        ):
            assert "access-control-allow-origin" not in preflight(client, other).headers


@pytest.mark.parametrize("wrong", ["*", "shop.example", "https://shop.example/path", "https://*.shop.example", "null"])
def test_an_origin_that_is_none_is_refused_with_what_would_be_accepted(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WISMO_ALLOWED_ORIGINS", wrong)
    with pytest.raises(ValidationError, match=r"https://www\.your-shop\.com"):
        Settings()


def test_hosts_of_the_operator_reach_the_guard_of_outbound_addresses(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WISMO_OUTBOUND_HOSTS", "erp.lan, models.lan:8080")
    monkeypatch.setenv("WISMO_ZENDESK_BASE_URL", "https://shop.zendesk.example")
    house.settings = Settings()
    assert house.trusted_hosts == ("erp.lan", "models.lan:8080", "https://shop.zendesk.example")
    with house.outbound() as outbound, pytest.raises(Refused):
        outbound.get("http://127.0.0.1/")
