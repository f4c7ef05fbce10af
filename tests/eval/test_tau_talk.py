"""The benchmark's conversations: a model plays the customer, Wismo answers, the final state is what counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from eval.tau.talk import Talk, summary, tasks_of
from tests.fake_model import DONE, KEY, ScriptedModel, calls, letter, says, scripted, triage, wish

USERS = {
    "ana_1": {
        "name": {"first_name": "Ana", "last_name": "Lima"},
        "address": {
            "address1": "1 Elm",
            "address2": "",
            "city": "Reno",
            "state": "NV",
            "zip": "89501",
            "country": "USA",
        },
        "email": "ana.lima@example.com",
        "payment_methods": {"paypal_1": {"source": "paypal", "id": "paypal_1"}},
        "orders": ["#W1000001"],
    }
}
PRODUCTS = {
    "p1": {
        "name": "Kettle",
        "product_id": "p1",
        "variants": {"i1": {"item_id": "i1", "options": {"color": "red"}, "available": True, "price": 20.0}},
    }
}
ORDERS = {
    "#W1000001": {
        "order_id": "#W1000001",
        "user_id": "ana_1",
        "address": USERS["ana_1"]["address"],
        "items": [{"name": "Kettle", "product_id": "p1", "item_id": "i1", "price": 20.0, "options": {"color": "red"}}],
        "fulfillments": [],
        "status": "pending",
        "payment_history": [{"transaction_type": "payment", "amount": 20.0, "payment_method_id": "paypal_1"}],
    }
}
CANCEL = {
    "user_id": "ana_1",
    "instruction": "You are Ana Lima. Cancel your order #W1000001, you no longer need it.",
    "actions": [
        {"name": "cancel_pending_order", "kwargs": {"order_id": "#W1000001", "reason": "no longer needed"}},
    ],
    "outputs": ["20"],
}
NOTHING = {**CANCEL, "instruction": "You are Ana Lima. Say hello.", "actions": [], "outputs": []}


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with scripted() as made:
        yield made


def files(folder: Path, tasks: list[dict[str, Any]]) -> list[str]:
    given = folder / "tasks.jsonl"
    given.write_text("".join(json.dumps(one) + "\n" for one in tasks), encoding="utf-8")
    told = [str(given)]
    for name, records in (("users", USERS), ("products", PRODUCTS), ("orders", ORDERS)):
        (folder / f"{name}.json").write_text(json.dumps(records), encoding="utf-8")
        told += ["--shop", str(folder / f"{name}.json")]
    return told


def test_a_talk_that_ends_in_the_ground_truth_is_a_success_and_any_other_is_not(
    model: ScriptedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"BASE_URL": model.url, "MODEL": "scripted", "API_KEY": KEY}.items():
        monkeypatch.setenv(f"WISMO_LLM_{name}", value)
    monkeypatch.setenv("WISMO_HOME", str(tmp_path / "home"))
    model.on("customer", says("I no longer need #W1000001, cancel it"), says("Yes"), says("###STOP###"))
    model.on("triage", triage(wish("cancel_order", "#W1000001", reason="no_longer_needed")))
    proposed = {"request": "R1", "order": "#W1000001", "reason": "no_longer_needed"}
    model.on("investigate", calls([("cancel_order", proposed)]), DONE)
    model.always["write"] = says(json.dumps(letter("Order {P1.order} is cancelled; you get {P1.amount} back.")))
    model.on("customer", says("I no longer need #W1000001, cancel it"), says("###STOP###"))
    model.on("triage", triage(wish("talk_to_human")))
    model.on("customer", says("Good morning"), says("###STOP###"))
    model.on("triage", triage(wish("greeting")))
    done = CliRunner().invoke(app, ["eval", "tau", *files(tmp_path, [CANCEL, CANCEL, NOTHING]), "--json"])
    assert done.exit_code == 0, done.output
    first, second, third, told = map(json.loads, done.stdout.splitlines())
    assert (first["why"], first["calls"], len(first["turns"])) == ("", ["cancel_pending_order"], 2)
    assert (second["why"], second["transferred"]) == ("handed over", True)
    assert second["calls"] == ["transfer_to_human_agents"]
    assert third["succeeded"]
    assert told["pass^1"]["share"] == pytest.approx(2 / 3)
    assert told["pass^1"]["low"] <= 2 / 3 <= told["pass^1"]["high"]


def test_both_versions_of_the_benchmark_are_read() -> None:
    second = {
        "id": "7",
        "user_scenario": {"instructions": {"reason_for_call": "You want a kettle.", "known_info": "You are Ana Lima."}},
        "evaluation_criteria": {"actions": [{"name": "calculate", "arguments": {"x": 1}}], "communicate_info": ["20"]},
    }
    one, two = tasks_of([CANCEL, second], USERS)
    assert (one.email, one.truth[0][0], one.told) == ("ana.lima@example.com", "cancel_pending_order", ("20",))
    assert (two.number, two.email, two.told) == ("7", "ana.lima@example.com", ("20",))


def test_pass_k_falls_with_k_where_tries_differ() -> None:
    talks = [Talk("a", 0), Talk("a", 1, why="x"), Talk("b", 0), Talk("b", 1)]
    told = summary(talks, 2, 1)
    assert (told["pass^1"]["share"], told["pass^2"]["share"]) == (0.75, 0.5)
