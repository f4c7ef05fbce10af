"""The import format: read it, check all of it, write it whole or not at all. Vendors' exports are connectors'.

ImportRefused    something in the file can not be used; `errors` names every place and reason, nothing was written
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ImportRefused(ValueError):
    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Orders by what became of them. A conflict was left as it is, for a person."""

    created: int
    merged: int
    unchanged: int
    customers: int
    variants: int
    ignored_fields: int
    conflicts: tuple[str, ...]

    def __str__(self) -> str:
        parts = [
            f"{self.created} orders created, {self.merged} merged, {self.unchanged} unchanged",
            f"{self.customers} customers, {self.variants} variants",
        ]
        parts += [f"{self.ignored_fields} unknown fields ignored"] if self.ignored_fields else []
        parts += [f"{len(self.conflicts)} conflicts left for a person"] if self.conflicts else []
        return "; ".join(parts)
