"""Keyed hashes of what must be recognised and not be read: addresses, codes, network addresses."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from tools.orders import emails


class Keyed:
    """HMAC-SHA-256 under a key of this home, apart for each kind: a copied database alone recognises nobody."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError("the key of identity hashes needs at least 32 bytes")
        self._key = key

    def of(self, kind: str, value: str) -> str:
        return hmac.new(self._key, f"{kind}\0{value}".encode(), hashlib.sha256).hexdigest()

    def address(self, email: str) -> str:
        return self.of("address", emails.folded(email))


def key_of(path: Path) -> bytes:
    """The home's key, made on first use and readable by its owner only. Several processes at once find the same one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_bytes(secrets.token_bytes(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()
