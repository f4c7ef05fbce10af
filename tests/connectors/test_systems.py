"""The examples of docs/integrations against strict systems over real HTTP, and what happens when those misbehave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from connectors.systems.sending import Line, Outgoing
from tests.connectors import fake_systems
from tests.connectors.fake_systems import FakeSystem
from tests.connectors.systems import Wired, credential, declared, read
from tests.connectors.vendor import Trouble, serving
from tests.shop import LYON, Shop
from tools.orders.actions.customers import SaveCustomer
from tools.orders.actions.fulfilment import ShipOrder, StartFulfilment
from tools.orders.agreement import Action

EVERY = timedelta(minutes=5)
Connect = Callable[..., tuple[FakeSystem, Wired]]


@pytest.fixture
def connect(shop: Shop) -> Iterator[Connect]:
    """`path` is what stands behind the host in the example's own address."""
    with ExitStack() as stack:

        def made(name: str, fake: FakeSystem, path: str = "", **changed: Any) -> tuple[FakeSystem, Wired]:
            served = stack.enter_context(serving(fake))
            wired = Wired(shop, declared(name, url=served.url + path, **changed))
            stack.callback(wired.close)
            return served, wired

        yield made


# -- the examples --------------------------------------------------------------------------------------------


def test_the_erp_gets_orders_and_balanced_postings_and_hears_of_a_cancellation(shop: Shop, connect: Connect) -> None:
    erp, wired = connect("erp", fake_systems.erp())
    order = shop.place(("shirt", 2), ("mug", 1))
    shop.provider_answers()
    shop.do(order, Action.CANCEL_ORDER)
    shop.provider_answers()
    wired.deliver(3)
    assert (erp.refusals, erp.complaints) == ([], [])
    (sent,) = erp.told("/api/sales-orders")
    assert (sent["external_ref"], sent["total"], sent["ship_to"]["country"]) == (order.number, "50.50", "FR")
    assert [(one["product"], one["qty"]) for one in sent["order_lines"]] == [("shirt", 2), ("mug", 1)]
    assert erp.told("/api/sales-orders/.+") == [{"state": "cancel"}]
    posted = {one.transaction for one in shop.orders.statement(order.id)}
    assert sorted(one["ref"] for one in erp.told("/api/journal-entries")) == sorted(posted)
    assert wired.states()["dead"] == 0


def test_an_order_is_told_as_it_was_when_it_was_placed(shop: Shop, connect: Connect) -> None:
    erp, wired = connect("erp", fake_systems.erp())
    order = shop.place(("shirt", 2))
    shop.do(order, Action.CANCEL_ORDER, units={1: 1})
    wired.deliver(2)
    assert [one["qty"] for one in erp.told("/api/sales-orders")[0]["order_lines"]] == [2]


def test_the_erp_is_asked_for_its_stock_and_each_change_counts_once(shop: Shop, connect: Connect) -> None:
    erp, wired = connect("erp", fake_systems.erp())
    shop.stock("shirt", 3)
    erp.stock = [
        {"product": "shirt", "on_hand": 7, "changed_at": "a"},
        {"product": "gone", "on_hand": 1, "changed_at": "a"},
    ]
    taking = wired.taking["erp"]
    assert [taking.run_once(EVERY), taking.run_once(EVERY)] == [2, 0]
    wired.work()
    assert shop.orders.available("shirt") == 7
    assert wired.why("inbox") == "Rejected: count_stock: STK-2 unknown_variant; accepted: a sku of the catalogue"
    shop.later(minutes=6)
    erp.stock.append({"product": "shirt", "on_hand": 7, "changed_at": "b"})
    assert taking.run_once(EVERY) == 1
    asked = [one.query["changed_since"] for one in erp.asked if one.method == "GET"]
    assert asked == ["1970-01-01T00:00:00Z", "2026-11-20T12:00:00Z"]


def test_the_oms_gets_each_step_signed_and_in_order(shop: Shop, connect: Connect) -> None:
    oms, wired = connect("oms", fake_systems.oms(), "/hooks/wismo")
    order = shop.place(("shirt", 1))
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking="T1", carrier="DHL"))
    wired.deliver(3)
    assert oms.refusals == []
    versions = [one["version"] for one in oms.told("/hooks/wismo")]
    assert versions == sorted(versions)
    assert [len(one["parcels"]) for one in oms.told("/hooks/wismo")] == [0, 1]
    assert oms.told("/hooks/wismo")[0]["amount"] == 2000


def test_the_wms_gets_what_to_pick_under_the_orders_number(shop: Shop, connect: Connect) -> None:
    wms, wired = connect("wms", fake_systems.wms(), "/v2")
    order = shop.place(("shirt", 1), ("mug", 2), external="A/../1 ?")
    wired.deliver()
    assert wms.refusals == []
    assert wms.kept[0][1] == "/v2/shipments/A%2F..%2F1%20%3F"
    assert wms.kept[0][2]["positions"] == [{"article": "shirt", "pieces": 1}, {"article": "mug", "pieces": 2}]
    assert order.number == "A/../1 ?"


def test_the_crm_keeps_a_contact_a_customer_and_what_they_bought(shop: Shop, connect: Connect) -> None:
    crm, wired = connect("crm", fake_systems.crm(), "/api")
    shop.done(SaveCustomer(customer_id="ana", full_name="Ana Lee-Roy", address=LYON))
    shop.place(("shirt", 1))
    wired.deliver(2)
    assert crm.refusals == []
    assert [one["full_name"] for one in crm.told("/api/contacts/ana")] == ["Ana Lee-Roy"]
    assert crm.told("/api/activities")[0]["value"] == 20.0


def test_nothing_is_put_where_no_system_is_declared(shop: Shop) -> None:
    shop.place(("shirt", 1))
    with shop.database.read() as db:
        assert db.exec_driver_sql("SELECT count(*) FROM outbox WHERE kind = 'system.fed'").scalar_one() == 0


def test_no_address_lies_in_the_outbox(shop: Shop, connect: Connect) -> None:
    connect("erp", fake_systems.erp())
    shop.place(("shirt", 1))
    with shop.database.read() as db:
        bodies = db.exec_driver_sql("SELECT body FROM outbox WHERE kind = 'system.fed'").scalars().all()
    assert bodies
    assert "Pasteur" not in str(bodies)


def test_a_system_that_reads_files_gets_one_a_message_whole_and_once(shop: Shop) -> None:
    tables = {"erp": {"kind": "csv", "folder": "erp", "orders": declared("erp")["erp"]["orders"]}}
    wired = Wired(shop, tables)
    order = shop.place(("shirt", 2), ("mug", 1))
    wired.deliver()
    (file,) = (shop.folder / "erp" / "out").iterdir()
    header, *rows = file.read_text(encoding="utf-8").splitlines()
    assert "order_lines.product" in header.split(",")
    assert [order.number in row for row in rows] == [True, True]
    wired.close()


# -- misbehaviour --------------------------------------------------------------------------------------------


def test_a_lost_answer_is_sent_again_with_its_key_and_taken_once(shop: Shop, connect: Connect) -> None:
    erp, wired = connect("erp", fake_systems.erp())
    order = shop.place(("shirt", 1))
    erp.troubles = [Trouble("POST", 502, path="sales-orders", applied=True), Trouble("POST", 503, path="sales-orders")]
    shop.do(order, Action.CANCEL_ORDER)  # the order is another one by the time it is sent again
    wired.deliver(6, minutes=5)
    assert len(erp.told("/api/sales-orders")) == 1
    keys = {one.headers["idempotency-key"] for one in erp.asked if one.path == "/api/sales-orders"}
    assert (len(keys), wired.states()["dead"], wired.states()["due"]) == (1, 0, 0)


def test_a_conflict_on_what_was_never_sent_is_for_a_person(shop: Shop, connect: Connect) -> None:
    erp, wired = connect("erp", fake_systems.erp())
    shop.place(("shirt", 1))
    erp.troubles = [Trouble("POST", 409, path="sales-orders")]
    wired.deliver()
    assert wired.states()["dead"] == 1
    assert "erp: 409; it does not take this record: wismo connectors test erp" in wired.why()


def test_a_system_that_is_told_too_much_is_asked_after_its_time(shop: Shop, connect: Connect) -> None:
    erp, wired = connect("erp", fake_systems.erp())
    shop.place(("shirt", 1))
    erp.troubles = [Trouble("POST", 429, path="sales-orders", headers={"retry-after": "90"})]
    wired.deliver()
    shop.later(seconds=80)
    wired.deliver()
    assert erp.told("/api/sales-orders") == []
    shop.later(seconds=20)
    wired.deliver()
    assert len(erp.told("/api/sales-orders")) == 1


def test_a_refused_record_is_kept_and_holds_no_other_order_back(shop: Shop, connect: Connect) -> None:
    tables = declared("erp")["erp"]["orders"]
    tables["fields"]["surprise"] = {"value": 1}
    erp, wired = connect("erp", fake_systems.erp(), orders=tables)
    shop.place(("shirt", 1))
    wired.deliver()
    assert erp.refusals == ["surprise: unknown"]
    assert wired.states()["dead"] == 1
    assert wired.deliver() == 0


def test_a_wrong_token_stops_nothing_for_good_and_is_not_shown(shop: Shop, connect: Connect, monkeypatch: Any) -> None:
    erp, wired = connect("erp", fake_systems.erp())
    erp.proof = {"authorization": "Bearer another"}
    shop.place(("shirt", 1))
    wired.deliver()
    assert (wired.states()["dead"], "WISMO_CONNECTOR_ERP_TOKEN" in wired.why()) == (0, True)
    assert fake_systems.TOKEN not in wired.why()
    line = Line("erp", wired.lines["erp"].system, lambda name: "", lambda: shop.time)
    with pytest.raises(Exception, match="WISMO_CONNECTOR_ERP_TOKEN is not set; wismo connect erp"):
        line.headers()


def test_an_address_in_the_lan_needs_the_operators_word(shop: Shop) -> None:
    with serving(fake_systems.erp()) as erp:
        system = read(declared("erp", url=erp.url))["erp"]
        line = Line("erp", system, credential, lambda: shop.time)
        with pytest.raises(Exception, match="WISMO_OUTBOUND_HOSTS"):
            line.send(Outgoing("orders", "/api/sales-orders", {}, "k"))
        assert erp.asked == []
        line.close()


def test_a_redirect_is_not_followed(shop: Shop, connect: Connect) -> None:
    erp, wired = connect("erp", fake_systems.erp())
    shop.place(("shirt", 1))
    erp.troubles = [Trouble("POST", 302, path="sales-orders", headers={"location": "http://169.254.169.254/"})]
    wired.deliver()
    assert (wired.states()["dead"], erp.told("/api/sales-orders")) == (1, [])


def test_what_shop_toml_does_not_declare_any_more_is_given_up_with_its_remedy(shop: Shop, connect: Connect) -> None:
    _, wired = connect("erp", fake_systems.erp())
    shop.place(("shirt", 1))
    wired.lines.clear()
    wired.deliver()
    assert "shop.toml has no [connectors.erp." in wired.why()
