"""Model traffic kept in a folder, and played again from it without a server and without a key.

One file a question, named by its digest: the same question has the same answer, in whichever order and process it is
asked. What is kept is bodies, never headers: no key. They hold customers' words; delete the folder when it has served.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from agent.brains import BrainError, EndsTheRun, InvalidOutput, Passing, TooLong, Unavailable
from agent.brains.model.asking import Body, Chat
from agent.brains.model.prompting import shown

FAILURES: Mapping[str, type[BrainError]] = {one.__name__: one for one in (Unavailable, InvalidOutput, Passing, TooLong)}
Kept = Mapping[str, Any]
TRIES = 2
"""So often a question is asked whose failure may pass (asking.py); a failure that stays is played, as an answer is."""


class NotRecorded(EndsTheRun):
    """The recording has no answer to this question: the shop, a prompt, shop.toml or a message is another one."""


class Recording:
    """Asks the server what the folder has no answer to, and keeps that; `chat` is None where nothing may be asked."""

    def __init__(self, folder: Path, chat: Chat | None = None) -> None:
        self._folder = folder
        self._chat = chat

    def __call__(self, body: Body, seconds: float) -> Mapping[str, Any]:
        """Raises `BrainError` as the server did, and `NotRecorded`."""
        file = self._folder / f"{digest(body)}.json"
        kept = _read(file)
        if kept and (self._chat is None or kept.get("tries", TRIES) >= TRIES):
            return _played(kept)
        if self._chat is None:
            raise NotRecorded(f"--replay: {file.name}: {NotRecorded.__doc__}")
        try:
            came: Kept = {"answer": self._chat(body, seconds)}
        except Passing as error:
            self._keep(file, body, _failed(Unavailable, error) | {"tries": int(kept.get("tries", 0)) + 1})
            raise
        except BrainError as error:
            came = _failed(type(error), error)
        return _played(self._keep(file, body, came))

    def _keep(self, file: Path, body: Body, came: Kept) -> Kept:
        """Whole or not at all, also with several processes; of two that asked the same at once the first counts."""
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = file.with_name(f".{uuid4().hex}")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps({"asked": body, **came}, ensure_ascii=False, indent=1), encoding="utf-8")
        if "tries" in _read(file):
            fresh.replace(file)
            return came
        with suppress(FileExistsError):
            file.hardlink_to(fresh)
        fresh.unlink()
        return _read(file)

    def close(self) -> None:
        if self._chat is not None and hasattr(self._chat, "close"):
            self._chat.close()


def _read(file: Path) -> Kept:
    kept: Kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return kept


def _failed(kind: type[BrainError], error: BrainError) -> dict[str, Any]:
    """Played again, nothing is waited for: what might have passed is just not there."""
    return {"failed": kind.__name__, "code": error.code}


def digest(body: Body) -> str:
    return hashlib.sha256(shown(body).encode()).hexdigest()[:24]


def _played(kept: Kept) -> Mapping[str, Any]:
    if "failed" in kept:
        raise FAILURES.get(str(kept["failed"]), Unavailable)(str(kept["code"]), "as it was recorded")
    answer: Mapping[str, Any] = kept["answer"]
    return answer
