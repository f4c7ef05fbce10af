"""The tools themselves: scope first, then the core. Thin on purpose; a rule here would be in the wrong room.

No `from __future__ import annotations`: the registry reads the argument models off the signatures.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tools import history, views
from tools.contract import Answer, Caller, Fact, Level, Proposal, Refusal, Risk
from tools.orders.agreement import Action, Selection, Swap, Wish
from tools.orders.model import Address, LineId, Order, RuleId
from tools.registry import Tool, tool
from tools.shop import Shop

TOOLS: dict[str, Tool] = {}
NOT_YOURS_OR_MISSING = Refusal(RuleId("SCP-1"), "not_found")
UNSERVED = {"knowledge": "GAP-1", "data": "GAP-2", "action": "GAP-3", "policy": "GAP-4"}


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NoArguments(Arguments):
    pass


class OrderNumber(Arguments):
    order: str = Field(max_length=64, description="The order number as the customer wrote it.")


class Question(Arguments):
    query: str = Field(max_length=2_000)
    language: str | None = None


class Unserved(Arguments):
    kind: Literal["knowledge", "data", "action", "policy"] = Field(
        description="What is missing: a help page, something in the record, a tool, or a rule of the shop."
    )


class OnOrder(OrderNumber):
    reason: str = ""


class OnLines(OnOrder):
    lines: dict[str, int] = Field(default_factory=dict, description="Units by line id; empty means all that is left.")


class OnReturn(OnLines):
    method: str | None = Field(None, description="The customer's means of payment that gets the money.")


class SwapOf(Arguments):
    line: str
    units: int = Field(ge=1)
    sku: str


class OnVariants(OrderNumber):
    swaps: tuple[SwapOf, ...] = Field(min_length=1, description="Units of a line for as many of another variant.")
    method: str | None = Field(None, description="The customer's means of payment for the difference.")


class OnPayment(OrderNumber):
    method: str


class NewAddress(OrderNumber):
    line1: str
    city: str
    postcode: str
    country: str
    line2: str = ""
    state: str = ""


@tool(TOOLS, Risk.READ, Level.MATCHED)
def find_orders(caller: Caller, args: NoArguments, shop: Shop) -> Answer:
    """The caller's own orders, newest first; of a matched caller the one order that was matched."""
    if caller.customer is None:
        return ()
    own = [one for one in shop.orders.orders_of(caller.customer) if caller.order in {None, one.id}]
    told = shop.orders.told([one.id for one in own])
    return tuple(views.order_fact(order, caller.level, told.get(order.id)) for order in own)


@tool(TOOLS, Risk.READ, Level.MATCHED)
def read_order(caller: Caller, args: OrderNumber, shop: Shop) -> Answer:
    """One of the caller's own orders."""
    order = _own(caller, args.order, shop)
    if order is None:
        return NOT_YOURS_OR_MISSING
    return (views.order_fact(order, caller.level, shop.orders.told([order.id]).get(order.id)),)


@tool(TOOLS, Risk.READ, Level.ANONYMOUS)
def search_help(caller: Caller, args: Question, shop: Shop) -> Answer:
    """Passages of the help centre that may answer a question, best first."""
    return views.passage_facts(shop.help.search(args.query, k=4, language=args.language))


@tool(TOOLS, Risk.READ, Level.VERIFIED)
def read_account(caller: Caller, args: NoArguments, shop: Shop) -> Answer:
    """The caller's address on file and means of payment."""
    if caller.customer is None:
        return ()
    newest = shop.orders.orders_of(caller.customer)[:1]
    currency = newest[0].currency if newest else "EUR"
    return (views.account_fact(shop.orders.account(caller.customer, currency)),)


@tool(TOOLS, Risk.READ, Level.VERIFIED)
def read_variants(caller: Caller, args: OrderNumber, shop: Shop) -> Answer:
    """What else the products of one of the caller's orders are sold in: one fact a line."""
    order = _own(caller, args.order, shop)
    if order is None:
        return NOT_YOURS_OR_MISSING
    every = shop.orders.variants_beside(line.sku for line in order.lines)
    product = {one.sku: one.product for one in every}
    return tuple(
        views.variants_fact(line, tuple(one for one in every if one.product == product.get(line.sku)))
        for line in order.lines
    )


@tool(TOOLS, Risk.READ, Level.ANONYMOUS)
def cannot_be_done(caller: Caller, args: Unserved, shop: Shop) -> Answer:
    """Say that no tool does what is asked, and no help page answers it: a person takes over."""
    return Refusal(RuleId(UNSERVED[args.kind]), "unserved")


@tool(TOOLS, Risk.READ, Level.ANONYMOUS)
def leave_unchanged(caller: Caller, args: NoArguments, shop: Shop) -> Answer:
    """Say that the condition under which the customer wished for something does not hold."""
    return (Fact("", "unmet", "the customer's condition", {}),)


@tool(TOOLS, Risk.WRITE, Level.VERIFIED)
def cancel_order(caller: Caller, args: OnLines, shop: Shop) -> Answer:
    """Quote the cancellation of one of the caller's orders, or of some lines of it."""
    return _quote(caller, args.order, Wish(Action.CANCEL_ORDER, args.reason, _selection(args)), shop)


@tool(TOOLS, Risk.WRITE, Level.VERIFIED)
def change_items(caller: Caller, args: OnVariants, shop: Shop) -> Answer:
    """Quote other variants for items of an order that has not left."""
    return _quote(caller, args.order, _swapped(Action.CHANGE_ITEMS, args), shop)


@tool(TOOLS, Risk.WRITE, Level.VERIFIED)
def change_payment(caller: Caller, args: OnPayment, shop: Shop) -> Answer:
    """Quote another of the caller's means of payment for an order that has not left."""
    return _quote(caller, args.order, Wish(Action.CHANGE_PAYMENT, method_id=args.method), shop)


@tool(TOOLS, Risk.WRITE, Level.VERIFIED)
def request_exchange(caller: Caller, args: OnVariants, shop: Shop) -> Answer:
    """Quote the exchange of delivered items for other variants."""
    return _quote(caller, args.order, _swapped(Action.REQUEST_EXCHANGE, args), shop)


@tool(TOOLS, Risk.WRITE, Level.VERIFIED)
def change_address(caller: Caller, args: NewAddress, shop: Shop) -> Answer:
    """Quote a new delivery address for one of the caller's orders."""
    address = Address(args.line1, args.city, args.postcode, args.country, args.line2, args.state)
    return _quote(caller, args.order, Wish(Action.CHANGE_ADDRESS, address=address), shop)


@tool(TOOLS, Risk.WRITE, Level.VERIFIED)
def request_return(caller: Caller, args: OnReturn, shop: Shop) -> Answer:
    """Quote the return of some or all lines of one of the caller's orders."""
    wish = Wish(Action.REQUEST_RETURN, args.reason, _selection(args), method_id=args.method)
    return _quote(caller, args.order, wish, shop)


@tool(TOOLS, Risk.WRITE, Level.VERIFIED)
def refund(caller: Caller, args: OnLines, shop: Shop) -> Answer:
    """Quote a refund for one of the caller's orders."""
    return _quote(caller, args.order, Wish(Action.REFUND, args.reason, _selection(args)), shop)


@tool(TOOLS, Risk.WRITE, Level.VERIFIED)
def withdraw(caller: Caller, args: OnLines, shop: Shop) -> Answer:
    """Quote the consumer's withdrawal from one of the caller's orders: EU law, without a reason."""
    return _quote(caller, args.order, Wish(Action.WITHDRAW, "", _selection(args)), shop)


def _own(caller: Caller, number: str, shop: Shop) -> Order | None:
    order = shop.orders.order_of(caller.customer, number) if caller.customer else None
    return order if order and caller.order in {None, order.id} else None


def _quote(caller: Caller, number: str, wish: Wish, shop: Shop) -> Answer:
    order = _own(caller, number, shop)
    if order is None:
        return NOT_YOURS_OR_MISSING
    record = history.of(order, shop.orders.orders_of(order.customer_id), shop.orders.events(order.id))
    return Proposal("", shop.orders.quote(order, wish), record)


def _swapped(action: Action, args: OnVariants) -> Wish:
    swaps = tuple(Swap(LineId(one.line), one.units, one.sku) for one in args.swaps)
    return Wish(action, swaps=swaps, method_id=args.method)


def _selection(args: OnLines) -> Selection:
    return Selection({LineId(line): units for line, units in args.lines.items()})
