"""`wismo connect shopify` and `stripe`: what to paste where, what is kept and how, and whether it works, asked live."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.connected.commerce import ShopifySettings, StripeSettings
from api.settings import CONNECTED
from connectors.payments.stripe_events import READ
from connectors.shops.shopify_documents import TOPICS
from tests.connectors.fake_shopify import CLIENT, SECRET, FakeShopify
from tests.connectors.fake_stripe import KEY, FakeStripe
from tests.connectors.vendor import serving

URL = "https://w.example"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_database: None) -> Path:
    monkeypatch.setenv("WISMO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def shop() -> Iterator[FakeShopify]:
    with serving(FakeShopify()) as fake:
        yield fake
        assert fake.complaints == []


@pytest.fixture
def stripe() -> Iterator[FakeStripe]:
    with serving(FakeStripe()) as fake:
        yield fake
        assert fake.complaints == []


def run(*arguments: str, given: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, ["connect", *arguments], input=given)
    return done.exit_code, done.stderr


def test_shopify_is_connected_step_by_step_and_its_webhooks_are_subscribed(home: Path, shop: FakeShopify) -> None:
    code, told = run("shopify", "--url", URL, given=f"{shop.url}\n{CLIENT}\n{SECRET}\n")
    assert code == 0, told
    assert "ok  shopify: Ana's shop answers" in told
    assert f"{URL}/webhooks/commerce/shopify" in told
    assert "write_order_edits" in told
    assert "webhooks: 12 subscribed now, 0 were there" in told
    assert [one["topic"] for one in shop.acts.hooks] == list(TOPICS)
    assert SECRET not in told
    kept = ShopifySettings.of(home)
    assert (kept.url, kept.client_id, kept.secrets()) == (shop.url, CLIENT, (SECRET,))
    assert stat.S_IMODE((home / CONNECTED).stat().st_mode) == 0o600
    code, again = run("shopify", "--url", URL, "--no-input")
    assert (code, "webhooks: 0 subscribed now, 12 were there" in again) == (0, True)


def test_a_check_subscribes_nothing_and_an_address_that_nobody_reaches_neither(home: Path, shop: FakeShopify) -> None:
    given = ("--set", f"url={shop.url}", "--set", f"client_id={CLIENT}", "--set", f"client_secret={SECRET}")
    code, told = run("shopify", "--no-input", *given)
    assert (code, "webhooks: not subscribed; run this again with --url https://" in told) == (0, True)
    assert run("shopify", "--check")[0] == 0
    assert shop.acts.hooks == []


def test_a_shop_that_refuses_is_told_with_what_to_check(home: Path, shop: FakeShopify) -> None:
    code, told = run("shopify", "--check")
    assert (code, "not connected; to connect: wismo connect shopify" in told) == (1, True)
    wrong = ("--set", f"url={shop.url}", "--set", "client_id=x", "--set", "client_secret=wrong-secret")
    code, told = run("shopify", "--no-input", "--url", URL, *wrong)
    assert (code, "401; check the app's scopes" in told, "wrong-secret" in told) == (1, True, False)
    shop.acts.refuses = {"webhookSubscriptionCreate"}
    right = ("--set", f"client_id={CLIENT}", "--set", f"client_secret={SECRET}")
    code, told = run("shopify", "--no-input", "--url", URL, *right)
    assert (code, "does not subscribe ORDERS_CREATE" in told) == (1, True)


def test_a_name_of_one_word_is_completed_and_a_wrong_address_is_refused(home: Path, shop: FakeShopify) -> None:
    assert run("shopify", "--no-input", "--set", "url=ftp://x")[0] == 2
    code, told = run("shopify", "--no-input", "--set", "colour=blue")
    assert (code, "shopify has no setting colour; it has" in told) == (2, True)


def test_stripe_is_connected_with_the_events_that_it_must_send(home: Path, stripe: FakeStripe) -> None:
    given = ("--set", f"url={stripe.url}", "--set", f"secret_key={KEY}", "--set", "webhook_secret=whsec_typed")
    code, told = run("stripe", "--url", URL, "--no-input", *given)
    assert code == 0, told
    assert "ok  stripe: acct_1 in test mode" in told
    assert f"{URL}/webhooks/commerce/stripe" in told
    assert all(event in told for event in READ)
    assert "whsec_typed" not in told
    assert KEY not in told
    assert StripeSettings.of(home).secrets() == ("whsec_typed",)


def test_a_wrong_key_is_told(home: Path, stripe: FakeStripe) -> None:
    code, told = run("stripe", "--no-input", "--set", f"url={stripe.url}", "--set", "secret_key=sk_test_wrong")
    assert (code, "no  stripe:" in told, "sk_test_wrong" in told) == (1, True, False)


def test_whoever_is_not_known_is_told_who_is(home: Path) -> None:
    code, told = run("magento", "--check")
    assert (code, "nobody is called magento; there are zendesk" in told, "[connectors.magento]" in told) == (
        2,
        True,
        True,
    )
