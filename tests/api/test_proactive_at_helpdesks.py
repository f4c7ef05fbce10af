"""Speaking first where the customer talks with the shop: once, into their ticket, whatever the helpdesk does meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from agent.proactive import messages
from api.app import create
from api.settings import Settings
from api.wiring import House
from connectors.helpdesks import freshdesk_webhook, intercom_webhook
from connectors.helpdesks.zendesk_webhook import SIGNATURE, TIMESTAMP, signature
from tests.api.test_helpdesks_whole import connect
from tests.api.test_letters import box, text_of, to
from tests.connectors import fake_freshdesk, fake_intercom, fake_zendesk
from tests.connectors.fake_freshdesk import FakeFreshdesk
from tests.connectors.fake_intercom import FakeIntercom
from tests.connectors.fake_zendesk import PERSON, FakeZendesk, Trouble
from tests.connectors.test_smtp import Postbox
from tests.connectors.vendor import serving
from tests.desks import intents
from tests.log_scan import a_secret
from tests.shop import ANA, Shop
from tools.orders import outbox
from tools.orders.actions.preferences import SavePreferences
from tools.orders.model import Order

__all__ = ["box"]
SECRET = "signing-of-tests"
TERMS = """
[proactive]
mode = "on"
holdout = 0.0
merge_minutes = 0
channels = ["helpdesk", "mail"]
"""


@dataclass
class Shopkeeper:
    """A house that speaks first, over a shop whose clock it has."""

    house: House
    shop: Shop
    client: TestClient

    def knock(self, key: str) -> None:
        raw = json.dumps({"type": "zen:event-type:ticket.comment_added", "id": key, "detail": {"id": "5158"}}).encode()
        at = self.shop.time.strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = {SIGNATURE: signature(SECRET, at, raw).decode(), TIMESTAMP: at}
        assert self.client.post("/webhooks/zendesk", content=raw, headers=headers).status_code == 202
        self.house.worker.run_once()

    def will_be_late(self) -> Order:
        return self.shop.shipped(promised_at=(self.shop.time + timedelta(hours=1)).isoformat())

    def becomes_late(self) -> None:
        self.shop.later(hours=2)
        self.house.watching.run()

    def works(self, rounds: int = 6) -> None:
        """Over hours: what failed is tried again."""
        for _ in range(rounds):
            self.house.watching.run()
            self.house.worker.run_once()
            self.shop.later(minutes=5)

    def waiting(self) -> tuple[int, int]:
        """Messages that are to leave, and those that were given up."""
        with self.house.database.read() as db:
            return len(outbox.due(db, self.shop.time + timedelta(days=1))), outbox.count(db, "dead")

    def channels(self) -> list[str]:
        with self.house.database.read() as db:
            return [one.channel for one in messages.newest(db)]


@pytest.fixture
def shopkeeper(own_database: None, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Shopkeeper]]:
    """Opens its house when the settings of what is connected are there."""
    monkeypatch.setenv("WISMO_HOME", str(shop.folder / "home"))
    monkeypatch.setenv("WISMO_QUIET_SECONDS", "0")
    intents()
    opened: list[tuple[House, TestClient]] = []

    def begin() -> Shopkeeper:
        house = House(Settings(), lambda: shop.time)
        house.shop_file.write_text(TERMS, encoding="utf-8")
        shop.database.close()
        shop.database, shop.orders = house.database, house.orders
        shop.import_shop([])
        client = TestClient(create(house))
        client.headers["Authorization"] = f"Bearer {a_secret(house.settings.api_token())}"
        opened.append((house, client))
        return Shopkeeper(house, shop, client)

    yield begin
    for house, client in opened:
        client.close()
        house.close()


@pytest.fixture
def zendesk(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeZendesk]:
    with fake_zendesk.serving(FakeZendesk()) as made:
        settings = {"BASE_URL": made.url, "CLIENT_ID": "wismo", "CLIENT_SECRET": "s3cret", "WEBHOOK_SECRET": SECRET}
        connect(monkeypatch, "zendesk", settings)
        yield made
        assert made.complaints == []


def talked(keeper: Shopkeeper, zendesk: FakeZendesk) -> Order:
    """The customer once wrote in a ticket, about an order that is not late yet."""
    order = keeper.will_be_late()
    zendesk.says(f"Where is my order {order.number}?")
    keeper.knock("e1")
    assert len(zendesk.public) == 1
    assert "is late" not in zendesk.public[0]
    return order


def about(zendesk: FakeZendesk, order: Order) -> list[str]:
    return [one for one in zendesk.public[1:] if order.number in one]


def test_who_wrote_a_ticket_is_told_first_in_it_once_by_an_ai_and_a_later_question_knows_it(
    zendesk: FakeZendesk, shopkeeper: Callable[[], Shopkeeper]
) -> None:
    keeper = shopkeeper()
    order = talked(keeper, zendesk)
    keeper.becomes_late()
    keeper.works()
    (told,) = about(zendesk, order)
    assert "is late" in told
    assert "AI assistant" in told
    assert "ai_replied" in zendesk.tags
    assert keeper.channels() == ["zendesk"]
    keeper.knock("e2")  # of our own comment
    assert len(zendesk.public) == 2
    keeper.shop.later(minutes=10)
    at = keeper.shop.time.strftime("%Y-%m-%dT%H:%M:%SZ")
    zendesk.says("Where is my order?", created_at=at)
    keeper.knock("e3")
    assert len(zendesk.public) == 3
    assert order.number in zendesk.public[2]
    assert "We wrote to you about it on" in zendesk.public[2]


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble("PUT", 500, times=3),
        Trouble("PUT", 429, times=2, headers={"retry-after": "90"}),
        Trouble("PUT", 502, times=1, applied=True),
        Trouble("PUT", 504, times=3, applied=True),
        Trouble("GET", 503, times=5),
    ],
    ids=["500 first", "429 first", "answer lost", "answers lost", "not to be read first"],
)
def test_however_the_helpdesk_fails_it_is_said_exactly_once(
    zendesk: FakeZendesk, shopkeeper: Callable[[], Shopkeeper], trouble: Trouble
) -> None:
    keeper = shopkeeper()
    order = talked(keeper, zendesk)
    keeper.becomes_late()
    zendesk.troubles.append(trouble)
    keeper.works()
    assert trouble.times == 0 or trouble.applied
    assert len(about(zendesk, order)) == 1
    assert keeper.waiting() == (0, 0)


def a_person_wrote(zendesk: FakeZendesk) -> None:
    zendesk.says("I look after this.", PERSON)


def closed(zendesk: FakeZendesk) -> None:
    zendesk.status = "closed"


def handed_over(zendesk: FakeZendesk) -> None:
    zendesk.tags = ["ai_handoff"]


def switched_off(zendesk: FakeZendesk) -> None:
    zendesk.tags = ["ai_disabled"]


def deleted(zendesk: FakeZendesk) -> None:
    zendesk.deleted = True


@pytest.mark.parametrize(
    "change", [a_person_wrote, closed, handed_over, switched_off, deleted], ids=lambda one: one.__name__
)
def test_a_ticket_in_which_we_may_not_speak_any_more_is_left_alone_and_the_customer_gets_a_mail(
    zendesk: FakeZendesk,
    box: Postbox,
    shopkeeper: Callable[[], Shopkeeper],
    change: Callable[[FakeZendesk], None],
) -> None:
    keeper = shopkeeper()
    order = talked(keeper, zendesk)
    change(zendesk)
    keeper.becomes_late()
    keeper.works()
    assert about(zendesk, order) == []
    (mail,) = [one for one in to(box, ANA) if "is late" in text_of(one)]
    assert mail["Subject"] == f"About your order {order.number}"
    assert keeper.waiting() == (0, 0)
    assert keeper.channels() == ["mail"]


def test_what_was_said_although_its_answer_was_lost_is_not_mailed_too_when_the_ticket_is_closed_then(
    zendesk: FakeZendesk, box: Postbox, shopkeeper: Callable[[], Shopkeeper]
) -> None:
    keeper = shopkeeper()
    order = talked(keeper, zendesk)
    keeper.becomes_late()
    zendesk.troubles.append(Trouble("PUT", 502, applied=True))
    keeper.house.worker.run_once()
    closed(zendesk)
    keeper.works()
    assert len(about(zendesk, order)) == 1
    assert to(box, ANA) == []


def test_who_wants_no_more_of_them_is_told_in_no_ticket(
    zendesk: FakeZendesk, shopkeeper: Callable[[], Shopkeeper]
) -> None:
    keeper = shopkeeper()
    order = talked(keeper, zendesk)
    keeper.becomes_late()
    keeper.shop.done(SavePreferences(customer_id="ana", muted=("proactive",)))
    keeper.works()
    assert about(zendesk, order) == []
    assert keeper.waiting() == (0, 0)


@pytest.fixture
def intercom(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeIntercom]:
    with serving(FakeIntercom(first="hello")) as made:
        settings = {"BASE_URL": made.url, "ACCESS_TOKEN": fake_intercom.TOKEN, "ADMIN_ID": fake_intercom.SEAT}
        connect(monkeypatch, "intercom", settings | {"WEBHOOK_SECRET": SECRET, "MESSENGER_SECURITY": "true"})
        yield made
        assert made.complaints == []


def test_at_intercom_too(intercom: FakeIntercom, shopkeeper: Callable[[], Shopkeeper]) -> None:
    keeper = shopkeeper()
    order = keeper.will_be_late()
    notified(keeper, intercom, f"Where is my order {order.number}?", "n1")
    keeper.becomes_late()
    keeper.works()
    assert ["is late" in one for one in intercom.public] == [False, True]
    notified(keeper, intercom, "Where is my order?", "n2")
    assert "We wrote to you about it on" in intercom.public[2]


def notified(keeper: Shopkeeper, intercom: FakeIntercom, text: str, key: str) -> None:
    intercom.clock = int(keeper.shop.time.timestamp())
    intercom.says(text)
    item: dict[str, Any] = {"type": "conversation", "id": fake_intercom.ID}
    raw = json.dumps({"topic": "conversation.user.replied", "id": key, "data": {"item": item}}).encode()
    headers = {intercom_webhook.SIGNATURE: intercom_webhook.signature(SECRET, raw).decode()}
    assert keeper.client.post("/webhooks/intercom", content=raw, headers=headers).status_code == 202
    keeper.house.worker.run_once()


@pytest.fixture
def freshdesk(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeFreshdesk]:
    with serving(FakeFreshdesk()) as made:
        settings = {"BASE_URL": made.url, "API_KEY": fake_freshdesk.KEY}
        connect(monkeypatch, "freshdesk", {**settings, "WEBHOOK_SECRET": SECRET, "WEBHOOK_PATH": "hard-to-guess"})
        yield made
        assert made.complaints == []


def test_an_address_that_nobody_proved_is_not_told_in_its_ticket(
    freshdesk: FakeFreshdesk, box: Postbox, shopkeeper: Callable[[], Shopkeeper]
) -> None:
    """Freshdesk proves no address: who wrote may be anybody, so the news go to the address on file."""
    keeper = shopkeeper()
    order = keeper.will_be_late()
    freshdesk.says(f"Where is {order.number}?")
    headers = {freshdesk_webhook.SECRET: SECRET}
    body = {"ticket_id": fake_freshdesk.TICKET, "rule": "1"}
    assert keeper.client.post("/webhooks/freshdesk/hard-to-guess", json=body, headers=headers).status_code == 202
    keeper.house.worker.run_once()
    keeper.becomes_late()
    keeper.works()
    assert len(freshdesk.public) == 1
    assert sum("is late" in text_of(one) for one in to(box, ANA)) == 1
