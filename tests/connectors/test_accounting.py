"""The accounting example against Fava and Beancount themselves: real bookkeeping that checks what it is given.

They are no dependency of Wismo: `pip install fava` in an environment of its own, and WISMO_FAVA names its `fava`.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.systems import Wired, declared
from tests.shop import Shop
from tools.orders.agreement import Action

FAVA = os.environ.get("WISMO_FAVA") or shutil.which("fava") or ""
ACCOUNTS = [
    "Assets:Clearing",
    "Assets:Receivable",
    "Assets:Disputed",
    "Liabilities:Customers",
    "Liabilities:Refunds",
    "Liabilities:GiftCards",
    "Liabilities:StoreCredit",
    "Liabilities:Tax",
    "Income:Sales",
    "Income:Shipping",
    "Income:Fees",
    "Income:Refunds",
    "Expenses:Goodwill",
    "Expenses:Chargebacks",
]
needs_fava = pytest.mark.skipif(
    not FAVA, reason="NOT RUN: needs Fava: pip install fava in an environment of its own, then WISMO_FAVA=…/bin/fava"
)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    file = tmp_path / "shop.beancount"
    opened = "".join(f"2020-01-01 open {account}\n" for account in ACCOUNTS)
    file.write_text(f'option "title" "shop"\noption "operating_currency" "EUR"\n{opened}', encoding="utf-8")
    return file


@pytest.fixture
def fava(ledger: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [FAVA, "--host", "127.0.0.1", "--port", str(port), str(ledger)]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/shop/")
        yield url
        server.terminate()


def _wait_for(url: str) -> None:
    for _ in range(150):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError("Fava does not answer")


@needs_fava
def test_the_books_of_beancount_balance_and_agree_with_our_ledger(shop: Shop, fava: str, ledger: Path) -> None:
    wired = Wired(shop, declared("accounting", url=fava))
    first, second = shop.place(("shirt", 2)), shop.place(("mug", 1))
    shop.provider_answers()
    shop.do(first, Action.CANCEL_ORDER)
    shop.provider_answers()
    wired.deliver(4)
    assert (wired.states()["due"], wired.states()["dead"]) == (0, 0), wired.why()
    checked = subprocess.run([str(Path(FAVA).with_name("bean-check")), str(ledger)], capture_output=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, b"")
    text = ledger.read_text(encoding="utf-8")
    posted = {one.transaction for order in (first, second) for one in shop.orders.statement(order.id)}
    assert all(f'wismo: "{one}"' in text for one in posted)
    assert text.count("wismo:") == len(posted)
    wired.close()
