"""The widget's server side: visits, turns, cards, people, photos, and what is refused."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import select

from agent import journal, ratings
from agent.case import ConversationId
from agent.policy import Policy
from api.app import create
from api.tables import photos, shown, visits
from api.widget import events, visitors
from api.wiring import House
from tests.api.test_inbox import send, with_both
from tests.api.visiting import Visitor, cards
from tests.log_scan import a_secret
from tests.shop import ANA, BOB, NOW, Shop
from tools.orders import outbox
from tools.orders.tables import outbox as letters


@pytest.fixture
def ana(house: House) -> str:
    """The shop's signed token of Ana."""
    return token_of(house, "ana")


def token_of(house: House, customer: str) -> str:
    if not house.settings.token_keys.exists():
        house.identity._keys.make("shop")
    return a_secret(house.identity._keys.sign("shop", customer, NOW, timedelta(hours=1)))


def conversation_of(house: House) -> ConversationId:
    with house.database.read() as db:
        return ConversationId(db.execute(select(visits.c.conversation)).scalars().one())


# -- a visit -----------------------------------------------------------------------------------------------


def test_a_signed_customer_asks_for_an_order_and_gets_the_reply_with_its_card(
    client: TestClient, filled: Shop, ana: str
) -> None:
    order = filled.shipped()
    said, step, *_, reply = Visitor(client, ana).says(f"where is {order.number}?").json()["events"]
    assert (said["kind"], said["text"]) == ("said", f"where is {order.number}?")
    assert (step["kind"], step["step"], step["orders"]) == ("step", "looking", [order.number])
    (card,) = cards(reply, "order")
    assert (card["number"], card["status"], card["status_text"]) == (order.number, "shipped", "on its way")
    assert card["items"] == [{"name": "T-Shirt", "options": "blue", "quantity": 1}]
    assert card["total"] == {"amount": "20.00", "currency": "EUR"}
    (parcel,) = card["parcels"]
    assert (parcel["carrier"], parcel["scans"][0]["code"], parcel["scans"][0]["place"]) == ("DHL", "in_transit", "Lyon")


def test_nothing_of_rules_teams_or_notes_is_shown_to_a_visitor(client: TestClient, filled: Shop, ana: str) -> None:
    reply = Visitor(client, ana).hears("I want to talk to a person")
    assert reply["person"] is True
    assert reply.keys() == {
        "sequence",
        "kind",
        "at",
        "id",
        "text",
        "language",
        "cards",
        "disposition",
        "person",
    }


def test_an_anonymous_visitor_hears_nothing_of_an_order_and_gets_no_card(client: TestClient, filled: Shop) -> None:
    order = filled.shipped()
    reply = Visitor(client).hears(f"where is {order.number}?")
    assert "on its way" not in reply["text"]
    assert cards(reply, "order") == []


def test_the_same_message_again_is_answered_once(client: TestClient, filled: Shop, house: House, ana: str) -> None:
    visitor = Visitor(client, ana)
    first = visitor.says("hello", turn="message-one").json()
    assert visitor.says("hello", turn="message-one").json() == first
    assert visitor.says("other words", turn="message-one").status_code == 409
    with house.database.read() as db:
        assert len(journal.of_conversation(db, conversation_of(house))) == 1


def test_a_visitors_secret_opens_only_their_own_conversation(client: TestClient, filled: Shop, ana: str) -> None:
    first, second = Visitor(client, ana), Visitor(client)
    first.says("hello")
    assert second.call("POST", "rating", {"score": 5}).status_code == 409  # nothing was said in this one
    for forged in ("", "wv_" + "a" * 43, first.secret[:-1] + "_", "x" * 5_000):
        assert second.call("POST", "messages", {"id": "message-1", "text": "hi"}, secret=forged).status_code == 401
        assert second.call("GET", "events", secret=forged).status_code == 401


def test_a_customer_finds_their_conversation_on_another_device_and_nobody_elses(
    client: TestClient, filled: Shop, house: House, ana: str
) -> None:
    Visitor(client, ana).hears("hello")
    again = Visitor(client, ana)
    with house.database.read() as db:
        assert len(set(db.execute(select(visits.c.conversation)).scalars())) == 1
    refused = again.says("hello", token=token_of(house, "bob"))
    assert (refused.status_code, "another customer" in refused.text) == (403, True)


def test_a_token_that_does_not_hold_is_refused_and_its_message_is_not_shown(
    client: TestClient, filled: Shop, house: House
) -> None:
    refused = Visitor(client).says("hello", token="eyJhbGciOiJub25lIn0.e30.")
    assert refused.status_code == 401
    with house.database.read() as db:
        assert db.execute(select(shown)).all() == []


def test_a_visit_ends_by_itself_and_when_it_is_ended(client: TestClient, filled: Shop, house: House) -> None:
    visitor = Visitor(client)
    with house.database.read() as db:
        assert visitors.of_secret(db, visitor.secret, NOW + visitors.LIVES) is None
    assert visitor.call("DELETE", "session").status_code == 204
    assert visitor.says("hello").status_code == 401


# -- quotes ------------------------------------------------------------------------------------------------


def test_a_quote_is_shown_exactly_and_its_button_does_exactly_it(client: TestClient, filled: Shop, ana: str) -> None:
    order = filled.delivered({"shirt": 2, "mug": 1})
    visitor = Visitor(client, ana)
    (quote,) = cards(visitor.hears(f"I want to return everything of {order.number}"), "quote")
    assert (quote["action"], quote["order"]) == ("request_return", order.number)
    assert [(one["name"], one["quantity"]) for one in quote["lines"]] == [
        ("T-Shirt (blue)", 2),
        ("Stoneware mug (blue)", 1),
    ]
    assert quote["amount"] == {"amount": "50.50", "currency": "EUR"}
    pressed = visitor.presses(quote["digest"]).json()["events"]
    assert pressed[0]["pressed"] == quote["digest"]
    (outcome,) = cards(pressed[-1], "outcome")
    assert (outcome["state"], outcome["reference"]) == ("done", filled.get(order.number).returns[0].number)


def test_a_button_is_about_its_own_quote_alone_and_the_other_stays_open(
    client: TestClient, filled: Shop, ana: str
) -> None:
    first, second = filled.delivered(), filled.delivered({"mug": 1})
    visitor = Visitor(client, ana)
    offered = cards(visitor.hears(f"I want to return {first.number} and {second.number}"), "quote")
    digests = {one["order"]: one["digest"] for one in offered}
    assert digests.keys() == {first.number, second.number}
    visitor.presses(digests[second.number])
    assert (len(filled.get(first.number).returns), len(filled.get(second.number).returns)) == (0, 1)
    visitor.presses(digests[first.number])
    assert len(filled.get(first.number).returns) == 1


def test_a_dropped_quote_is_not_open_any_more(client: TestClient, filled: Shop, ana: str) -> None:
    order = filled.delivered()
    visitor = Visitor(client, ana)
    (quote,) = cards(visitor.hears(f"I want to return {order.number}"), "quote")
    assert visitor.presses(quote["digest"], agree=False).status_code == 200
    refused = visitor.presses(quote["digest"])
    assert (refused.status_code, "no longer open" in refused.text) == (409, True)
    assert filled.get(order.number).returns == ()
    assert visitor.presses("0" * 64).status_code == 409


def test_a_decision_in_the_desk_reaches_the_visitor_through_the_outbox(
    client: TestClient, filled: Shop, house: House, ana: str
) -> None:
    order = filled.order()
    visitor = Visitor(client, ana)
    (quote,) = cards(visitor.hears(f"cancel {order.number}"), "quote")
    waits = visitor.presses(quote["digest"]).json()["events"][-1]
    assert cards(waits, "outcome")[0]["state"] == "queued"
    (approval,) = client.get("/v1/approvals").json()
    client.post(f"/v1/approvals/{approval['id']}/accept", json={})
    with house.database.read() as db:
        last = events.after(db, conversation_of(house), waits["sequence"])[-1]
    assert (last.kind, last.body["cards"][0]["state"]) == ("reply", "done")


# -- people ------------------------------------------------------------------------------------------------


def test_a_person_answers_wismo_is_silent_and_takes_over_again_once_it_is_closed(
    client: TestClient, filled: Shop, house: House, ana: str
) -> None:
    visitor = Visitor(client, ana)
    visitor.hears("I want to talk to a person")
    path = f"/v1/conversations/{conversation_of(house)}"
    for _ in range(2):
        told = client.post(f"{path}/replies", json={"id": "h1", "text": "Mia here, how can I help?", "name": "Mia"})
        assert told.status_code == 201
    assert [one["kind"] for one in visitor.says("thank you").json()["events"]] == ["said"]
    assert client.post(f"{path}/close").status_code == 204
    assert visitor.hears("where are my orders?")["text"]
    kinds = [one["kind"] for one in client.get(f"{path}/shown").json()]
    assert (kinds.count("person"), kinds.count("closed")) == (1, 1)


def test_what_a_person_writes_in_the_desks_inbox_is_shown_to_the_visitor(
    client: TestClient, filled: Shop, house: House, ana: str
) -> None:
    Visitor(client, ana).hears("I want to talk to a person")
    conversation = conversation_of(house)
    path = f"/inbox/{conversation}"
    answer = send(with_both(client, house), "answer", "Lea here, how can I help?", path)
    assert answer.status_code == 200, answer.text
    shown_to_visitor = client.get(f"/v1/conversations/{conversation}/shown").json()
    assert [(one["name"], one["text"]) for one in shown_to_visitor if one["kind"] == "person"] == [
        ("lea", "Lea here, how can I help?")
    ]


def test_while_wismo_is_paused_a_visitor_is_told_once_that_a_person_answers(
    client: TestClient, filled: Shop, ana: str
) -> None:
    client.post("/v1/pause", json={"why": "a trial"})
    visitor = Visitor(client, ana)
    told = [one["kind"] for text in ("hello", "anybody?") for one in visitor.says(text).json()["events"]]
    assert told.count("waiting") == 1
    assert "reply" not in told


def test_a_conversation_that_the_widget_does_not_have_can_not_be_answered(client: TestClient) -> None:
    assert client.post("/v1/conversations/widget:none/replies", json={"text": "hi"}).status_code == 404


# -- the end -----------------------------------------------------------------------------------------------


def test_a_rating_is_kept_with_its_reason_and_the_last_one_counts(
    client: TestClient, filled: Shop, house: House, ana: str
) -> None:
    visitor = Visitor(client, ana)
    visitor.says("hello")
    assert visitor.call("POST", "close").status_code == 204
    for score in (2, 4):
        assert visitor.call("POST", "rating", {"score": score, "reason": "quick"}).status_code == 204
    assert visitor.call("POST", "rating", {"score": 6}).status_code == 422
    with house.database.read() as db:
        assert ratings.latest(db) == {conversation_of(house): 4}


def test_a_deleted_conversation_leaves_no_word_and_its_secret_opens_nothing(
    client: TestClient, filled: Shop, house: House, ana: str
) -> None:
    visitor = Visitor(client, ana)
    visitor.says("my cat ate the parcel")
    name = conversation_of(house)
    assert visitor.call("DELETE", "conversation").status_code == 204
    assert visitor.says("hello").status_code == 401
    with house.database.read() as db:
        assert [one.private for one in journal.of_conversation(db, name)] == [None]
        assert db.execute(select(shown)).all() == []
        assert "cat" not in str(db.execute(select(letters.c.body)).all())


def test_what_a_person_still_decides_about_is_not_deleted(client: TestClient, filled: Shop, ana: str) -> None:
    order = filled.order()
    visitor = Visitor(client, ana)
    (quote,) = cards(visitor.hears(f"cancel {order.number}"), "quote")
    visitor.presses(quote["digest"])
    assert visitor.call("DELETE", "conversation").status_code == 409
    assert visitor.says("hello").status_code == 200


def test_a_transcript_goes_to_the_address_on_file_of_a_proven_customer_and_to_no_other(
    client: TestClient, filled: Shop, house: House, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unconnected = Visitor(client, ana)
    assert unconnected.call("POST", "transcript", {"token": ana}).status_code == 409
    monkeypatch.setenv("WISMO_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("WISMO_SMTP_SENDER", "help@shop.example")
    house.__dict__.pop("mail", None)
    stranger = Visitor(client)
    stranger.says("hello", email=BOB)
    assert stranger.call("POST", "transcript", {}).status_code == 403
    visitor = Visitor(client, ana)
    visitor.says("hello there")
    for _ in range(2):
        sent = visitor.call("POST", "transcript", {"token": ana})
        assert (sent.status_code, sent.json()["to"]) == (202, "a•••@example.com")
    with house.database.read() as db:
        (letter,) = [one for one in outbox.due(db, NOW, 50) if one.kind == "mail.transcript"]
    assert letter.body["to"] == ANA
    assert "hello there" in letter.body["text"]


# -- photos ------------------------------------------------------------------------------------------------


def picture(kind: str = "JPEG", **given: Any) -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, kind, **given)
    return out.getvalue()


def allowing_photos(house: House) -> None:
    house.__dict__["policy"] = Policy.model_validate({"widget": {"photos": True}})


def sends(visitor: Visitor, raw: bytes, name: str = "image/jpeg") -> Any:
    headers = {"Authorization": f"Visitor {visitor.secret}", "Content-Type": name}
    return visitor._client.post("/widget/photos", content=raw, headers=headers)


def test_photos_are_off_until_the_shop_turns_them_on(client: TestClient, filled: Shop) -> None:
    assert sends(Visitor(client), picture()).status_code == 403


def test_a_photo_is_kept_without_what_the_camera_wrote_into_it(client: TestClient, filled: Shop, house: House) -> None:
    allowing_photos(house)
    exif = Image.Exif()
    exif[0x010F] = "GPS of my home"
    made = sends(Visitor(client), picture(exif=exif)).json()["id"]
    with house.database.read() as db:
        jpeg = base64.b64decode(db.execute(select(photos.c.jpeg)).scalar_one())
    assert b"GPS" not in jpeg
    with Image.open(BytesIO(jpeg)) as kept:
        assert (kept.format, kept.size, dict(kept.getexif())) == ("JPEG", (40, 30), {})
    shown_to_people = client.get(f"/v1/conversations/{conversation_of(house)}/photos/{made}")
    assert (shown_to_people.status_code, shown_to_people.content) == (200, jpeg)


@pytest.mark.parametrize(
    "raw",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"#!/bin/sh\nrm -rf /\n",
        b"\xff\xd8\xff\xe0 not a picture after all",
        picture("GIF"),
        b"",
    ],
    ids=["an SVG", "a script", "a broken JPEG", "a GIF", "nothing"],
)
def test_what_is_no_picture_is_refused_whatever_it_is_called(
    client: TestClient, filled: Shop, house: House, raw: bytes
) -> None:
    allowing_photos(house)
    refused = sends(Visitor(client), raw)
    assert (refused.status_code, refused.json()["detail"]) == (415, "this is no JPEG, PNG or WebP picture")


def test_an_upload_of_50_megabytes_is_refused_and_so_is_a_sixth_photo(
    client: TestClient, filled: Shop, house: House
) -> None:
    allowing_photos(house)
    visitor = Visitor(client)
    assert sends(visitor, b"x" * 50_000_000).status_code == 413
    assert [sends(visitor, picture()).status_code for _ in range(6)] == [201] * 5 + [415]


# -- pages, limits, files ----------------------------------------------------------------------------------


def test_only_pages_of_allowed_origins_may_show_the_chat(
    filled: Shop, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, other = "https://www.shop.example", "https://evil.example"
    house.settings = house.settings.model_copy(update={"allowed_origins": (shop,)})
    with TestClient(create(house)) as client:
        begun = client.post("/widget/session", json={}, headers={"Origin": shop})
        assert (begun.status_code, begun.headers["access-control-allow-origin"]) == (201, shop)
        refused = client.post("/widget/session", json={}, headers={"Origin": other})
        assert (refused.status_code, "WISMO_ALLOWED_ORIGINS" in refused.text) == (403, True)
        asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "last-event-id"}
        assert client.options("/widget/events", headers={"Origin": shop, **asked}).status_code == 200
        assert client.options("/widget/events", headers={"Origin": other, **asked}).status_code == 400


def test_a_flood_of_messages_is_told_to_wait_and_takes_nothing_from_other_visitors(
    client: TestClient, filled: Shop, house: House, ana: str
) -> None:
    noisy, quiet = Visitor(client), Visitor(client, ana)
    answers = [noisy.says(f"hello {n}") for n in range(house.settings.widget_per_minute + 5)]
    assert [one.status_code for one in answers[-5:]] == [429] * 5
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert quiet.says("hello").status_code == 200


def test_the_widget_sets_no_cookie_and_its_files_are_kept_by_their_version(client: TestClient) -> None:
    loader = client.get("/widget.js")
    version = re.search(r'"([0-9a-f]{16})"', loader.text)
    assert version
    app = client.get(f"/widget/assets/{version[1]}/app.js")
    assert (app.status_code, "immutable" in app.headers["cache-control"]) == (200, True)
    assert client.get("/widget/assets/0000/app.js").headers["cache-control"] == "no-cache"
    assert client.get(f"/widget/assets/{version[1]}/..%2fpages.js").status_code == 404
    assert client.get("/widget/config").json()["shop"]
    assert "set-cookie" not in loader.headers
    assert Visitor(client)._client.cookies.jar.__len__() == 0


@pytest.mark.parametrize(
    "body",
    [{}, {"id": "short", "text": "x"}, {"id": "message-1", "text": ""}, {"id": "message-1", "text": 5}],
)
def test_a_message_that_does_not_fit_is_refused_with_its_reason(client: TestClient, body: dict[str, Any]) -> None:
    refused = Visitor(client).call("POST", "messages", body)
    assert (refused.status_code, bool(refused.json()["detail"])) == (422, True)
