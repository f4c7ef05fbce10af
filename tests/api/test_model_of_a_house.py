"""A house with a language model: the environment names it, doctor asks it, its cost is counted against the month's cap."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.case import Incoming
from agent.policy import PolicyError, load
from api.operating.doctoring import model as examined
from api.settings import ModelSettings, Settings
from api.wiring import House
from tests.fake_model import DONE, KEY, Given, ScriptedModel, calls, letter, says, scripted, triage, wish


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with scripted() as made:
        yield made


@pytest.fixture
def house(tmp_path: Path, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch, own_database: None) -> Iterator[House]:
    for name, value in {"BASE_URL": model.url, "MODEL": "scripted", "API_KEY": KEY}.items():
        monkeypatch.setenv(f"WISMO_LLM_{name}", value)
    made = House(Settings(home=tmp_path))
    yield made
    made.close()


def test_doctor_asks_the_model_for_a_form_and_a_tool(house: House, model: ScriptedModel) -> None:
    model.on("doctor", {"word": "yes"}).on("investigate", calls([("say_yes", {})]))
    told = examined(house)
    assert told.ok
    assert "scripted fills in forms and calls tools; no price" in told.says
    model.on("doctor", Given({"error": {"message": "bad key"}}, 401))
    told = examined(house)
    assert not told.ok
    assert "is WISMO_LLM_API_KEY right" in told.says
    assert KEY not in told.says


def test_the_embedded_brain_answers_where_only_half_of_a_model_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BASE_URL", "MODEL", "API_KEY"):
        monkeypatch.delenv(f"WISMO_LLM_{name}", raising=False)
    house = House(Settings(home=tmp_path))
    assert house.chat is None
    assert examined(house).ok
    monkeypatch.setenv("WISMO_LLM_MODEL", "scripted")
    half = House(Settings(home=tmp_path))
    assert (examined(half).ok, examined(half).says) == (False, "set WISMO_LLM_BASE_URL")
    with pytest.raises(ValueError, match="is no address"):
        ModelSettings(base_url="localhost:11434")


def test_a_key_in_shop_toml_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text('[model]\napi_key = "sk-1"\n', encoding="utf-8")
    with pytest.raises(PolicyError, match="set WISMO_LLM_API_KEY") as refused:
        load(tmp_path / "shop.toml")
    assert "sk-1" not in str(refused.value)


def test_an_evaluations_own_house_asks_no_model(house: House, tmp_path: Path) -> None:
    apart = House(Settings.apart(tmp_path / "apart"))
    assert apart.chat is None
    assert apart.brain is apart.embedded
    apart.close()


def test_the_months_cap_ends_what_the_model_may_cost(house: House, model: ScriptedModel) -> None:
    prices = "[model.prices.scripted]\ninput = 100.0\noutput = 100.0\n[limits]\nmonthly_cost = 700\n"
    house.shop_file.write_text(prices, encoding="utf-8")
    house.__dict__.pop("policy", None)
    form = json.dumps(triage(wish("return_policy")))
    model.on("triage", says(form, sent=9_000, said=1_000)).on("investigate", DONE)
    model.always["write"] = says(json.dumps(letter("You can.")))
    one = house.desk.answer(Incoming("1", "1", "chat", "How long may I send something back?"))
    assert one.id == "1"
    with house.database.read() as db:
        spent = db.exec_driver_sql("SELECT sum(micros) FROM costs").scalar_one()
    assert spent == sum(
        (100 * (body_sent + body_said))
        for body_sent, body_said in ((9_000, 1_000), *[(100, 20)] * (len(model.bodies) - 1))
    )
