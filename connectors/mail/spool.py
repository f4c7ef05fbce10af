"""Letters as files, until a mail server is connected: one a message, kept, for a person or a program to send."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tools.orders.outbox import Message


class Spool:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, message: Message) -> None:
        """Once per key: the same message again is the same file, put in place whole."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{message.kind}-{hashlib.sha256(message.key.encode()).hexdigest()[:12]}.json"
        letter = {"kind": message.kind, "written_at": message.created_at.isoformat(), **message.body}
        draft = self._folder / f".{name}"
        draft.write_text(json.dumps(letter, ensure_ascii=False, indent=1), encoding="utf-8")
        draft.replace(self._folder / name)
