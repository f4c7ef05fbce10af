"""Hashes of what a run rests on, so that two reports can be told apart by their cause."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.suite.case import Case

LENGTH = 16
LEFT_OUT = frozenset({"__pycache__", "cases"})


def of_files(places: Iterable[Path]) -> str:
    """Over names and bytes of every file below; folders of byte code, and the cases (hashed apart), are left out."""
    total = hashlib.sha256()
    for place in places:
        for file in _files(place):
            name = file.relative_to(place).as_posix() if place.is_dir() else file.name
            total.update(name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:LENGTH]


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
        return
    yield from (
        one for one in sorted(place.rglob("*")) if one.is_file() and not LEFT_OUT & set(one.relative_to(place).parts)
    )


def of_value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def of_cases(cases: Sequence[Case]) -> str:
    return of_value([one.model_dump(mode="json", by_alias=True) for one in cases])


def of_run(digests: Mapping[str, str], seed: int, trials: int) -> str:
    return of_value([dict(digests), seed, trials])
