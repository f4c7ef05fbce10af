"""`wismo train` and `wismo triage --model`: a shop's own labels, from a CSV to answers."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.api.conftest import Wismo

TOPICS = {
    "PARKING": (
        "where can I park",
        "is there a car park",
        "parking near you",
        "how much is parking",
        "park my car",
        "bike parking too?",
        "do I need a parking ticket",
        "underground parking?",
    ),
    "OPENING": (
        "when do you open",
        "opening hours",
        "are you open on sunday",
        "what time do you close",
        "open today?",
        "hours on holidays",
        "is the shop open now",
        "closing time please",
    ),
    "JOBS": (
        "are you hiring",
        "job openings",
        "I would like to work for you",
        "where do I send my CV",
        "any vacancies",
        "do you take interns",
        "apply for a job",
        "is there work at the warehouse",
    ),
    "GIFTS": (
        "do you wrap gifts",
        "gift wrapping please",
        "can it be wrapped as a present",
        "add a gift note",
        "wrap it nicely",
        "is gift paper free",
        "put a card with it",
        "present packaging?",
    ),
    "CAFE": (
        "is there a cafe",
        "can I eat there",
        "what does the restaurant serve",
        "coffee in the shop?",
        "book a table in your cafe",
        "menu of the cafe",
        "do you serve lunch",
        "cakes today?",
    ),
    "DOGS": (
        "may I bring my dog",
        "are dogs allowed",
        "pets in the shop?",
        "my dog is small, can he come",
        "is it dog friendly",
        "dog on a leash ok?",
        "do animals get in",
        "can my puppy come along",
    ),
}


def labels(path: Path, more: list[tuple[str, str]] | None = None) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["text", "intent"])
        out.writerows([(text, label) for label, texts in TOPICS.items() for text in texts])
        out.writerows(more or [])
    return path


def test_labels_are_trained_validated_and_answered_with(wismo: Wismo, tmp_path: Path) -> None:
    file = labels(
        tmp_path / "labels.csv", [("buy bitcoin", "RARE"), ("sing", "out_of_scope"), ("rain?", "out_of_scope")]
    )
    trained = wismo("train", str(file), "--out", str(tmp_path / "model"), "--json")
    assert trained.returncode == 0
    told = json.loads(trained.stdout)
    assert told["accuracy"] > 0.5
    assert told["not_validated"] == ["RARE", "out_of_scope"]
    assert told["risk_coverage"][0]["coverage"] == 1.0
    assert [row["threshold"] for row in told["risk_coverage"]] == sorted(
        row["threshold"] for row in told["risk_coverage"]
    )
    asked = '{"id":1,"text":"can I bring the dog"}\n{"id":2,"text":"compute 12 times 7 please"}\n'
    read = wismo("triage", "-", "--model", str(tmp_path / "model"), given=asked)
    one, two = map(json.loads, read.stdout.splitlines())
    assert (one["intent"], one["in_scope"], one["requests"][0]["intent"]) == ("DOGS", True, "DOGS")
    assert (two["intent"], two["in_scope"]) == ("out_of_scope", False)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("message,label\nx,y\n", "must name the columns text and intent"),
        ("text,intent\nhello,\n", "line 2 has no intent"),
        ("text,intent\nhello,GREETING\n", "at least two labels"),
        ("", "must name the columns"),
    ],
)
def test_a_file_that_can_not_be_used_is_told_with_its_line(
    wismo: Wismo, tmp_path: Path, content: str, says: str
) -> None:
    (tmp_path / "bad.csv").write_text(content, encoding="utf-8")
    ended = wismo("train", str(tmp_path / "bad.csv"), "--out", str(tmp_path / "model"))
    assert ended.returncode == 2
    assert says in ended.stderr
    assert not (tmp_path / "model").exists()


def test_a_folder_without_a_model_is_told_with_the_remedy(wismo: Wismo, tmp_path: Path) -> None:
    ended = wismo("triage", "-", "--model", str(tmp_path), given='{"id":1,"text":"x"}')
    assert ended.returncode == 2
    assert "wismo train LABELS.csv" in ended.stderr


def test_the_dial_shows_what_a_precision_costs(wismo: Wismo, tmp_path: Path) -> None:
    before = json.loads(wismo("triage", "--calibrate", "--json").stdout)["intents"]["cancel_order"]
    (tmp_path / "home" / "shop.toml").write_text("[understanding.precision]\ncancel_order = 0.97\n", encoding="utf-8")
    after = json.loads(wismo("triage", "--calibrate", "--json").stdout)["intents"]["cancel_order"]
    assert (before["wanted"], after["wanted"]) == (None, 0.97)
    assert after["threshold"] > before["threshold"]
    assert after["coverage"] < before["coverage"]
    assert after["precision"] >= 0.97


def test_the_same_thing_said_twice_flatters_unless_it_is_held_apart(wismo: Wismo, tmp_path: Path) -> None:
    file = labels(tmp_path / "labels.csv", [(f"{text}!", name) for name, texts in TOPICS.items() for text in texts])
    accuracy = {}
    for way in ("--apart", "--json"):
        ended = wismo("train", str(file), "--out", str(tmp_path / "model"), "--json", *{way} - {"--json"})
        told = json.loads(ended.stdout)
        accuracy[way] = told["accuracy"]
        assert 0 < told["macro_f1"] <= 1
    assert accuracy["--json"] > accuracy["--apart"]
