"""labelled.toml as evidence and labels: each situation over a real small shop."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.case import Disposition, Mood
from agent.policy import Policy
from eval.conversation import Action, Request
from eval.grading import Evidence, Turn
from tests.eval import situations
from tests.shop import BOB, Shop, euros
from tools.orders.agreement import Action as Verb
from tools.orders.model import CustomerId, Order

CLOSING = {
    "{ai}": 'Wismo, the AI assistant of Our shop. Write "person" at any time and a colleague takes over.',
    "{ia}": "Wismo, l’assistant IA de Our shop. Écrivez « humain » à tout moment et un collègue prend le relais.",
}
SHOP = Policy.model_validate({"autonomy": {"refund": "auto"}})
FILE = Path(__file__).with_name("labelled.toml")


@dataclass(frozen=True)
class Labelled:
    id: str
    evidence: Evidence
    labels: Mapping[str, bool]


def cases() -> list[dict[str, Any]]:
    return list(tomllib.loads(FILE.read_text(encoding="utf-8"))["case"])


def labelled(folder: Path) -> Iterator[Labelled]:
    for case in cases():
        place = folder / str(case["id"])
        place.mkdir()
        shop = Shop(place)
        yield Labelled(case["id"], _evidence(case, shop), case["label"])
        shop.database.close()


def _evidence(case: Mapping[str, Any], shop: Shop) -> Evidence:
    _stand(case["state"], shop)
    turns = []
    if "before" in case:
        earlier = {"language": case.get("language", "en"), **case["before"]}
        turns.append(_turn(earlier, shop, _own(shop)))
        shop.later(minutes=2)
    then = _own(shop)
    if "does" in case:
        verb, number, *reason = case["does"].split()
        shop.do(shop.get(number), Verb(verb), *reason)
    turns.append(_turn(case, shop, then))
    return Evidence(tuple(turns), SHOP, name="Ana Lee", strangers=frozenset({BOB, "Bob Ray"}))


def _stand(state: str, shop: Shop) -> None:
    match state:
        case "old":
            situations.long_ago(shop)
        case "earrings":
            situations.not_returnable(shop)
        case "two":
            shop.order()
            shop.delivered({"lamp": 1})
        case "strangers":
            shop.order()
            shop.order(customer_id="bob", id="#1009")
        case _:
            getattr(situations, state)(shop)


def _own(shop: Shop) -> tuple[Order, ...]:
    return shop.orders.orders_of(CustomerId("ana"))


def _turn(case: Mapping[str, Any], shop: Shop, before: tuple[Order, ...]) -> Turn:
    end, reply = Disposition(case.get("end", "answered")), str(case["reply"])
    for mark, closing in CLOSING.items():
        reply = reply.replace(mark, closing)
    return Turn(
        shop.time,
        case["message"],
        reply,
        (Request(case["intent"], 0.9, True, end, ""),),
        end,
        before,
        _own(shop),
        tuple(_action(one) for one in case.get("actions", ())),
        handoff=case.get("handoff", ""),
        language=case.get("language", "en"),
        mood=Mood(case.get("mood", "neutral")),
    )


def _action(told: str) -> Action:
    action, order, amount, status = told.split()
    return Action(action, order, euros(amount).minor, "EUR", status)  # type: ignore[arg-type]
