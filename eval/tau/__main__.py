"""tau-bench's retail shop in Wismo's import format, and its tasks told by the customer: `python -m eval.tau --help`.

The data is public (sierra-research/tau-bench, MIT) and not part of Wismo. Its orders carry no dates: they are given
one, and the importer marks what follows from it as reconstructed.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from eval.tau.shop import import_file
from eval.tau.tasks import agreement, tickets, truth


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m eval.tau", description=__doc__)
    parser.add_argument(
        "--reference",
        type=Path,
        required=True,
        help="folder with v1_users.json, v1_products.json, v1_orders.json",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for shop.json and tickets.jsonl")
    parser.add_argument("--tasks", default="v1_tasks_train.jsonl")
    parser.add_argument("--first", type=int, default=100, help="how many tasks")
    parser.add_argument("--score", type=Path, help="answers of wismo run: compare instead of convert")
    wanted = parser.parse_args()
    users, products, orders = (
        json.loads((wanted.reference / f"v1_{n}.json").read_text()) for n in ("users", "products", "orders")
    )
    tasks = [json.loads(line) for line in (wanted.reference / wanted.tasks).read_text().splitlines()[: wanted.first]]
    told = list(tickets(tasks, users))
    if wanted.score:
        answers = [json.loads(line) for line in wanted.score.read_text().splitlines()]
        sys.stdout.write(json.dumps(agreement(map(truth, tasks), answers), indent=2) + "\n")
        return
    wanted.out.mkdir(parents=True, exist_ok=True)
    placed = datetime.now(UTC).replace(microsecond=0) - timedelta(days=10)
    (wanted.out / "shop.json").write_text(json.dumps(import_file(users, products, orders, placed)))
    (wanted.out / "tickets.jsonl").write_text("".join(json.dumps(one) + "\n" for one in told))


if __name__ == "__main__":
    main()
