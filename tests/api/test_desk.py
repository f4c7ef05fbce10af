"""The desk's other pages: orders, knowledge, policy, evaluation, gaps. What each shows, changes and refuses."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from agent.case import Incoming, TicketId
from api.cli.report import as_json_of
from api.desk.preview import spread
from api.edge.tokens import Role
from api.wiring import House
from eval.metrics.live import Live
from eval.metrics.summary import Period, summarise
from eval.metrics.volume import Volume
from knowledge.ingest import ingest
from tests.api.browsing import csrf_in
from tests.api.test_inbox import page, say, send, with_both
from tests.eval.talks import after
from tests.shop import ANA, NOW, Shop


@pytest.fixture
def admin(client: TestClient, house: House, filled: Shop) -> TestClient:
    return with_both(client, house, Role.ADMIN)


def put(client: TestClient, path: str, **form: str) -> Any:
    shown = client.get(path)
    version = re.search(r'name="version" value="([^"]+)"', shown.text)
    given = {"csrf": csrf_in(shown.text)} | ({"version": version[1]} if version else {})
    return client.post(path, data=given | form)


# -- orders --------------------------------------------------------------------------------------------------


def test_an_order_is_found_by_its_number_and_its_customer_and_shown_whole(admin: TestClient, filled: Shop) -> None:
    order = filled.shipped()
    for wanted in (order.number, ANA):
        assert order.number in page(admin, f"/orders?q={wanted.replace('#', '%23')}")
    assert "No order fits" in page(admin, "/orders?q=zzz")
    shown = page(admin, f"/orders/{order.id}")
    for told in ("in transit, Lyon", "psp clearing", "20.00 EUR", ANA, "Timeline", "Cancel order: no, by CAN-"):
        assert told in shown, told
    assert order.number in admin.get("/orders.csv").text
    assert admin.get("/orders/none").status_code == 404


def test_what_is_allowed_is_done_once_in_the_persons_name(admin: TestClient, filled: Shop) -> None:
    order = filled.order()
    shown = admin.get(f"/orders/{order.id}").text
    action = shown.index('value="cancel_order"')
    form = dict(re.findall(r'name="(csrf|key|digest)" value="([^"]+)"', shown[:action].rpartition("<form")[2]))
    done = admin.post(f"/orders/{order.id}", data=form | {"action": "cancel_order"})
    assert (done.status_code, "person lea" in done.text) == (200, True)
    assert filled.get(order.number).cancelled_at
    again = admin.post(f"/orders/{order.id}", data=form | {"action": "cancel_order"})
    assert again.status_code in {200, 409}
    late = admin.post(f"/orders/{order.id}", data=form | {"action": "cancel_order", "key": "other"})
    assert (late.status_code, "Not done" in late.text) == (409, True)


def test_a_viewer_sees_orders_and_does_nothing_to_them(client: TestClient, house: House, filled: Shop) -> None:
    order = filled.order()
    with_both(client, house, Role.VIEWER)
    shown = client.get(f"/orders/{order.id}").text
    assert "Do it" not in shown
    assert (
        client.post(f"/orders/{order.id}", data={"csrf": csrf_in(shown), "action": "cancel_order"}).status_code == 403
    )


# -- policy --------------------------------------------------------------------------------------------------


def test_a_change_is_tried_on_the_last_messages_before_it_is_saved(admin: TestClient, filled: Shop) -> None:
    order = filled.delivered(days_ago=20)
    say(admin, f"I want to return {order.number}")
    tried = html.unescape(put(admin, "/policy", do="preview", **{"terms.return_days": "14"}).text)
    assert "terms.return_days" in tried
    assert "1 of 1 messages would end otherwise" in tried
    assert "RET-2" in tried
    assert "Nothing was saved here yet" in tried


def test_a_preview_takes_as_many_messages_as_far_back_as_is_chosen_and_tells_how_far_it_is(
    admin: TestClient, house: House, filled: Shop
) -> None:
    for number in range(32):
        house.desk.answer(Incoming(f"h{number}", f"h{number}", "api", "hello", ANA, True))
    house.now = lambda: NOW + timedelta(days=60)
    with_both(admin, house, Role.ADMIN)
    change = {"do": "preview", "rollout.mode": "draft"}
    assert "No customer has written in these days" in html.unescape(put(admin, "/policy", **change, days="30").text)
    tried = html.unescape(put(admin, "/policy", **change, days="90", messages="30").text)
    assert "The 30 messages that were tried, of 32 in the last 90 days" in tried
    assert [int(one) for one in re.findall(r'<progress max="30" value="(\d+)"', tried)] == list(range(1, 31))
    assert "<option selected>90</option>" in tried


@pytest.mark.parametrize("wrong", [{"messages": "31"}, {"days": "-1"}, {"days": "x"}])
def test_a_sample_that_is_not_offered_is_refused(admin: TestClient, filled: Shop, wrong: dict[str, str]) -> None:
    answer = put(admin, "/policy", do="preview", **{"rollout.mode": "draft"}, **wrong)
    assert (answer.status_code, "is none of" in answer.text) == (409, True)


def test_a_sample_is_spread_over_all_of_them_and_has_the_newest() -> None:
    every = [TicketId(str(number)) for number in range(100)]
    assert spread(every, 4) == ("99", "74", "49", "24")
    assert spread(every[:3], 30) == ("2", "1", "0")
    assert len(set(spread(every, 99))) == 99


def test_a_saved_policy_holds_from_the_next_message_keeps_comments_and_can_be_undone(
    admin: TestClient, house: House, filled: Shop
) -> None:
    before = house.shop_file.read_text()
    assert put(admin, "/policy", do="save", why="strict", **{"rollout.mode": "draft"}).url.path == "/policy"
    assert say(admin, "How long can I return something?", "p1")["mode"] == "draft"
    assert house.shop_file.read_text() == before.replace('mode = "sent"   ', 'mode = "draft"   ')
    shown = page(admin, "/policy")
    assert "strict" in shown
    back = put_undo(admin, "1")
    assert back.status_code == 200
    assert house.shop_file.read_text() == before
    assert say(admin, "How long can I return something?", "p2")["mode"] == "sent"


def put_undo(client: TestClient, number: str) -> Any:
    shown = client.get("/policy").text
    version = re.search(r'name="version" value="([^"]+)"', shown)
    assert version
    return client.post("/policy/undo", data={"csrf": csrf_in(shown), "version": version[1], "number": number})


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("terms.return_days", "many", "is not a whole number"),
        ("terms.return_days", "-1", "greater than or equal to 0"),
        ("autonomy.refund", "always", "is none of off, draft, approve, auto"),
        ("rollout.share", "1.5", "less than or equal to 1"),
        ("voice.signature", "same", "saved"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_what_would(
    admin: TestClient, house: House, field: str, value: str, told: str
) -> None:
    before = house.shop_file.read_text()
    answer = put(admin, "/policy", do="save", **{field: value})
    if told == "saved":
        assert (answer.status_code, 'signature = "same"' in house.shop_file.read_text()) == (200, True)
        return
    assert (answer.status_code, told in html.unescape(answer.text)) == (409, True)
    assert house.shop_file.read_text() == before


def test_a_form_of_an_older_policy_and_a_smaller_role_save_nothing(
    client: TestClient, house: House, filled: Shop
) -> None:
    before = house.shop_file.read_text()
    with_both(client, house, Role.LEAD)
    assert put(client, "/policy", do="save", **{"rollout.mode": "draft"}).status_code == 403
    stale = put(client, "/policy", do="preview", version="older", **{"rollout.mode": "draft"})
    assert (stale.status_code, "was changed since" in stale.text) == (409, True)
    assert put_undo(client, "7").status_code == 404
    assert house.shop_file.read_text() == before


# -- knowledge, gaps, evaluation -----------------------------------------------------------------------------


def test_articles_are_listed_tried_and_held_against_each_other(admin: TestClient, house: House) -> None:
    assert "No articles yet" in page(admin, "/knowledge")
    folder = house.settings.home / "help"
    folder.mkdir()
    for name, days in (("returns", 30), ("returns-old", 14)):
        (folder / f"{name}.md").write_text(
            f"---\ntitle: {name}\nupdated: 2024-01-0{1 if days == 14 else 2}\n---\n# Returning things\n\n"
            f"You can return anything within {days} days of delivery. We pay the label and refund your card.\n"
        )
    ingest([folder], house.shelf, house.embedder, lambda *_: None)
    shown = page(admin, "/knowledge?q=how+long+can+I+return+something")
    for told in ("Why did it find this?", "by meaning", "14 day", "30 day", "last changed 2024-01-01"):
        assert told in shown, told
    assert "returns.md" in admin.get("/knowledge.csv").text


def test_a_gap_is_closed_by_an_article_from_a_persons_answer(admin: TestClient, house: House) -> None:
    say(admin, "do you engrave bracelets?", "g")
    send(admin, "answer", "Yes, we engrave every bracelet for free.", "/inbox/api:g")
    listed = page(admin, "/gaps")
    gap = re.search(r'href="(/gaps/G-[0-9a-f]{8})', listed)
    assert gap
    assert "we engrave every bracelet" in page(admin, gap[1])
    assert "Still open: 1 of 1" in put(admin, gap[1], do="replay").text
    kept = put(admin, gap[1], do="draft", title="Do you engrave bracelets?", body="Yes, we engrave bracelets for free.")
    assert "proposed" in kept.text
    proposal = re.search(r'name="proposal" value="([^"]+)"', kept.text)
    assert proposal
    assert "accepted" in put(admin, gap[1], do="accept", proposal=proposal[1]).text
    assert "Closed: 1 of 1" in put(admin, gap[1], do="replay").text
    assert put(admin, gap[1], do="accept", proposal="L-none").status_code == 404
    assert "knowledge,do you engrave bracelets?" in admin.get("/gaps.csv").text


def test_runs_in_the_home_are_listed_opened_and_a_broken_one_says_why(admin: TestClient, house: House) -> None:
    assert "No runs are kept yet" in page(admin, "/evaluation")
    folder = house.settings.home / "runs"
    folder.mkdir()
    (folder / "broken.json").write_text("{")
    (folder / "strange.json").write_text(json.dumps({"cases": 1}))
    shown = page(admin, "/evaluation")
    assert "strange" in shown
    assert "cannot be read" in shown
    assert admin.get("/evaluation/report?run=strange").status_code == 409
    assert admin.get("/evaluation/report?run=../api_token").status_code == 404


def test_a_run_opens_as_its_report_held_against_another_and_styled_by_the_hash_alone(
    admin: TestClient, house: House
) -> None:
    now = after(24 * 90)
    period = Period(after(-24), now)
    told = Live(period, Volume(turns=3), (), summarise((), now=now, period=period), ())
    folder = house.settings.home / "runs"
    folder.mkdir()
    for name in ("week", "before"):
        (folder / f"{name}.json").write_text(json.dumps(as_json_of(told, ())))
    assert "Nothing was counted" in page(admin, "/evaluation")
    report = admin.get("/evaluation/report", params={"run": "week", "baseline": "before"})
    assert (report.status_code, "What changed since the last run" in report.text) == (200, True)
    assert "style-src 'sha256-" in report.headers["content-security-policy"]
    assert "week,live" in re.sub(r",[^,]*Z?\+00:00", "", admin.get("/evaluation.csv").text)
