"""Customers: kept, changed, and the accounts that the shop opens for them (gift cards, store credit)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from tools.orders import emails, ledger, rules
from tools.orders import work as works
from tools.orders.actions.payments import refuse_cards
from tools.orders.commands import Command, Minor, Name, OnCustomer, verb
from tools.orders.model import Actor, Address
from tools.orders.money import CURRENCIES
from tools.orders.rows import fetch
from tools.orders.store import address_as_json
from tools.orders.tables import customers, payment_methods
from tools.orders.work import CUSTOMER, Direct, Refused, Work

Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=320)]


class SaveCustomer(Command):
    """A new customer, or new words for a known one; fields that are not given stay as they are."""

    customer_id: Name
    full_name: Name | None = None
    email: Email | None = None
    phone: str | None = Field(None, max_length=40)
    language: str | None = Field(None, max_length=10)
    address: Address | None = None

    def open(self, db: Connection, actor: Actor, now: datetime, key: str) -> Work:
        if fetch(db, customers, id=self.customer_id):
            return works.on_customer(db, self.customer_id, actor, now, key)
        return works.on_new(db, CUSTOMER + self.customer_id, actor, now, key)


class SaveMethod(OnCustomer):
    """A provider's token of the customer's, or an account of our own (`gift_card`) with what it holds at first."""

    method_id: Name
    type: Name
    currency: str | None = None
    balance: Minor | None = None


class GiveCredit(OnCustomer):
    """Store credit as a gesture: what the shop owes the customer, to be spent on a later order."""

    amount: Minor
    currency: str
    reason: Name


@verb(SaveCustomer)
def save_customer(work: Work, wanted: SaveCustomer) -> Mapping[str, Any]:
    given = wanted.model_dump(exclude_none=True, exclude={"customer_id", "address", "full_name"})
    if wanted.full_name is not None:
        given["name"] = wanted.full_name
    if wanted.email is not None:
        given["email_folded"] = emails.folded(wanted.email)
        owner = fetch(work.db, customers, email_folded=given["email_folded"])
        if owner and owner[0]["id"] != wanted.customer_id:
            raise Refused(rules.refuse("CUS-1", "email_taken", accepts="an address that no other customer has"))
    if wanted.address is not None:
        given["address"] = address_as_json(wanted.address)
    _write(work, wanted, given)
    work.event("customer.saved", {"fields": sorted(given)})
    return {"customer": wanted.customer_id}


def _write(work: Work, wanted: SaveCustomer, given: dict[str, Any]) -> None:
    """Catalogue and customers have no history of their own: the event names the fields, not the values."""
    if work.sequence or fetch(work.db, customers, id=wanted.customer_id):
        if given:
            Direct(work.db).update(customers, {"id": wanted.customer_id}, given, {}, {})
        return
    if not {"name", "email"} <= given.keys():
        raise Refused(rules.refuse("CUS-1", "incomplete", accepts="a new customer with full_name and email"))
    Direct(work.db).insert(customers, [{"id": wanted.customer_id, **given}])


@verb(SaveMethod)
def save_method(work: Work, wanted: SaveMethod) -> Mapping[str, Any]:
    refuse_cards(wanted.method_id)
    row = {"customer_id": wanted.customer_id, "id": wanted.method_id, "type": wanted.type}
    if not Direct(work.db).insert_once(payment_methods, row):
        raise Refused(rules.refuse("CUS-1", "method_known", accepts="another name for the method"))
    if wanted.balance:
        if wanted.currency not in CURRENCIES or not ledger.is_own(wanted.type, wanted.method_id):
            raise Refused(rules.refuse("CUS-1", "no_account", accepts="a gift_card or store_credit with its currency"))
        account = ledger.tender_account(wanted.type, wanted.method_id)
        entries = {f"opening:{wanted.type}": wanted.balance, account: -wanted.balance}
        ledger.post(work, None, "account.opened", str(wanted.currency), entries)
    work.event("payment.method_opened", {"method": wanted.method_id})
    return {"method": wanted.method_id}


@verb(GiveCredit)
def give_credit(work: Work, wanted: GiveCredit) -> Mapping[str, Any]:
    if wanted.currency not in CURRENCIES or not wanted.amount:
        raise Refused(rules.refuse("CUS-1", "no_amount", accepts="an amount above zero in an ISO 4217 currency"))
    credit = f"store-credit-{wanted.customer_id}"
    row = {"customer_id": wanted.customer_id, "id": credit, "type": "store_credit"}
    Direct(work.db).insert_once(payment_methods, row)
    entries = {"goodwill": wanted.amount, f"store_credit:{credit}": -wanted.amount}
    ledger.post(work, None, "credit.given", wanted.currency, entries)
    work.event("customer.credit_given", {"amount": wanted.amount, "reason": wanted.reason})
    return {"method": credit, "balance": -ledger.balance(work.db, f"store_credit:{credit}", wanted.currency)}
