"""The folders of the index: an immutable one a digest, a pointer to the current one, a lock for who writes.

    root/CURRENT      the digest that readers read
    root/ingest.lock  held while a new folder is made and the pointer swapped
    root/<digest>/    whole from the moment it has this name; the current one and the one before are kept
    root/.making-*    a folder in the making; what a killed process left is removed by the next one

What is in a folder is index.py's affair.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from knowledge.graph import FolderGraph, Graph

MAKING = ".making-"
CHROMA = "chroma"
Stamp = tuple[int, int] | str | None


class Shelf:
    def __init__(self, root: Path) -> None:
        self.root = root
        self._pointer = root / "CURRENT"

    def current(self) -> str | None:
        try:
            return self._pointer.read_text("ascii").strip() or None
        except FileNotFoundError:
            return None

    def stamp(self) -> Stamp:
        """Differs after each swap. One `stat`: cheap enough for every query."""
        try:
            seen = self._pointer.stat()
        except FileNotFoundError:
            return None
        return seen.st_ino, seen.st_mtime_ns

    def has(self, digest: str) -> bool:
        return (self.root / digest).is_dir()

    def folder(self, digest: str) -> Path:
        return self.root / digest

    def graph(self, digest: str) -> Graph:
        return FolderGraph(self.root / digest / CHROMA)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Waits for the writer before. The kernel frees the lock of a process that dies."""
        self.root.mkdir(parents=True, exist_ok=True)
        with FileLock(self.root / "ingest.lock"):
            self._sweep(keep=None)
            yield

    @contextmanager
    def making(self, digest: str) -> Iterator[Path]:
        """A folder to fill, which takes its place when the block ends well and vanishes otherwise."""
        made = self.root / f"{MAKING}{digest}"
        made.mkdir()
        try:
            yield made
            _on_disk(made)
            made.rename(self.root / digest)
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def point_to(self, digest: str) -> None:
        """Readers see the old folder or the new one. The one before stays for queries under way."""
        before = self.current()
        fresh = self.root / f"{MAKING}pointer"
        fresh.write_text(digest + "\n", "ascii")
        _on_disk(fresh)
        fresh.replace(self._pointer)
        _on_disk(self.root)
        self._sweep(keep={digest, before})

    def _sweep(self, keep: set[str | None] | None) -> None:
        """Remove what was left half-made and, when told what to keep, the folders of older swaps."""
        for path in self.root.iterdir():
            left_over = path.name.startswith(MAKING)
            older = keep is not None and path.is_dir() and path.name not in keep
            if left_over or older:
                _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _on_disk(path: Path) -> None:
    """A rename may reach the disk before what it names: a power cut would then leave a pointer to nothing."""
    inside = path.rglob("*") if path.is_dir() else iter(())
    for each in (*inside, path):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
