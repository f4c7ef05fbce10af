"""Order number with e-mail or postcode: off unless the shop switches it on, and then status and expected date only."""

from __future__ import annotations

import hmac
import re

from tools.orders import emails
from tools.orders.store import OrderKey

NOBODY = OrderKey("", "", "", "")


def agrees(order: OrderKey | None, email: str | None, postcode: str | None) -> bool:
    """The same comparisons for a missing order as for one that does not agree."""
    held = order or NOBODY
    by_mail = _same(emails.folded(email or ""), emails.folded(held.email))
    by_post = _same(_plain(postcode or ""), _plain(held.postcode))
    return bool(order) and ((by_mail and bool(email)) or (by_post and bool(postcode)))


def _plain(postcode: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", postcode.upper())


def _same(given: str, held: str) -> bool:
    return hmac.compare_digest(given.encode(), held.encode())
