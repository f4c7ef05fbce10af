"""What is measured on public data (docs/first-run.md). NOT RUN where the reference folder is absent."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings
from eval import hint3
from eval.tau.shop import import_file
from eval.tau.tasks import agreement, first_person, tickets, truth
from tests.desks import Counter
from tests.shop import Shop
from tools.orders.model import FulfilmentAxis, Lifecycle

FOLDER = Settings().reference / "data"
needs_reference = pytest.mark.skipif(
    not FOLDER.exists(),
    reason="NOT RUN: public data is absent; set WISMO_REFERENCE (docs/first-run.md says where to get it)",
)


def read(name: str) -> Any:
    return json.loads((FOLDER / "tau-retail" / name).read_text(encoding="utf-8"))


@pytest.fixture
def retail(shop: Shop) -> Shop:
    placed = shop.time - timedelta(days=10)
    file = import_file(read("v1_users.json"), read("v1_products.json"), read("v1_orders.json"), placed)
    path = shop.folder / "tau.json"
    path.write_text(json.dumps(file), encoding="utf-8")
    report = shop.orders.import_file(path)
    assert (report.created, report.customers, report.variants) == (1000, 500, 591)
    return shop


@needs_reference
def test_every_order_of_the_public_shop_has_the_state_and_money_that_its_file_says(retail: Shop) -> None:
    axes = {
        "pending": (Lifecycle.CONFIRMED, FulfilmentAxis.UNFULFILLED),
        "processed": (Lifecycle.CONFIRMED, FulfilmentAxis.IN_WAREHOUSE),
        "delivered": (Lifecycle.CONFIRMED, FulfilmentAxis.DELIVERED),
        "cancelled": (Lifecycle.CANCELLED, FulfilmentAxis.UNFULFILLED),
    }
    for record in list(read("v1_orders.json").values())[::10]:
        order = retail.get(record["order_id"])
        assert (order.lifecycle, order.fulfilment) == axes[record["status"]], record["order_id"]
        paid = sum(
            round(one["amount"] * 100) for one in record["payment_history"] if one["transaction_type"] == "payment"
        )
        assert sum(tender.captured.minor for tender in order.tenders) == paid


@needs_reference
def test_cancellations_returns_and_addresses_of_real_tasks_propose_the_right_action(retail: Shop) -> None:
    lines = (FOLDER / "tau-retail" / "v1_tasks_dev.jsonl").read_text(encoding="utf-8").splitlines()
    tasks, users = [json.loads(line) for line in lines], read("v1_users.json")
    counter = Counter(retail)
    answers = [
        counter.says(ticket["text"], email=ticket["from"]["email"]).as_line() for ticket in tickets(tasks, users)
    ]
    agreed = agreement(map(truth, tasks), answers)
    assert agreed["of"] > 0
    assert all(
        action["status"] == "proposed"
        for answer in answers
        for action in answer["actions"]
        if action["status"] != "denied"
    )


@needs_reference
def test_the_sample_of_real_sentences_is_the_same_each_time() -> None:
    folder = FOLDER / "hint3"
    assert hint3.sentences(folder, 200, 1) == hint3.sentences(folder, 200, 1)
    assert len(hint3.sentences(folder, 200, 1)) == 200


def test_a_task_is_told_in_the_first_person() -> None:
    told = first_person(
        "Your name is Omar Anderson and your zip code is 19031. You are logical, polite. "
        "Return #W6067464 via credit_card_4190576: Electric Kettle; Wall Clock; "
    )
    assert told.startswith("My name is Omar Anderson and my zip code is 19031. I want to return from order #W6067464")
    assert "logical" not in told


def test_no_public_data_is_part_of_the_product() -> None:
    written_here = Path("eval/questions")
    tracked = [
        path
        for room in ("agent", "eval", "knowledge")
        for path in Path(room).rglob("*")
        if path.suffix in {".csv", ".jsonl"} and path.parent != written_here
    ]
    assert tracked == []
