"""A person out of every table and file, and nothing of anybody else; words that age, figures that stay."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from agent import anchors, audit, conversations
from agent.case import Incoming
from agent.tables import aggregates, erasures, journal, journal_private
from api.privacy import register
from api.privacy.erasing import OpenWork, erase, planned
from api.privacy.exporting import export
from api.privacy.searching import search
from api.privacy.subject import UnknownSubject, find
from api.wiring import House
from connectors import inbox as events_in
from connectors.tables import inbox
from eval.metrics import volume
from tests.shop import NOW, Shop
from tools.orders.agreement import Action

ZOE = "zoe.quixote@example.com"
WORDS = ("quixote", "Zoé", "7 rue des Oubliettes", "0612345678", "my cat ate the parcel")


@pytest.fixture
def zoe(house: House, filled: Shop) -> House:
    """A customer of her own, with finished orders, talks in every state, letters and a webhook."""
    home = {"line1": "7 rue des Oubliettes", "city": "Nantes", "zip": "44000", "country": "FR"}
    person = {
        "id": "zoe",
        "name": "Zoé Quixote",
        "email": ZOE,
        "phone": "0612345678",
        "language": "fr",
        "address": home,
    }
    filled.import_shop([], customers=[*_customers(), person])
    delivered = filled.delivered(customer_id="zoe", shipping_address=home, days_ago=40)
    cancelled = filled.order(customer_id="zoe", shipping_address=home)
    filled.do(cancelled, Action.CANCEL_ORDER)
    filled.provider_answers()
    for number, (text, email, proven) in enumerate(
        (
            (f"where is {delivered.number}? my cat ate the parcel", ZOE, True),
            ("I am Zoé Quixote, where are my orders?", ZOE.upper(), False),
            (f"where is {delivered.number}?", "ana@example.com", True),
        )
    ):
        house.desk.answer(Incoming(f"z{number}", f"c{number}", "api", text, email, proven))
    with house.database.write() as db:
        body = json.dumps({"from": ZOE, "text": "my cat ate the parcel"})
        events_in.put(db, "zendesk", "k1", "77", body, NOW)
    letters = house.settings.home / "outgoing-mail"
    letters.mkdir()
    (letters / "one.json").write_text(json.dumps({"to": ZOE}), encoding="utf-8")
    (letters / "other.json").write_text(json.dumps({"to": "ana@example.com"}), encoding="utf-8")
    drop = house.settings.home / "systems" / "erp" / "out"
    drop.mkdir(parents=True)
    (drop / "orders-1.csv").write_text(f"partner.email\n{ZOE}\n", encoding="utf-8")
    (drop / "orders-2.csv").write_text("partner.email\nana@example.com\n", encoding="utf-8")
    return house


def _customers() -> list[dict[str, Any]]:
    from tests.shop import shop_file

    return list(shop_file([])["customers"])


def gone(house: House) -> Any:
    return erase(house.database, house.orders, house.settings.home, ZOE, "lea", NOW)


def rows_of_others(house: House) -> list[tuple[Any, ...]]:
    """Of Ana and Bob: their orders, their messages."""
    with house.database.read() as db:
        kept = [tuple(row) for row in db.execute(select(register.table("customers")).order_by("id")) if row[0] != "zoe"]
        talk = select(journal_private).where(journal_private.c.conversation == "c2")
        return kept + [tuple(row) for row in db.execute(talk)]


# -- the register ----------------------------------------------------------------------------------------------


def test_every_table_and_every_personal_column_is_classified() -> None:
    tables = {table.name: set(table.columns.keys()) for table in register.every_table()}
    assert tables.keys() == register.PERSONAL.keys() | register.IMPERSONAL
    assert not register.PERSONAL.keys() & register.IMPERSONAL
    for name, columns in register.PERSONAL.items():
        assert set(columns) <= tables[name], name


def test_every_file_of_a_used_home_is_known(zoe: House) -> None:
    assert {path.name for path in zoe.settings.home.iterdir()} <= register.FILES.keys()


# -- erasing ---------------------------------------------------------------------------------------------------


def test_after_an_erasure_no_table_and_no_file_holds_a_word_of_the_person(zoe: House) -> None:
    with zoe.database.read() as db:
        subject = find(db, zoe.orders, ZOE)
    assert {place.where for place in search(zoe.database, zoe.settings.home, subject)} >= {
        "customers.name",
        "orders.address",
        "events.changes",
        "journal_private.body",
        "inbox.body",
        "outgoing-mail/one.json",
    }
    others = rows_of_others(zoe)
    done = gone(zoe)
    assert done.left == ()
    assert search(zoe.database, zoe.settings.home, subject) == ()
    for path in (one for one in zoe.settings.home.rglob("*") if one.is_file()):
        held = path.read_bytes().lower()
        for word in (*WORDS, ZOE):
            for form in (word.lower().encode(), json.dumps(word.lower())[1:-1].encode()):
                assert form not in held, (path.name, word)
    assert rows_of_others(zoe) == others
    assert (zoe.settings.home / "outgoing-mail" / "other.json").exists()
    assert [one.name for one in (zoe.settings.home / "systems").rglob("*.csv")] == ["orders-2.csv"]


def test_the_books_and_the_journal_still_hold_after_an_erasure(zoe: House, filled: Shop) -> None:
    file = zoe.settings.anchors
    anchors.keep(zoe.database, file, NOW + timedelta(days=1, hours=2))
    gone(zoe)
    filled.audit()
    with zoe.database.read() as db:
        found = audit.verify(db, file)
        assert (found.ok, found.erased) == (True, 2)
        assert db.execute(select(erasures.c.by)).scalars().all() == ["lea"]
    totals = [order.total.minor for order in zoe.orders.newest(50) if order.customer_id == "zoe"]
    assert totals == [2000, 2000]
    assert {order.address.country for order in zoe.orders.newest(50)} == {"FR"}


def test_erased_twice_is_once_and_nobody_is_found_again(zoe: House) -> None:
    gone(zoe)
    for who in (ZOE, "nobody@example.com", "none"):
        with pytest.raises(UnknownSubject):
            erase(zoe.database, zoe.orders, zoe.settings.home, who, "lea", NOW)
    assert zoe.orders.customer_by_email(ZOE) is None


def test_a_message_that_is_told_again_after_an_erasure_gets_its_outcome_and_no_words(zoe: House) -> None:
    before = zoe.desk.answer(Incoming("z0", "c0", "api", _first_words(zoe), ZOE, True))
    gone(zoe)
    after = zoe.desk.answer(Incoming("z0", "c0", "api", "anything", ZOE, True))
    assert (after.disposition, after.rules, after.reply) == (before.disposition, before.rules, "")


def _first_words(house: House) -> str:
    with house.database.read() as db:
        body = db.execute(select(journal_private.c.body).where(journal_private.c.conversation == "c0")).scalar_one()
    return str(json.loads(body)["text"])


def test_an_order_under_way_keeps_its_address_until_it_has_arrived(zoe: House, filled: Shop) -> None:
    order = filled.shipped(customer_id="zoe")
    for refused in (lambda: gone(zoe), lambda: planned(zoe.database, zoe.orders, ZOE)):
        with pytest.raises(OpenWork) as error:
            refused()
        assert error.value.what == (f"order {order.number} is not delivered yet",)
    customer = zoe.orders.customer_by_email(ZOE)
    assert customer
    assert customer.name == "Zoé Quixote"


def test_an_address_that_belongs_to_no_customer_is_erased_where_it_was_written(house: House, filled: Shop) -> None:
    house.desk.answer(Incoming("s1", "s", "api", "what is your return policy?", "stranger.once@example.com", False))
    done = erase(house.database, house.orders, house.settings.home, "Stranger.Once@example.com", "lea", NOW)
    assert (done.counts["journal_private"], done.left) == (1, ())


def test_an_id_that_is_itself_an_address_gets_another(house: House, filled: Shop) -> None:
    who = "mail.as.id@example.com"
    filled.import_shop([], customers=[*_customers(), {"id": who, "name": "Ida Mailid", "email": who, "language": "en"}])
    filled.delivered(customer_id=who)
    done = erase(house.database, house.orders, house.settings.home, who, "lea", NOW)
    assert done.left == ()
    filled.audit()


# -- exporting -------------------------------------------------------------------------------------------------


def test_an_export_holds_what_is_held(zoe: House) -> None:
    held = export(zoe.database, zoe.orders, "zoe", NOW)
    assert [row["email"] for row in held["customer"]] == [ZOE]
    assert len(held["orders"]) == 2
    assert {row["conversation"] for row in held["messages"]} == {"c0", "c1"}
    assert "my cat ate the parcel" in json.dumps(held)
    assert "Ana Lee" not in json.dumps(held, ensure_ascii=False)


# -- aging -----------------------------------------------------------------------------------------------------


def test_words_age_and_figures_stay(zoe: House) -> None:
    def counted() -> Any:
        from agent import journal as record

        with zoe.database.read() as db:
            return volume(record.between(db, NOW - timedelta(days=1), NOW + timedelta(days=1)))

    before = counted()
    zoe.now = lambda: NOW + timedelta(days=731)
    aged = zoe.age()
    assert aged
    assert (aged.days, aged.messages) == (1, 3)
    assert counted() == before
    with zoe.database.read() as db:
        assert db.execute(select(journal_private)).all() == []
        assert len(db.execute(select(journal)).all()) == 3
        frozen = json.loads(db.execute(select(aggregates.c.body)).scalar_one())
        assert conversations.load(db, "c0")[0].turns == 0  # type: ignore[arg-type]
        assert db.execute(select(inbox.c.body)).scalar_one() != '{"erased": true}'  # it was never worked
    assert frozen["turns"] == before.turns == 3
    again = zoe.age()
    assert again
    assert (again.days, again.messages) == (0, 0)


def test_what_is_frozen_is_never_counted_again(zoe: House) -> None:
    with zoe.database.write() as db:
        db.execute(insert(aggregates), {"day": NOW.date().isoformat(), "body": "{}", "frozen_at": NOW.isoformat()})
    zoe.now = lambda: NOW + timedelta(days=731)
    aged = zoe.age()
    assert aged
    assert aged.days == 0


def test_where_the_policy_keeps_everything_nothing_ages(house: House) -> None:
    text = house.shop_file.read_text(encoding="utf-8")
    house.shop_file.write_text(text.replace("personal_days = 730", "personal_days = 0"), encoding="utf-8")
    house.__dict__.pop("policy", None)
    assert house.age() is None


def test_a_simulation_that_was_interrupted_goes_with_whoever_is_erased(zoe: House) -> None:
    """It holds a copy of the database; a summary of figures stays."""
    for name, file in (("dead", "shop.db"), ("done", "summary.json")):
        folder = zoe.settings.home / "simulations" / name
        folder.mkdir(parents=True)
        (folder / file).write_bytes(b"a copy of everything" if file == "shop.db" else b"{}")
    done = erase(zoe.database, zoe.orders, zoe.settings.home, ZOE, "lead", NOW)
    assert done.counts["unfinished simulations"] == 1
    assert done.left == ()
    assert [one.name for one in (zoe.settings.home / "simulations").iterdir()] == ["done"]
