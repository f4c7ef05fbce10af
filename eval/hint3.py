"""HINT3's real customers of two retail bots through `wismo triage`: `python -m eval.hint3 --help`.

The data is public (hellohaptik/HINT3, ODbL 1.0) and not part of Wismo. Its labels are another shop's: LABELS says which
of our intents each may be read as. Nothing was tuned on these sentences.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

Record = dict[str, Any]
LABELS: dict[str, str] = {
    "ORDER_STATUS DELAY_IN_PARCEL DELAY_IN_DELIVERY": "order_status delivery_info",
    "CANCEL_ORDER": "cancel_order",
    "MODIFY_ADDRESS": "change_address",
    "REFUNDS_RETURNS_REPLACEMENTS": "return_request refund_request exchange_request return_policy refund_status missing_or_damaged",
    "RETURN_EXCHANGE": "return_policy return_request exchange_request",
    "CHAT_WITH_AGENT CALL_CENTER": "talk_to_human complaint",
    "RECOMMEND_PRODUCT ORTHO_FEATURES ERGO_FEATURES COMPARISON WHAT_SIZE_TO_ORDER MATTRESS_COST": "product_question",
    "SIZE_CUSTOMIZATION WARRANTY ABOUT_SOF_MATTRESS": "product_question",
    "ORIGINAL_PRODUCT EXPIRY_DATE": "product_question missing_or_damaged return_policy",
    "PILLOWS PRODUCT_VARIANTS": "product_question place_order",
    "SIDE_EFFECT IMMUNITY": "product_question",
    "100_NIGHT_TRIAL_OFFER": "return_policy product_question discount_question",
    "RESUME_DELIVERY": "delivery_info order_status",
    "CHECK_PINCODE INTERNATIONAL_SHIPPING": "delivery_info",
    "PAYMENT_AND_BILL": "payment_problem payment_info invoice",
    "MODES_OF_PAYMENTS EMI COD": "payment_info",
    "OFFERS REFER_EARN": "discount_question",
    "ORDER_TAKING": "place_order payment_info delivery_info",
    "LEAD_GEN": "place_order product_question talk_to_human",
    "DISTRIBUTORS": "product_question place_order delivery_info out_of_scope",
    "FRANCHISE WORK_FROM_HOME START_OVER": "out_of_scope",
    "CONSULT_START USER_GOAL_FORM": "out_of_scope product_question talk_to_human",
    "STORE_INFORMATION": "product_question delivery_info out_of_scope",
    "SIGN_UP PORTAL_ISSUE": "account",
    "ORDER_QUERY": "order_status place_order change_order invoice talk_to_human",
}
MEANS = {label: frozenset(ours.split()) for labels, ours in LABELS.items() for label in labels.split()}


def sentences(folder: Path, sample: int, seed: int) -> list[Record]:
    """`sample` sentences, half of each bot, the same for the same seed."""
    chosen: list[Record] = []
    for bot in ("curekart", "sofmattress"):
        with (folder / f"{bot}_train.csv").open(encoding="utf-8", newline="") as rows:
            known = [row for row in csv.DictReader(rows) if row["label"] in MEANS]
        picked = Random(seed).sample(known, sample // 2)
        chosen += [{"id": f"{bot}-{n}", "text": row["sentence"], "label": row["label"]} for n, row in enumerate(picked)]
    return chosen


def scored(asked: Iterable[Record], read: Iterable[Record]) -> Record:
    """Right in all; right among those that triage was sure of; the surest mistakes."""
    rows = [(one, two, two["intent"] in MEANS[one["label"]]) for one, two in zip(asked, read, strict=True)]
    sure = [right for _, two, right in rows if two["in_scope"]]
    wrong = sorted((row for row in rows if not row[2]), key=lambda row: -row[1]["confidence"])
    kinds = Counter(f"{one['label']} read as {two['intent']}" for one, two, right in rows if not right)
    return {
        "sentences": len(rows),
        "right": sum(right for *_, right in rows),
        "in_scope": len(sure),
        "right_in_scope": sum(sure),
        "mistakes_by_kind": dict(kinds.most_common(12)),
        "surest_mistakes": [
            {"text": one["text"], "label": one["label"], "intent": two["intent"], "confidence": two["confidence"]}
            for one, two, _ in wrong[:10]
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m eval.hint3", description=__doc__)
    parser.add_argument("--reference", type=Path, required=True, help="folder with the two _train.csv files")
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--score", type=Path, help="output of wismo triage: compare instead of writing the sentences")
    wanted = parser.parse_args()
    chosen = sentences(wanted.reference, wanted.sample, wanted.seed)
    if wanted.score:
        read = [json.loads(line) for line in wanted.score.read_text(encoding="utf-8").splitlines()]
        sys.stdout.write(json.dumps(scored(chosen, read), indent=2, ensure_ascii=False) + "\n")
        return
    sys.stdout.writelines(json.dumps({"id": one["id"], "text": one["text"]}) + "\n" for one in chosen)


if __name__ == "__main__":
    main()
