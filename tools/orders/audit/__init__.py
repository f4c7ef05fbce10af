"""The auditor: every invariant of the core over the whole database, or over what a command touched.

Each check yields what differs, in words that name the row. I9, I11 and I12 are held by constraints and by the shape of
the code (unique keys, the outbox, the door), and are checked here where rows can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from tools.orders.audit import keys, money, replaying, stock, units


@dataclass(frozen=True, slots=True)
class Violation:
    invariant: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.what}"


@dataclass(frozen=True, slots=True)
class Audit:
    """`checked` counts rows by what they are."""

    checked: Mapping[str, int]
    violations: tuple[Violation, ...]

    @property
    def ok(self) -> bool:
        return not self.violations


def audit(db: Connection, aggregates: Sequence[str] | None = None) -> Audit:
    """`aggregates`: orders' ids and @stock:… names; None: everything."""
    found = [Violation(name, what) for name, check in CHECKS.items() for what in check(db, aggregates)]
    counted = ("orders", "order_lines", "ledger_transactions", "stock_levels", "payments", "refunds", "events")
    sizes = {name: int(db.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()) for name in counted}
    return Audit(sizes if aggregates is None else {"aggregates": len(aggregates)}, tuple(found))


CHECKS: Mapping[str, Callable[[Connection, Sequence[str] | None], Iterator[str]]] = {
    "I1-I3 stock": stock.levels,
    "I4 units": units.lines,
    "I4 returns": units.returns,
    "I5 tenders": money.tenders,
    "I5 refunds": money.refunds,
    "I6 ledger": money.balanced,
    "I6 receivables": money.receivables,
    "I6 balances": money.balances,
    "I7 totals": units.totals,
    "I8 keys": keys.confirmed,
    "I9 unique": keys.unique,
    "I10 sequences": keys.sequences,
    "I10 replay": replaying.replayed,
}
