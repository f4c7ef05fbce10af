"""Orders that come as files: each line accepted, held or rejected; a file that does not hold changes nothing."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.capture import CaptureError, edifact, marketplace, x12, x12_orders
from connectors.capture.take import Taken, take
from connectors.capture.x12 import Envelope
from tests.connectors import edi
from tests.shop import Shop
from tools.orders.actions.fulfilment import ShipOrder, StartFulfilment
from tools.orders.actions.on_hold import ReleaseOrder
from tools.orders.tracking import sscc

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
GOLDEN = Path(__file__).parent / "golden"
GOOD = ("2", "20.00", "shirt")
MIXED = (GOOD, ("1", "9.00", "mug"), ("0", "27.00", "earrings"), ("1", "50.00", "hat"))


def taken(shop: Shop, text: str) -> list[Taken]:
    read = x12.read(text)
    return list(take(shop.orders, (sent.order for sent in x12_orders.orders(read))))


def verdicts(one: Taken) -> list[str]:
    return [line.verdict.value for line in one.lines]


# -- X12 -----------------------------------------------------------------------------------------------------


def test_a_purchase_order_becomes_an_order_with_its_prices_and_its_place(shop: Shop) -> None:
    (one,) = taken(shop, edi.interchange([edi.purchase("4500012", GOOD, ("1", "10.50", "mug"), total="50.50")]))
    assert verdicts(one) == ["accepted", "accepted"]
    order = shop.get("ACME-4500012")
    assert (order.lifecycle, order.payment) == ("confirmed", "unpaid")
    assert order.total.minor == 5050
    assert order.address.one_line() == "8 rue Pasteur, 69007 Lyon, FR"
    assert [(line.sku, line.quantity) for line in order.lines] == [("shirt", 2), ("mug", 1)]
    assert shop.orders.customer_by_email("purchasing@acme.example")


def test_each_line_is_told_what_became_of_it_and_a_person_decides_on_the_rest(shop: Shop) -> None:
    (one,) = taken(shop, edi.interchange([edi.purchase("1", *MIXED)]))
    assert verdicts(one) == ["held", "held", "rejected", "held"]
    reasons = [line.reasons[0] for line in one.lines]
    assert reasons[0] == "the order waits for its other lines"
    assert reasons[1].startswith("price: mug")
    assert reasons[2].startswith("quantity 0")
    assert reasons[3] == "unknown_variant: hat"
    order = shop.get("ACME-1")
    assert order.lifecycle == "on_hold"
    assert "line 3" in str(order.hold_reason)
    left = shop.done(ReleaseOrder(order_id=order.id, accept=("price",)))["reasons"]
    assert [reason.split(":")[0] for reason in left] == ["not_sellable", "line 3"]


def test_the_same_file_again_changes_nothing_and_another_content_is_refused(shop: Shop) -> None:
    text = edi.interchange([edi.purchase("1", GOOD)])
    first = taken(shop, text)
    count = shop.orders.count()
    assert taken(shop, text) == first
    (changed,) = taken(shop, edi.interchange([edi.purchase("1", ("3", "20.00", "shirt"))], control="000000102"))
    assert "taken already" in changed.lines[0].reasons[0]
    assert shop.orders.count() == count


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("IEA*1*000000101~\n", "", "cut off"),
        ("GE*1*7~\nIEA*1*000000101~\n", "", "cut off"),
        ("SE*", "XX*", "cut off|outside"),
        ("IEA*1*", "IEA*2*", "IEA says 2"),
        ("IEA*1*000000101", "IEA*1*000000100", "control numbers differ"),
        ("ISA*00*          *00*", "ISA*00**00*", "separators|16 elements"),
        ("ST*850", "N1*850", "outside"),
    ],
)
def test_an_interchange_that_does_not_hold_is_refused_as_a_whole(shop: Shop, before: str, after: str, why: str) -> None:
    text = edi.interchange([edi.purchase("1", GOOD)])
    assert before in text
    with pytest.raises(CaptureError, match=why):
        taken(shop, text.replace(before, after, 1))
    assert shop.orders.count() == 0


@pytest.mark.parametrize(
    ("before", "after"), [("SE*11*", "SE*12*"), ("SE*11*0001", "SE*11*0002"), ("CTT*1", "CTT*2"), ("BEG*00", "BEG*01")]
)
def test_a_set_that_does_not_hold_is_rejected_and_its_neighbour_is_taken(shop: Shop, before: str, after: str) -> None:
    wrong = edi.purchase("1", GOOD).replace(before, after, 1)
    assert wrong != edi.purchase("1", GOOD)
    text = edi.interchange([wrong, edi.purchase("2", GOOD, st="0002")])
    first, second = taken(shop, text)
    assert (first.order, verdicts(first), verdicts(second)) == ("", ["rejected"], ["accepted"])
    said = x12_orders.acknowledgement(x12.read(text), AT)
    assert ("AK9*P*2*2*1" in said) == before.startswith("SE")


def test_a_wrong_count_of_the_group_rejects_all_of_it(shop: Shop) -> None:
    text = edi.interchange([edi.purchase("1", GOOD)]).replace("GE*1*7", "GE*2*7")
    assert verdicts(taken(shop, text)[0]) == ["rejected"]
    assert "AK9*R*2*1*0*5" in x12_orders.acknowledgement(x12.read(text), AT)
    assert shop.orders.count() == 0


def golden(name: str, made: str) -> None:
    assert made == (GOLDEN / name).read_text(encoding="utf-8")


def test_answers_are_as_the_golden_files_and_are_read_again(shop: Shop) -> None:
    text = (GOLDEN / "850.x12").read_text(encoding="utf-8")
    read = x12.read(text)
    sent = list(x12_orders.orders(read))
    outcome = list(take(shop.orders, (one.order for one in sent)))
    pairs = list(zip(sent, outcome, strict=True))
    made = {"997.x12": x12_orders.acknowledgement(read, AT), "855.x12": x12_orders.answers(read, pairs, AT)}
    for name, file in made.items():
        golden(name, file)
        again = x12.read(file)
        assert again.envelope.receiver == read.envelope.sender
        assert [one.error for group in again.groups for one in group.transactions] == [""] * len(
            made and again.groups[0].transactions
        )


def test_a_despatch_advice_names_parcel_items_and_sscc(shop: Shop) -> None:
    taken(shop, edi.interchange([edi.purchase("4500012", GOOD)]))
    order = shop.get("ACME-4500012")
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking="1Z5R89390357567127", carrier="UPS"))
    order = shop.get(order.number)
    envelope = Envelope(("ZZ", "WISMO"), ("ZZ", "ACME"), "1")
    golden("856.x12", x12_orders.despatch(order, order.shipments[0], envelope, AT, sscc("3456789", 1)))


def test_an_interchange_of_three_hundred_orders_is_captured_whole(shop: Shop) -> None:
    sets = [edi.purchase(f"N{at}", GOOD, ("1", "10.50", "mug"), st=f"{at:04}") for at in range(1, 301)]
    outcome = taken(shop, edi.interchange(sets))
    assert [one.verdict.value for one in outcome] == ["accepted"] * 300


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_file_that_was_damaged_is_refused_or_read_and_never_breaks_the_reader(random: Random) -> None:
    text = edi.interchange([edi.purchase("1", *MIXED)])
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(text))
        cut = random.choice(
            (
                text[:at],
                text[:at] + text[at + random.randint(1, 9) :],
                text[:at] + random.choice("*~>A0\n\x00é") + text[at:],
            )
        )
        text = cut or "x"
    with suppress(CaptureError):
        for sent in x12_orders.orders(x12.read(text)):
            assert sent.order.items or sent.order.reasons


Words = (
    st.text(
        alphabet=st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="*~>"), min_size=1, max_size=12
    )
    .map(str.strip)
    .filter(bool)
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(Words, min_size=1, max_size=6), min_size=1, max_size=8))
def test_what_is_written_is_read_again(body: list[list[str]]) -> None:
    rows = [[f"Q{at}", *row] for at, row in enumerate(body)]
    read = x12.read(x12.write(Envelope(("ZZ", "A"), ("ZZ", "B"), "77"), "PR", [("855", rows)], AT))
    (transaction,) = read.groups[0].transactions
    assert [list(one) for one in transaction.segments] == rows
    assert (transaction.error, read.groups[0].error, read.envelope.control) == ("", "", "000000077")


# -- EDIFACT -------------------------------------------------------------------------------------------------


def test_edifact_orders_become_orders(shop: Shop) -> None:
    text = edi.edifact("PO-9", GOOD, ("1", "10.50", "mug"), total="50.50").replace(
        "8 rue Pasteur", "8 rue d?'Alsace ?+ 2"
    )
    (one,) = take(shop.orders, edifact.orders(text))
    assert verdicts(one) == ["accepted", "accepted"]
    order = shop.get("ACME-PO-9")
    assert (order.total.minor, order.lifecycle, order.address.city) == (5050, "confirmed", "Lyon")
    assert order.address.line1 == "8 rue d'Alsace + 2"
    assert shop.orders.customer_by_email("einkauf@acme.example")


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("UNZ+1+REF1'", "", "cut off"),
        ("UNZ+1", "UNZ+2", "UNZ says 2"),
        ("UNZ+1+REF1", "UNZ+1+REF2", "references"),
        ("UNT+", "XXX+", "not closed|cut off"),
        ("UNB+", "UNX+", "UNB|EDIFACT"),
    ],
)
def test_an_edifact_file_that_does_not_hold_is_refused(shop: Shop, before: str, after: str, why: str) -> None:
    text = edi.edifact("PO-9", GOOD)
    with pytest.raises(CaptureError, match=why):
        list(take(shop.orders, edifact.orders(text.replace(before, after, 1))))
    assert shop.orders.count() == 0


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("UNT+14", "UNT+15", "UNT says"),
        ("CNT+2:1", "CNT+2:2", "CNT says"),
        ("QTY+21:2:PCE", "QTY+21:2:CT", "not single pieces"),
        ("AAA:20.00", "AAA:20.001", "decimals"),
        ("CUX+2:EUR:9", "CUX+2:XQQ:9", "currency"),
    ],
)
def test_an_edifact_order_that_does_not_hold_is_rejected_with_its_reason(
    shop: Shop, before: str, after: str, why: str
) -> None:
    text = edi.edifact("PO-9", GOOD)
    assert before in text
    (one,) = take(shop.orders, edifact.orders(text.replace(before, after, 1)))
    assert verdicts(one) == ["rejected"]
    assert why in " ".join(one.lines[0].reasons)


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False))
def test_damaged_edifact_is_refused_or_read(random: Random) -> None:
    text = edi.edifact("PO-9", GOOD, total="40.00")
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(text))
        text = (
            random.choice(
                (text[:at], text[:at] + random.choice("'+:?A0\n\x00é") + text[at:], text[:at] + text[at + 5 :])
            )
            or "x"
        )
    with suppress(CaptureError):
        for order in edifact.orders(text):
            assert order.items or order.reasons


# -- marketplaces --------------------------------------------------------------------------------------------

AMAZON = """channel = "amazon"
delimiter = "\\t"
currency = "EUR"
price_is = "line"
decimal_comma = true
[columns]
order = "order-id"
email = "buyer-email"
name = "recipient-name"
sku = "sku"
quantity = "quantity-purchased"
price = "item-price"
shipping = "shipping-price"
line1 = "ship-address-1"
city = "ship-city"
postcode = "ship-postal-code"
country = "ship-country"
"""
HEAD = "order-id\tbuyer-email\trecipient-name\tsku\tquantity-purchased\titem-price\tshipping-price\tship-address-1\tship-city\tship-postal-code\tship-country\n"


def row(order: str, sku: str, quantity: str, price: str, shipping: str = "0,00") -> str:
    return f"{order}\tx1@marketplace.example\tAna Lee\t{sku}\t{quantity}\t{price}\t{shipping}\t8 rue Pasteur\tLyon\t69007\tFR\n"


@pytest.fixture
def amazon(tmp_path: Path) -> marketplace.Mapped:
    file = tmp_path / "amazon.toml"
    file.write_text(AMAZON, encoding="utf-8")
    return marketplace.mapping(file)


def test_rows_of_a_marketplace_become_paid_orders_whatever_order_they_stand_in(
    shop: Shop, amazon: marketplace.Mapped
) -> None:
    text = (
        HEAD
        + row("A-1", "shirt", "2", "40,00", "4,90")
        + row("A-2", "mug", "1", "10,50")
        + row("A-1", "mug", "1", "10,50")
    )
    first, second = take(shop.orders, marketplace.orders(text, amazon))
    assert (first.verdict, second.verdict) == ("accepted", "accepted")
    order = shop.get("A-1")
    assert (order.total.minor, order.payment, order.lifecycle) == (5540, "paid", "confirmed")
    assert shop.orders.audit().ok


def test_a_lines_price_that_its_units_do_not_divide_is_charged_to_the_cent(
    shop: Shop, amazon: marketplace.Mapped
) -> None:
    (one,) = take(shop.orders, marketplace.orders(HEAD + row("A-1", "shirt", "3", "59,99"), amazon))
    order = shop.get("A-1")
    assert order.total.minor == 5999
    assert verdicts(one) == ["accepted"]


def test_rows_that_can_not_be_taken_are_rejected_and_the_others_are_not(shop: Shop, amazon: marketplace.Mapped) -> None:
    text = (
        HEAD
        + row("A-1", "shirt", "1.5", "20,00")
        + row("A-2", "shirt", "1", "2O,00")
        + row("", "mug", "1", "10,50")
        + row("A-3", "mug", "1", "10,50")
    )
    told = [one.verdict.value for one in take(shop.orders, marketplace.orders(text, amazon))]
    assert told == ["rejected", "rejected", "rejected", "accepted"]
    assert shop.orders.count() == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "columns"),
        ("a\tb\n1\t2\n", "columns"),
        (HEAD + 'A-1\t"never closed', "quoted|cells"),
        (HEAD + "A-1\tx\n", "row 2 has another number"),
    ],
)
def test_a_table_that_is_none_is_refused(amazon: marketplace.Mapped, text: str, why: str) -> None:
    with pytest.raises(CaptureError, match=why):
        list(marketplace.orders(text, amazon))


@pytest.mark.parametrize("text", ["channel = 1", "x", '[columns]\norder = "o"', 'channel = "A B"', "delimiter = ''"])
def test_a_mapping_that_can_not_be_used_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "mapping.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CaptureError, match=r"mapping\.toml"):
        marketplace.mapping(file)
