"""How well messages are understood, on public data that is no part of Wismo: `wismo eval understanding`.

    hint3    real customers of two retail bots (ODbL 1.0); labels of another shop, mapped in eval/hint3.py
    bitext   template-made utterances of 27 intents (CDLA-Sharing 1.0)
    clinc    150 intents of other worlds (CC BY 3.0): none of it should start an order action

What is counted: right (a message that was not understood is not right), how many were understood, right among those,
and messages on which an order action would begin. Nothing in Wismo was taught any of these sentences.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from eval.hint3 import MEANS

ACTIONS = frozenset(
    {"cancel_order", "change_address", "change_order", "return_request", "exchange_request", "refund_request"}
    | {"withdrawal", "missing_or_damaged"}
)
BITEXT: dict[str, str] = {
    "cancel_order": "cancel_order",
    "change_order": "change_order",
    "change_shipping_address set_up_shipping_address": "change_address account",
    "check_cancellation_fee": "return_policy cancel_order",
    "check_invoices get_invoice": "invoice",
    "check_payment_methods": "payment_info",
    "check_refund_policy": "return_policy",
    "complaint": "complaint",
    "contact_customer_service contact_human_agent": "talk_to_human",
    "create_account delete_account edit_account recover_password registration_problems switch_account": "account",
    "delivery_options": "delivery_info",
    "delivery_period": "delivery_info order_status",
    "get_refund": "refund_request",
    "newsletter_subscription": "newsletter",
    "payment_issue": "payment_problem",
    "place_order": "place_order",
    "review": "complaint praise product_question",
    "track_order": "order_status",
    "track_refund": "refund_status",
}
"""Which of our intents each may be read as. A review is an opinion, good or bad, or a wish to write one."""
Read = Callable[[str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Sentence:
    """`means` are the intents that are right."""

    text: str
    label: str
    means: frozenset[str]


def hint3(folder: Path) -> Iterator[Sentence]:
    for bot in ("curekart", "sofmattress"):
        for row in _rows(folder / "hint3" / f"{bot}_train.csv"):
            if row["label"] in MEANS:
                yield Sentence(row["sentence"], f"{bot}:{row['label']}", MEANS[row["label"]])


def bitext(folder: Path) -> Iterator[Sentence]:
    means = {label: frozenset(ours.split()) for labels, ours in BITEXT.items() for label in labels.split()}
    for row in _rows(folder / "bitext-20k" / "utterances.csv"):
        yield Sentence(row["utterance"], row["intent"], means[row["intent"]])


def clinc(folder: Path) -> Iterator[Sentence]:
    parts = json.loads((folder / "clinc150" / "train_val.json").read_text(encoding="utf-8"))
    for part in ("train", "val", "oos_train", "oos_val"):
        for text, label in parts[part]:
            yield Sentence(text, label, frozenset({"out_of_scope"}))


SETS: dict[str, Callable[[Path], Iterator[Sentence]]] = {"hint3": hint3, "bitext": bitext, "clinc": clinc}


def sampled(sentences: Iterable[Sentence], most: int, seed: int = 1) -> list[Sentence]:
    """As many of each label as of the others, as far as they go."""
    by_label: dict[str, list[Sentence]] = {}
    for one in sentences:
        by_label.setdefault(one.label, []).append(one)
    for found in by_label.values():
        Random(seed).shuffle(found)
    each = max(most // len(by_label), 1) if most else sys.maxsize
    return [one for label in sorted(by_label) for one in by_label[label][:each]]


def measured(sentences: Iterable[Sentence], read: Read) -> dict[str, Any]:
    rows = [(one, read(one.text)) for one in sentences]
    inside = [(one, two) for one, two in rows if one.means != {"out_of_scope"}]
    right = [_right(one, two) for one, two in inside]
    sure = [_right(one, two) for one, two in inside if two["in_scope"]]
    began = [(one, two) for one, two in rows if two["in_scope"] and two["intent"] in ACTIONS]
    outside = [two for one, two in rows if one.means == {"out_of_scope"}]
    wrong = Counter(f"{one.label} → {two['intent']}" for one, two in inside if not _right(one, two))
    return {
        "sentences": len(rows),
        "in_scope": len(inside),
        "right": _share(right),
        "understood": _share([two["in_scope"] for _, two in inside]),
        "right_of_understood": _share(sure),
        "left_alone": _share([not two["in_scope"] for two in outside]),
        "began_an_action": _share([_strayed(one, two) for one, two in rows]),
        "mistakes": dict(wrong.most_common(25)),
        "strays": [[one.text, two["intent"], two["confidence"]] for one, two in began if _strayed(one, two)][:15],
    }


def _right(one: Sentence, read: dict[str, Any]) -> bool:
    return read["intent"] in one.means


def _strayed(one: Sentence, read: dict[str, Any]) -> bool:
    """An order action that nobody asked for."""
    return bool(read["in_scope"] and read["intent"] in ACTIONS and not one.means & ACTIONS)


def _share(hits: Sequence[bool]) -> float | None:
    return round(sum(hits) / len(hits), 4) if hits else None


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as rows:
        yield from csv.DictReader(rows)
