"""`wismo train`: a classifier of the shop's own labels, or of the packaged intents with what the shop has learned."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from agent.brains.calibration import Judged, Row, risk_coverage
from api.cli import lines
from api.cli.show import console
from api.wiring import House, open_house

if TYPE_CHECKING:
    from agent.brains.train import Trained


def register(app: typer.Typer) -> None:
    app.command("train")(train)


def train(
    labels: Annotated[Path | None, typer.Argument(help="CSV with the columns text and intent.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the model; default: model in the home.")] = None,
    learned: Annotated[bool, typer.Option("--learned", help="The packaged intents and what was learned here.")] = False,
    apart: Annotated[bool, typer.Option("--apart", help="Judge nothing by a paraphrase that was taught.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Train a classifier on labelled messages; prints its cross-validated accuracy and the risk–coverage table.

    The label `out_of_scope` stands for what is none of the others. `wismo triage FILE --model DIR` then answers with
    the labels. Example: `wismo train labels.csv --out model`
    """
    from agent.brains.labelling import BadLabels
    from agent.brains.train import train_own

    if (labels is None) == (not learned):
        lines.unusable("name a CSV of labels, or say --learned")
    with open_house() as house:
        folder = out or house.settings.home / "model"
        try:
            given = _given(house, labels)
            trained = train_own(given, folder, house.embedder, house.policy, lines.say, apart=apart)
            (folder / "learned").touch() if learned else (folder / "learned").unlink(missing_ok=True)
        except (BadLabels, ValueError) as error:
            lines.unusable(str(error))
    result = _result(trained, folder)
    if as_json:
        lines.put(result)
        return
    _tell(result)


def _result(trained: Trained, folder: Path) -> dict[str, Any]:
    judged = trained.judged
    return {
        "examples": trained.examples,
        "labels": trained.labels,
        "accuracy": round(trained.accuracy, 4) if judged else None,
        "macro_f1": round(trained.macro_f1, 4) if judged else None,
        "validated": len(judged),
        "risk_coverage": [_row(row) for row in risk_coverage(judged)],
        "by_label": _by_label(judged),
        "not_validated": list(trained.rare),
        "model": str(folder),
    }


def _given(house: House, labels: Path | None) -> list[Any]:
    from agent.brains.classifier import examples
    from agent.brains.labelling import read_labels
    from agent.brains.train import Example

    default = house.policy.shop.languages[0]
    if labels is not None:
        return list(read_labels(labels, house.language, default))
    own = house.settings.home / "learned" / "examples.csv"
    if not own.exists():
        lines.unusable(f"nothing was learned yet: {own} is not there (wismo learn EXPORT, then accept)")
    packaged = [Example(text, label, tag) for text, tag, label in examples()]
    return [*packaged, *read_labels(own, house.language, default)]


def _row(row: Row) -> dict[str, float]:
    return {
        "threshold": round(row.threshold, 3),
        "coverage": round(row.coverage, 4),
        "precision": round(row.precision, 4),
    }


def _by_label(judged: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """Precision of what was called so, recall of what was so; the label it is mistaken for most."""
    truth, said = Counter(one.truth for one in judged), Counter(one.label for one in judged)
    right = Counter(one.truth for one in judged if one.right)
    wrong: dict[str, Counter[str]] = {}
    for one in judged:
        if not one.right:
            wrong.setdefault(one.truth, Counter())[one.label] += 1
    return {
        name: {
            "examples": truth[name],
            "precision": round(right[name] / said[name], 4) if said[name] else None,
            "recall": round(right[name] / truth[name], 4),
            "mistaken_for": wrong[name].most_common(1)[0][0] if name in wrong else None,
        }
        for name in sorted(truth)
    }


def _tell(result: dict[str, Any]) -> None:
    shown = console()
    accuracy = f"{result['accuracy']:.1%}" if result["accuracy"] is not None else "not known (too few examples)"
    shown.print(
        f"{result['examples']:,} examples of {result['labels']} labels; cross-validated accuracy: [bold]{accuracy}[/], "
        f"macro-F1: {_share(result['macro_f1'])}"
    )
    by_label = Table("label", "examples", "precision", "recall", "mistaken for", box=None, header_style="dim")
    for name, told in result["by_label"].items():
        by_label.add_row(
            name, str(told["examples"]), *map(_share, (told["precision"], told["recall"])), told["mistaken_for"] or ""
        )
    shown.print(by_label)
    print_risk(result["risk_coverage"], "threshold")
    if result["not_validated"]:
        names = ", ".join(result["not_validated"])
        lines.say(f"too few examples to judge (five are needed): {names}")
    lines.say(f"model saved in {result['model']}; next: wismo triage FILE.jsonl --model {result['model']}")


def print_risk(rows: Sequence[dict[str, float]], first: str) -> None:
    table = Table(first, "answered", "of those right", box=None, header_style="dim", title="risk and coverage")
    for row in rows:
        table.add_row(f"{row['threshold']:.2f}", _share(row["coverage"]), _share(row["precision"]))
    console().print(table)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def calibration(house: House) -> dict[str, Any]:
    """What the dial in shop.toml means for each intent: the confidence it asks for, and what that costs."""
    from agent.brains.triage import least_confidence
    from agent.case import Intent

    model, policy = house.intents, house.policy
    held = model.calibration.held
    every = [Judged("x", "x" if right else "", sure) for pairs in held.values() for sure, right in pairs]
    intents = {}
    for intent in Intent:
        least = least_confidence(intent, model, policy)
        pairs = held.get(intent.value, ())
        kept = [right for sure, right in pairs if sure >= least]
        intents[intent.value] = {
            "wanted": policy.understanding.precision.get(intent),
            "threshold": round(least, 3),
            "coverage": round(model.calibration.coverage(intent.value, least), 4),
            "precision": round(sum(kept) / len(kept), 4) if kept else None,
            "validated": len(pairs),
        }
    return {"risk_coverage": [_row(row) for row in risk_coverage(every)], "intents": intents}


def tell_calibration(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    print_risk(told["risk_coverage"], "confidence")
    table = Table(
        "intent", "wanted", "threshold", "answered", "of those right", "judged on", box=None, header_style="dim"
    )
    for name, one in told["intents"].items():
        shares = (_share(one["coverage"]), _share(one["precision"]))
        table.add_row(name, _share(one["wanted"]), f"{one['threshold']:.2f}", *shares, str(one["validated"]))
    console().print(table)
    lines.say("wanted precision by intent: [understanding.precision] in shop.toml; what is not answered is asked about")
