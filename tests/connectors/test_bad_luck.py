"""One call in five fails, before or after it did its work: every turn is still answered exactly once, and in order."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from agent.case import Disposition
from connectors.helpdesks.said import plain
from connectors.helpdesks.turns import Manners
from tests.connectors import fake_freshdesk, fake_intercom, fake_sunshine, test_freshdesk, test_intercom, test_sunshine
from tests.connectors.counter import Counter
from tests.connectors.fake_freshdesk import FakeFreshdesk
from tests.connectors.fake_intercom import FakeIntercom
from tests.connectors.fake_sunshine import FakeSunshine
from tests.connectors.vendor import serving
from tests.shop import Shop

Fake = FakeIntercom | FakeFreshdesk | FakeSunshine
TURNS = 4
MANNERS = Manners(per_hour=1_000)


@pytest.fixture(params=["intercom", "freshdesk", "sunshine"])
def counter(request: pytest.FixtureRequest, shop: Shop) -> Iterator[tuple[Counter, Fake]]:
    shop.time = shop.time.replace(hour=14)
    match request.param:
        case "intercom":
            with serving(FakeIntercom()) as intercom:
                yield (
                    Counter(shop, test_intercom.client(intercom, shop), "intercom", fake_intercom.ID, MANNERS),
                    intercom,
                )
        case "freshdesk":
            with serving(FakeFreshdesk()) as freshdesk:
                ours = test_freshdesk.client(freshdesk, shop)
                yield Counter(shop, ours, "freshdesk", fake_freshdesk.TICKET, MANNERS), freshdesk
        case _:
            with serving(FakeSunshine()) as sunshine:
                ours_too = test_sunshine.client(sunshine, shop)
                yield Counter(shop, ours_too, "sunshine", fake_sunshine.CHAT, MANNERS), sunshine


@pytest.mark.parametrize("seed", range(3))
def test_every_turn_is_answered_once_and_in_order(counter: tuple[Counter, Fake], seed: int) -> None:
    ours, fake = counter
    fake.chance = Random(seed)
    for turn in range(TURNS):
        fake.says(f"question {turn}")
        ours.desk.next = {"reply": f"Answer {turn}"}
        ours.knock(f"k{turn}")
        until_nothing_waits(ours)
    assert list(map(plain, fake.public)) == [f"answer{turn}" for turn in range(TURNS)]
    assert fake.complaints == []


@pytest.mark.parametrize("seed", range(3))
def test_a_hand_off_speaks_once_and_arrives(counter: tuple[Counter, Fake], seed: int) -> None:
    ours, fake = counter
    fake.chance = Random(100 + seed)
    fake.says("My lawyer will write to you")
    handoff = {"reason": "legal", "team": "legal"}
    ours.desk.next = {"disposition": Disposition.HANDED_OFF, "handoff": handoff, "note": "Customer: Ana"}
    ours.knock()
    until_nothing_waits(ours)
    assert len(fake.public) == 1
    if isinstance(fake, FakeSunshine):
        assert fake.holder == "agents"
    else:
        assert (len(fake.notes), "ai_handoff" in fake.tags) == (1, True)


def until_nothing_waits(ours: Counter) -> None:
    for _ in range(40):
        ours.work(minutes=40)
        if ours.waiting() == (0, 0):
            return
    raise AssertionError("something still waits")
