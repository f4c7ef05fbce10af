"""The inbox of the desk: who waits, a person's answer on its way, and what is refused."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from api.desk.pulse import pulse
from api.edge.tokens import Role
from api.wiring import House
from tests.api.browsing import csrf_in, signed_in
from tests.api.test_letters import box, mailing, to, write
from tests.connectors.test_smtp import Postbox
from tests.shop import ANA, Shop

__all__ = ["box", "mailing"]


def say(client: TestClient, text: str, conversation: str = "c", **given: Any) -> dict[str, Any]:
    sent = {"conversation": conversation, "text": text, "from": {"email": ANA, "verified": True}} | given
    told: dict[str, Any] = client.post("/v1/tickets", json=sent).json()
    return told


def page(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def send(client: TestClient, do: str, text: str = "", path: str = "/inbox/api:c", version: str = "") -> Any:
    shown = client.get(path).text
    found = re.search(r'name="version" value="([^"]+)"', shown)
    assert found
    form = {"csrf": csrf_in(shown), "version": version or found[1], "do": do, "text": text}
    return client.post(path, data=form)


def waiting(house: House, role: Role) -> int:
    """What a person of this role sees beside Inbox."""
    with house.database.read() as db:
        return int(pulse(db, house.now()).seen_by(role.covers)["inbox"])


@pytest.fixture
def desk(client: TestClient, filled: Shop) -> TestClient:
    """Ana asked for a person; the client keeps its bearer token beside the cookie."""
    say(client, "I want to talk to a human please")
    return client


def with_both(client: TestClient, house: House, role: Role = Role.LEAD) -> TestClient:
    bearer = client.headers["Authorization"]
    signed_in(client, house, role, "lea")
    client.headers["Authorization"] = bearer
    return client


def test_a_conversation_that_was_handed_over_waits_with_its_summary(desk: TestClient, house: House) -> None:
    with_both(desk, house)
    assert "1 wait for you" in page(desk, "/inbox")
    shown = page(desk, "/inbox/api:c")
    for told in (ANA, "I want to talk to a human please", "Handed over because: asked_for_person", "A person has it"):
        assert told in shown, told


def test_a_persons_answer_is_read_where_the_shop_polls_and_ends_the_waiting(desk: TestClient, house: House) -> None:
    with_both(desk, house)
    assert send(desk, "answer", "Hello Ana, Lea here. <b>How</b> can I help?").status_code == 200
    (said,) = desk.get("/v1/conversations/c").json()["people"]
    assert (said["by"], said["text"]) == ("lea", "Hello Ana, Lea here. <b>How</b> can I help?")
    assert desk.get("/v1/conversations/c", params={"after_person": said["sequence"]}).json()["people"] == []
    assert "&lt;b&gt;How" in desk.get("/inbox/api:c").text
    assert "0 wait for you" in page(desk, "/inbox")
    assert waiting(house, Role.LEAD) == 0


def test_wismo_only_drafts_until_the_conversation_is_given_back(desk: TestClient, house: House) -> None:
    with_both(desk, house)
    send(desk, "answer", "Hello Ana")
    assert say(desk, "How long can I return something?")["mode"] == "draft"
    assert "1 wait for you" in page(desk, "/inbox")
    assert send(desk, "give_back").url.path == "/inbox"
    assert "Nobody waits" in page(desk, "/inbox")
    assert say(desk, "How long can I return something?")["mode"] == "sent"


def test_what_wismo_holds_can_be_taken_over(client: TestClient, house: House, filled: Shop) -> None:
    say(client, "How long can I return something?")
    with_both(client, house)
    assert "lea has it" in send(client, "take").text
    assert say(client, "Hello?")["mode"] == "draft"


def test_a_form_that_shows_an_older_conversation_is_refused_and_keeps_what_was_written(
    desk: TestClient, house: House
) -> None:
    with_both(desk, house)
    send(desk, "answer", "the first")
    refused = send(desk, "answer", "the second", version="1-0")
    assert refused.status_code == 409
    assert "Somebody was quicker" in refused.text
    assert "the second</textarea>" in refused.text
    assert [one["text"] for one in desk.get("/v1/conversations/c").json()["people"]] == ["the first"]


def test_an_empty_answer_an_unknown_verb_and_an_endless_one_are_refused(desk: TestClient, house: House) -> None:
    with_both(desk, house)
    assert send(desk, "answer", "  ").status_code == 422
    assert send(desk, "shout").status_code == 422
    assert send(desk, "answer", "x" * 9_000).status_code == 413
    assert desk.get("/inbox/api:none").status_code == 404
    assert desk.get("/v1/conversations/c").json()["people"] == []


def test_a_viewer_does_not_read_the_inbox(desk: TestClient, house: House) -> None:
    with_both(desk, house, Role.VIEWER)
    assert desk.get("/inbox").status_code == 403
    assert waiting(house, Role.VIEWER) == 0
    assert "/inbox" not in desk.get("/today").text


def test_a_persons_answer_leaves_as_a_letter_that_no_machine_signs(
    mailing: TestClient, house: House, postbox: Postbox, filled: Shop
) -> None:
    write(mailing, "I want to talk to a human please", message_id="<2@mail.example>", conversation="m")
    with_both(mailing, house)
    assert f"as a letter to {ANA}" in page(mailing, "/inbox/api:m")
    send(mailing, "answer", "Hello Ana, Lea here.", "/inbox/api:m")
    letter = to(postbox, ANA)[-1]
    assert letter["In-Reply-To"] == "<2@mail.example>"
    assert (letter["X-AI-Generated"], letter["Auto-Submitted"]) == (None, None)
    assert "Lea here" in str(letter.get_payload(decode=True))


@pytest.fixture
def postbox(box: Postbox) -> Postbox:
    return box


def test_the_list_is_a_spreadsheet_too(desk: TestClient, house: House) -> None:
    with_both(desk, house)
    told = desk.get("/inbox.csv")
    assert told.headers["content-type"].startswith("text/csv")
    assert "api:c,api,waits,asked_for_person" in told.text.replace("chat", "api")


def test_today_tells_the_last_days_beside_those_before(desk: TestClient, house: House) -> None:
    say(desk, "How long can I return something?", "d")
    with_both(desk, house, Role.VIEWER)
    shown = page(desk, "/today")
    for told in ("Coverage", "Handed over", "of 2 messages", "before: 0", "nobody rated", "talk to human", "12:00"):
        assert told in shown, told
    assert "figure,Handed over,2,of 2 messages,before: 0" in desk.get("/today.csv").text
    assert desk.get("/today", params={"days": 0}).status_code == 422
    assert len(desk.get("/today").content) < 200_000


def test_today_reads_the_journal_once_and_not_again_while_nobody_writes(desk: TestClient, house: House) -> None:
    with_both(desk, house, Role.VIEWER)
    read: list[str] = []

    def heard(_: object, __: object, statement: str, *___: object) -> None:
        if "FROM journal LEFT OUTER JOIN" in statement and "journal.at <" in statement:
            read.append(statement)

    event.listen(house.database.engine, "before_cursor_execute", heard)
    first = page(desk, "/today")
    assert len(read) == 1
    assert figures(page(desk, "/today")) == figures(first)
    assert "figure,Handed over,1" in desk.get("/today.csv").text
    assert len(read) == 1
    page(desk, "/today?days=30")
    assert len(read) == 2


def figures(shown: str) -> list[str]:
    return re.findall(r'class="figure">([^<]+)', shown)
