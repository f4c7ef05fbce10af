"""What the customer's words mean in their own record: items, orders, variants, places, means of payment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.brains.classifier import Guess
from agent.brains.said_plainly import as_said
from agent.meaning.items import Floats, lines_meant
from agent.meaning.orders import meant_among
from agent.meaning.payment import method_meant
from agent.meaning.places import pointed_at
from agent.meaning.variants import Choice, clauses, rank, variant_meant
from tools.contract import Fact
from tools.orders.catalogue import Account, Method, Variant
from tools.orders.model import (
    Address,
    CustomerId,
    FulfilmentAxis,
    Lifecycle,
    Line,
    LineId,
    Order,
    OrderId,
    PaymentAxis,
    ReturnAxis,
    Tender,
)
from tools.orders.money import Money

CANCELS = Guess("cancel_order", 0.7, 0.8)
THEN = datetime(2026, 11, 1, tzinfo=UTC)
LYON = Address("8 rue Pasteur", "Lyon", "69007", "FR")
CHICAGO = Address("921 Park Avenue", "Chicago", "60612", "US", state="IL")


def euros(cents: int) -> Money:
    return Money(cents, "EUR")


def line(place: int, name: str, quantity: int = 1, price: int = 1000, **options: str) -> Line:
    return Line(
        LineId(f"l{place}"), place, f"sku{place}", name, options, quantity, euros(price), euros(price), euros(0), True
    )


def order(number: str, *lines: Line, delivered: bool = True, address: Address = LYON) -> Order:
    return Order(
        OrderId(number),
        number,
        CustomerId("ana"),
        "EUR",
        THEN,
        None,
        None,
        THEN if delivered else None,
        True,
        euros(1000),
        euros(0),
        euros(0),
        address,
        Lifecycle.COMPLETED if delivered else Lifecycle.CONFIRMED,
        PaymentAxis.PAID,
        FulfilmentAxis.DELIVERED if delivered else FulfilmentAxis.UNFULFILLED,
        ReturnAxis.NONE,
        None,
        lines,
        (),
        (),
        (),
        (Tender("p1", "credit_card", euros(1000), euros(0), euros(0), "card_1"),),
        1,
    )


def fact(one: Order) -> Fact:
    return Fact(one.number, "order", "order", {}, one)


# -- items -----------------------------------------------------------------------------------------------------

BASKET = order(
    "#1",
    line(1, "T-Shirt", 3, color="blue"),
    line(2, "Smart Watch"),
    line(3, "Smart Thermostat"),
    line(4, "Bookshelf"),
    line(5, "Running Shoes"),
)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("the tshirts please", {"l1": 3}),
        ("one of the t-shirts", {"l1": 1}),
        ("send back the smart watch", {"l2": 1}),
        ("the smart watch and the book shelf", {"l2": 1, "l4": 1}),
        ("the thermostatt does not work", {"l3": 1}),
        ("my running shoes are too small", {"l5": 1}),
        ("I want to return everything", {}),
        ("everything except the bookshelf", {"l1": 3, "l2": 1, "l3": 1, "l5": 1}),
        ("return the shirts but keep the watch", {"l1": 3}),
        ("the smart speaker", {}),
        ("return the t-shirts and the smart watch. The bookshelf stays with me", {"l1": 3, "l2": 1}),
        ("the smart watch is not for me, send it back. The bookshelf is lovely, keeping that.", {"l2": 1}),
        ("no, not the bookshelf, the smart watch", {"l2": 1}),
        ("this is not the bookshelf that I ordered", {"l4": 1}),
        ("I do not want to keep the bookshelf", {"l4": 1}),
    ],
)
def test_items_are_found_in_the_customers_words(text: str, meant: dict[str, int]) -> None:
    assert lines_meant(text, BASKET) == meant


def test_another_word_for_a_thing_is_found_by_its_meaning() -> None:
    def near(phrases: Sequence[str], names: Sequence[str]) -> Floats:
        table = {("sneakers", "running shoes"): 0.8}
        return np.array([[table.get((one, two), 0.1) for two in names] for one in phrases], np.float32)

    assert lines_meant("my sneaker is torn", BASKET, None) == {}
    assert lines_meant("these sneakers", BASKET, near) in ({"l5": 1}, {})


def test_of_two_that_have_one_name_the_dearer_is_meant_by_its_price() -> None:
    two = order("#2", line(1, "Tablet", price=20000), line(2, "Tablet", price=30000))
    assert lines_meant("return the more expensive tablet", two) == {"l2": 1}
    assert lines_meant("the cheaper one of the tablets", two) == {"l1": 1}


@given(st.text(max_size=200))
def test_whatever_is_written_no_more_is_meant_than_there_is(text: str) -> None:
    found = lines_meant(text, BASKET)
    assert all(0 < units <= {one.id: one.quantity for one in BASKET.lines}[name] for name, units in found.items())


# -- orders ----------------------------------------------------------------------------------------------------

OPEN = fact(order("#10", line(1, "Lamp"), line(2, "Kettle"), delivered=False))
CAME = fact(order("#11", line(3, "Kettle"), line(4, "Chair"), address=CHICAGO))
LATER = fact(order("#12", line(5, "Desk"), delivered=False))
EVERY = (LATER, OPEN, CAME)


@pytest.mark.parametrize(
    ("text", "kind", "numbers", "unclear"),
    [
        ("return the chair", "all", ["#11"], False),
        ("return the chair and the desk", "all", ["#12", "#11"], False),
        ("the kettle", "all", ["#10", "#11"], True),
        ("the kettle", "delivered", ["#11"], False),
        ("the kettle that I received", "all", ["#11"], False),
        ("the kettle and the lamp", "all", ["#10"], False),
        ("cancel all my pending orders", "open", ["#12", "#10"], False),
        ("cancel my last order", "open", ["#12"], False),
        ("the order that went to Chicago", "all", ["#11"], False),
        ("cancel it", "open", ["#12", "#10"], True),
    ],
)
def test_the_orders_that_are_meant(text: str, kind: str, numbers: list[str], unclear: bool) -> None:
    meant = meant_among(EVERY, text, kind)
    assert ([one.id for one in meant.orders], meant.unclear) == (numbers, unclear)


# -- variants --------------------------------------------------------------------------------------------------

SHIRT = line(1, "T-Shirt", color="blue", size="M", material="cotton")


def sold(sku: str, price: int = 1000, available: bool = True, **options: str) -> Variant:
    return Variant(sku, "p", "T-Shirt", options, euros(price), available)


SHIRTS = (
    sold("sku1", color="blue", size="M", material="cotton"),
    sold("black-m", color="black", size="M", material="cotton"),
    sold("blue-l", color="blue", size="L", material="cotton"),
    sold("blue-s", color="blue", size="S", material="cotton", available=False),
    sold("red-l", 700, color="red", size="L", material="polyester"),
    sold("grey-xl", 1900, color="light grey", size="XL", material="cotton"),
)


@pytest.mark.parametrize(
    ("text", "sku"),
    [
        ("the same in black", "black-m"),
        ("my blue one in black please", "black-m"),
        ("one size up", "blue-l"),
        ("it is too small, I need a bigger one", "blue-l"),
        ("size L", "blue-l"),
        ("the cheapest one", "red-l"),
        ("the most expensive version", "grey-xl"),
        ("polyester instead of cotton", "red-l"),
        ("in light grey", "grey-xl"),
        ("item number black-m", "black-m"),
        ("the same again, it came torn", "sku1"),
        ("one size smaller", None),
        ("something nicer", None),
        ("en noir", None),
    ],
)
def test_another_variant_is_found_in_the_customers_words(text: str, sku: str | None) -> None:
    spoken = clauses(f"exchange the t-shirt: {text}", {SHIRT.id: (2,)})[SHIRT.id]
    choice: Choice = variant_meant(spoken, SHIRT, SHIRTS)
    assert (choice.variant.sku if choice.variant else None) == sku


@pytest.mark.parametrize(
    ("lower", "higher"),
    [("S", "M"), ("500 ml", "1 l"), ("15-inch", "17-inch"), ("low", "high"), ("8GB", "32GB"), ("512 GB", "1 TB")],
)
def test_values_stand_on_a_scale(lower: str, higher: str) -> None:
    one, other = rank(lower), rank(higher)
    assert one is not None
    assert other is not None
    assert one < other


# -- places, payment -------------------------------------------------------------------------------------------


def test_an_address_on_file_or_of_another_order_is_pointed_at() -> None:
    assert pointed_at("send it to my default address", CHICAGO, (), LYON) == CHICAGO
    assert pointed_at("send it to my Chicago address", None, (LYON, CHICAGO), LYON) == CHICAGO
    assert pointed_at("send it to my mother", None, (LYON, CHICAGO), LYON) is None


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("use my PayPal", "pp"),
        ("with my gift card", "gc"),
        ("the other card please", "card_2"),
        ("back to the original payment method", "card_1"),
        ("by credit card", "card_1"),
        ("as you like", None),
    ],
)
def test_a_means_of_payment_is_found(text: str, method: str | None) -> None:
    known = (
        Method("card_1", "credit_card"),
        Method("card_2", "credit_card"),
        Method("pp", "paypal"),
        Method("gc", "gift_card", 500),
    )
    found = method_meant(text, Account(CustomerId("ana"), None, known), BASKET)
    assert (found.id if found else None) == method


@pytest.mark.parametrize(
    "text",
    [
        "cancel my appointment with the dentist",
        "put tea on the shopping list",
        "annulez ma réservation au restaurant",
        "cancela mi cita con el médico",
        "sag meinen Termin beim Friseur ab",
    ],
)
def test_what_is_of_calendars_and_restaurants_starts_no_action(text: str) -> None:
    assert as_said(CANCELS, text).label == "out_of_scope"


@pytest.mark.parametrize(
    "text",
    [
        "cancel order 1001, I have an appointment that day",
        "cancel my delivery appointment",
        "annulez la commande avant mon rendez-vous",
        "cancel it please",
        "cancela el pedido, es para mi cita",
        "storniere die Bestellung vor meinem Termin",
    ],
)
def test_a_word_of_an_order_beside_it_keeps_it_a_matter_of_the_shop(text: str) -> None:
    assert as_said(CANCELS, text) == CANCELS
