"""What is logged holds no secret and no person, wherever it stood; and the scan of the whole run sees what does."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.cli.home import server_config
from api.operating import logs
from api.settings import Settings
from tests.log_scan import a_secret, leaks
from tools.orders.database import Database

ROOT = Path(__file__).parents[2]
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbmEifQ.c2lnbmF0dXJl"


@pytest.fixture
def told() -> io.StringIO:
    stream = io.StringIO()
    logs.configure(stream)
    return stream


def test_a_card_number_is_masked_in_the_event_and_in_nested_values(told: io.StringIO) -> None:
    structlog.get_logger().warning("refused 4242 4242 4242 4242", body={"payment": ["4000056655665556"]}, order="1234")
    assert "[card …4242]" in told.getvalue()
    assert "[card …5556]" in told.getvalue()
    assert "4000056655665556" not in told.getvalue()
    assert "order=1234" in told.getvalue()


@pytest.mark.parametrize(
    ("given", "secret"),
    [
        ("mail to Ana.Lee+x@example.co.uk failed", "example.co.uk"),
        ("<ana@example.com>", "ana@"),
        ("ключ@пример.рф wrote", "ключ@"),
        ("Authorization: Bearer abc.def-ghi", "abc.def"),
        ("Basic YW5hOnNlY3JldA==", "YW5hOnNl"),
        (f"token was {JWT}", "eyJzdWIi"),
        (f"got wsm_{'aB3' * 14}x twice", "aB3aB3"),
        (f"opened with {'aB3_-' * 8}xyz", "aB3_-aB3"),
        ("GET /x?access_token=s3cret&a=1", "s3cret"),
        ('{"password": "hunter2", "a": 1}', "hunter2"),
        ("client_secret='s3cret'", "s3cret"),
        ("your code: 123456", "123456"),
        ("api_key=sk-123", "sk-123"),
        ("X-Api-Key: sk-123", "sk-123"),
    ],
)
def test_secrets_and_people_are_masked_in_any_text(told: io.StringIO, given: str, secret: str) -> None:
    structlog.get_logger().warning(given, nested={"list": [given, (given,)], given: 1}, raw=given.encode())
    logging.getLogger("a.library").warning("it said %s", given)
    assert secret in given
    assert secret not in told.getvalue()
    assert told.getvalue().count("\n") >= 2


@pytest.mark.parametrize(
    "name",
    ["token", "access_token", "secret", "client_secret", "password", "Authorization", "api_key", "code", "cookie"],
)
def test_what_is_called_a_secret_is_hidden_whatever_it_is(told: io.StringIO, name: str) -> None:
    structlog.get_logger().warning("event", **{name: "plain"}, nested={name: ["plain", 5]})
    assert "plain" not in told.getvalue()


def test_what_is_no_secret_stays_readable(told: io.StringIO) -> None:
    digest = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    structlog.get_logger().warning("order.refused", rule="RET-2", order="#1001", hash=digest, status=409, tokens=5)
    for shown in ("RET-2", "#1001", digest, "409", "tokens=5"):
        assert shown in told.getvalue()


def test_tracebacks_are_masked_too_ours_and_those_of_libraries(told: io.StringIO) -> None:
    for log in (structlog.get_logger(), logging.getLogger("uvicorn.error")):
        try:
            raise ValueError("no mail for ana@example.com with wsm_0123456789abcdef")
        except ValueError:
            log.exception("failed")
    assert told.getvalue().count("ValueError") >= 2
    assert "ana@example.com" not in told.getvalue()
    assert "wsm_0123" not in told.getvalue()


def test_the_scan_finds_what_should_not_be_there_and_nothing_else() -> None:
    bad = [
        "to ana@example.com",
        "wsm_abcdefghij",
        "Bearer abcdefghijk",
        JWT,
        "code=123456",
        "password='hunter2'",
        "tops3cret",
    ]
    assert len(list(leaks(bad, ["tops3cret"]))) == len(bad)
    good = [
        "[email] wrote",
        "token=[hidden]",
        "code='[hidden]'",
        "Bearer [hidden]",
        "rule=RET-2 order=#1001",
        "code: CAN-1",
    ]
    assert list(leaks(good, ["tops3cret"])) == []
    assert not any("hunter2" in one for one in leaks(["x" * 60 + "password='hunter2'"]))


LEAKING = """
import logging, structlog
from tests.log_scan import a_secret
def test_a_secret_is_logged():
    {line}
"""


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("structlog.get_logger().warning('sent', to='ana@example.com')", 0),
        ("structlog.get_logger().warning(a_secret('plainword'))", 1),
        ("__import__('tests.log_scan').log_scan.LINES.append('to ana@example.com')", 1),
    ],
)
def test_a_run_in_which_a_secret_was_logged_fails_though_every_test_passed(
    tmp_path: Path, line: str, status: int
) -> None:
    (tmp_path / "test_it.py").write_text(LEAKING.format(line=line), encoding="utf-8")
    options = ["-p", "tests.log_scan", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "-c", os.devnull]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path / "test_it.py")],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == status, done.stdout
    assert ("FAILED log scan" in done.stdout) is (status == 1)


def test_a_secret_of_a_test_is_masked_like_any_other(told: io.StringIO) -> None:
    structlog.get_logger().warning("login", secret=a_secret("wsm_of-this-very-test"))
    assert "of-this-very-test" not in told.getvalue()


def test_the_server_writes_no_access_log_and_its_own_lines_are_masked(told: io.StringIO) -> None:
    config = server_config(FastAPI(), Settings())
    assert config.access_log is False
    assert not logging.getLogger("uvicorn.access").isEnabledFor(logging.INFO)
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request: GET /?token=abcdefgh HTTP/1.1")
    assert "Invalid HTTP request" in told.getvalue()
    assert "abcdefgh" not in told.getvalue()


def test_an_error_of_the_database_does_not_repeat_the_values_of_the_row(tmp_path: Path) -> None:
    database = Database(tmp_path / "wismo.db")
    with pytest.raises(SQLAlchemyError) as told, database.write() as db:
        db.execute(text("INSERT INTO nothing VALUES (:name)"), {"name": "Ana Lee, 8 rue Pasteur"})
    database.close()
    assert "Pasteur" not in str(told.value)
