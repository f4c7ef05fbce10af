"""Model traffic is recorded once and played again to the byte: without a server, without a key, in any order."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.brains import Passing, Unavailable
from agent.brains.model.recording import NotRecorded, Recording
from api import demo
from api.cli import app
from api.settings import Settings
from api.wiring import House
from tests.fake_model import DONE, KEY, ScriptedModel, letter, says, scripted, triage, wish

CASE = """
- id: one-status
  group: happy
  says: the customer asks where an order is
  shop: {orders: [{order: "1001", state: shipped}]}
  turns: [{say: "Where is my order 1001?", expect: {disposition: answered, rules: STA-1, must_say: "1001"}}]
"""


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with scripted() as made:
        yield made


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    house = House(Settings.apart(home))
    demo.seed(house, 7, lambda _: None)
    house.close()
    return home


def home_of(seeded: Path, to: Path) -> Path:
    shutil.copytree(seeded, to)
    return to


def connect(monkeypatch: pytest.MonkeyPatch, model: ScriptedModel | None) -> None:
    for name, value in {
        "BASE_URL": model.url if model else "",
        "MODEL": "scripted" if model else "",
        "API_KEY": KEY,
    }.items():
        monkeypatch.setenv(f"WISMO_LLM_{name}", value if model else "")


def ran(home: Path, file: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> tuple[int, str, str]:
    monkeypatch.setenv("WISMO_HOME", str(home))
    done = CliRunner().invoke(app, ["run", str(file), *options])
    return done.exit_code, done.stdout, done.stderr


def test_a_run_is_repeated_to_the_byte_without_server_and_key(
    seeded: Path, model: ScriptedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = json.loads((seeded / "demo-tickets.json").read_text(encoding="utf-8"))
    sender = next(one["from"] for one in written if one["name"] == "cancel: asked")
    file = tmp_path / "tickets.jsonl"
    texts = ("Where is my newest order?", "How long may I send something back?")
    file.write_text("".join(json.dumps({"id": n, "from": sender, "text": t}) + "\n" for n, t in enumerate(texts)))
    model.on("triage", triage(wish("order_status")), triage(wish("return_policy")))
    model.on("investigate", DONE, DONE)
    model.on("write", letter("{F1.number} is {F1.status}."), letter("You can send it back."))
    model.always["write"] = says(json.dumps(letter("You can send it back.")))
    connect(monkeypatch, model)
    first = ran(home_of(seeded, tmp_path / "a"), file, monkeypatch, "--record", str(tmp_path / "kept"))
    assert first[0] == 0, first
    asked = len(model.bodies)
    assert asked >= 5
    connect(monkeypatch, None)
    again = ran(home_of(seeded, tmp_path / "b"), file, monkeypatch, "--replay", str(tmp_path / "kept"))
    assert again[:2] == first[:2]
    assert len(model.bodies) == asked
    kept = "".join(one.read_text(encoding="utf-8") for one in (tmp_path / "kept").iterdir())
    assert KEY not in kept
    assert "authorization" not in kept.lower()
    file.write_text(json.dumps({"id": 1, "from": sender, "text": "Something that was never asked"}) + "\n")
    other = ran(home_of(seeded, tmp_path / "c"), file, monkeypatch, "--replay", str(tmp_path / "kept"))
    assert other[0] == 2
    assert "has no answer to this question" in other[2]


def test_an_evaluation_is_repeated_to_the_byte_over_several_processes(
    model: ScriptedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = tmp_path / "cases"
    cases.mkdir()
    (cases / "one.yaml").write_text(CASE, encoding="utf-8")
    model.always |= {"triage": says(json.dumps(triage(wish("order_status", "1001")))), "investigate": DONE}
    model.always["write"] = says(json.dumps(letter("Order {F1.number} is {F1.status}.")))
    monkeypatch.setenv("WISMO_HOME", str(tmp_path / "home"))
    told = ["eval", "--cases", str(cases), "--json", "--workers", "1"]
    connect(monkeypatch, model)
    first = CliRunner().invoke(app, [*told, "--record", str(tmp_path / "kept")])
    connect(monkeypatch, None)
    again = CliRunner().invoke(app, [*told, "--replay", str(tmp_path / "kept")])
    assert first.exit_code == 0, first.output
    assert again.stdout == first.stdout
    assert json.loads(first.stdout)["cases"] == 1
    without = CliRunner().invoke(app, [*told, "--model"])
    assert without.exit_code == 2
    assert "WISMO_LLM_BASE_URL" in without.stderr


def test_a_failure_is_recorded_and_asked_again_while_recording(tmp_path: Path) -> None:
    came: list[Exception | dict[str, str]] = [Passing("cut"), {"choices": "x"}, Unavailable("refusal")]

    def chat(body: dict[str, object], seconds: float) -> dict[str, str]:
        answer = came.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    recording = Recording(tmp_path, chat)
    with pytest.raises(Passing):
        recording({"model": "a"}, 1.0)
    assert recording({"model": "a"}, 1.0) == {"choices": "x"}
    with pytest.raises(Unavailable):
        recording({"model": "b"}, 1.0)
    played = Recording(tmp_path)
    assert played({"model": "a"}, 1.0) == {"choices": "x"}
    with pytest.raises(Unavailable, match="refusal"):
        played({"model": "b"}, 1.0)
    with pytest.raises(NotRecorded):
        played({"model": "c"}, 1.0)
