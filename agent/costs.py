"""What the language model costs in a month, against the shop's cap. Reserved before the call, settled after it.

Amounts are micros: millionths of the shop's currency; the cap in shop.toml is in cents.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from sqlalchemy import Connection, func, insert, select, text, update

from agent.policy import Policy
from agent.tables import costs
from tools.orders.database import Database
from tools.orders.model import Clock

MICROS_IN_A_CENT = 10_000


class Costs:
    def __init__(self, database: Database, policy: Callable[[], Policy], now: Clock) -> None:
        self._database = database
        self._policy = policy
        self._now = now

    def spent(self) -> int:
        """Micros of this month (UTC), reserved ones included."""
        with self._database.read() as db:
            return self._spent(db)

    def left(self) -> int | None:
        """Micros until the cap; None where the shop set none."""
        cap = self._policy().limits.monthly_cost * MICROS_IN_A_CENT
        return max(cap - self.spent(), 0) if cap else None

    def reserve(self, conversation: str, at_most: int, budget: int = 0) -> str | None:
        """A bill for a call that costs `at_most` micros; None when the cap would be passed. Calls at once add up.

        `budget`: micros that all bills of this conversation may come to; 0: no limit of its own.
        """
        cap = self._policy().limits.monthly_cost * MICROS_IN_A_CENT
        with self._database.write() as db:
            _alone(db)
            if cap and self._spent(db) + at_most > cap:
                return None
            if budget and self._spent_by(db, conversation) + at_most > budget:
                return None
            bill = uuid4().hex
            row = {"id": bill, "month": self._month(), "conversation": conversation, "micros": at_most}
            db.execute(insert(costs), row | {"at": self._now().isoformat()})
        return bill

    def settle(self, bill: str, micros: int) -> None:
        """What the call really cost."""
        with self._database.write() as db:
            db.execute(update(costs).where(costs.c.id == bill).values(micros=micros))

    def _spent(self, db: Connection) -> int:
        query = select(func.coalesce(func.sum(costs.c.micros), 0)).where(costs.c.month == self._month())
        return int(db.execute(query).scalar_one())

    def _spent_by(self, db: Connection, conversation: str) -> int:
        query = select(func.coalesce(func.sum(costs.c.micros), 0)).where(costs.c.conversation == conversation)
        return int(db.execute(query).scalar_one())

    def _month(self) -> str:
        return f"{self._now():%Y-%m}"


def _alone(db: Connection) -> None:
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(hashtext('wismo costs'))"))
