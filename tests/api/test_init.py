"""`wismo init` by its real command line: every step done, done again, refused, taken back; and what people get wrong."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agent.policy import load
from api.backups import presence
from api.cli import app
from api.starting.kept import NAME
from api.wiring import open_house
from tests.conftest import ON_POSTGRES
from tests.connectors.fake_shopify import CLIENT, SECRET, FakeShopify, node
from tests.connectors.vendor import serving
from tests.desks import HELP, intents
from tests.shop import ANA, HOME, NOW, shop_file

on_sqlite = pytest.mark.skipif(ON_POSTGRES, reason="a dump is PostgreSQL's own backup")
OWN = """# Ours, do not touch.
[shop]
name = "Old name"     # as on the sign
languages = ["fr"]

[terms]
return_days = 60
claim_days = 9

[autonomy]
refund = "off"        # never
"""


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def steps(self) -> dict[str, Any]:
        return {one["name"]: one for one in json.loads(self.out)["steps"]}


@dataclass
class Desk:
    """A folder of somebody who has just cloned it."""

    folder: Path

    def init(self, *arguments: str | Path, given: str | None = None) -> Ran:
        """Asks nothing unless answers are given."""
        quiet = () if given is not None else ("--no-input",)
        done = CliRunner().invoke(app, ["init", *map(str, arguments), *quiet], input=given)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ran(done.exit_code, done.stdout, done.stderr)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def rules(self) -> Path:
        return self.home / "shop.toml"

    def done(self) -> set[str]:
        return {name for name, one in self.init("--status", "--json").steps.items() if one["done"]}

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def orders(self, name: str = "orders.json", numbers: Sequence[str] = ("#1001", "#1002"), **wrong: Any) -> Path:
        return self.file(name, json.dumps(shop_file([record(one) | wrong for one in numbers])))

    def tickets(self, count: int = 2) -> Path:
        return self.file("tickets.jsonl", "".join(json.dumps(ticket(one)) + "\n" for one in range(1, count + 1)))

    def table(self, rows: Sequence[Sequence[str]], delimiter: str = ",") -> Path:
        path = self.folder / "orders.csv"
        head = ("order", "sku", "quantity", "price", "name", "line1", "city", "postcode", "country", "email")
        with path.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out, delimiter=delimiter).writerows([head, *rows])
        return path


def record(number: str) -> dict[str, Any]:
    at = NOW - timedelta(days=10)
    item = {"product_id": "shirt", "sku": "shirt", "name": "T-Shirt", "quantity": 1, "price": 20, "options": {}}
    return {
        "id": number,
        "customer_id": "ana",
        "status": "shipped",
        "placed_at": at.isoformat(),
        "total": "20.00",
        "shipping_address": HOME,
        "items": [item],
        "payments": [{"type": "payment", "amount": "20.00", "method": "credit_card"}],
    }


def ticket(number: int) -> dict[str, Any]:
    at = NOW - timedelta(days=number)
    said = [
        {"by": "customer", "text": "Where is my order #1001?", "at": at.isoformat()},
        {"by": "staff", "text": "It is on its way.", "at": (at + timedelta(hours=1)).isoformat()},
    ]
    return {"id": number, "channel": "email", "customer": {"name": "Ana Lee", "email": ANA}, "messages": said}


def row(number: str, quantity: str = "1") -> tuple[str, ...]:
    return number, "shirt", quantity, "20.00", "Ana Lee", "8 rue Pasteur", "Lyon", "69007", "FR", ANA


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_database: None) -> Desk:
    intents()
    monkeypatch.setenv("WISMO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path)


def orders_there() -> int:
    with open_house() as house:
        return house.orders.count()


def passages() -> int:
    with open_house() as house, house.index.reading() as there:
        return len(there.passages)


# -- the path --------------------------------------------------------------------------------------------------


def test_a_shops_own_data_goes_the_whole_way_with_options_alone(desk: Desk) -> None:
    desk.file("help/returns.md", HELP)
    ran = desk.init(
        *("--name", "Ana's", "--country", "FR", "--support", "help@anas.example", "--return-days", "21"),
        *("--mode", "draft", "--orders", desk.orders(), "--articles", desk.folder / "help"),
        *("--tickets", desk.tickets(), "--site", "https://www.anas.example", "--json"),
    )
    assert (ran.code, {name for name, one in ran.steps.items() if one["done"]}) == (
        0,
        {"rules", "orders", "help", "tickets", "chat"},
    )
    policy = load(desk.rules)
    assert (policy.shop.name, policy.shop.languages, policy.terms.return_days) == ("Ana's", ("fr", "en"), 21)
    assert (policy.voice.signature, policy.rollout.mode) == ("Ana's, help@anas.example", "draft")
    assert orders_there() == 2
    assert passages() > 0
    report = (desk.folder / "wismo-report.html").read_text(encoding="utf-8")
    assert "Simulation on past tickets" in report
    assert json.loads((desk.folder / "wismo-report.json").read_text(encoding="utf-8"))["predicted"]["tickets"] == 2
    assert str(desk.folder / "wismo-report.html") in ran.err.replace("\n", "").replace("  ", "")
    assert '<script async src="http://127.0.0.1:8000/widget.js"></script>' in ran.err
    assert "WISMO_ALLOWED_ORIGINS=https://www.anas.example" in ran.err
    assert "/widget/try" in ran.err


def test_every_line_fits_eighty_columns_and_the_end_says_what_is_next(desk: Desk) -> None:
    ran = desk.init("--name", "Ana's", "--mode", "draft", "--orders", desk.orders())
    assert ran.code == 0
    assert [line for line in ran.err.splitlines() if len(line) > 80] == []
    for told in ("wismo init --only help", "wismo connect zendesk", "wismo tokens add", "--mode sent", "wismo doctor"):
        assert told in ran.err


def test_it_asks_and_asks_again_for_what_does_not_fit(desk: Desk) -> None:
    orders = desk.orders()
    answers = ["Ana's", "ZZZ", "DE", "", "", "klingon", "de, en", "no address", "help@anas.example", "ages", "21", ""]
    answers += ["y", "no-such-file.json", str(orders), "", "", "", "n"]
    ran = desk.init(given="\n".join(answers) + "\n")
    assert ran.code == 0
    for told in ("'ZZZ' is no country", "klingon: Wismo writes", "holds no e-mail", "'ages' is no number of days"):
        assert told in ran.err
    assert "no such file or folder: no-such-file.json" in ran.err
    policy = load(desk.rules)
    assert (policy.terms.timezone, policy.shop.languages, policy.rollout.mode) == (
        "Europe/Berlin",
        ("de", "en"),
        "draft",
    )
    assert desk.done() == {"rules", "orders", "chat"}


def test_run_again_it_leaves_what_is_done_and_goes_on(desk: Desk) -> None:
    desk.init("--name", "Ana's", "--orders", desk.orders())
    before = desk.rules.read_text(encoding="utf-8")
    page = desk.file("returns.md", HELP)
    ran = desk.init("--articles", page, "--json")
    assert "done already: 1 rule written to shop.toml" in ran.err
    assert {name: ran.steps[name]["runs"] for name in ("rules", "orders", "help")} == {
        "rules": 1,
        "orders": 1,
        "help": 1,
    }
    assert desk.rules.read_text(encoding="utf-8") == before


def test_a_step_can_be_done_again_by_its_name(desk: Desk) -> None:
    desk.init("--orders", desk.orders())
    ran = desk.init("--only", "orders", "--orders", desk.orders("more.json", ("#1002", "#1003")), "--json")
    assert (ran.code, ran.steps["orders"]["runs"], orders_there()) == (0, 2, 3)
    assert "1 orders created, 0 merged, 1 unchanged" in ran.err


def test_an_empty_home_says_that_nothing_is_done_yet(desk: Desk) -> None:
    ran = desk.init("--status", "--json")
    assert (ran.code, [one["done"] for one in ran.steps.values()]) == (0, [False] * 5)
    assert desk.init("--status").err.count("not yet") == 5


# -- rules -----------------------------------------------------------------------------------------------------


def test_own_rules_and_comments_stay_and_the_file_from_before_lies_beside(desk: Desk) -> None:
    desk.file("home/shop.toml", OWN)
    ran = desk.init("--only", "rules", "--name", "New name", "--languages", "fr,en", "--mode", "draft")
    assert ran.code == 0
    assert "shop.name" in ran.err
    assert '"Old name"  "New name"' in ran.err
    written = desk.rules.read_text(encoding="utf-8")
    assert "# Ours, do not touch." in written
    assert 'name = "New name"     # as on the sign' in written
    was, now = tomllib.loads(OWN), tomllib.loads(written)
    assert now == was | {"shop": {"name": "New name", "languages": ["fr", "en"]}, "rollout": {"mode": "draft"}}
    assert [one.read_text(encoding="utf-8") for one in desk.home.glob("shop.before-*.toml")] == [OWN]


def test_rules_are_taken_back_one_run_after_the_other(desk: Desk) -> None:
    desk.file("home/shop.toml", OWN)
    desk.init("--only", "rules", "--name", "First")
    first = desk.rules.read_text(encoding="utf-8")
    desk.init("--only", "rules", "--name", "Second")
    assert desk.init("--undo", "rules").code == 0
    assert desk.rules.read_text(encoding="utf-8") == first
    assert desk.init("--undo", "rules").code == 0
    assert desk.rules.read_text(encoding="utf-8") == OWN
    assert list(desk.home.glob("shop.before-*.toml")) == []
    nothing = desk.init("--undo", "rules")
    assert (nothing.code, "nothing to take back" in nothing.err) == (2, True)


def test_rules_that_were_changed_by_hand_since_are_not_taken_back(desk: Desk) -> None:
    desk.init("--only", "rules", "--name", "First")
    by_hand = desk.rules.read_text(encoding="utf-8") + "# mine\n"
    desk.rules.write_text(by_hand, encoding="utf-8")
    ran = desk.init("--undo", "rules")
    assert (ran.code, "was changed since" in ran.err) == (2, True)
    assert desk.rules.read_text(encoding="utf-8") == by_hand


def test_who_does_not_agree_keeps_the_file(desk: Desk) -> None:
    desk.file("home/shop.toml", OWN)
    ran = desk.init("--only", "rules", given="New\n\n\n\n\n\n\n\nn\n")
    assert (ran.code, desk.rules.read_text(encoding="utf-8")) == (0, OWN)
    assert "stays as it is" in ran.err


def test_a_broken_shop_toml_is_left_alone_and_its_mistake_named(desk: Desk) -> None:
    desk.file("home/shop.toml", "[shop]\nname = 7\n")
    ran = desk.init("--name", "New")
    assert (ran.code, "shop.name" in ran.err, "mend it first" in ran.err) == (2, True, True)
    assert desk.rules.read_text(encoding="utf-8") == "[shop]\nname = 7\n"


@pytest.mark.parametrize(
    ("option", "given", "told"),
    [
        ("--country", "Atlantis", "two letters"),
        ("--timezone", "Moon/Sea", "is no time zone"),
        ("--timezone", "../etc/passwd", "is no time zone"),
        ("--currency", "XXQ", "is no currency"),
        ("--languages", "tlh", "Wismo writes de, en, es, fr"),
        ("--support", "help at shop", "holds no e-mail address"),
        ("--return-days", "-3", "is no number of days"),
        ("--mode", "auto", "neither draft"),
    ],
)
def test_an_answer_that_does_not_fit_is_told_before_anything_is_done(
    desk: Desk, option: str, given: str, told: str
) -> None:
    ran = desk.init(option, given, "--orders", desk.orders())
    assert (ran.code, told in ran.err) == (2, True)
    assert not (desk.home / NAME).exists()


# -- orders ----------------------------------------------------------------------------------------------------


def test_files_that_are_not_there_are_told_before_anything_is_done(desk: Desk) -> None:
    ran = desk.init("--name", "Ana's", "--orders", "none.json", "--articles", "nowhere")
    assert (ran.code, ran.err) == (2, "error: no such file or folder: nowhere, none.json\n")
    assert not (desk.home / NAME).exists()


def test_a_half_broken_export_changes_nothing_and_keeps_no_other_step_from_its_work(desk: Desk) -> None:
    broken = desk.orders("broken.json", ("#1", "#2", "#3"), total="twenty", status="lost at sea")
    ran = desk.init("--name", "Ana's", "--orders", broken, "--articles", desk.file("returns.md", HELP), "--json")
    assert ran.code == 1
    assert "3 errors, nothing was changed" in ran.steps["orders"]["failed"]
    assert "orders[2]" in ran.err
    assert (orders_there(), passages() > 0) == (0, True)
    assert list((desk.home / "backups").iterdir()) == []
    again = desk.init("--orders", desk.orders(), "--json")
    assert (again.code, again.steps["orders"]["done"], orders_there()) == (0, True, 2)


def test_many_reasons_are_counted_and_ten_of_them_told(desk: Desk) -> None:
    broken = desk.orders("broken.json", [f"#{number}" for number in range(1, 31)], status="lost at sea")
    ran = desk.init("--only", "orders", "--orders", broken)
    assert (ran.code, ran.err.count("·"), "and 20 more of the kind" in ran.err) == (2, 10, True)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"\x89PNG\x00\xff\xfe\x00rubbish", "is not in utf-8"),
        (b"", "are missing"),
        (b"date,amount\n2026-01-01,3\n", "columns"),
        (b'order,sku,quantity,name,line1,city,postcode,country\n"1,shirt', "cut off"),
    ],
    ids=["a picture", "nothing", "other columns", "cut off"],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_reason(desk: Desk, raw: bytes, told: str) -> None:
    path = desk.folder / "orders.csv"
    path.write_bytes(raw)
    ran = desk.init("--only", "orders", "--orders", path)
    assert (ran.code, told in " ".join(ran.err.split()), orders_there()) == (2, True, 0)


def test_a_table_is_taken_row_by_row_in_the_currency_that_was_answered(desk: Desk) -> None:
    desk.init("--only", "rules", "--name", "Ana's", "--currency", "eur")
    desk.init("--only", "orders", "--orders", desk.orders())
    ran = desk.init("--only", "orders", "--orders", desk.table([row("2001"), row("2002", "some")], ";"))
    assert ran.code == 0
    assert "2 orders: 1 accepted, 0 held, 1 rejected" in ran.err
    assert "2002 (row 3): rejected" in ran.err
    with open_house() as house:
        order = house.orders.order_by_number("2001")
    assert order
    assert (order.total.minor, order.total.currency) == (2000, "EUR")


def test_numbers_that_customers_could_not_write_are_told(desk: Desk) -> None:
    ran = desk.init("--only", "orders", "--orders", desk.orders("odd.json", ("SHOP_A7", "#1002")))
    assert "1 of the newest 2 numbers, like SHOP_A7" in " ".join(ran.err.split())


def test_a_shop_that_is_not_connected_is_told_how(desk: Desk) -> None:
    ran = desk.init("--only", "orders", "--orders", "shopify")
    assert (ran.code, "wismo connect shopify" in ran.err) == (2, True)


def test_orders_come_out_of_a_connected_shop(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(FakeShopify()) as fake:
        fake.nodes = [node(1), node(2)]
        for name, value in (("URL", fake.url), ("CLIENT_ID", CLIENT), ("CLIENT_SECRET", SECRET)):
            monkeypatch.setenv(f"WISMO_SHOPIFY_{name}", value)
        ran = desk.init("--only", "orders", "--orders", "shopify", "--json")
    assert (ran.code, ran.steps["orders"]["source"], orders_there()) == (0, "shopify", 2)


@on_sqlite
def test_orders_are_taken_back_while_nothing_was_built_on_them(desk: Desk) -> None:
    page = desk.file("returns.md", HELP)
    desk.init("--name", "Ana's", "--orders", desk.orders(), "--articles", page)
    ran = desk.init("--undo", "orders", "--json")
    assert (ran.code, ran.steps["orders"]["done"], orders_there()) == (0, False, 0)
    assert (load(desk.rules).shop.name, passages() > 0) == ("Ana's", True)
    assert list((desk.home / "backups").iterdir()) == []
    assert desk.init("--orders", desk.orders()).code == 0
    assert orders_there() == 2


@on_sqlite
def test_orders_are_taken_back_one_import_after_the_other(desk: Desk) -> None:
    desk.init("--only", "orders", "--orders", desk.orders())
    desk.init("--only", "orders", "--orders", desk.orders("more.json", ("#1003",)))
    found = [orders_there()]
    for _ in range(2):
        desk.init("--undo", "orders")
        found.append(orders_there())
    assert found == [3, 2, 0]


@on_sqlite
def test_orders_that_somebody_talked_about_are_not_taken_back(desk: Desk) -> None:
    desk.init("--only", "orders", "--orders", desk.orders())
    CliRunner().invoke(app, ["ask", "Where is my order #1001?", "--email", ANA, "--verified"])
    ran = desk.init("--undo", "orders")
    assert (ran.code, "journal +1" in ran.err, "wismo restore" in ran.err) == (2, True, True)
    assert orders_there() == 2


@on_sqlite
def test_orders_are_not_taken_back_from_under_a_running_service(desk: Desk) -> None:
    desk.init("--only", "orders", "--orders", desk.orders())
    with presence.serving(desk.home):
        ran = desk.init("--undo", "orders")
    assert (ran.code, "stop wismo serve" in ran.err, orders_there()) == (2, True, 2)


def test_orders_whose_backup_is_gone_are_not_taken_back(desk: Desk) -> None:
    desk.init("--only", "orders", "--orders", desk.orders())
    for file in (desk.home / "backups").glob("*.tar"):
        file.unlink()
    ran = desk.init("--undo", "orders")
    assert (ran.code, "cannot be taken back" in ran.err) == (2, True)


# -- help, past tickets, the chat ------------------------------------------------------------------------------


def test_articles_are_taken_back_with_what_they_had_replaced(desk: Desk) -> None:
    page = desk.file("help/returns.md", HELP)
    desk.init("--only", "help", "--articles", desk.folder / "help")
    first = passages()
    page.write_text(HELP + "\n## And more\nGift wrap costs 3 EUR.\n", encoding="utf-8")
    desk.file("help/wrap.md", "# Gift wrap\nWe wrap gifts in paper.\n")
    desk.init("--only", "help", "--articles", desk.folder / "help")
    assert passages() > first
    desk.init("--undo", "help")
    assert passages() == first
    assert desk.init("--undo", "help").code == 0
    assert (passages(), desk.done()) == (0, set())


def test_articles_that_took_the_place_of_others_say_why_they_stay(desk: Desk) -> None:
    page = desk.file("returns.md", HELP)
    desk.init("--only", "help", "--articles", page)
    page.write_text(HELP.replace("30 days", "60 days"), encoding="utf-8")
    desk.init("--only", "help", "--articles", page)
    CliRunner().invoke(app, ["ingest", str(desk.file("other.md", "# Other\nWe are open on Sundays.\n"))])
    ran = desk.init("--undo", "help")
    assert (ran.code, "wismo ingest" in ran.err) == (2, True)


def test_a_folder_without_an_article_fails_and_the_index_stays(desk: Desk) -> None:
    desk.init("--only", "help", "--articles", desk.file("returns.md", HELP))
    before = passages()
    (desk.folder / "empty").mkdir()
    desk.file("empty/broken.json", "{")
    ran = desk.init("--only", "help", "--articles", desk.folder / "empty")
    assert (ran.code, "broken.json" in "".join(ran.err.split()), passages()) == (2, True, before)


def test_an_export_that_no_ticket_can_be_used_of_says_why(desk: Desk) -> None:
    empty = {"id": 1, "messages": [{"by": "staff", "text": "Hello", "at": NOW.isoformat()}]}
    ran = desk.init("--only", "tickets", "--tickets", desk.file("tickets.jsonl", json.dumps(empty)))
    assert (ran.code, "no ticket can be used" in ran.err, "1 skipped" in ran.err) == (2, True, True)
    assert not (desk.folder / "wismo-report.html").exists()


def test_a_report_is_taken_back_unless_somebody_changed_it(desk: Desk) -> None:
    desk.init("--orders", desk.orders(), "--tickets", desk.tickets(1))
    report = desk.folder / "wismo-report.html"
    written = report.read_text(encoding="utf-8")
    report.write_text(written + "<!-- noted -->", encoding="utf-8")
    assert desk.init("--undo", "tickets").code == 2
    report.write_text(written, encoding="utf-8")
    assert desk.init("--undo", "tickets").code == 0
    assert (report.exists(), report.with_suffix(".json").exists(), desk.tickets(1).exists()) == (False, False, True)
    assert list((desk.home / "simulations").iterdir()) == []


def test_a_report_is_never_written_over_another_file(desk: Desk) -> None:
    mine = desk.file("mine.html", "<p>mine</p>")
    ran = desk.init("--only", "tickets", "--tickets", desk.tickets(), "--report", mine)
    assert (ran.code, "--report" in ran.err, mine.read_text(encoding="utf-8")) == (2, True, "<p>mine</p>")


def test_the_chat_says_so_when_a_person_sends_each_reply(desk: Desk) -> None:
    assert "in draft the chat answers nobody" in desk.init("--name", "Ana's", "--mode", "draft").err
    ran = desk.init("--only", "chat", "--site", "www.anas.example/shop")
    assert (ran.code, "is no address" in ran.err) == (2, True)
    assert desk.init("--undo", "chat").code == 0


# -- interrupted, broken, refused ------------------------------------------------------------------------------


def test_ctrl_c_between_two_steps_keeps_what_is_done(desk: Desk, until: Callable[[Callable[[], bool]], None]) -> None:
    command = [sys.executable, "-m", "api.cli", "init"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[2]) as run:
        assert run.stdin
        assert run.stderr
        run.stdin.write(b"Ana's\nFR\n\n\n\n\n\n\ny\n")
        run.stdin.flush()
        until(lambda: (desk.home / NAME).exists())
        run.send_signal(signal.SIGINT)
        told = run.stderr.read().decode()
        assert run.wait(timeout=60) == 130
    assert "what was done stays" in told
    assert "Traceback" not in told
    assert (desk.done(), load(desk.rules).shop.name) == ({"rules"}, "Ana's")


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    def wait(holds: Callable[[], bool]) -> None:
        for _ in range(600):
            if holds():
                return
            time.sleep(0.1)
        raise AssertionError("it did not come in a minute")

    return wait


def test_a_list_of_steps_that_somebody_broke_is_told_with_its_remedy(desk: Desk) -> None:
    desk.file(f"home/{NAME}", '{"steps": {"rules": [{}]}}')
    ran = desk.init("--status")
    assert (ran.code, "remove it" in ran.err) == (2, True)


def test_one_of_only_undo_and_status_at_a_time(desk: Desk) -> None:
    assert desk.init("--status", "--undo", "rules").code == 2


def test_no_word_of_a_customer_stands_in_the_list_of_steps(desk: Desk) -> None:
    desk.init("--orders", desk.orders(), "--tickets", desk.tickets(1))
    kept = (desk.home / NAME).read_text(encoding="utf-8")
    assert ANA not in kept
    assert "Ana Lee" not in kept


@pytest.mark.proof
def test_a_newcomer_without_an_export_sees_the_whole_path(desk: Desk) -> None:
    ran = desk.init("--sample", "--limit", "16", "--json")
    assert (ran.code, [one["done"] for one in ran.steps.values()]) == (0, [True] * 5)
    assert orders_there() == 1_100
    assert (desk.folder / "wismo-report.html").exists()
    assert "Maison Lune" in desk.rules.read_text(encoding="utf-8")
    again = desk.init("--sample")
    assert (again.code, again.err.count("done already")) == (0, 4)
    assert desk.init("--undo", "orders").code == 0
    assert orders_there() == 0
