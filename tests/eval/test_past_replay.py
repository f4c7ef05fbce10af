"""Past tickets through the real desk: what is compared, what is assumed, what is predicted, and that it is repeatable."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.case import Disposition
from agent.policy import CostTable, Policy, default_text
from api.settings import Settings
from api.trials.simulated import Configuration, Setup, Worker
from api.wiring import House
from connectors.exports.past import PastConversation, read_past
from eval.past.alike import definitions, gaps, readings
from eval.past.kept import Line, Lines, Usability, from_json, to_json
from eval.past.people import agreement
from eval.past.prediction import predicted, scored
from eval.past.replay import Assumed
from eval.past.running import finished
from tests.desks import intents
from tests.shop import ANA, NOW, Shop, shop_file
from tools.orders.agreement import Action
from tools.orders.sandbox import copied

AUTO = '[autonomy]\nrefund = "auto"\n'
Play = Callable[..., list[Line]]


def ticket(number: int, text: str, at: Any = NOW, *then: tuple[str, str], **given: Any) -> dict[str, Any]:
    said = [{"by": "customer", "text": text, "at": at.isoformat()}]
    for place, (by, words) in enumerate(then, 1):
        said.append({"by": by, "text": words, "at": (at + timedelta(hours=place)).isoformat()})
    return {"id": number, "channel": "email", "customer": {"email": ANA}, "messages": said} | given


def export(folder: Path, *tickets: dict[str, Any]) -> Path:
    path = folder / "past.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in tickets), encoding="utf-8")
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WISMO_HOME", str(tmp_path / "home"))
    intents()
    return tmp_path / "home"


@pytest.fixture
def play(home: Path, shop: Shop, tmp_path: Path) -> Iterator[Play]:
    """Tickets over a copy of the shop as it stands, under the rules of a shop.toml."""
    workers: list[Worker] = []

    def run(*tickets: dict[str, Any], rules: str = AUTO, assumed: Assumed | None = None, other: str = "") -> list[Line]:
        home.mkdir(exist_ok=True)
        (home / "shop.toml").write_text(rules, encoding="utf-8")
        configurations = [Configuration()]
        if other:
            (tmp_path / "other.toml").write_text(other, encoding="utf-8")
            configurations.append(Configuration(tmp_path / "other.toml"))
        snapshot = copied(shop.database, tmp_path / f"copy{len(workers)}.db")
        workers.append(Worker(Setup(snapshot, tmp_path, tuple(configurations), assumed or Assumed())))
        past = read_past(export(tmp_path, *tickets), None, UTC)
        return workers[-1].work(one for one in past if isinstance(one, PastConversation))

    yield run
    for worker in workers:
        worker.close()


def test_a_cancellation_is_done_on_an_assumed_yes_and_leaves_the_shop_alone(play: Play, shop: Shop) -> None:
    order = shop.order("pending")
    (line,) = play(ticket(1, f"Please cancel my order {order.number}, I ordered it by mistake."))
    (run,) = line.runs
    assert [turn.disposition for turn in run.conversation.turns] == [Disposition.ASKED, Disposition.ACTED]
    assert run.assumed == 1
    assert [(one.action, one.amount) for one in run.conversation.turns[-1].actions] == [
        ("cancel_order", order.total.minor)
    ]
    grades = run.conversation.grades
    assert (grades.facts, grades.end_state, grades.policy, grades.answered) == (True, True, True, True)
    assert shop.get(order.number).lifecycle == "confirmed"


def test_without_assuming_the_question_stays_open(play: Play, shop: Shop) -> None:
    order = shop.order("pending")
    (line,) = play(ticket(1, f"Please cancel my order {order.number}."), assumed=Assumed(yes=False))
    assert [turn.disposition for turn in line.runs[0].conversation.turns] == [Disposition.ASKED]
    assert line.runs[0].assumed == 0


def test_a_no_of_the_customers_own_is_taken_instead_of_an_assumed_yes(play: Play, shop: Shop) -> None:
    order = shop.order("pending")
    (line,) = play(ticket(1, f"Please cancel my order {order.number}.", NOW, ("staff", "Sure?"), ("customer", "No")))
    assert line.runs[0].assumed == 0
    assert not [one for turn in line.runs[0].conversation.turns for one in turn.actions if one.status == "done"]


def test_a_bare_yes_to_a_persons_question_is_left_out(play: Play, shop: Shop) -> None:
    order = shop.order("shipped")
    said = (("staff", "Is it the blue one?"), ("customer", "Yes"))
    (line,) = play(ticket(1, f"Where is my order {order.number}?", NOW, *said))
    assert len(line.runs[0].conversation.turns) == 1
    assert line.runs[0].skipped == 1


def test_the_orders_are_those_of_the_time_of_the_ticket(play: Play, shop: Shop) -> None:
    order = shop.place(("mug", 1))
    began = shop.time
    shop.provider_answers()
    shop.later(days=5)
    shop.do(order, Action.CANCEL_ORDER)
    early, late = play(
        ticket(1, f"Where is my order {order.number}?", began + timedelta(hours=1)),
        ticket(2, f"Where is my order {order.number}?", shop.time + timedelta(hours=1)),
    )
    assert "cancelled" not in early.runs[0].replies[0]
    assert "cancelled" in late.runs[0].replies[0]
    assert early.usable is Usability.RECORDED


def test_what_people_did_is_read_from_the_orders_and_from_their_words(play: Play, shop: Shop) -> None:
    order, said = shop.order("delivered"), shop.order("delivered")
    refunded = "I have refunded 12.30 EUR to your card."
    lines = play(
        ticket(1, f"Where is my order {said.number}?", NOW, ("staff", refunded)),
        ticket(2, f"Where is my order {order.number}?", NOW, ("staff", "It is with you.")),
    )
    assert [(one.action, one.amount) for one in lines[0].people.actions] == [("refund", 1230)]
    assert not lines[0].people.sure
    assert lines[0].runs[0].agreement == "people_only"
    assert lines[0].runs[0].conversation.grades.answered is False
    assert lines[1].runs[0].agreement == "neither"


def test_agreement_looks_at_kind_then_order_then_money(play: Play, shop: Shop) -> None:
    order = shop.order("pending")
    mine = f"Please cancel my order {order.number}."
    total = order.total.decimal()
    right, wrong = (
        line.runs[0].agreement
        for line in play(
            ticket(1, mine, NOW, ("staff", f"I have cancelled your order and refunded {total} EUR.")),
            ticket(2, mine, NOW, ("staff", "I have cancelled your order and refunded 1.00 EUR.")),
        )
    )
    assert (right, wrong) == ("same", "different_amount")
    assert agreement((), ()) == "neither"


def test_an_order_that_no_longer_exists_is_counted_and_not_guessed(play: Play) -> None:
    (line,) = play(ticket(1, "Where is my order #99999?", customer={"email": "gone@mail.example"}))
    assert (line.usable, line.why, line.runs) == (Usability.UNUSABLE, "an order that is not in the shop", ())


def test_what_the_helpdesk_names_must_be_there_though_the_customer_has_other_orders(play: Play, shop: Shop) -> None:
    other = shop.order("shipped")
    gone, here = play(
        ticket(1, "Where is my order?", order="#99999"), ticket(2, f"Where is order {other.number}?", order="#99999")
    )
    assert (gone.usable, gone.why) == (Usability.UNUSABLE, "the order no longer exists")
    assert here.usable is not Usability.UNUSABLE


@pytest.mark.parametrize("wish", ["Merci d'annuler ma commande {}.", "Je voudrais renvoyer la commande {}."])
def test_a_refusal_in_french_that_speaks_of_the_arrival_is_said(wish: str, play: Play, shop: Shop) -> None:
    """It named the arrival ("à son arrivée"), was taken for a claim that the parcel came, and handed over."""
    (line,) = play(ticket(1, wish.format(shop.order("processed").number)))
    assert "À son arrivée" in line.runs[0].replies[0]
    assert line.runs[0].conversation.turns[0].disposition is Disposition.ANSWERED


def test_a_longer_return_window_is_found_by_comparing(play: Play, shop: Shop) -> None:
    order = shop.order(
        "delivered",
        delivered_at=(NOW - timedelta(days=40)).isoformat(),
        placed_at=(NOW - timedelta(days=50)).isoformat(),
    )
    asked = ticket(1, f"I would like to return everything from order {order.number}, it does not fit.")
    (line,) = play(asked, rules=AUTO, other=AUTO + "[terms]\nreturn_days = 60\n")
    before, after = (run.conversation.turns[-1] for run in line.runs)
    assert not [one for one in before.actions if one.status == "done"]
    assert [one.action for one in after.actions if one.status == "done"] == ["request_return"]


def test_a_line_survives_being_written(play: Play, shop: Shop) -> None:
    (line,) = play(ticket(1, f"Where is my order {shop.order('shipped').number}?"))
    assert from_json(to_json(line)) == line


def test_a_return_within_a_week_reverses_what_was_verified(play: Play, shop: Shop) -> None:
    order = shop.order("shipped")
    asked = f"Where is my order {order.number}?"
    lines = play(
        ticket(1, asked), ticket(2, asked, NOW + timedelta(days=3)), ticket(3, asked, NOW + timedelta(days=30))
    )
    assert [one.verified for one in scored(lines, 0)] == [False, True, True]
    rates = predicted(scored(lines, 0), Policy().cost, 1)["rates"]
    assert (rates["contained"]["hits"], rates["false_resolution"]["hits"]) == (3, 1)


def test_lines_of_a_file_are_told_by_when_the_tickets_began_and_read_anew_each_time(
    play: Play, shop: Shop, tmp_path: Path
) -> None:
    asked = f"Where is my order {shop.order('shipped').number}?"
    late, early = play(ticket(1, asked, NOW), ticket(2, asked, NOW - timedelta(days=1)))
    file = tmp_path / "tickets.jsonl"
    file.write_bytes(to_json(late) + to_json(early))
    kept = Lines(file)
    assert len(kept) == 2
    assert list(kept) == list(kept) == [early, late]
    assert list(Lines(tmp_path / "none.jsonl")) == []


def test_what_people_passed_on_among_themselves_is_told_beside_the_agents_hand_offs(play: Play, shop: Shop) -> None:
    asked = f"Where is my order {shop.order('shipped').number}?"
    lines = play(
        ticket(1, asked, assigned=["Nadia", "logistics"]),
        ticket(2, "I want to talk to a person", assigned=["Nadia", "Omar", "Nadia"]),
        ticket(3, "I want to talk to a person", assigned=["Nadia"]),
    )
    assert [one.people.handoffs for one in lines] == [1, 2, 0]
    told = predicted(scored(lines, 0), Policy().cost, 1)["handoffs"]
    assert told == {"agent": 2, "among_people": 2, "both": 1}


def test_gaps_readings_and_other_rules_are_told_as_elsewhere(play: Play, shop: Shop) -> None:
    asked = f"Where is my order {shop.order('shipped').number}?"
    lines = play(
        ticket(1, asked, tags=["Order status", "vip"]),
        ticket(2, asked, NOW + timedelta(days=30), tags=["refund_request"]),
        ticket(3, "Do you sell gluten free dog food?", tags=["order_status", "invoice"]),
    )
    assert readings(lines, 0) == [
        {"expected": "order_status", "read": "order_status", "count": 1},
        {"expected": "refund_request", "read": "order_status", "count": 1},
    ]
    asked_in_vain = "Do you sell gluten free dog food?"
    (gap,) = (
        one
        for one in gaps(lines, 0, CostTable(handoff_minutes=6, person_hour=3000))
        if asked_in_vain in one["examples"]
    )
    assert (gap["count"], gap["handoffs"], gap["minutes"], gap["cost"]) == (1, 1, 6, "3.00")
    assert gaps(lines, 0, CostTable(person_hour=0))[0]["cost"] == "", "nobody said what an hour costs"
    figures = predicted(scored(lines, 0), Policy().cost, 1)
    rows = {row["key"]: row for row in definitions(lines, 0, figures["rates"])}
    assert (rows["fin"]["hits"], rows["fin"]["of"]) == (2, 3)
    assert rows["contained"]["hits"] == figures["rates"]["contained"]["hits"]
    assert rows["resolution"]["of"] == figures["rates"]["resolution"]["of"]


def test_half_a_line_of_a_process_that_died_is_cut_off(play: Play, shop: Shop, tmp_path: Path) -> None:
    (line,) = play(ticket(1, f"Where is my order {shop.order('shipped').number}?"))
    file = tmp_path / "tickets.jsonl"
    file.write_bytes(to_json(line) + to_json(line)[:50])
    assert finished(file) == {"jsonl:1"}
    assert file.read_bytes() == to_json(line)


# -- the command -----------------------------------------------------------------------------------------------


@pytest.fixture
def filled(home: Path, shop: Shop, tmp_path: Path) -> Path:
    """A home with a shop, and 24 tickets about its orders."""
    house = House(Settings(), lambda: NOW)
    records = [shop.record(status) for status in ("pending", "shipped", "delivered") for _ in range(4)]
    file = tmp_path / "shop.json"
    file.write_text(json.dumps(shop_file(records)), encoding="utf-8")
    house.orders.import_file(file)
    house.shop_file.write_text(default_text(), encoding="utf-8")
    house.close()
    asks = ("Where is my order {}?", "Please cancel my order {}.", "I want to return order {}, it does not fit.")
    tickets = [
        ticket(number, asks[number % 3].format(records[number % 12]["id"]), NOW - timedelta(hours=number))
        for number in range(24)
    ]
    return export(tmp_path, *tickets)


def simulate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "api.cli", "simulate", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def test_the_figures_are_the_same_to_the_byte_with_one_worker_with_two_and_after_a_kill(
    filled: Path, home: Path
) -> None:
    one = simulate(str(filled), "--json", "--workers", "1")
    assert one.returncode == 0, one.stderr
    report = json.loads(one.stdout)
    assert report["usability"]["usable"]["value"] == 1.0
    assert report["predicted"]["tickets"] == 24
    command = [sys.executable, "-m", "api.cli", "simulate", str(filled), "--json", "--workers", "2"]
    dying = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    results = _grown(home / "simulations", dying)
    os.killpg(dying.pid, signal.SIGKILL)
    dying.wait()
    before = results.read_bytes().count(b"\n")
    assert 0 < before < 24
    two = simulate(str(filled), "--json", "--workers", "2", "--resume")
    assert two.stdout == one.stdout
    assert {row["key"] for row in report["definitions"]} >= {"fin", "ada", "gorgias", "contained", "resolution"}
    kept = [path.name for path in (home / "simulations").rglob("*") if path.is_file()]
    assert kept == ["summary.json"], "customers' words go when the run is done"


def _grown(folder: Path, running: subprocess.Popen[bytes]) -> Path:
    until = time.monotonic() + 120
    while time.monotonic() < until and running.poll() is None:
        for found in folder.glob("*/tickets.jsonl"):
            if found.read_bytes().count(b"\n") >= 4:
                return found
        time.sleep(0.02)  # another process works
    raise AssertionError("the run ended, or wrote nothing, before it could be killed")


def test_an_export_without_a_ticket_that_can_be_used_says_so_and_ends_with_2(filled: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text('{"id": 1, "messages": [{"by": "customer", "text": "hello"}]}\n', encoding="utf-8")
    told = simulate(str(empty))
    assert told.returncode == 2
    assert "a customer's message has no time" in told.stdout
    assert "no ticket can be used" in told.stderr


def test_a_comparison_is_told_ticket_by_ticket(filled: Path, home: Path, tmp_path: Path) -> None:
    other = tmp_path / "shop.new.toml"
    other.write_text('[autonomy]\ncancel_order = "off"\n', encoding="utf-8")
    told = simulate(str(filled), "--with", str(other), "--json")
    assert told.returncode == 0, told.stderr
    report = json.loads(told.stdout)
    change = report["change"]
    assert change["tickets"] == sum(change[name] for name in ("same", "better", "worse", "other", "words"))
    assert {one["intent"] for one in change["changed"]} == {"cancel_order"}
    assert report["hashes"]["policy"] != report["hashes"]["policy_b"]
    shown = simulate(str(filled), "--with", str(other))
    assert "compared, ticket by ticket" in shown.stdout
