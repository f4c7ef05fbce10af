"""`wismo connect`: what to paste where, what is kept and how, and whether it works, asked live."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.connected import connecting
from api.connected.connecting import GUIDES, RULE, TRIGGER, Unfit
from api.connected.helpdesks import VENDORS
from api.settings import CONNECTED, FreshdeskSettings, ZendeskSettings
from tests.connectors.fake_freshdesk import KEY, FakeFreshdesk
from tests.connectors.fake_zendesk import FakeZendesk
from tests.connectors.fake_zendesk import serving as serving_zendesk
from tests.connectors.vendor import serving
from tests.log_scan import a_secret


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WISMO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def freshdesk() -> Iterator[FakeFreshdesk]:
    with serving(FakeFreshdesk()) as fake:
        yield fake


def run(*arguments: str, given: str = "") -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["connect", *arguments], input=given)
    return done.exit_code, done.stdout, done.stderr


def test_freshdesk_is_connected_without_a_question_and_its_secrets_are_made(
    home: Path, freshdesk: FakeFreshdesk
) -> None:
    url, key = f"base_url={freshdesk.url}", f"api_key={KEY}"
    code, _, told = run("freshdesk", "--url", "https://w.example", "--no-input", "--set", url, "--set", key)
    assert (code, "we write as agent 9001" in told) == (0, True)
    kept = FreshdeskSettings.of(home)
    assert len(kept.secrets()[0]) >= 40
    assert f"https://w.example/webhooks/freshdesk/{kept.webhook_path.get_secret_value()}" in told
    assert f"X-Wismo-Secret: {kept.secrets()[0]}" in told
    assert RULE in told
    assert KEY not in told
    assert stat.S_IMODE((home / CONNECTED).stat().st_mode) == 0o600


def test_connecting_again_keeps_what_was_made(home: Path, freshdesk: FakeFreshdesk) -> None:
    run("freshdesk", "--no-input", "--set", f"base_url={freshdesk.url}", "--set", f"api_key={KEY}")
    before = FreshdeskSettings.of(home)
    assert run("freshdesk", "--no-input")[0] == 0
    assert FreshdeskSettings.of(home) == before
    connecting.keep(home, {"WISMO_ZENDESK_CLIENT_ID": "it's a \\ 'quote'"})
    assert FreshdeskSettings.of(home) == before
    assert ZendeskSettings.of(home).client_id == "it's a \\ 'quote'"


def test_zendesk_is_asked_for_step_by_step_and_no_secret_is_shown(home: Path) -> None:
    secret, signing = a_secret("s3cret"), a_secret("signing-secret-typed")
    with serving_zendesk(FakeZendesk()) as fake:
        code, _, told = run("zendesk", given=f"{fake.url}\nwismo\n{secret}\n{signing}\n")
        assert (code, "we write as user 900, role agent" in told) == (0, True)
        again, _, told_again = run("zendesk", given="\n\n\n\n")
    assert again == 0
    assert TRIGGER in told
    assert "tickets:read tickets:write users:read" in told
    assert "https://YOUR-HOST/webhooks/zendesk" in told
    assert secret not in told + told_again
    assert signing not in told + told_again
    assert ZendeskSettings.of(home).secrets() == (signing,)


def test_the_check_alone_writes_nothing_and_tells_programs(home: Path, freshdesk: FakeFreshdesk) -> None:
    code, out, _ = run("freshdesk", "--check", "--json")
    assert code == 1
    assert json.loads(out) == {
        "name": "freshdesk",
        "ok": False,
        "says": "not connected; to connect: wismo connect freshdesk",
    }
    assert not (home / CONNECTED).exists()
    run("freshdesk", "--no-input", "--set", f"base_url={freshdesk.url}", "--set", f"api_key={KEY}")
    assert run("freshdesk", "--check")[0] == 0
    freshdesk.key = "revoked"
    code, _, told = run("freshdesk", "--check")
    assert (code, "WISMO_FRESHDESK_API_KEY" in told) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("zendesk", "--set", "base_url=ftp://x"), "https://your-shop.zendesk.com"),
        (("zendesk", "--set", "subdomain=x"), "it has base_url"),
        (("zendesk", "--set", "client_id=a\nb"), "one line"),
        (("zendesk", "--set", "client_id=${HOME}"), "in the environment"),
        (("mydesk",), "zendesk"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_remedy(home: Path, arguments: tuple[str, ...], remedy: str) -> None:
    code, _, told = run(*arguments, "--no-input")
    assert (code, remedy in told) == (2, True)
    assert not (home / CONNECTED).exists()


@pytest.mark.parametrize(
    ("channel", "given", "kept"),
    [
        ("zendesk", "your-shop", "https://your-shop.zendesk.com"),
        ("freshdesk", "https://your-shop.freshdesk.com/", "https://your-shop.freshdesk.com"),
        ("sunshine", "your-shop", "https://your-shop.zendesk.com/sc"),
        ("intercom", "https://api.eu.intercom.io", "https://api.eu.intercom.io"),
    ],
)
def test_one_word_is_enough_for_an_address(channel: str, given: str, kept: str) -> None:
    assert connecting.fit("base_url", given, GUIDES[channel]) == kept


def test_an_address_that_is_only_a_word_is_none_where_no_domain_completes_it() -> None:
    with pytest.raises(Unfit):
        connecting.fit("base_url", "your-shop", GUIDES["intercom"])


def test_the_environment_wins_over_what_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connecting.keep(home, {"WISMO_ZENDESK_BASE_URL": "https://kept.zendesk.com"})
    assert ZendeskSettings.of(home).base_url == "https://kept.zendesk.com"
    monkeypatch.setenv("WISMO_ZENDESK_BASE_URL", "https://set.zendesk.com")
    assert ZendeskSettings.of(home).base_url == "https://set.zendesk.com"


def test_every_vendor_has_a_guide_that_asks_for_all_that_it_needs() -> None:
    for vendor in VENDORS:
        guide = GUIDES[vendor.channel]
        asked = {*guide.asked, *guide.made}
        assert asked <= vendor.settings.model_fields.keys()
        assert [need for need in vendor.needs if not asked & set(need.split("|"))] == []


def test_the_json_of_the_guides_is_json() -> None:
    assert json.loads(TRIGGER)["schema"] == "wismo.zendesk.trigger.v1"
    assert set(json.loads(RULE)) == {"ticket_id", "updated_at", "rule"}
