"""Checks of the whole configuration, each with its remedy. They read; the only thing made is an empty home."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from agent.identity.tokens import KeyUnusable, TokenKeys
from agent.policy import PolicyError
from api import migrations
from api.connected import commerce
from api.connected.helpdesks import VENDORS, Vendor
from api.operating.checks import Check
from api.wiring import House
from connectors import backlog
from connectors.backlog import INBOX, OUTBOX, Box, State
from connectors.errors import ConnectorError
from knowledge.errors import KnowledgeError
from knowledge.graph import ChromaServer

OLDEST_POSTGRES = 14
UNREACHED = (
    "is WISMO_DATABASE_URL right, does the server answer, and may its user create tables in the database "
    "(CREATE DATABASE wismo OWNER wismo ENCODING 'UTF8')?"
)
SLOW = timedelta(minutes=10)
"""What waits for longer is told: a worker that runs needs seconds."""
OLDEST_POSTGRES = 14
UNREACHED = (
    "is WISMO_DATABASE_URL right, does the server answer, and may its user create tables in the database "
    "(CREATE DATABASE wismo OWNER wismo ENCODING 'UTF8')?"
)


def examine(house: House) -> Iterator[Check]:
    yield _shop(house)
    yield _weights(house)
    yield _classifier(house)
    database = _database(house)
    yield database
    yield _index(house)
    if house.chroma:
        yield _chroma(house.chroma)
    yield _mail(house)
    yield _token_keys(house)
    yield _carriers(house)
    yield stripe(house)
    yield shopify(house)
    if database.ok:
        yield _backlog(house, INBOX)
        yield _backlog(house, OUTBOX)


def connections(house: House) -> Iterator[Check]:
    """The helpdesks and the shop's other systems, asked live: for a person who waits, not for a probe."""
    for vendor in VENDORS:
        yield connection(house, vendor)
    with suppress(PolicyError):  # told by _shop
        yield from house.systems.checks()


def _shop(house: House) -> Check:
    try:
        policy = house.policy
    except PolicyError as error:
        return Check("shop.toml", False, str(error))
    return Check("shop.toml", True, f"{policy.shop.name}, policy {policy.version}")


def _weights(house: House) -> Check:
    there = (house.settings.assets / "model.onnx").exists()
    return Check("embedding weights", there, "exported" if there else "missing; run: make setup")


def _classifier(house: House) -> Check:
    there = (house.settings.intents / "names.json").exists()
    return Check("intent classifier", there, "trained" if there else "missing; run: make setup")


def _database(house: House) -> Check:
    try:
        with house.database.read() as db:
            db.exec_driver_sql("SELECT 1")
            says = "opens" if house.database.path else _postgres(db)
    except OSError as error:
        return Check("database", False, f"cannot be opened: {error.strerror}; is the home folder writable?")
    except migrations.UnknownSchema as error:
        return Check("database", False, str(error))
    except SQLAlchemyError as error:
        return Check("database", False, f"{_plainly(error)}; {UNREACHED}")
    return Check("database", not says.startswith("PostgreSQL is too old"), f"{says}, schema up to date")


def _postgres(db: Connection) -> str:
    """Which one it is, and whether it is one that we are tested on."""
    version = int(db.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
    name = db.exec_driver_sql("SELECT current_database()").scalar_one()
    if version < OLDEST_POSTGRES:
        return f"PostgreSQL is too old: {version}; upgrade it to {OLDEST_POSTGRES} or newer"
    return f"PostgreSQL {version}, database {name}"


def _plainly(error: SQLAlchemyError) -> str:
    """The driver's first line: it names host, user and database, never a password."""
    told = str(getattr(error, "orig", None) or type(error).__name__).strip()
    return told.splitlines()[0][:300]


def _index(house: House) -> Check:
    try:
        with house.index.reading() as snapshot:
            count = len(snapshot.passages)
    except KnowledgeError as error:
        return Check("help centre", False, f"{error}")
    says = f"{count} passages" if count else "empty; general questions go to people until you run: wismo ingest HELP"
    return Check("help centre", bool(count), says, needed=False)


def _chroma(server: ChromaServer) -> Check:
    """The help index answers from this host's copy while the server is away, so tickets go on."""
    try:
        digest = server.pointer()
    except KnowledgeError as error:
        return Check("chroma server", False, str(error), needed=False)
    says = f"answers, index {digest[:8]}" if digest else "answers, and is empty: wismo ingest HELP"
    return Check("chroma server", True, says, needed=False)


def _mail(house: House) -> Check:
    if house.mail is None:
        says = "not connected: no one-time codes (set WISMO_SMTP_HOST and WISMO_SMTP_SENDER to connect)"
        return Check("mail", True, says, needed=False)
    try:
        house.mail.greet()
    except ConnectorError as error:
        return Check("mail", False, str(error), needed=False)
    return Check("mail", True, "the server answers and takes our user", needed=False)


def _token_keys(house: House) -> Check:
    keys = TokenKeys(house.settings.token_keys)
    try:
        names = keys.names()
        keys.examine()
    except KeyUnusable as error:
        return Check("shop tokens", False, str(error), needed=False)
    says = f"keys {', '.join(names)}" if names else "no keys; only if the shop signs its customers in: wismo identity"
    return Check("shop tokens", True, says, needed=False)


def shopify(house: House) -> Check:
    """The shop's own system, asked live."""
    if house.buying.shopify is None:
        says = "not connected; to connect: wismo connect shopify"
        return Check("shopify", True, says, needed=False, asked=False)
    try:
        return Check("shopify", True, f"{house.buying.shopify.shop()} answers", needed=False)
    except ConnectorError as error:
        return Check("shopify", False, str(error), needed=False)


def stripe(house: House) -> Check:
    """Whose key it is, asked live."""
    given = commerce.StripeSettings.of(house.settings.home)
    if not given.connected:
        says = "not connected; to connect: wismo connect stripe"
        return Check("stripe", True, says, needed=False, asked=False)
    from connectors.payments.stripe import StripePayments

    try:
        account = StripePayments(given.secret_key.get_secret_value(), given.url).account()
    except ConnectorError as error:
        return Check("stripe", False, str(error), needed=False)
    mode = "live" if given.livemode else "test"
    return Check("stripe", True, f"{account} in {mode} mode", needed=False)


def _carriers(house: House) -> Check:
    """Which of those that knock are let in."""
    let_in = [name for name, vendor in commerce.VENDORS.items() if vendor.settings.of(house.settings.home).secrets()]
    says = f"webhooks of {', '.join(let_in)}" if let_in else "no webhooks are let in; see docs/commerce.md"
    return Check("commerce", True, says, needed=False)


def _backlog(house: House, box: Box) -> Check:
    with house.database.read() as db:
        dead = sum(one.number for one in backlog.counts(db, box, (State.DEAD,)))
        late, oldest = backlog.overdue(db, box, house.now(), SLOW)
    if dead:
        return Check(box.name, False, f"{dead} given up; why, and what to do: wismo {box.name} list", needed=False)
    if late:
        says = f"{late} wait for longer than {SLOW.seconds // 60} minutes (the oldest {oldest}); does a worker run?"
        return Check(box.name, False, says, needed=False)
    return Check(box.name, True, "nothing waits for long, nothing was given up", needed=False)


def connection(house: House, vendor: Vendor[Any]) -> Check:
    """Asked live: address, secret and rights are proven by it."""
    given = house.connections.given[vendor.channel]
    if not given.connected:
        return Check(vendor.channel, True, f"not connected; to connect: {vendor.how}", needed=False, asked=False)
    missing = vendor.missing(given)
    if missing:
        return Check(vendor.channel, False, f"set {', '.join(missing)}; or: {vendor.how}", needed=False)
    try:
        says = house.connections.clients[vendor.channel].account().says
    except ConnectorError as error:
        return Check(vendor.channel, False, f"{type(error).__name__}: {error}", needed=False)
    return Check(vendor.channel, True, f"{given.base_url} answers; we write as {says}", needed=False)
