"""A lead reads, changes and checks playbooks without touching Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.playbooks import playbooks
from agent.playbooks.check import problems_in
from tests.api.conftest import Wismo

OWN = """
says = "We never cancel: tell where the order is."
about = "order"
reply = "order_status"
identity = "matched"
looks_up = ["orders"]
rules = ["STA-1"]
"""


def test_every_packaged_playbook_is_right_in_both_languages() -> None:
    for intent, one in playbooks().items():
        assert list(problems_in(one, ("en", "fr"))) == [], intent


def test_a_lead_adds_one_and_it_decides_what_is_done(wismo: Wismo, tmp_path: Path) -> None:
    shown = wismo("playbook", "show", "cancel_order")
    assert 'propose = ["cancel_order"]' in shown.stdout
    folder = tmp_path / "home" / "playbooks"
    folder.mkdir(parents=True)
    (folder / "cancel_order.toml").write_text(OWN, encoding="utf-8")
    assert wismo("playbook", "check").returncode == 0
    assert "own" in wismo("playbook", "list").stdout
    ticket = {"id": "1", "from": {"email": "ana@example.com", "verified": True}, "text": "cancel order #1001"}
    answer: dict[str, Any] = json.loads(wismo("run", "-", given=json.dumps(ticket)).stdout)
    assert (answer["intents"], answer["actions"]) == (["cancel_order"], [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (OWN.replace("STA-1", "STA-99"), "there is no rule STA-99"),
        (OWN.replace('about = "order"', 'about = "act"'), "names at least one action"),
        (OWN.replace("order_status", "nowhere"), "no template nowhere.md in en"),
        (OWN.replace('looks_up = ["orders"]', "looks_up = []"), "must be read"),
        (OWN.replace("matched", "anonymous"), 'needs "matched"'),
        (OWN.replace("says", "sings"), "Field required"),
        ("not toml", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_told_with_what_would_be_accepted(wismo: Wismo, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "cancel_order.toml").write_text(text, encoding="utf-8")
    done = wismo("playbook", "check", str(tmp_path / "cancel_order.toml"))
    assert done.returncode in {1, 2}
    assert says in done.stderr


def test_a_name_that_is_no_intent_is_told_at_once(wismo: Wismo, tmp_path: Path) -> None:
    (tmp_path / "dance.toml").write_text(OWN, encoding="utf-8")
    done = wismo("playbook", "check", str(tmp_path / "dance.toml"))
    assert (done.returncode, "no intent 'dance'" in done.stderr) == (2, True)
