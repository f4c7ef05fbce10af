"""Which steps were done, with what and when: starting.json in the home. No word of any customer's."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from api.starting import Came, StepFailed

NAME = "starting.json"
FORM = 1


@dataclass(frozen=True, slots=True)
class Done:
    """One run of a step; `lasting` is what taking it back needs."""

    at: datetime
    source: str
    says: tuple[str, ...]
    lasting: Mapping[str, Any]


class Log:
    """Each step's runs, the newest last. Every change is on the disk, whole, before the next step begins."""

    def __init__(self, home: Path) -> None:
        self._file = home / NAME

    def runs(self, step: str) -> Sequence[Done]:
        return tuple(_done(one) for one in self._read().get(step, []))

    def last(self, step: str) -> Done | None:
        runs = self.runs(step)
        return runs[-1] if runs else None

    def put(self, step: str, came: Came, now: datetime) -> None:
        every = self._read()
        run = {"at": now.isoformat(), "source": came.source, "says": came.says, "lasting": came.lasting}
        every.setdefault(step, []).append(run)
        self._write(every)

    def drop_last(self, step: str) -> None:
        every = self._read()
        every[step] = every.get(step, [])[:-1]
        self._write(every)

    def _read(self) -> dict[str, list[dict[str, Any]]]:
        """Raises `StepFailed` for a file that somebody broke."""
        if not self._file.exists():
            return {}
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            steps: dict[str, list[dict[str, Any]]] = kept["steps"]
            for runs in steps.values():
                for one in runs:
                    _done(one)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise StepFailed(
                f"{self._file} cannot be read: remove it. The shop's data stays; what was done is no longer known"
            ) from None
        return steps

    def _write(self, steps: dict[str, list[dict[str, Any]]]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_name(f".{NAME}.draft")
        with draft.open("w", encoding="utf-8") as out:
            json.dump({"form": FORM, "steps": steps}, out, ensure_ascii=False, indent=1)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(self._file)


def _done(one: Mapping[str, Any]) -> Done:
    return Done(datetime.fromisoformat(one["at"]), one["source"], tuple(one["says"]), one["lasting"])
