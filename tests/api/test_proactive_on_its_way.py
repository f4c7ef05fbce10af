"""What comes first, at helpdesks: to whom it must not be said, and once, whatever happened while it was on its way."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from agent.proactive import messages
from agent.proactive.links import verified
from connectors.errors import ConnectorError
from connectors.helpdesks.turns import Turns
from tests.api import test_proactive_at_helpdesks as desks
from tests.api.test_letters import text_of, to
from tests.api.test_proactive_at_helpdesks import TERMS, about, closed, notified, talked
from tests.connectors.fake_zendesk import OTHER, FakeZendesk
from tests.connectors.vendor import Trouble
from tests.shop import ANA

box, intercom, shopkeeper, zendesk = desks.box, desks.intercom, desks.shopkeeper, desks.zendesk


def mails(box: Any) -> list[str]:
    return [text_of(one) for one in to(box, ANA)]


def now(keeper: Any) -> str:
    return str(keeper.shop.time.strftime("%Y-%m-%dT%H:%M:%SZ"))


def killed_once(monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> None:
    """It was done, and the outbox did not hear of it."""
    real: Callable[..., Any] = getattr(where, name)
    done: list[int] = []

    def once(*given: Any) -> Any:
        said = real(*given)
        if not done:
            done.append(1)
            raise ConnectorError("killed before the outbox knew")
        return said

    monkeypatch.setattr(where, name, once)


def test_links_of_the_mail_instead_name_the_order_of_their_paragraph(zendesk: Any, box: Any, shopkeeper: Any) -> None:
    keeper = shopkeeper()
    keeper.house.shop_file.write_text(TERMS + 'links = "https://shop.example"\n', encoding="utf-8")
    talked(keeper, zendesk)
    soon = (keeper.shop.time + timedelta(hours=1)).isoformat()
    keeper.shop.order("pending", promised_at=soon)
    keeper.becomes_late()
    with keeper.house.database.read() as db:
        (made,) = messages.newest(db)
    with keeper.house.database.write() as db:  # the first order's alert is over meanwhile
        db.execute(text("UPDATE alerts SET state='closed' WHERE order_id=:o"), {"o": made.orders[0]})
    closed(zendesk)
    keeper.house.worker.run_once()
    keeper.house.worker.run_once()
    found = re.search(r"/chat/([\w.-]+)", mails(box)[-1])
    assert found
    token = found[1]
    assert made.orders[verified(keeper.house.keyed, token, keeper.shop.time).place] == made.orders[1]


def test_a_ticket_that_is_another_customers_by_now_hears_nothing(
    zendesk: Any, shopkeeper: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = shopkeeper()
    order = talked(keeper, zendesk)
    ticket, routed = FakeZendesk._ticket, FakeZendesk._routed
    found = {"identities": [{"type": "email", "value": "ben@example.com", "verified": True}]}
    monkeypatch.setattr(FakeZendesk, "_ticket", lambda self: ticket(self) | {"requester_id": OTHER})
    monkeypatch.setattr(
        FakeZendesk,
        "_routed",
        lambda self, m, p, q, b: (200, found) if p.endswith("502/identities") else routed(self, m, p, q, b),
    )
    keeper.becomes_late()
    keeper.works()
    assert about(zendesk, order) == []


def test_a_ticket_in_which_somebody_else_wrote_hears_nothing(zendesk: Any, shopkeeper: Any) -> None:
    keeper = shopkeeper()
    order = talked(keeper, zendesk)
    zendesk.says("I am in copy.", OTHER, created_at=now(keeper))
    keeper.becomes_late()
    keeper.works()
    assert about(zendesk, order) == []


def test_what_was_moved_to_a_mail_is_not_said_when_the_ticket_is_open_again(
    zendesk: Any, box: Any, shopkeeper: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = shopkeeper()
    order = talked(keeper, zendesk)
    keeper.becomes_late()
    closed(zendesk)
    killed_once(monkeypatch, type(keeper.house.watching.speaking), "by_mail")
    keeper.house.worker.run_once()
    zendesk.status = "open"
    keeper.works()
    assert len(about(zendesk, order)) + len(mails(box)) == 1


def test_what_was_said_is_not_mailed_when_the_ticket_is_closed_meanwhile(
    zendesk: Any, box: Any, shopkeeper: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = shopkeeper()
    order = talked(keeper, zendesk)
    keeper.becomes_late()
    killed_once(monkeypatch, Turns, "begins")
    keeper.house.worker.run_once()
    zendesk.comments[-1]["created_at"] = now(keeper)
    zendesk.says("ok thanks", created_at=now(keeper))
    closed(zendesk)
    keeper.works()
    assert len(about(zendesk, order)) + len(mails(box)) == 1


def test_what_was_said_is_not_said_again_though_the_customer_answered(
    intercom: Any, shopkeeper: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = shopkeeper()
    order = keeper.will_be_late()
    notified(keeper, intercom, f"Where is my order {order.number}?", "n1")
    keeper.becomes_late()
    killed_once(monkeypatch, Turns, "begins")
    intercom.clock = int(keeper.shop.time.timestamp()) + 5
    keeper.house.worker.run_once()
    intercom.says("ok")
    keeper.works()
    assert sum("is late" in one for one in intercom.public) == 1


def test_what_a_helpdesk_refuses_for_good_goes_by_mail(zendesk: Any, box: Any, shopkeeper: Any) -> None:
    keeper = shopkeeper()
    order = talked(keeper, zendesk)
    keeper.becomes_late()
    zendesk.troubles.append(Trouble("PUT", 422, times=50))
    keeper.works()
    assert len(about(zendesk, order)) + len(mails(box)) == 1


def test_what_is_over_by_then_is_not_said(zendesk: Any, box: Any, shopkeeper: Any) -> None:
    keeper = shopkeeper()
    order = talked(keeper, zendesk)
    keeper.becomes_late()
    keeper.shop.scan(order, "delivered", keeper.shop.time)
    keeper.house.watching.run()
    keeper.works()
    assert about(zendesk, order) == []
    assert mails(box) == []
