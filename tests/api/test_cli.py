"""The command line as a user runs it: a process, its output, its exit code."""

from __future__ import annotations

import json
import re
import socket
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Wismo
from tests.shop import ANA, Shop, shop_file

LINE_KEYS = ["id", "intents", "disposition", "mode", "reply", "requests", "actions", "rules", "handoff", "citations"]


@pytest.fixture
def orders(shop: Shop, wismo: Wismo) -> list[dict[str, Any]]:
    """Three orders of Ana, imported: shipped, unpaid, delivered."""
    parcel = {
        "tracking_id": "T42",
        "carrier": "DHL",
        "skus": ["shirt"],
        "events": [{"at": "2026-11-12T10:00:00Z", "code": "in_transit", "place": "Lyon"}],
    }
    made = [shop.record("shipped", shipments=[parcel]), shop.record(payments=[]), shop.record("processed")]
    file = shop.folder / "shop.json"
    file.write_text(json.dumps(shop_file(made)), encoding="utf-8")
    done = wismo("orders", "import", str(file))
    assert done.returncode == 0, done.stderr
    assert "3 orders created" in done.stderr
    return made


def lines(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def ticket(number: int, text: str, **given: Any) -> dict[str, Any]:
    return {
        "id": f"t{number}",
        "channel": "email",
        "from": {"email": ANA.upper(), "verified": True},
        "text": text,
    } | given


def test_it_says_which_version_it_is(wismo: Wismo) -> None:
    done = wismo("--version")
    assert (done.returncode, done.stdout.strip()) == (0, version("wismo"))


def test_a_home_that_can_not_be_made_is_told_in_a_line(wismo: Wismo, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    done = wismo("orders", "list", WISMO_HOME=str(tmp_path / "taken"))
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "WISMO_HOME" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_that_is_taken_is_told_before_anything_is_served(wismo: Wismo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = wismo("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "--port" in done.stderr
    assert "serving" not in done.stderr


def test_in_a_pipe_the_columns_of_a_table_are_whole(wismo: Wismo) -> None:
    wismo("demo", "--no-serve")
    done = wismo("approvals", "list", COLUMNS="90")
    (first,) = [line.split()[0] for line in done.stdout.splitlines() if line.strip().startswith("A-")][:1]
    assert re.fullmatch(r"A-[0-9a-f]{8}", first)


def test_run_keeps_its_contract_line_by_line(wismo: Wismo, orders: list[dict[str, Any]]) -> None:
    shipped, unpaid, processed = (order["id"] for order in orders)
    done = wismo(
        "run",
        "-",
        given=lines(
            ticket(1, f"where is {shipped}?"),
            ticket(2, f"cancel {unpaid.strip('#')} please", conversation="c"),
            ticket(3, "yes", conversation="c"),
            ticket(4, f"cancel {processed}"),
            ticket(5, f"where is {shipped}?", **{"from": {"email": ANA}}),
            {"id": 6, "text": "hello"},
        ),
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["t1", "t2", "t3", "t4", "t5", "6"]
    assert all(list(answer) == LINE_KEYS for answer in answers)
    assert [answer["disposition"] for answer in answers] == [
        "answered",
        "asked",
        "acted",
        "answered",
        "asked",
        "answered",
    ]
    assert answers[0]["requests"] == [{"intent": "order_status", "disposition": "answered", "rule": "STA-1"}]
    assert answers[2]["actions"] == [
        {"action": "cancel_order", "order_id": unpaid, "amount": "0.00", "currency": "EUR", "status": "done"}
    ]
    assert answers[3]["rules"] == ["CAN-2"]
    assert "T42" in answers[0]["reply"]
    assert "T42" not in answers[4]["reply"]


def test_a_named_conversation_goes_on_in_the_next_run_and_approvals_finish_it(
    wismo: Wismo, orders: list[dict[str, Any]], shop: Shop
) -> None:
    paid = shop.record()
    file = shop.folder / "more.json"
    file.write_text(json.dumps(shop_file([paid])), encoding="utf-8")
    wismo("orders", "import", str(file))
    wismo("run", "-", given=lines(ticket(1, f"please cancel {paid['id']}", conversation="c9")))
    queued = json.loads(wismo("run", "-", given=lines(ticket(2, "yes", conversation="c9"))).stdout)
    assert (queued["disposition"], queued["actions"][0]["status"]) == ("queued", "queued")
    (waiting,) = [json.loads(line) for line in wismo("approvals", "list", "--json").stdout.splitlines()]
    assert paid["id"] in wismo("approvals", "list").stdout
    accepted = wismo("approvals", "accept", waiting["id"], "--by", "lead", "--json")
    assert json.loads(accepted.stdout)["actions"][0]["status"] == "done"
    again = wismo("approvals", "reject", waiting["id"])
    assert again.returncode == 2
    assert "accepted by lead" in again.stderr


def test_a_bad_line_is_named_and_the_rest_goes_on_when_asked(wismo: Wismo) -> None:
    good = lines({"id": "a", "text": "hello"})
    given = good.encode() + b'{"id": "b"}\nnot json\n\xff\xfe{}\n' + good.encode()
    stopped = wismo("run", "-", given=given)
    assert (stopped.returncode, len(stopped.stdout.splitlines())) == (1, 1)
    assert "line 2: text: field required" in stopped.stderr
    went_on = wismo("run", "-", "--keep-going", given=given)
    assert (went_on.returncode, len(went_on.stdout.splitlines())) == (1, 2)
    assert "line 3: not JSON" in went_on.stderr
    assert "line 4: not UTF-8" in went_on.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("run", "nowhere.jsonl"),
        ("triage", "nowhere.jsonl"),
        ("search", "nowhere.jsonl"),
        ("ingest", "nowhere"),
        ("orders", "import", "nowhere.json"),
    ],
)
def test_input_that_is_not_there_is_unusable(wismo: Wismo, command: tuple[str, ...]) -> None:
    done = wismo(*command)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")


def test_binary_input_is_unusable(wismo: Wismo) -> None:
    done = wismo("run", "-", given=b"\x7fELF\x00\x00\x01")
    assert (done.returncode, "not a text file" in done.stderr) == (2, True)


def test_triage_keeps_its_contract(wismo: Wismo) -> None:
    done = wismo(
        "triage",
        "-",
        given=lines(
            {"id": 1, "text": "cancel 1001 and where is 1002?"},
            {"id": "x", "text": "Où est ma commande ?", "subject": "Colis"},
            {"id": "e", "text": ""},
        ),
    )
    first, second, empty = (json.loads(line) for line in done.stdout.splitlines())
    assert list(first) == [
        "id",
        "intent",
        "confidence",
        "in_scope",
        "requests",
        "language",
        "mood",
        "urgency",
        "wants_human",
    ]
    assert [(one["intent"], one["slots"]["order_id"]) for one in first["requests"]] == [
        ("cancel_order", "1001"),
        ("order_status", "1002"),
    ]
    assert (second["intent"], second["language"]) == ("order_status", "fr")
    assert (empty["intent"], empty["in_scope"]) == ("out_of_scope", False)


def test_articles_are_ingested_and_found_one_passage_each(wismo: Wismo, tmp_path: Path) -> None:
    folder = tmp_path / "help"
    folder.mkdir()
    for name in ("returns", "delivery", "payment"):
        (folder / f"{name}.md").write_text(
            f"# About {name}\n\nEverything about {name} of goods.\n\n## More\n\nMore {name}.\n", encoding="utf-8"
        )
    (folder / "bad.md").write_bytes(b"\xff\xfe\x00bad")
    done = wismo("ingest", str(folder))
    assert done.returncode == 1
    assert "bad.md" in done.stderr
    found = json.loads(wismo("search", "-", "-k", "3", given=lines({"id": 1, "query": "how do I pay, payment"})).stdout)
    assert found["passages"][0]["source"] == "payment.md"
    assert len({passage["source"] for passage in found["passages"]}) == 3
    assert list(found["passages"][0]) == ["source", "title", "score", "text"]


def test_search_gives_k_articles_also_where_some_say_the_same(wismo: Wismo, tmp_path: Path) -> None:
    (tmp_path / "help").mkdir()
    for number in range(12):
        text = f"# Gift cards\n\nA gift card is valid for three years in shop {number}.\n"
        (tmp_path / "help" / f"gift-{number}.md").write_text(text, encoding="utf-8")
    assert wismo("ingest", str(tmp_path / "help")).returncode == 0
    for k, wanted in ((10, 10), (50, 12)):
        asked = {"id": k, "query": "how long is a gift card valid?"}
        found = json.loads(wismo("search", "-", "-k", str(k), given=lines(asked)).stdout)
        scores = [passage["score"] for passage in found["passages"]]
        assert found["id"] == k
        assert len({passage["source"] for passage in found["passages"]}) == len(scores) == wanted
        assert scores == sorted(scores, reverse=True)


def test_search_names_each_bad_line_and_answers_the_others(wismo: Wismo) -> None:
    bad = ['{"id": 1}', '{"id": 2, "query": " "}', "no json", "[1]", '{"query": "x"}', '{"id": null, "query": "x"}']
    bad.append('{"id": 8, "query": ' + "9" * 5000 + "}")
    good = lines({"id": "a", "query": "return policy " * 7200}, {"id": 9, "query": "returns"})
    done = wismo("search", "-", "--keep-going", given="\n".join(bad) + "\n" + good)
    assert done.returncode == 1
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["a", 9]
    assert [f"- line {number}:" in done.stderr for number in range(1, 9)] == [True] * 7 + [False]
    assert "line 2: query: must be text, and not empty" in done.stderr
    assert "line 4: not a JSON object" in done.stderr
    stopped = wismo("search", "-", given=bad[0] + "\n" + good)
    assert (stopped.returncode, stopped.stdout) == (1, "")


def test_a_refused_import_names_every_error_and_changes_nothing(wismo: Wismo, shop: Shop) -> None:
    file = shop.folder / "bad.json"
    file.write_text(json.dumps(shop_file([shop.record(total="1.00"), shop.record(status="gone")])), encoding="utf-8")
    done = wismo("orders", "import", str(file))
    assert done.returncode == 2
    assert "orders[1].status" in done.stderr
    assert "nothing was changed" in done.stderr


def test_ask_shows_the_path_and_the_reply_or_json(wismo: Wismo, orders: list[dict[str, Any]]) -> None:
    done = wismo("ask", f"where is {orders[0]['id']}?", "--email", ANA, "--verified")
    assert all(step in done.stdout for step in ("triage", "investigate", "decide", "write", "check", "STA-1", "T42"))
    assert "\x1b[" not in done.stdout
    assert json.loads(wismo("ask", "hello", "--json").stdout)["disposition"] == "answered"


def test_report_and_gaps_speak_of_an_empty_and_of_a_used_home(wismo: Wismo) -> None:
    assert "no tickets" in wismo("report").stderr
    wismo(
        "run",
        "-",
        given=lines(
            {"id": "1", "text": "do you sell unicorn saddles?"},
            {"id": "2", "text": "thanks"},
            {"id": "3", "text": "where is my order 1001?"},
        ),
    )
    counted = json.loads(wismo("report", "--json").stdout)
    assert (counted["turns"], counted["conversations"]) == (3, 3)
    assert "order_status" in wismo("report").stdout
    found = json.loads(wismo("gaps", "--json").stdout)
    assert found["tickets"] == 3
    assert {group["kind"] for group in found["groups"]} == {"identity", "knowledge"}


def test_the_doctor_names_each_thing_with_its_remedy(wismo: Wismo, tmp_path: Path) -> None:
    assert wismo("doctor").returncode == 0
    (tmp_path / "home" / "shop.toml").write_text("[terms]\nreturn_days = -1\n[nonsense]\n", encoding="utf-8")
    sick = wismo("doctor")
    assert sick.returncode == 1
    assert "terms.return_days" in sick.stdout
    assert wismo("ask", "hello").stderr.startswith("error: shop.toml")


def test_without_weights_the_remedy_is_named(wismo: Wismo, tmp_path: Path) -> None:
    done = wismo("ask", "hello", WISMO_ASSETS=str(tmp_path / "none" / "minilm"))
    assert (done.returncode, done.stderr.strip()) == (2, "error: the trained classifier is missing; run: make setup")


def test_every_command_has_help_with_what_it_does(wismo: Wismo) -> None:
    for command in (
        ("ask",),
        ("run",),
        ("triage",),
        ("ingest",),
        ("search",),
        ("orders", "import"),
        ("approvals", "accept"),
        ("report",),
        ("gaps",),
        ("gaps", "replay"),
        ("bench", "ticket"),
        ("demo",),
        ("serve",),
        ("worker",),
        ("doctor",),
        ("setup",),
    ):
        done = wismo(*command, "--help")
        assert done.returncode == 0, command
        assert "Usage" in done.stdout


def test_the_demo_shows_each_path_and_reply_and_refuses_another_shops_home(wismo: Wismo, tmp_path: Path) -> None:
    done = wismo("demo", "--no-serve")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("triage") >= 12
    assert done.stdout.count("check") >= 12
    assert "\x1b[" not in done.stdout
    assert all(end in done.stdout for end in ("answered", "asked", "queued", "acted", "handed_off"))
    (tmp_path / "home" / "demo-tickets.json").unlink()
    refused = wismo("demo", "--no-serve")
    assert (refused.returncode, "holds orders already" in refused.stderr) == (2, True)


def test_check_holds_replies_against_the_orders_and_names_what_does_not_hold(
    wismo: Wismo, orders: list[dict[str, Any]]
) -> None:
    shipped = orders[0]["id"]
    done = wismo(
        "check",
        "-",
        "--gate",
        given=lines(
            {"id": 1, "text": f"Order {shipped} is on its way, total 20.00 EUR.", "order": shipped, "language": "en"},
            {"id": 2, "text": f"Order {shipped} was delivered, refund 5.00 EUR.", "order": [shipped]},
            {"id": 3, "text": "Returns within 30 days.", "passages": ["You may return items within 30 days."]},
        ),
    )
    assert done.returncode == 1, done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["id"], one["ok"]) for one in results] == [("1", True), ("2", False), ("3", True)]
    assert {one["code"] for one in results[1]["problems"]} == {"false_status", "unsupported_figure"}
    one = wismo("check", "--text", f"Ihre Bestellung {shipped}", "--order", shipped.strip("#"), "--language", "it")
    assert "no words to check it" in one.stdout
    unknown = wismo("check", "--text", "Fine.", "--order", "9999")
    assert (unknown.returncode, "no order 9999" in unknown.stderr) == (2, True)
    assert wismo("check").returncode == 2


def test_what_is_logged_never_stands_among_the_answers(wismo: Wismo, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home" / "knowledge").write_text("no index", encoding="utf-8")
    done = wismo("run", "-", given=lines(ticket(1, "How long can I return something?")))
    (answer,) = map(json.loads, done.stdout.splitlines())
    assert answer["rules"] == ["TLF-1"]
    assert "investigate.tool_failed" in done.stderr
