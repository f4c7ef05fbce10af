"""A house over a database that an evaluation brings, with the shop's weights and everything that needs no person."""

from __future__ import annotations

from pathlib import Path

from agent import tables
from agent.answer import Answer
from agent.brains.model.asking import Chat
from agent.case import Incoming
from agent.model_terms import ModelTable
from agent.policy import Policy
from api.settings import Settings
from api.wiring import House
from eval.tau.replay import OPEN_TERMS, Ticking
from tools.orders.database import Database

ALL = (
    "cancel_order",
    "change_address",
    "change_items",
    "change_payment",
    "request_return",
    "request_exchange",
    "refund",
)
MUCH = 10**9


def open_policy() -> Policy:
    """All actions `auto`, nothing capped, a clear e-mail is its own confirmation."""
    return Policy.model_validate(
        {
            "shop": {"languages": ["en"]},
            "terms": OPEN_TERMS.model_dump(),
            "autonomy": dict.fromkeys(ALL, "auto"),
            "confirm": {"email": "implied"},
            "caps": dict.fromkeys(
                ("refund_per_order", "refund_per_customer_day", "refund_per_day", "second_person"), MUCH
            ),
            "risk": {"refunds": 1000, "ratio": 1.0, "ratio_orders": 1000, "address_change_days": 0},
        }
    )


class Answering:
    """Answers, and lets the sandbox provider answer too."""

    def __init__(self, house: House) -> None:
        self._house = house

    def answer(self, incoming: Incoming) -> Answer:
        answer = self._house.desk.answer(incoming)
        while self._house.deliver():
            pass
        return answer


class Benches:
    def __init__(self, outer: House, folder: Path, chat: Chat | None = None, model: ModelTable | None = None) -> None:
        """`outer` lends its weights; `folder` holds what a house keeps beside its database; `chat` thinks along."""
        self._outer = outer
        self._folder = folder
        self._chat = chat
        self._policy = open_policy().model_copy(update={"model": model or ModelTable()})

    def __call__(self, database: Database) -> Answering:
        with database.write() as db:
            tables.metadata.create_all(db)
        house = House(Settings.apart(self._folder / "home"), Ticking())
        lent = {name: getattr(self._outer, name) for name in ("embedder", "intents", "language")}
        house.__dict__ |= {"policy": self._policy, "database": database, "chat": self._chat, **lent}
        return Answering(house)
