"""A file of orders as text: which form it is of, and its orders. The answers to partners are x12_orders.py's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from connectors.capture import Captured, CaptureError, edifact, marketplace, x12, x12_orders

LARGEST = 200_000_000
DELIMITERS = ",;\t|"


def text_of(file: Path, encoding: str) -> str:
    """Raises `CaptureError`."""
    try:
        if file.stat().st_size > LARGEST:
            raise CaptureError(f"larger than {LARGEST:,} bytes; send it in parts")
        return file.read_bytes().decode(encoding)
    except OSError as error:
        raise CaptureError(error.strerror or "can not be read") from None
    except UnicodeDecodeError:
        raise CaptureError(f"is not in {encoding}; name its encoding in --mapping") from None


def orders(text: str, how: marketplace.Mapped) -> Sequence[Captured]:
    """Of whatever form it is. Raises `CaptureError`."""
    if x12.is_one(text):
        return [one.order for one in x12_orders.orders(x12.read(text))]
    return list(edifact.orders(text) if edifact.is_one(text) else marketplace.orders(text, how))


def delimiter_of(text: str) -> str:
    """What separates the cells of the first row, where nobody says it."""
    head = text.partition("\n")[0]
    return max(DELIMITERS, key=head.count)
