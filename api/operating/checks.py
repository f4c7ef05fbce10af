"""What `wismo doctor` says of one thing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """`needed`: without it no ticket is answered. `says` is the finding or the remedy. `asked`: there was something."""

    name: str
    ok: bool
    says: str
    needed: bool = True
    asked: bool = True
