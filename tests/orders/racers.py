"""What racing processes run; a module of its own, so that a spawned process can import it."""

from __future__ import annotations

from pathlib import Path
from random import Random

from tests.shop import AGENT, LYON, NOW, STAFF
from tools.orders.actions.payment_results import RecordPaymentResult
from tools.orders.actions.payments import Pay
from tools.orders.actions.place import PlaceOrder, Wanted
from tools.orders.agreement import Action, Evidence, Selection, Wish
from tools.orders.commands import Done
from tools.orders.database import Database
from tools.orders.model import LineId, OrderId
from tools.orders.service import Orders
from tools.orders.terms import Terms

TERMS = Terms.model_validate({})


def opened(where: str) -> tuple[Database, Orders]:
    database = Database(where if "://" in where else Path(where))
    return database, Orders(database, lambda: TERMS, lambda: NOW)


def buy(where: str, racer: int, attempts: int) -> int:
    """How many of this racer's orders got their unit."""
    database, core = opened(where)
    confirmed = 0
    for number in range(attempts):
        wanted = PlaceOrder(
            channel="race",
            external_id=f"{racer}-{number}",
            customer_id="ana",
            lines=(Wanted(sku="lamp", quantity=1),),
            address=LYON,
            currency="EUR",
            payments=(Pay(kind="card", token="t", reference=f"r-{racer}-{number}"),),
        )
        answer = core.do(wanted, key=f"race:{racer}:{number}", actor=AGENT)
        assert isinstance(answer, Done), answer
        confirmed += not answer.result["reasons"]
    database.close()
    return confirmed


def refund(where: str, racer: int, order: str, line: str, units: int) -> str:
    """Each racer has seen the same order and wants the same units back."""
    database, core = opened(where)
    wish = Wish(Action.REFUND, "damaged", Selection({LineId(line): units}))
    quote = core.quote(core.order(OrderId(order)), wish)
    if sum(one.quantity for one in quote.lines) < units:
        database.close()
        return "less is left"
    outcome = core.execute(quote, key=f"refund:{racer}", actor=STAFF, evidence=Evidence("race", quote.digest))
    database.close()
    return outcome.result.value


def webhooks(where: str, racer: int, transaction: str) -> int:
    """The same answer again and again, with stale ones between, in an order of its own."""
    database, core = opened(where)
    told = ["succeeded"] * 3 + ["pending", "unknown"]
    Random(racer).shuffle(told)
    done = 0
    for number, state in enumerate(told):
        given = {"transaction": transaction, "state": state, "reference": "ch_1" if state == "succeeded" else ""}
        answer = core.do(RecordPaymentResult.model_validate(given), key=f"hook:{racer}:{number}", actor=STAFF)
        done += isinstance(answer, Done)
    database.close()
    return done
