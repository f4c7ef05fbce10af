"""Moments as exports write them: ISO 8601 with and without a zone, seconds since 1970, e-mail dates."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime

MILLISECONDS = 10**11
DIGITS = 20
ZONE = re.compile(r"\s*(?:UTC|GMT|Z)$|\s+(?=[+-]\d{2}:?\d{2}$)")
DAY_FIRST = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})(.*)")


def moment(text: str, zone: tzinfo) -> tuple[datetime, bool] | None:
    """In UTC, and whether the zone had to be assumed; None for what is no moment. 03/11/2026 is in November."""
    found = _of(text.strip())
    if found is None:
        return None
    assumed = found.tzinfo is None
    try:
        return (found.replace(tzinfo=zone) if assumed else found).astimezone(UTC), assumed
    except (OverflowError, ValueError):
        return None


def _of(text: str) -> datetime | None:
    if text.isdecimal() and len(text) <= DIGITS:
        return _since_1970(int(text))
    day_first = DAY_FIRST.fullmatch(text)
    if day_first:
        day, month, year, rest = day_first.groups()
        text = f"{year}-{month:0>2}-{day:0>2}{rest}"
    for read in (_iso, parsedate_to_datetime):
        try:
            return read(text)
        except (ValueError, TypeError, IndexError):
            continue
    return None


def _iso(text: str) -> datetime:
    said = ZONE.search(text)
    if said and said[0].strip():
        text = f"{text[: said.start()]}+00:00"
    return datetime.fromisoformat(ZONE.sub("", text))


def _since_1970(number: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(number / 1000 if number >= MILLISECONDS else number, UTC)
    except (OverflowError, ValueError, OSError):
        return None
