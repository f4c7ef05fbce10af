"""Failures of the world outside.

ConnectorError
├── Unreachable        network, DNS, timeout, 5xx: tried again
├── Limited            429: tried again after `retry_after`
├── Conflict           409: read again, decide again
├── Absent             what it speaks of is not here yet: parked, tried again
├── Gone               404, 410: what we spoke of is not there any more
├── Rejected           other 4xx: a defect or a setting, never tried again as it is; carries the remedy
└── Unauthorized       401, 403 with a fresh token: a setting
"""

from __future__ import annotations

from datetime import timedelta


class ConnectorError(Exception):
    """The message is for operators: it names no customer and holds no secret."""


class Unreachable(ConnectorError):
    pass


class Limited(ConnectorError):
    def __init__(self, message: str, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Conflict(ConnectorError):
    pass


class Absent(ConnectorError):
    pass


class Gone(ConnectorError):
    pass


class Rejected(ConnectorError):
    pass


class Unauthorized(ConnectorError):
    pass
