"""Evaluations and simulations with a model, by the real commands: repeated to the byte without it, paid within limits.

The server says the same thing in other words each time, so that only what was kept can be the same.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from agent.costs import Costs
from api.ground import utc_now
from api.settings import Settings
from api.wiring import House
from eval.model_server import Body, Given, says, serving, step_of
from tests.desks import intents
from tests.fake_model import DONE, KEY, complaints, letter, triage, wish
from tests.shop import ANA, NOW, Shop, shop_file

CASES = "".join(
    f"""
- id: one-status-{number}
  group: happy
  says: the customer asks where an order is
  shop: {{orders: [{{order: "{number}", state: shipped}}]}}
  turns: [{{say: "Where is my order {number}?", expect: {{disposition: answered, rules: STA-1, must_say: "{number}"}}}}]
"""
    for number in range(1001, 1005)
)
PRICES = "\n[model.prices]\nscripted = {input = 10.0, output = 100.0}\n"
DEAREST = 45
"""Cents that one call may cost at most, at these prices: 30,000 tokens in and 1,500 out."""
WORDS = ("{F1.number} is {F1.status}.", "Order {F1.number}: {F1.status}.", "Your order {F1.number} is {F1.status}.")


@dataclass
class Chatty:
    """A question about the order that the message names is understood, and answered in other words each time."""

    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def __call__(self, body: Body, headers: Mapping[str, str]) -> Given:
        step = step_of(body)
        self.asked.append(step)
        self.complaints += complaints(body, headers)
        if step == "investigate":
            return DONE
        if step == "write":
            return says(json.dumps(letter(WORDS[next(self._numbers) % len(WORDS)])))
        named = re.search(r"#?\d{4}", body["messages"][-1]["content"])
        assert named
        intent = "cancel_order" if "cancel" in body["messages"][-1]["content"] else "order_status"
        return says(json.dumps(triage(wish(intent, named[0], confidence=0.9 + next(self._numbers) % 10 / 100))))


@contextmanager
def chatty() -> Iterator[tuple[Chatty, dict[str, str]]]:
    """The server, and the environment that connects it."""
    model = Chatty()
    with serving(model) as url:
        yield model, {"WISMO_LLM_BASE_URL": url, "WISMO_LLM_MODEL": "scripted", "WISMO_LLM_API_KEY": KEY}
    assert not model.complaints


def wismo(
    home: Path, *arguments: str | Path, given: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WISMO_LLM_")}
    command = [sys.executable, "-m", "api.cli", *map(str, arguments)]
    env = {**kept, "WISMO_HOME": str(home), **(given or {})}
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, env=env)


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    intents()
    folder = tmp_path / "cases"
    folder.mkdir()
    (folder / "status.yaml").write_text(CASES, encoding="utf-8")
    return folder


def test_an_evaluation_over_processes_is_repeated_to_the_byte_in_another_home_without_the_server(
    cases: Path, tmp_path: Path
) -> None:
    told = ("eval", "--cases", cases, "--json")
    with chatty() as (model, given):
        first = wismo(tmp_path / "a", *told, "--workers", "2", "--record", tmp_path / "kept", given=given)
        assert first.returncode == 0, first.stderr + first.stdout
        asked = len(model.asked)
    assert asked == 12, "each case is read, looked into and worded"
    other = priced(tmp_path / "b")
    again = wismo(other, *told, "--workers", "1", "--replay", tmp_path / "kept")
    assert again.returncode == 0, again.stderr
    assert again.stdout == first.stdout
    assert json.loads(first.stdout)["cases"] == 4
    assert spent(other) == 0, "a replay costs nothing"
    (cases / "status.yaml").write_text(CASES.replace("Where is my", "Do you know where is"), encoding="utf-8")
    never = wismo(tmp_path / "c", *told, "--workers", "2", "--replay", tmp_path / "kept")
    assert (never.returncode, never.stdout) == (2, "")
    assert "has no answer to this question" in never.stderr


@pytest.fixture
def past(shop: Shop, tmp_path: Path) -> tuple[Path, Path]:
    """A home with a shop, and an export of tickets about its orders."""
    intents()
    records = [shop.record(status) for status in ("pending", "shipped") for _ in range(4)]
    (tmp_path / "shop.json").write_text(json.dumps(shop_file(records)), encoding="utf-8")
    home = tmp_path / "home"
    with closing(House(Settings(home=home), lambda: NOW)) as house:
        house.orders.import_file(tmp_path / "shop.json")
    asks = ("Where is my order {}?", "Please cancel my order {}.")
    export = tmp_path / "past.jsonl"
    with export.open("w", encoding="utf-8") as out:
        for number in range(12):
            at = (NOW - timedelta(hours=number)).isoformat()
            text = asks[number % 2].format(records[number % 8]["id"])
            said = [{"by": "customer", "text": text, "at": at}]
            out.write(
                json.dumps({"id": number, "channel": "email", "customer": {"email": ANA}, "messages": said}) + "\n"
            )
    return home, export


def test_a_simulation_over_processes_is_repeated_to_the_byte_without_the_server(
    past: tuple[Path, Path], tmp_path: Path
) -> None:
    home, export = past
    lines, kept = [tmp_path / "first.jsonl", tmp_path / "again.jsonl"], tmp_path / "kept"
    with chatty() as (model, given):
        told = ("simulate", export, "--json", "--workers", "2", "--out", lines[0], "--record", kept)
        first = wismo(home, *told, given=given)
        assert first.returncode == 0, first.stderr
        assert model.asked.count("write") >= 4
    again = wismo(home, "simulate", export, "--json", "--workers", "1", "--out", lines[1], "--replay", kept)
    assert again.returncode == 0, again.stderr
    assert again.stdout == first.stdout
    assert lines[1].read_bytes() == lines[0].read_bytes()
    report = json.loads(first.stdout)
    assert (report["predicted"]["tickets"], report["unusable"]) == (12, {})
    assert KEY not in "".join(one.read_text(encoding="utf-8") for one in kept.iterdir())
    next(one for one in kept.glob("*.json") if one.name != "recording.json").unlink()
    other = wismo(home, "simulate", export, "--json", "--replay", kept)
    assert (other.returncode, other.stdout) == (2, "")
    assert "has no answer to this question" in other.stderr


def spent(home: Path) -> int:
    """Micros of this month, as the home has them in its books."""
    with closing(House(Settings(home=home))) as house:
        return Costs(house.database, lambda: house.policy, utc_now).spent()


def priced(home: Path, limits: str = "") -> Path:
    home.mkdir()
    (home / "shop.toml").write_text(f"{limits}{PRICES}", encoding="utf-8")
    return home


def test_the_monthly_cap_ends_an_evaluation_and_what_was_recorded_is_paid_for_once(cases: Path, tmp_path: Path) -> None:
    """A call costs .3 cents here and 45 at most, so that a cap of 46 lets four of them through."""
    home = priced(tmp_path / "home", f"[limits]\nmonthly_cost = {DEAREST + 1}\n")
    told = ("eval", "--cases", cases, "--json", "--workers", "2", "--record", tmp_path / "kept")
    with chatty() as (model, given):
        capped = wismo(home, *told, given=given)
        assert (capped.returncode, capped.stdout) == (2, "")
        assert "the month's cap for the language model is reached" in capped.stderr
        assert 1 <= len(model.asked) < 12
        assert spent(home) == len(model.asked) * 3_000 <= (DEAREST + 1) * 10_000
        (home / "shop.toml").write_text(f"[limits]\nmonthly_cost = 200\n{PRICES}", encoding="utf-8")
        whole = wismo(home, *told, given=given)
        assert whole.returncode == 0, whole.stderr
        assert len(model.asked) == 12, "what was kept is not asked again"
        assert spent(home) == 12 * 3_000


def test_a_budget_ends_an_evaluation_and_a_simulation_below_the_cap(past: tuple[Path, Path], cases: Path) -> None:
    home, export = past
    (home / "shop.toml").write_text(PRICES, encoding="utf-8")
    runs = (("eval", "--cases", cases, "--model", "--workers", "1"), ("simulate", export, "--record", home / "kept"))
    with chatty() as (model, given):
        for told in runs:
            before, asked = spent(home), len(model.asked)
            ended = wismo(home, *told, "--json", "--budget", f"{(DEAREST + 1) / 100}", given=given)
            assert (ended.returncode, ended.stdout) == (2, "")
            assert "--budget: 0.46 do not last for another answer" in ended.stderr
            assert 1 <= len(model.asked) - asked <= 5
            assert 0 < spent(home) - before <= (DEAREST + 1) * 10_000
