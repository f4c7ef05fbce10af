"""Speaking first, whole: mail that leaves, links that open a chat and do nothing, the button that ends it, the desk."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message as Mail

import pytest
from fastapi.testclient import TestClient

from agent import conversations
from agent.identity.hashing import Keyed
from agent.proactive import links, messages
from agent.proactive.links import Purpose
from api.app import create
from api.settings import Settings
from api.wiring import House
from tests.api.browsing import signed_in
from tests.api.conftest import Wismo
from tests.api.test_letters import TEAM, box, text_of, to
from tests.connectors.test_smtp import Postbox
from tests.desks import intents
from tests.log_scan import a_secret
from tests.shop import ANA, BOB, Shop
from tools.orders.actions.customers import SaveCustomer
from tools.orders.actions.preferences import SavePreferences
from tools.orders.model import Order

__all__ = ["box"]
BASE = "https://chat.shop.example"
TERMS = f'[proactive]\nmode = "on"\nholdout = 0.0\nmerge_minutes = 0\nlinks = "{BASE}"\n[autonomy]\nrefund = "auto"\n'


@pytest.fixture
def living(
    box: Postbox, own_database: None, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[House, TestClient]]:
    """A house whose clock is the shop's, with a mail server, that speaks first."""
    monkeypatch.setenv("WISMO_HOME", str(shop.folder / "home"))
    intents()
    made = House(Settings(), lambda: shop.time)
    made.shop_file.write_text(TERMS, encoding="utf-8")
    shop.database.close()
    shop.database, shop.orders = made.database, made.orders
    shop.import_shop([])
    with TestClient(create(made)) as client:
        client.headers["Authorization"] = f"Bearer {a_secret(made.settings.api_token())}"
        yield made, client
    made.close()


def unsent(shop: Shop) -> Order:
    """Not sent, and late since an hour: it can still be cancelled."""
    return shop.order(promised_at=(shop.time - timedelta(hours=1)).isoformat())


def written(house: House, box: Postbox) -> Mail:
    house.watching.run()
    house.deliver()
    (mail,) = box.got
    return mail


def link_of(mail: Mail, kind: str = "chat", purpose: str = "") -> str:
    found: list[str] = re.findall(rf"{BASE}(/{kind}/\S+)", text_of(mail))
    return next(one for one in found if f".{purpose}" in one)


def test_a_letter_says_what_is_so_with_links_for_what_can_be_done(
    living: tuple[House, TestClient], box: Postbox, shop: Shop
) -> None:
    house, _ = living
    order = unsent(shop)
    mail = written(house, box)
    assert mail["To"] == ANA
    assert mail["Subject"] == f"About your order {order.number}"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-AI-Generated"].startswith("yes")
    assert mail["List-Unsubscribe"].startswith(f"<{BASE}/stop/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = text_of(mail)
    assert "is late" in text
    assert {one.split(".")[2] for one in re.findall(rf"{BASE}/chat/(\S+)", text)} == {"cancel", "address"}
    house.watching.run()
    house.deliver()
    assert len(box.got) == 1


def test_a_link_opens_the_chat_with_a_quote_and_nothing_is_done_before_the_customer_agrees(
    living: tuple[House, TestClient], box: Postbox, shop: Shop
) -> None:
    house, client = living
    order = unsent(shop)
    path = link_of(written(house, box), purpose="cancel")
    for _ in range(3):  # mail programs fetch links ahead
        page = client.get(path)
        assert page.status_code == 200
    with house.database.read() as db:
        assert messages.newest(db)[0].opened_at is None
    visitor = client.post(path).json()["visitor"]
    again = client.post(path).json()["visitor"]
    guest = {"Authorization": f"Visitor {visitor}"}
    assert shop.get(order.number).lifecycle == "confirmed"
    with house.database.read() as db:
        (told,) = messages.newest(db)
        assert told.opened_at is not None
        conversation = messages.conversation_of(db, f"{told.id}.0.cancel")
        assert conversation
        thread, _ = conversations.load(db, conversation)
    (quote,) = thread.proposals
    agreed = client.post(
        "/widget/quotes", json={"id": "press-001", "digest": quote.digest, "agree": True}, headers=guest
    )
    assert agreed.status_code == 200, agreed.text
    assert shop.get(order.number).lifecycle == "cancelled"
    assert again != visitor


def test_a_link_proves_its_own_order_and_no_other(living: tuple[House, TestClient], box: Postbox, shop: Shop) -> None:
    house, client = living
    other = shop.delivered()
    unsent(shop)
    visitor = client.post(link_of(written(house, box), purpose="cancel")).json()["visitor"]
    said = client.post(
        "/widget/messages",
        json={"id": "message-1", "text": f"where is order {other.number}?"},
        headers={"Authorization": f"Visitor {visitor}"},
    )
    reply = next(one["text"] for one in said.json()["events"] if one["kind"] == "reply")
    assert "delivered" not in reply


def test_even_where_a_clear_wish_is_itself_the_confirmation_a_link_only_asks(
    living: tuple[House, TestClient], box: Postbox, shop: Shop
) -> None:
    house, client = living
    house.shop_file.write_text(TERMS + '[confirm]\ndefault = "implied"\nchat = "implied"\nwidget = "implied"\n')
    house.reread()
    order = unsent(shop)
    client.post(link_of(written(house, box), purpose="cancel"))
    assert shop.get(order.number).lifecycle == "confirmed"


@pytest.mark.parametrize("change", ["signature", "order", "purpose", "expiry", "nonsense"])
def test_a_link_that_was_changed_opens_nothing(
    living: tuple[House, TestClient], box: Postbox, shop: Shop, change: str
) -> None:
    house, client = living
    unsent(shop)
    token = link_of(written(house, box), purpose="cancel").removeprefix("/chat/")
    message, place, purpose, until, signature = token.split(".")
    changed = {
        "signature": (message, place, purpose, until, "0" * len(signature)),
        "order": (message, "1", purpose, until, signature),
        "purpose": (message, place, "refund", until, signature),
        "expiry": (message, place, purpose, str(int(until) + 99), signature),
        "nonsense": ("x", "y"),
    }[change]
    for method in (client.get, client.post):
        assert method(f"/chat/{'.'.join(changed)}").status_code == 410


def test_a_link_ends_after_its_hours(living: tuple[House, TestClient], box: Postbox, shop: Shop) -> None:
    house, client = living
    unsent(shop)
    path = link_of(written(house, box), purpose="cancel")
    shop.later(hours=72)
    assert client.get(path).status_code == 410
    assert client.post(path).status_code == 410


def test_one_click_ends_these_messages_and_a_get_ends_nothing(
    living: tuple[House, TestClient], box: Postbox, shop: Shop
) -> None:
    house, client = living
    shop.done(SavePreferences(customer_id="ana", muted=("packed",)))
    unsent(shop)
    path = link_of(written(house, box), "stop")
    assert "Stop these messages" in client.get(path).text
    assert shop.orders.wants(shop.get("#1001").customer_id, "proactive")
    for _ in range(2):
        assert "Stopped" in client.post(path, data={"List-Unsubscribe": "One-Click"}).text
    assert not shop.orders.wants(shop.get("#1001").customer_id, "proactive")
    assert not shop.orders.wants(shop.get("#1001").customer_id, "packed")
    assert shop.orders.wants(shop.get("#1001").customer_id, "shipped")
    shop.later(days=2)
    unsent(shop)
    house.watching.run()
    house.deliver()
    assert len(box.got) == 1


def test_who_wants_them_again_can_end_them_again_with_the_same_link(
    living: tuple[House, TestClient], box: Postbox, shop: Shop
) -> None:
    house, client = living
    order = unsent(shop)
    path = link_of(written(house, box), "stop")
    client.post(path)
    shop.done(SavePreferences(customer_id="ana", muted=()))
    assert shop.orders.wants(order.customer_id, "proactive")
    assert "Stopped" in client.post(path).text
    assert not shop.orders.wants(order.customer_id, "proactive")


def test_a_browser_that_hides_where_it_comes_from_may_stop_them_too(
    living: tuple[House, TestClient], box: Postbox, shop: Shop
) -> None:
    """The page sends no referrer, so that its link leaks nowhere: browsers then call its own form's origin "null"."""
    house, client = living
    order = unsent(shop)
    path = link_of(written(house, box), "stop")
    assert client.post(path, headers={"Origin": "null"}).status_code == 200
    assert not shop.orders.wants(order.customer_id, "proactive")


def test_a_link_opens_its_conversation_although_the_customers_language_changed_since(
    living: tuple[House, TestClient], box: Postbox, shop: Shop
) -> None:
    house, client = living
    house.shop_file.write_text(TERMS + '[shop]\nlanguages = ["en", "de"]\n', encoding="utf-8")
    house.reread()
    unsent(shop)
    path = link_of(written(house, box), purpose="cancel")
    client.post(path)
    shop.done(SaveCustomer(customer_id="ana", language="de"))
    assert client.post(path).json()["visitor"]


def test_a_stop_link_opens_no_chat_and_a_chat_link_stops_nothing(
    living: tuple[House, TestClient], box: Postbox, shop: Shop
) -> None:
    house, client = living
    unsent(shop)
    mail = written(house, box)
    stop, chat = link_of(mail, "stop"), link_of(mail, purpose="cancel")
    assert client.post(stop.replace("/stop/", "/chat/")).status_code == 410
    assert client.post(chat.replace("/chat/", "/stop/")).status_code == 410


def test_who_stops_them_while_one_waits_is_not_sent_it(
    living: tuple[House, TestClient], box: Postbox, shop: Shop
) -> None:
    house, _ = living
    unsent(shop)
    house.watching.run()
    shop.done(SavePreferences(customer_id="ana", muted=("proactive",)))
    house.deliver()
    assert box.got == []


def test_in_draft_the_team_reads_what_would_be_sent(living: tuple[House, TestClient], box: Postbox, shop: Shop) -> None:
    house, _ = living
    house.shop_file.write_text(TERMS.replace('"on"', '"draft"'), encoding="utf-8")
    house.reread()
    unsent(shop)
    house.watching.run()
    house.deliver()
    house.deliver()
    assert to(box, ANA) == []
    (note,) = to(box, TEAM)
    assert "is late" in text_of(note)


def test_the_desk_shows_the_chain_the_arms_and_the_messages(
    living: tuple[House, TestClient], box: Postbox, shop: Shop
) -> None:
    house, page = living
    signed_in(page, house)
    assert "Nothing was found in these days" in page.get("/proactive").text
    unsent(shop)
    shop.shipped(customer_id="bob", promised_at=(shop.time - timedelta(hours=2)).isoformat())
    house.watching.run()
    shown = page.get("/proactive").text
    for words in ("The chain", "Contacts per 100 orders", "Precision", "late", "told"):
        assert words in shown
    assert ANA not in shown
    assert BOB not in shown
    sheet = page.get("/proactive.csv").text
    assert "Message first" in sheet


def test_a_token_names_what_it_is_for() -> None:
    keyed, now = Keyed(b"k" * 32), datetime(2026, 11, 20, tzinfo=UTC)
    token = links.sign(keyed, "pro-0123456789abcdef", 3, Purpose.REFUND, now + timedelta(hours=1))
    found = links.verified(keyed, token, now)
    assert (found.message, found.place, found.purpose) == ("pro-0123456789abcdef", 3, Purpose.REFUND)
    with pytest.raises(links.BadLink, match="bad_signature"):
        links.verified(Keyed(b"o" * 32), token, now)


# -- the command line ----------------------------------------------------------------------------------------


def test_the_watch_on_the_command_line(wismo: Wismo, tmp_path: object) -> None:
    assert wismo("demo", "--no-serve").returncode == 0
    first = wismo("watch", "run", "--json")
    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout)
    assert told["look"]["whole"]
    assert told["look"]["orders"] > 0
    assert told["mode"] == "off"
    listed = [json.loads(line) for line in wismo("watch", "list", "--json").stdout.splitlines()]
    assert listed
    number = listed[0]["order_id"].partition(":")[2]
    explained = json.loads(wismo("watch", "explain", number, "--json").stdout)
    assert explained["alerts"]
    report = json.loads(wismo("watch", "report", "--json").stdout)
    assert {one["step"] for one in report["chain"]} == {"Forecast", "Orders at risk", "Message first", "Fewer contacts"}
    assert wismo("watch", "report").returncode == 0
    assert wismo("watch", "list").returncode == 0
    assert wismo("watch", "explain", number).returncode == 0
    assert wismo("watch", "explain", "nothing").returncode == 2
    unknown = wismo("watch", "list", "--kind", "bored")
    assert unknown.returncode == 2
    assert "predicted_late" in unknown.stderr
