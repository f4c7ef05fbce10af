"""Letters by SMTP: one message, one receiver, plain text. The outbox says what and tries again."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import Literal

from connectors.errors import Rejected, Unauthorized, Unreachable
from tools.orders import watch
from tools.orders.outbox import Message

SECONDS = 20.0
UNFOLDED = policy.SMTP.clone(max_line_length=998)
"""Folded at 78 columns, longer ids would be written as encoded words, which no mail program joins to a thread."""


@dataclass(frozen=True, slots=True)
class Server:
    """`sender` as people see it ("The Shop <help@shop.example>"); `tls` how the line is secured."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    tls: Literal["starttls", "ssl", "none"] = "starttls"


class Smtp:
    def __init__(self, server: Server) -> None:
        self._server = server

    def send(self, message: Message) -> None:
        """`message.body` has to, subject, text, perhaps headers; without a receiver nothing is sent, and that is well.

        Raises `Unreachable` (tried again), `Rejected` (the address or the letter), `Unauthorized` (a setting).
        """
        if not message.body.get("to"):
            return
        letter = self._letter(message)
        with watch.work("vendor_call", vendor="mail"):
            self._post(letter)

    def _post(self, letter: EmailMessage) -> None:
        try:
            with self._line() as line:
                line.send_message(letter)
        except smtplib.SMTPAuthenticationError:
            raise Unauthorized("the mail server refused our user and password; see WISMO_SMTP_USER") from None
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise _refused(error) from None
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(f"the mail server does not answer: {type(error).__name__}") from None

    def greet(self) -> None:
        """Is the server there, and does it take us? Raises `Unreachable` or `Unauthorized`."""
        try:
            with self._line() as line:
                line.noop()
        except smtplib.SMTPAuthenticationError:
            raise Unauthorized("the mail server refused our user and password; see WISMO_SMTP_USER") from None
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(f"the mail server does not answer: {type(error).__name__}") from None

    @contextmanager
    def _line(self) -> Iterator[smtplib.SMTP]:
        server, context = self._server, ssl.create_default_context()
        if server.tls == "ssl":
            line: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
        else:
            line = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        with line:
            if server.tls == "starttls":
                line.starttls(context=context)
            if server.user:
                line.login(server.user, server.password)
            yield line

    def _letter(self, message: Message) -> EmailMessage:
        """The same outbox message is the same Message-ID: a mailbox that gets it twice can tell."""
        letter = EmailMessage(policy=UNFOLDED)
        letter["From"] = self._server.sender
        try:
            letter["To"] = str(message.body["to"])
            letter["Subject"] = str(message.body["subject"])
            for name, value in _headers(message).items():
                letter[name] = value
        except ValueError:
            raise Rejected("the letter has a line break where none may be") from None
        letter["Date"] = formatdate(message.created_at.timestamp())
        domain = parseaddr(self._server.sender)[1].rpartition("@")[2] or "localhost"
        letter["Message-ID"] = f"<{hashlib.sha256(message.key.encode()).hexdigest()[:32]}@{domain}>"
        letter.set_content(str(message.body["text"]))
        return letter


def _headers(message: Message) -> dict[str, str]:
    """Those that say something; a machine's letter says that it is one (RFC 3834)."""
    given = {"Auto-Submitted": "auto-generated", **message.body.get("headers", {})}
    return {name: str(value) for name, value in given.items() if value}


def _refused(error: smtplib.SMTPException) -> Unreachable | Rejected:
    """4xx: later perhaps. 5xx: never; the receiver's address stays out of the message."""
    codes = [code for code, _ in error.recipients.values()] if isinstance(error, smtplib.SMTPRecipientsRefused) else []
    code = codes[0] if codes else getattr(error, "smtp_code", 500)
    kind = Unreachable if 400 <= int(code) < 500 else Rejected
    return kind(f"the mail server refused the letter ({code})")
