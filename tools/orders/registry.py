"""What the core can do: every command by its name, and what carries out each action that was quoted and agreed to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tools.orders.actions import (
    baskets,
    bundles,
    cancel,
    changes,
    claims,
    customers,
    disputes,
    exchange,
    fulfilment,
    labels,
    on_hold,
    payment_results,
    payments,
    place,
    places,
    preferences,
    refund_retries,
    refunds,
    reroute,
    return_requests,
    returns,
    stock,
    withdraw,
)
from tools.orders.agreement import Action, Quote
from tools.orders.commands import VERBS, Command
from tools.orders.model import Order
from tools.orders.work import Work

ROOMS = (
    baskets,
    bundles,
    cancel,
    changes,
    claims,
    customers,
    disputes,
    exchange,
    fulfilment,
    labels,
    on_hold,
    payment_results,
    payments,
    place,
    places,
    preferences,
    refund_retries,
    reroute,
    returns,
    stock,
    withdraw,
)
"""Importing them registered their commands."""
COMMANDS: Mapping[str, type[Command]] = {command.name: command for command in VERBS}
Verb = Callable[[Work, Order, Quote], tuple[str, bool]]
EXECUTED: Mapping[Action, Verb] = {
    Action.CANCEL_ORDER: cancel.cancel,
    Action.CHANGE_ADDRESS: changes.change_address,
    Action.CHANGE_ITEMS: changes.change_items,
    Action.CHANGE_PAYMENT: changes.change_payment,
    Action.REQUEST_RETURN: return_requests.request,
    Action.REQUEST_EXCHANGE: exchange.request,
    Action.WITHDRAW: withdraw.withdraw,
    Action.REFUND: refunds.start,
}
