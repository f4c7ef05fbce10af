"""Check digits of carriers, by the vectors that they publish."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shop import Shop
from tools.orders import tracking
from tools.orders.actions.fulfilment import ShipOrder, StartFulfilment

VALID = [
    ("UPS", "1Z5R89390357567127"),
    ("UPS", "1Z879E930346834440"),
    ("UPS", "1Z410E7W0392751591"),
    ("UPS", "1Z8V92A70367203024"),
    ("FedEx", "986578788855"),
    ("FedEx", "7 9 0 5 3 5 3 1 2 3 1 7"),
    ("FedEx", "974367662710"),
    ("FedEx", "1001921334250001000300779017972697"),
    ("FedEx", "0414 4176 0228 964"),
    ("FedEx", "9611020987654312345672"),
    ("FedEx", "9622001560001234567100794808390594"),
    ("USPS", "9400 1112 0108 0805 4830 16"),
    ("USPS", "420 22153 9101026837331000039521"),
    ("USPS", "92748931507708513018050063"),
    ("USPS", "7196 9010 7560 0307 7385"),
    ("USPS", "4201002334249200190132607600833457"),
    ("S10", "RB123456785GB"),
    ("DHL", "3318810025"),
    ("DHL", "73891051146"),
    ("DHL", "JVGL0999999990"),
    ("DHL", "GM2951173225174494"),
    ("DPD", "00 81827 0998 0000 0200 33 350 276 C"),
    ("DPD", "0081 827 0998 0000 0200 45 327 276 N"),
    ("GS1", "00 0123 4500 0000 0027"),
]
MISTYPED = [
    ("UPS", "1Z5R89390357567128"),
    (None, "1Z1111111111111111"),
    ("FedEx", "996578788855"),
    ("FedEx", "5682 8361 0012 732"),
    ("FedEx", "9622001560001234567100794808390595"),
    ("USPS", "9400111201080805483017"),
    ("USPS", "0307 1790 0005 2348 3742"),
    ("Colissimo", "RB123456786US"),
    ("DHL Express", "3318810034"),
    ("DPD", "008182709980000020033350276A"),
]


@pytest.mark.parametrize(("carrier", "number"), VALID)
def test_a_published_number_has_its_carriers_form(carrier: str, number: str) -> None:
    assert carrier in {form.carrier for form in tracking.forms_of(number)}
    assert not tracking.mistyped(number, carrier)


@pytest.mark.parametrize(("carrier", "number"), MISTYPED)
def test_a_wrong_check_digit_is_seen(carrier: str | None, number: str) -> None:
    assert tracking.mistyped(number, carrier)


@pytest.mark.parametrize("number", ["357962501027", "T1", "", "LP00123456789FR", "6A12345678901"])
def test_numbers_of_no_known_form_are_taken_as_they_are(number: str) -> None:
    assert not tracking.mistyped(number, None)
    assert not tracking.mistyped(number, "Mondial Relay")


@given(st.integers(0, 10**9 - 1), st.integers(0, 16), st.integers(1, 9))
def test_any_single_wrong_digit_of_an_sscc_is_seen(serial: int, place: int, by: int) -> None:
    number = tracking.sscc("3456789", serial)
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert tracking.forms_of(number)
    assert "SSCC" not in {form.name for form in tracking.forms_of(wrong)}


@pytest.mark.parametrize(("prefix", "serial"), [("12", 1), ("3456789", 10**9), ("34567x9", 1), ("3456789", -1)])
def test_an_sscc_that_does_not_fit_is_refused(prefix: str, serial: int) -> None:
    with pytest.raises(ValueError, match="company prefix"):
        tracking.sscc(prefix, serial)


def test_a_parcel_is_not_sent_under_a_mistyped_number(shop: Shop) -> None:
    order = shop.place(("shirt", 1))
    shop.done(StartFulfilment(order_id=order.id))
    assert shop.refusal(ShipOrder(order_id=order.id, tracking="1Z5R89390357567128", carrier="UPS")).rule == "TRK-1"
    assert shop.get(order.number).shipments == ()
    shop.done(ShipOrder(order_id=order.id, tracking="1Z 5R8 939 03 5756 7127", carrier="UPS"))
    assert shop.get(order.number).shipments[0].tracking_number == "1Z5R89390357567127"
