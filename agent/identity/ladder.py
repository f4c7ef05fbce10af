"""From an incoming message to a caller: the highest rung that something other than words bears out.

token or the channel's word: authenticated · a code that fits: verified · number and address agree: matched ·
an address was given: claimed · nothing: anonymous. A proof that fails leaves the caller where they stood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, delete, insert, select

from agent.brains import reading
from agent.case import Incoming, Thread, Ticket
from agent.identity import attempts, codes, letter, matching
from agent.identity.attempts import Limit
from agent.identity.hashing import Keyed
from agent.identity.tokens import TokenKeys
from agent.policy import Policy
from agent.tables import proofs
from tools.contract import Caller, Level
from tools.orders import emails, outbox
from tools.orders.database import Database
from tools.orders.model import Clock, CustomerId, OrderId
from tools.orders.service import Orders

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SENT = (
    Limit("session", 3, HOUR),
    Limit("network", 20, HOUR),
    Limit("customer", 5, HOUR),
    Limit("everyone", 500, HOUR),
)
TRIED = (
    Limit("session", 9, HOUR),
    Limit("network", 30, HOUR),
    Limit("customer", 30, DAY),
    Limit("everyone", 2_000, HOUR),
)
COMPARED = (
    Limit("session", 5, HOUR),
    Limit("network", 20, HOUR),
    Limit("customer", 20, DAY),
    Limit("everyone", 2_000, HOUR),
)
ASKED_WHO = frozenset({"IDN-1", "IDN-3", "IDN-4", "IDN-5"})
AGAIN = re.compile(r"(?i)\bcode\b")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Seen:
    """Who it is, and the message to walk with: the one that was held back, once its writer is proven."""

    caller: Caller
    text: str
    code_refused: bool = False


class Identity:
    """`mails`: letters leave this house, so that codes can be asked for."""

    def __init__(
        self,
        database: Database,
        orders: Orders,
        policy: Policy,
        keyed: Keyed,
        keys: TokenKeys,
        now: Clock,
        mails: bool = False,
    ) -> None:
        self._database = database
        self._orders = orders
        self._policy = policy
        self._keyed = keyed
        self._keys = keys
        self._now = now
        self.sends_codes = mails and policy.identity.codes

    def see(self, incoming: Incoming, thread: Thread) -> Seen:
        """Raises `tokens.BadToken` for a token that does not hold: whoever brings one must know that it failed."""
        if incoming.stranger:
            return Seen(Caller(Level.ANONYMOUS, proof="somebody else in this conversation"), incoming.text)
        if incoming.token:
            return Seen(self._signed(incoming.token), incoming.text)
        if incoming.verified and incoming.email:
            return Seen(self._vouched(incoming), incoming.text)
        claimed = _claimed(incoming, thread)
        standing = self._standing(incoming.conversation, claimed)
        code = codes.in_text(incoming.text) if self.sends_codes and "IDN-3" in thread.asked else None
        if code:
            return self._with_code(incoming, thread, standing, claimed, code)
        if standing:
            return Seen(standing, incoming.text)
        return self._matched(incoming, thread, claimed) or Seen(_unproven(claimed), _meant(incoming, thread))

    def named(self, token: str) -> str:
        """Whom the shop's token names, as a keyed hash. Raises `tokens.BadToken`."""
        claims = self._keys.verified(token, self._now())
        return self._keyed.of("customer", claims.customer or emails.folded(claims.email or ""))

    # -- authenticated -------------------------------------------------------------------------------------

    def _signed(self, token: str) -> Caller:
        claims = self._keys.verified(token, self._now())
        known = self._orders.customer(CustomerId(claims.customer)) if claims.customer else None
        known = known or (self._orders.customer_by_email(claims.email) if claims.email else None)
        name, customer = (known.name, known.id) if known else (None, None)
        email = claims.email or (known.email if known else None)
        return Caller(Level.AUTHENTICATED, email, customer, name, "signed by the shop")

    def _vouched(self, incoming: Incoming) -> Caller:
        email = (incoming.email or "").strip()
        known = self._orders.customer_by_email(email)
        name, customer = (known.name, known.id) if known else (None, None)
        return Caller(Level.AUTHENTICATED, email, customer, name, f"proven by {incoming.channel}")

    # -- verified ------------------------------------------------------------------------------------------

    def send_code(self, db: Connection, ticket: Ticket, language: str) -> None:
        """Within the limits, to the address on file; where nobody has the address, to nobody. Tells no difference."""
        email, now = ticket.caller.email or "", self._now()
        if not attempts.allowed(db, "code sent", self._whom(ticket.conversation, "", email), SENT, now):
            log.warning("identity.limit", kind="code sent")
            return
        known = self._orders.customer_by_email(email)
        minutes = self._policy.identity.code_minutes
        code = codes.make(db, self._keyed, ticket.conversation, email, known.id if known else None, now, minutes)
        body = letter.of_code(code, language, self._policy) | {"to": known.email if known else None}
        outbox.put(db, f"code:{ticket.id}", "mail.code", body, now)

    def _with_code(
        self, incoming: Incoming, thread: Thread, standing: Caller | None, claimed: str | None, code: str
    ) -> Seen:
        """The code of a turn that is told twice was right the first time: the proof that it gave still stands."""
        if standing and standing.level >= Level.VERIFIED:
            return Seen(standing, thread.held or incoming.text)
        fits = self._tried(incoming, claimed, code)
        if fits is None:
            return Seen(_unproven(claimed), incoming.text, code_refused=True)
        proven = self._standing(incoming.conversation, claimed)
        return Seen(proven or _unproven(claimed), thread.held or incoming.text)

    def _tried(self, incoming: Incoming, claimed: str | None, code: str) -> codes.Fits | None:
        whom = self._whom(incoming.conversation, incoming.network, claimed or "")
        with self._database.write() as db:
            if not attempts.allowed(db, "code tried", whom, TRIED, self._now()):
                log.warning("identity.limit", kind="code tried")
                return None
            fits = codes.spend(db, self._keyed, incoming.conversation, code, self._now())
            if fits:
                self._keep(db, incoming.conversation, fits.address, fits.customer, Level.VERIFIED, "a code by mail")
        log.info("identity.code", fits=fits is not None)
        return fits

    def by_link(self, db: Connection, conversation: str, customer: CustomerId, order: OrderId, until: datetime) -> None:
        """Who opened a link of ours has read the customer's mail: as good as a code, for this one order."""
        known = self._orders.customer(customer)
        if known:
            address = self._keyed.address(known.email)
            self._keep(db, conversation, address, customer, Level.VERIFIED, "a link by mail", order, until)

    # -- matched -------------------------------------------------------------------------------------------

    def _matched(self, incoming: Incoming, thread: Thread, claimed: str | None) -> Seen | None:
        """The first order number that is named, with the address or a postcode. Wrong and missing are the same."""
        if not self._policy.identity.match:
            return None
        text = "\n".join(part for part in (thread.held, incoming.text) if part)
        named = reading.slots(text, self._policy)
        if not named.orders or not (claimed or named.postcode):
            return None
        number = named.orders[0]
        found = self._orders.key_of(number)
        whom = self._whom(incoming.conversation, incoming.network, f"order {number}")
        with self._database.write() as db:
            within = attempts.allowed(db, "order matched", whom, COMPARED, self._now())
            if not (matching.agrees(found, claimed, named.postcode) and within and found):
                return None
            address = self._keyed.address(claimed or "")
            self._keep(db, incoming.conversation, address, found.customer, Level.MATCHED, "number agrees", found.order)
        caller = self._standing(incoming.conversation, claimed)
        return Seen(caller, _without_proof(text)) if caller else None

    # -- sessions ------------------------------------------------------------------------------------------

    def _standing(self, conversation: str, claimed: str | None) -> Caller | None:
        """What this conversation proved, while it lasts, and while the address that is given stays the same."""
        with self._database.read() as db:
            row = db.execute(select(proofs).where(proofs.c.conversation == conversation)).mappings().one_or_none()
        if row is None or row["until"] <= self._now().isoformat():
            return None
        if claimed and self._keyed.address(claimed) != row["address"]:
            return None
        known = self._orders.customer(CustomerId(row["customer"]))
        if known is None:
            return None
        level = Level(row["level"])
        name = known.name if level >= Level.VERIFIED else None
        order = OrderId(row["order_id"]) if row["order_id"] else None
        return Caller(level, claimed, known.id, name, row["proof"], order)

    def _keep(
        self,
        db: Connection,
        conversation: str,
        address: str,
        customer: str,
        level: Level,
        proof: str,
        order: str | None = None,
        ends: datetime | None = None,
    ) -> None:
        until = self._now() + timedelta(minutes=self._policy.identity.session_minutes)
        until = min(until, ends) if ends else until
        row = {"address": address, "customer": customer, "level": int(level), "proof": proof, "order_id": order}
        db.execute(delete(proofs).where(proofs.c.conversation == conversation))
        db.execute(insert(proofs), {"conversation": conversation, "until": until.isoformat(), **row})

    def _whom(self, conversation: str, network: str, customer: str) -> Mapping[str, str]:
        """The keys that attempts are counted under, none of them readable."""
        return {
            "session": self._keyed.of("session", conversation),
            "network": self._keyed.of("network", network) if network else "",
            "customer": self._keyed.address(customer) if customer else "",
            "everyone": "all",
        }


def _claimed(incoming: Incoming, thread: Thread) -> str | None:
    """The address that was given. One in the text counts where none came with the message, or where we asked."""
    came = (incoming.email or "").strip() or None
    if came is None or ASKED_WHO & set(thread.asked):
        typed = reading.EMAIL.search(incoming.text)
        return (typed[0].rstrip(".") if typed else None) or thread.claimed or came
    return came


def _meant(incoming: Incoming, thread: Thread) -> str:
    """The address that we asked for, or the wish for another code, is about the message that was held back."""
    gave_address = "IDN-5" in thread.asked and reading.EMAIL.search(incoming.text)
    wants_code = "IDN-3" in thread.asked and AGAIN.search(incoming.text)
    return thread.held if thread.held and (gave_address or wants_code) else incoming.text


def _without_proof(text: str) -> str:
    """A postcode that proved something is not an address to deliver to."""
    return reading.POSTCODE.sub(" ", text).strip(" ,;:")


def _unproven(claimed: str | None) -> Caller:
    if claimed is None:
        return Caller(Level.ANONYMOUS)
    return Caller(Level.CLAIMED, claimed, proof="address given, not proven")
