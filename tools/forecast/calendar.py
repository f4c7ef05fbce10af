"""Periods of a forecast, counted back from the last date: so the newest one is always whole."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Frequency(StrEnum):
    DAY = "D"
    WEEK = "W"
    MONTH = "M"


LONGEST = {Frequency.DAY: 730, Frequency.WEEK: 260, Frequency.MONTH: 120}
"""Periods of history that are used; what is older tells little of today."""
YEAR = {Frequency.DAY: 7, Frequency.WEEK: 52, Frequency.MONTH: 12}
"""Periods after which a pattern repeats: the week of days, the year of weeks and months."""
SHORT = {Frequency.DAY: 7, Frequency.WEEK: 4, Frequency.MONTH: 3}
"""The same where there are not two whole rounds yet: a month of weeks, a quarter of months."""


ORIGINS = 6
"""Moments of the past from which an item is forecast anew."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to forecast: so many periods ahead, tried from so many moments of the past."""

    frequency: Frequency
    horizon: int
    origins: int = ORIGINS


@dataclass(frozen=True, slots=True)
class Calendar:
    """A period ends on its date: a week that ends on Friday 9 September holds the seven days up to it.

    Months end on the day of the month of `last`, or on the last day of a shorter one.
    """

    frequency: Frequency
    last: date

    def back(self, day: date) -> int:
        """How many periods before the last one: 0 on `last` and in the period that ends with it."""
        if self.frequency is not Frequency.MONTH:
            return (self.last - day).days // (7 if self.frequency is Frequency.WEEK else 1)
        months = (self.last.year - day.year) * 12 + self.last.month - day.month
        return months if day <= self.end(-months) else months - 1

    def end(self, after: int) -> date:
        """The end of the period that many after the last one; negative: before it. Raises OverflowError, ValueError."""
        if self.frequency is not Frequency.MONTH:
            return self.last + timedelta(days=after * (7 if self.frequency is Frequency.WEEK else 1))
        year, month = divmod(self.last.year * 12 + self.last.month - 1 + after, 12)
        longest = monthrange(year, month + 1)[1]
        month_ends = self.last.day == monthrange(self.last.year, self.last.month)[1]
        return date(year, month + 1, longest if month_ends else min(self.last.day, longest))

    def following(self, count: int) -> Iterator[date]:
        return (self.end(after) for after in range(1, count + 1))


def season(frequency: Frequency, length: int) -> int:
    """Periods of a season, for a history of this length."""
    return YEAR[frequency] if length >= 2 * YEAR[frequency] else SHORT[frequency]
