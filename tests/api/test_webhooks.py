"""Every helpdesk's webhook and what may be thrown at it: a documented status, a plain log line, nothing stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create
from api.operating.doctor import connections
from api.wiring import House
from connectors import inbox
from connectors.helpdesks import freshdesk_webhook, intercom_webhook, sunshine_webhook, zendesk_webhook
from tests import log_scan
from tests.connectors import fake_freshdesk, fake_intercom, fake_sunshine, fake_zendesk
from tests.connectors.vendor import serving
from tests.shop import NOW

SECRET = log_scan.a_secret("a-webhook-secret-of-tests")
PATH = log_scan.a_secret("hard-to-guess-path-of-tests")
WORDS = "my private words, ana at example"
SETTINGS = {
    "zendesk": {"BASE_URL": "https://shop.zendesk.com", "CLIENT_ID": "c", "WEBHOOK_SECRET": SECRET},
    "intercom": {"ACCESS_TOKEN": "t", "ADMIN_ID": "1", "APP_ID": "a86dr8yl", "WEBHOOK_SECRET": f"older,{SECRET}"},
    "freshdesk": {
        "BASE_URL": "https://shop.freshdesk.com",
        "API_KEY": "k",
        "WEBHOOK_SECRET": SECRET,
        "WEBHOOK_PATH": PATH,
    },
    "sunshine": {
        "BASE_URL": "https://shop.zendesk.com/sc",
        "APP_ID": fake_sunshine.APP,
        "KEY_ID": "k",
        "KEY_SECRET": "s",
        "WEBHOOK_SECRET": SECRET,
    },
}
STAMP = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Knocking:
    """How a vendor signs, and one event of its own."""

    channel: str
    event: dict[str, Any]
    unknown: dict[str, Any] | None
    sign: Callable[[bytes, str], dict[str, str]]
    path: str = ""

    @property
    def url(self) -> str:
        return f"/webhooks/{self.channel}{self.path}"


def _zendesk(raw: bytes, secret: str, stamp: str = STAMP) -> dict[str, str]:
    signed = zendesk_webhook.signature(secret, stamp, raw).decode()
    return {zendesk_webhook.SIGNATURE: signed, zendesk_webhook.TIMESTAMP: stamp}


def _intercom(raw: bytes, secret: str) -> dict[str, str]:
    return {intercom_webhook.SIGNATURE: intercom_webhook.signature(secret, raw).decode()}


def _freshdesk(_: bytes, secret: str) -> dict[str, str]:
    return {freshdesk_webhook.SECRET: secret}


def _sunshine(_: bytes, secret: str) -> dict[str, str]:
    return {sunshine_webhook.SECRET: secret}


def chat(holder: str = "wismo", wrote: str = "user", kind: str = "conversation:message") -> dict[str, Any]:
    conversation = {"id": fake_sunshine.CHAT, "activeSwitchboardIntegration": {"id": "5", "name": holder}}
    message = {"author": {"type": wrote}, "content": {"type": "text", "text": WORDS}}
    event = {"id": "0ca7d56b", "type": kind, "payload": {"conversation": conversation, "message": message}}
    return {"app": {"id": fake_sunshine.APP}, "webhook": {"id": "1", "version": "v2"}, "events": [event]}


def notification(topic: str = "conversation.user.replied", app: str = "a86dr8yl") -> dict[str, Any]:
    item = {"type": "conversation", "id": "524", "source": {"body": WORDS}}
    return {"type": "notification_event", "app_id": app, "id": "notif_1", "topic": topic, "data": {"item": item}}


TICKET_EVENT = {"type": "zen:event-type:ticket.comment_added", "id": "e1", "detail": {"id": "5158"}, "said": WORDS}
RULE = {"ticket_id": "42", "updated_at": "2026-11-20T10:00:00Z", "rule": "customer-replied", "said": WORDS}
VENDORS = [
    Knocking("zendesk", TICKET_EVENT, {"type": "zen:event-type:user.created", "id": "e2"}, _zendesk),
    Knocking("intercom", notification(), notification("ping"), _intercom),
    Knocking("freshdesk", RULE, None, _freshdesk, f"/{PATH}"),
    Knocking("sunshine", chat(), chat(kind="conversation:read"), _sunshine),
]
every = pytest.mark.parametrize("one", VENDORS, ids=lambda one: one.channel)


@pytest.fixture
def connected(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    for channel, given in SETTINGS.items():
        for name, value in given.items():
            monkeypatch.setenv(f"WISMO_{channel.upper()}_{name}", value)
    return house


@pytest.fixture
def client(connected: House) -> TestClient:
    """Without the warming up: no weights are needed to take an event."""
    return TestClient(create(connected))


def sent(client: TestClient, one: Knocking, body: Any = None, secret: str = SECRET, **headers: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(one.event if body is None else body).encode()
    given = {"content-type": "application/json", **one.sign(raw, secret), **headers}
    return client.post(one.url, content=raw, headers=given)


def stored(house: House) -> int:
    with house.database.read() as db:
        return inbox.count(db, "new")


@every
def test_an_event_is_stored_once_however_often_it_is_sent(client: TestClient, house: House, one: Knocking) -> None:
    first, again = sent(client, one), sent(client, one)
    assert (first.status_code, first.json()) == (202, {"status": "stored"})
    assert (again.status_code, again.json()) == (202, {"status": "seen before"})
    assert stored(house) == 1


@every
def test_a_wrong_or_missing_signature_is_401_and_says_nothing_more(
    client: TestClient, house: House, one: Knocking
) -> None:
    wrong = sent(client, one, secret="guessed")
    missing = client.post(one.url, json=one.event)
    empty = sent(client, one, secret="")
    assert [(each.status_code, each.json()) for each in (wrong, missing, empty)] == [
        (401, {"detail": "the signature does not hold"})
    ] * 3
    assert stored(house) == 0


def test_a_stale_signature_of_zendesk_is_401(client: TestClient) -> None:
    zendesk, raw = VENDORS[0], json.dumps(TICKET_EVENT).encode()
    for stamp in ("2026-11-20T11:54:00Z", "2026-11-20T12:06:00Z"):
        assert client.post(zendesk.url, content=raw, headers=_zendesk(raw, SECRET, stamp)).status_code == 401


@pytest.mark.parametrize("url", ["/webhooks/freshdesk", "/webhooks/freshdesk/guessed"])
def test_freshdesk_must_know_the_hard_url_too(client: TestClient, url: str) -> None:
    assert client.post(url, json=RULE, headers={freshdesk_webhook.SECRET: SECRET}).status_code == 401


@every
def test_another_content_type_is_415(client: TestClient, house: House, one: Knocking) -> None:
    assert sent(client, one, **{"content-type": "text/plain"}).status_code == 415
    assert sent(client, one, **{"content-type": "application/x-www-form-urlencoded"}).status_code == 415
    assert stored(house) == 0


@every
def test_an_event_of_another_kind_is_taken_and_not_stored(client: TestClient, house: House, one: Knocking) -> None:
    if one.unknown is None:
        return  # Freshdesk's rules send what the shop wrote into them: there are no kinds
    answer = sent(client, one, one.unknown)
    assert (answer.status_code, answer.json()) == (202, {"status": "ignored"})
    assert stored(house) == 0


@every
def test_ten_megabytes_are_413_whatever_the_header_said(client: TestClient, house: House, one: Knocking) -> None:
    large = b'{"x":"' + b"x" * 10_000_000 + b'"}'
    assert sent(client, one, large).status_code == 413
    parts = iter([large[:500_000]] * 21)
    assert client.post(one.url, content=parts, headers=one.sign(b"", SECRET)).status_code == 413
    assert stored(house) == 0


@every
@pytest.mark.parametrize("raw", [b"", b"not json", b"\xff\xfe", b"[]", b"null", b'{"a":', b"[" * 50_000])
def test_what_is_no_json_object_is_400(client: TestClient, house: House, one: Knocking, raw: bytes) -> None:
    assert sent(client, one, raw).status_code == 400
    assert stored(house) == 0


@pytest.mark.parametrize(
    ("number", "body"),
    [
        (0, {"type": "zen:event-type:ticket.created", "detail": {"id": "../users"}}),
        (1, {"topic": "conversation.user.replied", "app_id": "a86dr8yl", "data": {"item": {"id": "1/../me"}}}),
        (1, {"app_id": "a86dr8yl"}),
        (2, {"ticket_id": "{{ticket.id}}"}),
        (2, {}),
        (3, {"app": {"id": fake_sunshine.APP}, "events": "all"}),
    ],
)
def test_an_event_without_its_conversation_is_400(client: TestClient, number: int, body: Any) -> None:
    assert sent(client, VENDORS[number], body).status_code == 400


def test_another_workspaces_notification_is_none_of_ours(client: TestClient, house: House) -> None:
    assert sent(client, VENDORS[1], notification(app="another")).json() == {"status": "ignored"}
    assert stored(house) == 0


def test_each_event_in_one_body_of_messaging_is_stored(client: TestClient, house: House) -> None:
    body = chat()
    body["events"] = [{**body["events"][0], "id": f"m{number}"} for number in range(3)]
    assert sent(client, VENDORS[3], body).json() == {"status": "stored"}
    assert stored(house) == 3


@pytest.mark.parametrize("body", [chat(holder="agents"), chat(wrote="business"), {**chat(), "app": {"id": "other"}}])
def test_messaging_that_others_hold_or_write_is_ignored(client: TestClient, body: Any) -> None:
    assert sent(client, VENDORS[3], body).json() == {"status": "ignored"}


def test_messaging_that_is_given_to_us_is_read(client: TestClient, house: House) -> None:
    sent(client, VENDORS[3], chat(wrote="business", kind="switchboard:passControl"))
    assert stored(house) == 1


def test_a_rule_that_tells_no_moment_is_never_taken_for_a_repeat(client: TestClient, house: House) -> None:
    for number in range(2):
        house.now = lambda number=number: NOW.replace(second=number)  # type: ignore[misc]
        assert sent(client, VENDORS[2], {"ticket_id": 42, "updated_at": "{{ticket.x}}"}).json()["status"] == "stored"
    wrapped = {"freshdesk_webhook": {"ticket_id": 43}}
    assert sent(client, VENDORS[2], wrapped).json()["status"] == "stored"


@every
def test_the_address_answers_head_before_it_is_subscribed(client: TestClient, one: Knocking) -> None:
    assert client.head(f"/webhooks/{one.channel}").status_code == 200


def test_a_helpdesk_that_does_not_exist_is_404(client: TestClient) -> None:
    assert client.post("/webhooks/nobody", json={}).status_code == 404
    assert client.head("/webhooks/nobody").status_code == 404


@every
def test_a_helpdesk_that_is_not_connected_is_503_with_the_remedy(house: House, one: Knocking) -> None:
    answer = TestClient(create(house)).post(one.url, json=one.event)
    assert answer.status_code == 503
    assert "wismo doctor" in answer.json()["detail"]


@every
def test_what_is_refused_is_logged_with_its_reason_and_without_a_word_of_it(client: TestClient, one: Knocking) -> None:
    before = len(log_scan.LINES)
    sent(client, one, secret="guessed")
    lines = "".join(log_scan.LINES[before:])
    assert "webhook.refused" in lines
    assert f"wismo connect {one.channel} --check" in lines
    assert WORDS not in lines


# -- the doctor, asked live --------------------------------------------------------------------------------------


@pytest.fixture
def live(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    fakes: dict[str, Any] = {
        "zendesk": fake_zendesk.FakeZendesk(),
        "intercom": fake_intercom.FakeIntercom(),
        "freshdesk": fake_freshdesk.FakeFreshdesk(),
        "sunshine": fake_sunshine.FakeSunshine(),
    }
    with (
        fake_zendesk.serving(fakes["zendesk"]),
        serving(fakes["intercom"]),
        serving(fakes["freshdesk"]),
        serving(fakes["sunshine"]),
    ):
        own = {
            "zendesk": {"CLIENT_SECRET": "s3cret"},
            "intercom": {"ACCESS_TOKEN": fake_intercom.TOKEN, "ADMIN_ID": fake_intercom.SEAT},
            "freshdesk": {"API_KEY": fake_freshdesk.KEY},
            "sunshine": {"KEY_ID": fake_sunshine.KEY_ID, "KEY_SECRET": fake_sunshine.SECRET},
        }
        for channel, given in SETTINGS.items():
            below = fake_sunshine.BELOW if channel == "sunshine" else ""
            for name, value in {**given, **own[channel], "BASE_URL": fakes[channel].url + below}.items():
                monkeypatch.setenv(f"WISMO_{channel.upper()}_{name}", value)
        yield fakes


def checks(house: House) -> dict[str, tuple[bool, str]]:
    return {one.name: (one.ok, one.says) for one in connections(house)}


def test_the_doctor_asks_every_connected_helpdesk_who_we_are(live: dict[str, Any], house: House) -> None:
    found = checks(house)
    assert [name for name, (ok, _) in found.items() if not ok] == []
    assert {name: says.rpartition("we write as ")[2] for name, (_, says) in found.items()} == {
        "zendesk": "user 900, role agent",
        "intercom": "seat 991 in workspace a86dr8yl",
        "freshdesk": "agent 9001",
        "sunshine": f"app {fake_sunshine.APP}",
    }


def test_the_doctor_says_the_remedy_for_a_revoked_token(live: dict[str, Any], house: House) -> None:
    live["zendesk"].valid_token, live["zendesk"].role = "another", "agent"
    live["intercom"].token = live["freshdesk"].key = live["sunshine"].secret = "another"
    live["zendesk"].refuses_client = True
    found = checks(house)
    assert [name for name, (ok, _) in found.items() if ok] == []
    for name, (_, says) in found.items():
        assert f"WISMO_{name.upper()}" in says, says
        assert "Unauthorized" in says, says


@pytest.mark.parametrize("channel", ["zendesk", "intercom", "freshdesk", "sunshine"])
def test_the_doctor_says_that_an_address_is_wrong(
    live: dict[str, Any], house: House, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    monkeypatch.setenv(f"WISMO_{channel.upper()}_BASE_URL", f"{live['freshdesk'].url}/nothing-here")
    ok, says = checks(house)[channel]
    assert not ok
    assert "_BASE_URL" in says


def test_the_doctor_names_what_is_not_set(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WISMO_FRESHDESK_BASE_URL", "https://shop.freshdesk.com")
    ok, says = checks(house)["freshdesk"]
    assert (ok, says.partition(";")[0]) == (
        False,
        "set WISMO_FRESHDESK_API_KEY, WISMO_FRESHDESK_WEBHOOK_SECRET, WISMO_FRESHDESK_WEBHOOK_PATH",
    )
    assert checks(house)["zendesk"][0]
