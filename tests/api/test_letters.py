"""E-mail without a helpdesk: replies, notes and acknowledgements as letters, over a real SMTP server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.message import Message as Mail
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from fastapi.testclient import TestClient

from api.wiring import House
from connectors import backlog
from connectors.backlog import OUTBOX, State
from tests.api.conftest import Wismo
from tests.connectors.test_smtp import Postbox, free_port
from tests.shop import ANA, Shop
from tools.orders.agreement import Action

TEAM = "desk@shop.example"


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    made, port = Postbox(), free_port()
    controller = Controller(made, hostname="127.0.0.1", port=port)
    settings = {"HOST": "127.0.0.1", "PORT": str(port), "SENDER": "The Shop <help@shop.example>", "TLS": "none"}
    for name, value in (settings | {"TEAM": TEAM, "PER_HOUR": "3"}).items():
        monkeypatch.setenv(f"WISMO_SMTP_{name}", value)
    controller.start()
    yield made
    controller.stop()


@pytest.fixture
def mailing(box: Postbox, house: House, filled: Shop, client: TestClient) -> TestClient:
    """In this order: the mail server is set before the house begins."""
    return client


def write(client: TestClient, text: str, **given: Any) -> dict[str, Any]:
    letter = {"channel": "email", "text": text, "subject": "My order", "send": True}
    answer = client.post("/v1/tickets", json=letter | {"from": {"email": ANA, "verified": True}} | given)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def text_of(mail: Mail) -> str:
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n")


def to(box: Postbox, address: str) -> list[Mail]:
    return [one for one in box.got if one["To"] == address]


def test_a_reply_leaves_as_an_answer_to_the_letter_and_says_that_a_machine_wrote_it(
    mailing: TestClient, box: Postbox, filled: Shop
) -> None:
    order = filled.order()
    root = "<1@mail.example>"
    told = write(mailing, f"where is {order.number}?", message_id="<2@mail.example>", references=[root])
    (mail,) = box.got
    assert mail["To"] == ANA
    assert mail["Subject"] == "Re: My order"
    assert mail["In-Reply-To"] == "<2@mail.example>"
    assert mail["References"].split() == [root, "<2@mail.example>"]
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-AI-Generated"].startswith("yes")
    assert text_of(mail).strip() == told["reply"].strip()
    assert "AI assistant" in text_of(mail)


def test_the_same_ticket_told_twice_is_one_letter(mailing: TestClient, box: Postbox, filled: Shop) -> None:
    order = filled.order()
    for _ in range(2):
        write(mailing, f"where is {order.number}?", id="t1")
    assert len(box.got) == 1


@pytest.mark.parametrize(
    "given",
    [
        {"send": False},
        {"channel": "chat"},
        {"auto_submitted": True},
        {"from": {"email": None}},
    ],
)
def test_no_letter_leaves_unless_it_was_asked_for_and_answers_a_persons_letter(
    mailing: TestClient, box: Postbox, filled: Shop, given: dict[str, Any]
) -> None:
    write(mailing, "hello, what are your opening hours?", **given)
    assert to(box, ANA) == []


def test_a_hand_off_tells_the_customer_and_the_team_each_once(mailing: TestClient, box: Postbox, house: House) -> None:
    box.refuses = "451 later"
    told = write(mailing, "You are thieves, my lawyer will write to you")
    assert told["disposition"] == "handed_off"
    assert box.got == []
    box.refuses = ""
    for _ in range(2):
        with house.database.write() as db:
            for one in backlog.listed(db, OUTBOX, (State.WAITING,)):
                backlog.again(db, OUTBOX, one, "test", house.now())
        house.deliver()
    (customer,), (team,) = to(box, ANA), to(box, TEAM)
    assert told["reply"].strip() == text_of(customer).strip()
    assert told["note"].strip() in text_of(team)
    assert team["Reply-To"] == ANA
    assert team["Subject"].startswith("[Wismo]")


def test_what_waits_for_a_decision_is_told_and_so_is_the_decision_in_the_same_thread(
    mailing: TestClient, box: Postbox, filled: Shop
) -> None:
    order = filled.order()
    write(
        mailing, f"please cancel my order {order.number}, I bought it by mistake", conversation="c1", message_id="<1@x>"
    )
    write(mailing, "yes please", conversation="c1", message_id="<2@x>")
    (waiting,) = mailing.get("/v1/approvals").json()
    assert any(waiting["id"] in text_of(one) for one in to(box, TEAM))
    before = len(to(box, ANA))
    mailing.post(f"/v1/approvals/{waiting['id']}/accept", json={"by": "lead"})
    decided = to(box, ANA)[before:]
    assert len(decided) == 1
    assert "cancelled" in text_of(decided[0])
    assert decided[0]["In-Reply-To"] == "<2@x>"


def test_a_draft_goes_to_the_team_only(mailing: TestClient, box: Postbox, house: House, filled: Shop) -> None:
    order = filled.order()
    assert mailing.post("/v1/pause", json={"why": "test", "by": "lead"}).status_code < 300
    told = write(mailing, f"where is {order.number}?")
    assert told["mode"] == "draft"
    assert to(box, ANA) == []
    (team,) = to(box, TEAM)
    assert "not sent" in text_of(team)


def test_two_machines_that_write_to_each_other_are_stopped_and_somebody_hears_of_it(
    mailing: TestClient, box: Postbox, house: House, filled: Shop
) -> None:
    for number in range(5):
        write(mailing, f"hello {number}, what about the weather?", conversation="loop")
    assert len(to(box, ANA)) == 3
    with house.database.read() as db:
        dead = [one for one in backlog.listed(db, OUTBOX) if one.state is State.DEAD]
    assert dead
    assert "two machines" in str(dead[0].error)


@pytest.mark.parametrize("bad", ["no brackets", "<a b@x>", "<a@x>\nBcc: thief@evil.example", "<" + "x" * 600 + "@y>"])
def test_an_id_that_is_none_is_refused(mailing: TestClient, bad: str) -> None:
    sent = {"channel": "email", "text": "hello", "from": {"email": ANA}, "send": True, "message_id": bad}
    assert mailing.post("/v1/tickets", json=sent).status_code == 422


def test_a_subject_with_a_line_break_makes_no_header_and_long_threads_stay_threads(
    mailing: TestClient, box: Postbox, filled: Shop
) -> None:
    chain = [f"<{'x' * 90}.{number}@mail.example>" for number in range(20)]
    write(mailing, "hello", subject="Re: one\nBcc: thief@evil.example", message_id="<2@x>", references=chain)
    (mail,) = to(box, ANA)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Re: one Bcc: thief@evil.example"
    assert mail["References"].split() == [*chain, "<2@x>"]


def test_without_a_mail_server_a_letter_is_refused_with_the_remedy(client: TestClient, wismo: Wismo) -> None:
    sent = {"channel": "email", "text": "hello", "from": {"email": ANA}, "send": True}
    answer = client.post("/v1/tickets", json=sent)
    assert (answer.status_code, "WISMO_SMTP_HOST" in answer.text) == (422, True)
    done = wismo("run", "-", "--letters", given="{}")
    assert (done.returncode, "WISMO_SMTP_HOST" in done.stderr) == (2, True)


def test_run_sends_letters_when_it_is_told_to(wismo: Wismo, box: Postbox) -> None:
    ticket = {"id": "1", "channel": "email", "from": {"email": ANA}, "subject": "Hi", "text": "hello"}
    assert wismo("run", "-", given=json.dumps(ticket)).returncode == 0
    assert box.got == []
    done = wismo("run", "-", "--letters", given=json.dumps(ticket))
    assert done.returncode == 0, done.stderr
    assert [one["Subject"] for one in to(box, ANA)] == ["Re: Hi"]


def test_the_acknowledgement_of_a_withdrawal_is_a_letter_in_the_customers_language(
    mailing: TestClient, box: Postbox, house: House, filled: Shop
) -> None:
    order = filled.delivered()
    filled.do(order, Action.WITHDRAW)
    house.deliver()
    (mail,) = to(box, ANA)
    assert order.number in mail["Subject"]
    assert "2026-11-20" in text_of(mail)
    assert "1 × " in text_of(mail)
    assert not (house.settings.home / "outgoing-mail").exists()
