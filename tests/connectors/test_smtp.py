"""Letters over a real SMTP server: what arrives, and what each kind of refusal means."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message as Mail
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Mailbox
from aiosmtpd.smtp import AuthResult

from connectors.errors import Rejected, Unauthorized, Unreachable
from connectors.mail.smtp import Server, Smtp
from tools.orders.outbox import Message

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SENDER = "The Shop <help@shop.example>"


class Postbox(Mailbox):
    def __init__(self) -> None:
        super().__init__()
        self.got: list[Mail] = []
        self.refuses = ""

    def handle_message(self, message: Any) -> None:
        self.got.append(message)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    box, port = Postbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def server(port: int, **given: Any) -> Server:
    return Server("127.0.0.1", port, SENDER, tls="none", **given)


def letter(**body: Any) -> Message:
    given = {"to": "ana@example.com", "subject": "123456 est votre code", "text": "Voilà : 123456\n"} | body
    return Message("code:t1", "mail.code", given, AT, 0)


def test_a_letter_arrives_with_its_code_and_one_message_id_however_often_it_is_sent(
    postbox: tuple[Postbox, int],
) -> None:
    box, port = postbox
    for _ in range(2):
        Smtp(server(port)).send(letter())
    first, second = box.got
    assert first["To"] == "ana@example.com"
    assert first["From"] == SENDER
    assert "123456" in first["Subject"]
    assert "Voilà : 123456" in first.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Message-ID"] == second["Message-ID"]


def test_a_letter_to_nobody_is_not_sent_and_that_is_well(postbox: tuple[Postbox, int]) -> None:
    box, port = postbox
    Smtp(server(port)).send(letter(to=None))
    assert box.got == []


@pytest.mark.parametrize(("says", "kind"), [("451 later", Unreachable), ("550 no such mailbox", Rejected)])
def test_a_refused_receiver_is_tried_again_or_given_up_as_the_server_says_and_is_not_named(
    postbox: tuple[Postbox, int], says: str, kind: type[Exception]
) -> None:
    box, port = postbox
    box.refuses = says
    with pytest.raises(kind) as refused:
        Smtp(server(port)).send(letter())
    assert "ana@" not in str(refused.value)


@pytest.mark.parametrize("field", ["to", "subject"])
def test_a_line_break_in_a_header_is_refused(postbox: tuple[Postbox, int], field: str) -> None:
    box, port = postbox
    with pytest.raises(Rejected):
        Smtp(server(port)).send(letter(**{field: "x@example.com\nBcc: thief@evil.example"}))
    assert box.got == []


def test_a_server_that_is_not_there_is_tried_again() -> None:
    with pytest.raises(Unreachable):
        Smtp(server(1)).send(letter())


def test_a_wrong_password_is_a_setting_to_mend_and_stays_out_of_the_error() -> None:
    def refuse(*_: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)

    port = free_port()
    controller = Controller(Postbox(), hostname="127.0.0.1", port=port, authenticator=refuse, auth_require_tls=False)
    controller.start()
    try:
        with pytest.raises(Unauthorized) as refused:
            Smtp(server(port, user="us", password="hunter2")).send(letter())
    finally:
        controller.stop()
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(server(port, user="us", password="hunter2"))
