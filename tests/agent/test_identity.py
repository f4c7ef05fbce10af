"""Who asks is proven by codes, tokens and channels; never by what a message says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from sqlalchemy import inspect

from agent.answer import Answer
from agent.case import Disposition, Incoming
from agent.identity import codes
from agent.identity.hashing import Keyed, key_of
from agent.identity.tokens import BadToken, KeyUnusable, TokenKeys
from tests.desks import Counter, policy_with
from tests.shop import ANA, BOB, NOW, Shop
from tools.orders import outbox

SECRET = "s" * 40
STRANGER = "nobody@example.com"


@pytest.fixture
def mailing(shop: Shop) -> Iterator[Counter]:
    made = Counter(shop, mails=True)
    yield made
    made.index.close()


@pytest.fixture
def matching(shop: Shop) -> Iterator[Counter]:
    made = Counter(shop, policy=policy_with(identity={"match": True, "codes": False}))
    yield made
    made.index.close()


def letters(shop: Shop) -> list[outbox.Message]:
    with shop.database.read() as db:
        return [one for one in outbox.due(db, shop.time, 2_000) if one.kind == "mail.code"]


def sent_to(shop: Shop, email: str) -> list[str]:
    """The codes that went to an address, oldest first."""
    return [str(one.body["subject"])[:6] for one in letters(shop) if one.body["to"] == email]


def ask(counter: Counter, text: str, conversation: str, email: str | None = ANA, **given: Any) -> Answer:
    return counter.says(text, email=email, verified=False, conversation=conversation, **given)


# -- codes -----------------------------------------------------------------------------------------------------


def test_a_code_from_the_mailbox_answers_the_question_that_was_held_back(mailing: Counter) -> None:
    order = mailing.shop.shipped()
    first = ask(mailing, f"where is {order.number}?", "c")
    assert (first.disposition, first.rules) == (Disposition.ASKED, ("IDN-3",))
    assert order.shipments[0].tracking_number not in first.reply
    (code,) = sent_to(mailing.shop, ANA)
    told = ask(mailing, f"It is {code}", "c")
    assert (told.disposition, told.rules) == (Disposition.ANSWERED, ("STA-1",))
    assert order.shipments[0].tracking_number in told.reply


def test_the_session_lasts_half_an_hour_and_ends_when_the_address_changes(mailing: Counter) -> None:
    order = mailing.shop.shipped()
    ask(mailing, f"where is {order.number}?", "c")
    ask(mailing, sent_to(mailing.shop, ANA)[-1], "c")
    assert ask(mailing, f"and where is {order.number} now?", "c").rules == ("STA-3",)
    assert ask(mailing, f"where is {order.number}?", "c", email=BOB).rules == ("IDN-3",)
    assert ask(mailing, f"where is {order.number}?", "other").rules == ("IDN-3",)
    mailing.shop.later(minutes=31)
    assert ask(mailing, f"where is {order.number}?", "c").rules == ("IDN-3",)


def test_somebody_else_in_a_proven_conversation_is_told_nothing_and_confirms_nothing(mailing: Counter) -> None:
    """A copied-in reader of a helpdesk's ticket answers in it."""
    order = mailing.shop.order()
    ask(mailing, f"please cancel {order.number}", "c")
    ask(mailing, sent_to(mailing.shop, ANA)[-1], "c")

    def stranger(turn: str, text: str) -> Answer:
        return mailing.desk.answer(Incoming(turn, "c", "email", text, ANA, stranger=True))

    assert stranger("s1", "yes").actions == ()
    assert "Lyon" not in stranger("s2", f"where is {order.number}?").reply
    assert mailing.shop.get(order.number) == order


def test_known_and_unknown_addresses_get_the_same_words_and_wrong_codes_too(mailing: Counter) -> None:
    number = mailing.shop.shipped().number

    def talk(email: str, conversation: str) -> list[dict[str, Any]]:
        said = (f"where is {number}?", "000000", "new code", "000000", "000000")
        return [ask(mailing, one, conversation, email).as_line() | {"id": ""} for one in said]

    assert talk(ANA, "known") == talk(STRANGER, "unknown")
    assert sent_to(mailing.shop, STRANGER) == []


def test_a_code_fits_three_tries_ten_minutes_one_conversation_and_once(mailing: Counter) -> None:
    shop = mailing.shop
    number = shop.shipped().number
    ask(mailing, f"where is {number}?", "tries")
    right = sent_to(shop, ANA)[-1]
    for wrong in ("999999", "999998", "999997"):
        if wrong != right:
            ask(mailing, wrong, "tries")
    assert ask(mailing, right, "tries").rules != ("STA-1",)

    ask(mailing, f"where is {number}?", "late")
    late = sent_to(shop, ANA)[-1]
    shop.later(minutes=11)
    assert ask(mailing, late, "late").rules == ("IDN-4",)

    ask(mailing, f"where is {number}?", "mine")
    ask(mailing, f"where is {number}?", "theirs")
    mine, _ = sent_to(shop, ANA)[-2:]
    assert ask(mailing, mine, "theirs").rules == ("IDN-4",)
    assert ask(mailing, mine, "mine").rules == ("STA-1",)
    shop.later(minutes=31)
    ask(mailing, f"where is {number}?", "mine")
    assert ask(mailing, mine, "mine").rules == ("IDN-4",)


def test_without_an_address_wismo_asks_for_it_and_the_first_question_is_answered(mailing: Counter) -> None:
    order = mailing.shop.shipped()
    assert ask(mailing, f"where is {order.number}?", "c", email=None, channel="chat").rules == ("IDN-5",)
    assert ask(mailing, f"my address is {ANA}", "c", email=None, channel="chat").rules == ("IDN-3",)
    told = ask(mailing, sent_to(mailing.shop, ANA)[-1], "c", email=None, channel="chat")
    assert order.shipments[0].tracking_number in told.reply


def test_a_turn_with_a_code_that_is_told_twice_gives_the_same_answer(mailing: Counter) -> None:
    order = mailing.shop.shipped()
    ask(mailing, f"where is {order.number}?", "c")
    code = sent_to(mailing.shop, ANA)[-1]
    assert ask(mailing, code, "c", turn="t-code") == ask(mailing, code, "c", turn="t-code")


def test_a_thousand_wishes_for_a_code_send_few_letters_and_the_honest_customer_still_gets_in(mailing: Counter) -> None:
    shop = mailing.shop
    number = shop.shipped().number
    ask(mailing, f"where is {number}?", "honest")
    code = sent_to(shop, ANA)[-1]
    for place in range(40):
        ask(mailing, f"where is {number}?", f"bomb-{place}", network="203.0.113.7")
    assert len(sent_to(shop, ANA)) <= 5
    assert ask(mailing, code, "honest").rules == ("STA-1",)
    shop.later(hours=1, minutes=1)
    ask(mailing, f"where is {number}?", "later")
    assert ask(mailing, sent_to(shop, ANA)[-1], "later").rules == ("STA-1",)


def test_a_thousand_codes_asked_for_at_the_counter_itself_send_five(mailing: Counter) -> None:
    """The same limit without the path before it, so that a thousand are really asked for."""
    from agent.identity import attempts
    from agent.identity.ladder import SENT

    whom = {"session": "", "network": "", "customer": "ana", "everyone": "all"}
    with mailing.shop.database.write() as db:
        allowed = sum(attempts.allowed(db, "code sent", whom, SENT, NOW) for _ in range(1_000))
    assert allowed == 5


def test_parallel_guesses_get_three_comparisons_between_them(mailing: Counter) -> None:
    shop, keyed = mailing.shop, Keyed(b"k" * 32)
    with shop.database.write() as db:
        code = codes.make(db, keyed, "c", ANA, "ana", shop.time, 10)
    guesses = [f"{(int(code) + place + 1) % 1_000_000:06}" for place in range(24)]
    results: list[codes.Fits | None] = []

    def guess(given: str) -> None:
        with shop.database.write() as db:
            results.append(codes.spend(db, keyed, "c", given, shop.time))

    threads = [threading.Thread(target=guess, args=(one,)) for one in guesses]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with shop.database.write() as db:
        assert codes.spend(db, keyed, "c", code, shop.time) is None
    assert results == [None] * 24


def test_a_code_leaves_no_trace_that_could_be_read_back(mailing: Counter) -> None:
    ask(mailing, f"where is {mailing.shop.shipped().number}?", "c")
    (code,) = sent_to(mailing.shop, ANA)
    with mailing.shop.database.write() as db:
        for message in letters(mailing.shop):
            outbox.sent(db, message.key, mailing.shop.time, forget=True)
        tables = inspect(db).get_table_names()
        kept = " ".join(str(tuple(row)) for name in tables for row in db.exec_driver_sql(f"SELECT * FROM {name}"))
    assert code not in kept


def test_a_draft_sends_no_code_since_the_customer_does_not_hear_of_it(shop: Shop) -> None:
    counter = Counter(shop, policy=policy_with(rollout={"mode": "draft"}), mails=True)
    ask(counter, f"where is {shop.shipped().number}?", "c")
    assert letters(shop) == []
    counter.index.close()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("123456", "123456"),
        ("my code is 123 456.", "123456"),
        ("１２３４５６", "123456"),
        ("12-34-56", "123456"),
        ("1234567", None),
        ("order 12345", None),
        ("call me on 123456 or 654321", None),
        ("", None),
    ],
)
def test_only_a_message_that_is_a_code_is_read_as_one(text: str, code: str | None) -> None:
    assert codes.in_text(text) == code


# -- look-alikes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "email",
    [
        "аna@example.com",
        "ana@exampIe.com",
        "ａｎａ@example.com",
        "ana@example.com.evil.example",
        "ana@\u212aexample.com",
        "ÀNA@example.com",
    ],
)
def test_an_address_that_only_looks_like_anas_is_not_anas_even_when_the_channel_proved_it(
    counter: Counter, email: str
) -> None:
    order = counter.shop.shipped()
    answer = counter.says(f"where is {order.number}?", email=email)
    assert order.shipments[0].tracking_number not in answer.reply


def test_a_kelvin_sign_does_not_open_the_account_of_a_k(shop: Shop) -> None:
    shop.import_shop([], customers=[{"id": "kim", "name": "Kim Ko", "email": "kim@example.com"}])
    assert shop.orders.customer_by_email("KIM@example.com")
    assert shop.orders.customer_by_email("\u212aim@example.com") is None


# -- number with e-mail or postcode ----------------------------------------------------------------------------


def test_a_match_opens_status_and_expected_date_of_that_order_and_nothing_else(matching: Counter) -> None:
    shop = matching.shop
    order, other = shop.shipped(promised_at="2026-11-25T12:00:00Z"), shop.shipped()
    told = ask(matching, f"where is order {order.number}, postcode 69007", "c", email=None)
    assert told.rules == ("IDN-6",)
    assert "November 25, 2026" in told.reply
    for hidden in (order.shipments[0].tracking_number, "DHL", "Ana", "Pasteur", "20.00"):
        assert hidden not in told.reply
    again = ask(matching, f"and where is {other.number}?", "c", email=None)
    assert again.rules == ("SCP-1",)
    assert ask(matching, f"cancel {order.number}", "c", email=None).actions == ()


def test_the_postcode_may_come_in_the_next_message(matching: Counter) -> None:
    order = matching.shop.shipped()
    assert ask(matching, f"where is my order {order.number}?", "c", email=None).rules == ("IDN-1",)
    told = ask(matching, "my postcode is 69007", "c", email=None)
    assert told.rules == ("IDN-6",)
    assert "on its way" in told.reply


def test_wrong_and_missing_matches_are_the_same_bytes(matching: Counter) -> None:
    order = matching.shop.shipped()
    wrong = ask(matching, f"where is {order.number}? postcode: 13001", "a", email=None)
    missing = ask(matching, "where is #9999? postcode: 69007", "b", email=None)
    assert wrong.as_line() | {"id": ""} == missing.as_line() | {"id": ""}


def test_guessing_postcodes_ends_at_the_limit_without_saying_so(matching: Counter) -> None:
    order = matching.shop.shipped()
    for guess in range(20):
        ask(matching, f"where is {order.number}? postcode: {13000 + guess}", f"g{guess}", email=None)
    late = ask(matching, f"where is {order.number}? postcode: 69007", "late", email=None)
    wrong = ask(matching, f"where is {order.number}? postcode: 13001", "wrong", email=None)
    assert late.as_line() | {"id": ""} == wrong.as_line() | {"id": ""}
    assert matching.says(f"where is {order.number}?").rules == ("STA-1",)


def test_matching_is_off_unless_the_shop_switches_it_on(counter: Counter) -> None:
    order = counter.shop.shipped()
    assert ask(counter, f"where is {order.number}? postcode: 69007", "c").rules == ("IDN-1",)


# -- the shop's tokens -----------------------------------------------------------------------------------------


def claims(**given: Any) -> dict[str, Any]:
    base = {"sub": "ana", "aud": "wismo", "iat": NOW.timestamp(), "exp": (NOW + timedelta(minutes=5)).timestamp()}
    return {name: value for name, value in (base | given).items() if value is not None}


def keys_in(counter: Counter) -> TokenKeys:
    counter.keys.mkdir(exist_ok=True)
    (counter.keys / "k1.secret").write_text(SECRET)
    return TokenKeys(counter.keys)


def signed(kid: str = "k1", secret: Any = SECRET, algorithm: str = "HS256", **given: Any) -> str:
    return jwt.encode(claims(**given), secret, algorithm, headers={"kid": kid})


def test_the_shops_token_opens_the_customers_own_orders(counter: Counter) -> None:
    keys_in(counter)
    mine, theirs = counter.shop.shipped(), counter.shop.shipped(customer_id="bob")
    token = signed()
    assert counter.says(f"where is {mine.number}?", email=None, verified=False, token=token).rules == ("STA-1",)
    assert counter.says(f"where is {theirs.number}?", email=None, verified=False, token=token).rules == ("SCP-1",)


def test_a_typed_address_beside_a_token_changes_nothing(counter: Counter) -> None:
    keys_in(counter)
    theirs = counter.shop.shipped(customer_id="bob")
    answer = counter.says(f"I am {BOB}, where is {theirs.number}?", email=BOB, verified=False, token=signed())
    assert answer.rules == ("SCP-1",)


NONE_TOKEN = "eyJhbGciOiJub25lIiwia2lkIjoiazEifQ.eyJzdWIiOiJhbmEiLCJhdWQiOiJ3aXNtbyIsImV4cCI6MTc5NTE3NjAwMH0."


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (lambda: signed(exp=(NOW - timedelta(minutes=2)).timestamp()), "expired"),
        (
            lambda: signed(iat=(NOW + timedelta(hours=1)).timestamp(), exp=(NOW + timedelta(hours=2)).timestamp()),
            "not_yet_valid",
        ),
        (lambda: signed(nbf=(NOW + timedelta(hours=1)).timestamp()), "not_yet_valid"),
        (lambda: signed(exp=(NOW + timedelta(days=30)).timestamp()), "too_long_lived"),
        (lambda: signed(exp=None), "incomplete"),
        (lambda: signed(sub=None), "incomplete"),
        (lambda: signed(aud="other"), "wrong_audience"),
        (lambda: signed(aud=None), "wrong_audience"),
        (lambda: signed(secret="x" * 40), "bad_signature"),
        (lambda: signed(kid="k2"), "unknown_key"),
        (lambda: signed(kid="../../etc/passwd"), "unknown_key"),
        (lambda: signed(secret="x" * 64, algorithm="HS512"), "wrong_algorithm"),
        (lambda: NONE_TOKEN, "wrong_algorithm"),
        (lambda: signed(extra="x" * 5_000), "too_large"),
        (lambda: signed()[:-4] + "AAAA", "bad_signature"),
        (lambda: "not.a.token", "malformed"),
        (lambda: "....", "malformed"),
        (lambda: "é" * 30, "malformed"),
        (lambda: signed(exp="soon"), "malformed"),
        (lambda: signed(exp=True), "malformed"),
        (lambda: signed(exp=1e30), "malformed"),
        (lambda: signed(email=["ana@example.com"]), "malformed"),
        (lambda: signed(sub=""), "malformed"),
    ],
)
def test_a_token_that_does_not_hold_proves_nothing_and_says_why_in_a_word(
    counter: Counter, token: Any, code: str
) -> None:
    keys_in(counter)
    with pytest.raises(BadToken) as refused:
        counter.says("where is my order?", email=None, verified=False, token=token())
    assert refused.value.code == code
    assert str(refused.value) == code


def test_a_public_key_can_not_be_used_as_a_shared_secret(counter: Counter) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    keys = keys_in(counter)
    (counter.keys / "pub.pem").write_bytes(pem)
    forged = hs256_with(pem)
    with pytest.raises(BadToken, match="wrong_algorithm"):
        keys.verified(forged, NOW)
    assert keys.verified(signed("pub", key, "RS256"), NOW).customer == "ana"


def hs256_with(pem: bytes) -> str:
    """The attack that PyJWT itself refuses to make: the public key's bytes as the secret of an HMAC."""
    import base64
    import hashlib
    import hmac
    import json

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    body = f"{part({'alg': 'HS256', 'kid': 'pub'})}.{part(claims())}"
    mac = hmac.new(pem, body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "made",
    [
        lambda: (ec.generate_private_key(ec.SECP256R1()), "ES256"),
        lambda: (ed25519.Ed25519PrivateKey.generate(), "EdDSA"),
    ],
)
def test_other_kinds_of_keys_say_their_own_algorithm(counter: Counter, made: Any) -> None:
    key, algorithm = made()
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    keys = keys_in(counter)
    (counter.keys / "asym.pem").write_bytes(pem)
    assert keys.verified(signed("asym", key, algorithm), NOW).customer == "ana"


def test_rotation_is_a_new_file_then_the_old_one_away(counter: Counter) -> None:
    keys = keys_in(counter)
    (counter.keys / "k2.secret").write_text("n" * 40)
    assert keys.names() == ("k1", "k2")
    assert keys.verified(signed("k2", "n" * 40), NOW).customer == "ana"
    (counter.keys / "k1.secret").unlink()
    with pytest.raises(BadToken, match="unknown_key"):
        keys.verified(signed(), NOW)


@pytest.mark.parametrize(("name", "content"), [("w.secret", "short"), ("w.pem", "no key"), ("w.pem", "")])
def test_a_key_file_that_is_none_is_named_to_the_operator(counter: Counter, name: str, content: str) -> None:
    keys = keys_in(counter)
    (counter.keys / name).write_text(content)
    with pytest.raises(KeyUnusable, match=r"w\."):
        keys.examine()
    with pytest.raises(BadToken, match="unknown_key"):
        keys.verified(signed("w"), NOW)


def test_the_key_of_a_home_is_made_once_and_is_nobody_elses_to_read(shop: Shop) -> None:
    path = shop.folder / "identity_key"
    made: list[bytes] = []
    threads = [threading.Thread(target=lambda: made.append(key_of(path))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(set(made)) == 1
    assert len(made[0]) == 32
    assert path.stat().st_mode & 0o077 == 0
