"""What leaves by the mail server, where one is connected: codes, replies, notes for the team, acknowledgements."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agent import correspondence
from agent.withdrawal_letter import of_withdrawal
from api.settings import MailSettings
from connectors.delivery import Carrier
from connectors.mail.letters import Letters
from connectors.mail.smtp import Smtp
from tools.orders.model import CustomerId
from tools.orders.outbox import Message

if TYPE_CHECKING:
    from api.wiring import House


def carriers(house: House, mail: Smtp) -> dict[str, Carrier]:
    """By the kind of message."""
    given = MailSettings()
    letters = Letters(house.database, mail.send, house.now, given.team, given.per_hour, house.policy.voice.assistant)
    return {
        "mail.code": mail.send,
        correspondence.KIND: letters.reply,
        "note.mail": letters.note,
        "customer.withdrawal_acknowledged": lambda message: mail.send(_acknowledgement(house, message)),
    }


def _acknowledgement(house: House, message: Message) -> Message:
    """A customer who is gone meanwhile has no address: then nothing is sent."""
    customer = house.orders.customer(CustomerId(str(message.body["customer"])))
    told = of_withdrawal(message.body, customer.language if customer else None, house.policy)
    return replace(message, body=told | {"to": customer.email if customer else None})
