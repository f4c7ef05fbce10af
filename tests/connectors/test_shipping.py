"""Rates, labels whose bars are read again, and a carrier that loses, delays and sends back."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageDraw
from pypdf import PdfReader
from reportlab.graphics.barcode.code128 import Code128

from connectors.carriers import labels, rates
from connectors.carriers.labels import Label
from connectors.carriers.sandbox import CARRIERS, Fate, SandboxCarrier, by_number
from tests.shop import LYON, Shop
from tools.orders import tracking
from tools.orders.actions.fulfilment import ShipOrder, StartFulfilment
from tools.orders.actions.labels import IssueLabel, VoidLabel
from tools.orders.model import Order, ShipmentState

SSCC = tracking.sscc("3456789", 42)
LABEL = Label(
    "Sandbox Post", "parcel", "RB000000425FR", SSCC, ("The Shop",), labels.lines_of("Ana Łee", LYON), "#1001", 700
)
Bar = tuple[float, float, float, float]
SCALE = 6


# -- reading what was printed --------------------------------------------------------------------------------


def bars_of(pdf: bytes) -> Iterable[Bar]:
    """(x, y, width, height) of every filled rectangle, where it lies on the page."""
    contents = PdfReader(io.BytesIO(pdf)).pages[0].get_contents()
    assert contents is not None
    across = up = 0.0
    for line in contents.get_data().decode("latin-1").splitlines():
        moved = re.fullmatch(r"1 0 0 1 (\S+) (\S+) cm", line.strip())
        if moved:
            across, up = float(moved[1]), float(moved[2])
        found = re.fullmatch(r"n (\S+) (\S+) (\S+) (\S+) re f\*?", line.strip())
        if found:
            x, y, width, height = map(float, found.groups())
            yield across + x, up + y, width, height


def picture(bars: Iterable[Bar]) -> Image.Image:
    image = Image.new("L", (int(labels.WIDTH * SCALE), int(labels.HEIGHT * SCALE)), 255)
    draw = ImageDraw.Draw(image)
    for x, y, width, height in bars:
        top = labels.HEIGHT - y - height
        draw.rectangle((x * SCALE, top * SCALE, (x + width) * SCALE - 1, (top + height) * SCALE), fill=0)
    return image


def read_in(image: Image.Image) -> dict[str, str]:
    """What a scanner reads: contents by kind of content."""
    return {str(one.content_type).rpartition(".")[2]: one.bytes.decode() for one in zxingcpp.read_barcodes(image)}


def printed(zpl: str) -> Iterable[str]:
    """The values of a label's Code 128 fields, as a printer would take them, FNC1 as reportlab writes it."""
    for data in re.findall(r"\^BCN,[^^]*\^FD([^^]*)\^FS", zpl):
        start, value = data[:2], data[2:]
        assert start in {">:", ">;"}
        yield value.replace(">8", labels.FNC1)


# -- labels --------------------------------------------------------------------------------------------------


def test_the_bars_of_the_pdf_say_the_tracking_number_and_the_sscc() -> None:
    read = read_in(picture(bars_of(labels.pdf(LABEL))))
    assert read == {"Text": LABEL.tracking, "GS1": f"00{SSCC}"}
    assert "SSCC" in {form.name for form in tracking.forms_of(read["GS1"])}
    assert labels.pdf(LABEL) == labels.pdf(LABEL)


@pytest.mark.parametrize("number", ["1Z5R89390357567127", "9400111201080805483016", "008182709980000020033350276C"])
def test_numbers_of_any_length_fit_on_the_label_and_are_read(number: str) -> None:
    made = Label("X", "y", number, SSCC, (), ("Ana",), "#1", 1)
    assert read_in(picture(bars_of(labels.pdf(made))))["Text"] == number


def test_the_zpl_prints_the_same_two_barcodes() -> None:
    assert list(printed(labels.zpl(LABEL))) == [LABEL.tracking, f"{labels.FNC1}00{SSCC}"]
    for value in printed(labels.zpl(LABEL)):
        bars = Code128(value, barWidth=2, barHeight=100, quiet=1)
        bars.validate()
        assert bars.valid
    assert "^FDAna Łee^FS" in labels.zpl(LABEL)


def test_an_address_can_not_give_the_printer_commands() -> None:
    wicked = Label("X", "y", "RB000000425FR", SSCC, (), ("^XZ^XA~JA", "a\x00\nb"), "#1", 1)
    text = labels.zpl(wicked)
    assert text.count("^XZ") == text.count("^XA") == 1
    assert "~" not in text


def test_each_label_has_its_own_sscc_and_the_same_key_gives_the_same_one(shop: Shop) -> None:
    order = shop.place(("shirt", 1))
    wanted = IssueLabel(order_id=order.id, carrier="Sandbox Post", service="parcel", company_prefix="3456789")
    first, again, other = shop.done(wanted, "a"), shop.done(wanted, "a"), shop.done(wanted, "b")
    assert first == again
    assert first["sscc"] != other["sscc"]
    assert {form.carrier for form in tracking.forms_of(first["tracking"])} == {"S10"}
    wrong = wanted.model_copy(update={"carrier": "UPS", "tracking": "1Z5R89390357567128"})
    assert shop.refusal(wrong).rule == "TRK-1"
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking=first["tracking"], carrier="Sandbox Post"))
    assert shop.refusal(wanted).rule == "FUL-1"
    assert shop.orders.audit().ok


# -- rates ---------------------------------------------------------------------------------------------------


def test_the_cheapest_offer_comes_first_and_a_countrys_own_row_before_the_worlds() -> None:
    table = rates.table()
    assert [(one.service, one.price.minor) for one in rates.offers(table, "FR", 700)] == [
        ("parcel", 690),
        ("parcel", 1190),
        ("express", 1290),
        ("parcel", 1990),
        ("express", 2490),
    ]
    assert rates.offers(table, "FR", 700, "express")[0].price.minor == 1290
    assert {one.service for one in rates.offers(table, "DE", 700)} == {"europe"}
    assert {one.service for one in rates.offers(table, "JP", 700)} == {"world"}
    assert rates.offers(table, "JP", 90_000) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a,b\n", "first row"),
        (f"{','.join(rates.COLUMNS)}\nX,y,FR,1,1.999,EUR,1\n", "row 2"),
        (f"{','.join(rates.COLUMNS)}\nX,y,FR,1,1,XQQ,1\n", "unknown currency"),
        (f"{','.join(rates.COLUMNS)}\nX,y,,1,1,EUR,1\n", "needs a carrier"),
        (f"{','.join(rates.COLUMNS)}\nX,y\n", "row 2"),
    ],
)  # fmt: skip
def test_a_table_that_can_not_be_used_is_told(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "rates.csv").write_text(text, encoding="utf-8")
    with pytest.raises(rates.RatesError, match=why):
        rates.table(tmp_path / "rates.csv")


# -- the sandbox carrier -------------------------------------------------------------------------------------


def sent(shop: Shop) -> Order:
    order = shop.place(("shirt", 1))
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking=f"S-{order.number}", carrier=CARRIERS[0]))
    return shop.get(order.number)


@pytest.mark.parametrize(
    ("fate", "ends"),
    [(Fate.ARRIVES, "delivered"), (Fate.LATE, "delivered"), (Fate.LOST, "lost"), (Fate.RETURNED, "returned_to_sender")],
)
def test_a_parcel_has_its_fate_however_often_it_is_asked(shop: Shop, fate: Fate, ends: str) -> None:
    order = sent(shop)
    carrier = SandboxCarrier(shop.orders, lambda: shop.time, lambda _: fate)
    assert carrier.run_once() == 0
    seen = []
    for _ in range(15):
        shop.later(hours=20)
        carrier.run_once()
        assert carrier.run_once() == 0
        seen.append(shop.get(order.number).shipments[0].state)
    assert seen[-1] == ShipmentState(ends)
    assert (ShipmentState.DELAYED in seen) == (fate is Fate.LATE)
    assert shop.orders.audit().ok


def test_a_worker_that_slept_tells_all_at_once_with_the_moments_when_it_was(shop: Shop) -> None:
    order = sent(shop)
    shop.later(days=30)
    SandboxCarrier(shop.orders, lambda: shop.time, lambda _: Fate.ARRIVES).run_once()
    parcel = shop.get(order.number).shipments[0]
    assert parcel.shipped_at
    assert parcel.delivered_at == parcel.shipped_at + timedelta(hours=46)


def test_most_parcels_arrive() -> None:
    fates = [by_number(f"RB{at:09}FR") for at in range(2000)]
    shares = {fate: fates.count(fate) / len(fates) for fate in Fate}
    assert 0.8 < shares[Fate.ARRIVES] < 0.9
    assert all(0.03 < shares[fate] < 0.07 for fate in (Fate.LATE, Fate.LOST, Fate.RETURNED))


# -- labels that are not used --------------------------------------------------------------------------------


def test_a_label_that_is_void_is_used_for_nothing_and_another_has_its_own_numbers(shop: Shop) -> None:
    order = shop.place(("shirt", 1))
    first = shop.done(IssueLabel(order_id=order.id, carrier="Post", service="parcel"))
    assert shop.done(VoidLabel(order_id=order.id))["sscc"] == first["sscc"]
    second = shop.done(IssueLabel(order_id=order.id, carrier="Post", service="parcel"))
    assert (second["sscc"] != first["sscc"], second["tracking"] != first["tracking"]) == (True, True)
    shop.done(StartFulfilment(order_id=order.id))
    assert shop.refusal(ShipOrder(order_id=order.id, tracking=first["tracking"])).code == "label_voided"
    shop.done(ShipOrder(order_id=order.id, tracking=second["tracking"]))
    assert [one["void"] for one in shop.orders.labels(order.id)] == [True, False]


def test_what_was_sent_was_never_issued_or_is_void_is_not_voided(shop: Shop) -> None:
    order = shop.place(("shirt", 1))
    assert shop.refusal(VoidLabel(order_id=order.id)).rule == "LBL-1"
    made = shop.done(IssueLabel(order_id=order.id, carrier="Post", service="parcel"))
    other = shop.refusal(VoidLabel(order_id=order.id, sscc="0" * 18))
    assert (other.code, other.accepts) == ("no_such_label", made["sscc"])
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking=made["tracking"]))
    assert shop.refusal(VoidLabel(order_id=order.id, sscc=made["sscc"])).rule == "LBL-1"
