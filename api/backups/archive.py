"""The file itself: a tar (gzip where its name says so), its list of contents first, readable by its owner only."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO

from api.backups import Damaged, NotABackup
from api.backups.manifest import NAME, Manifest, digest_of, parsed

OnFile = Callable[[int, int], None]
"""Called with the files done and the files there are."""

LARGEST_LIST = 64 << 20


def write(file: Path, folder: Path, manifest: Manifest) -> None:
    """Whole, on the disk and under its name, or not at all."""
    draft = file.with_name(f".{file.name}.draft")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            with _writer(out, packed=file.suffix == ".gz") as tar:
                _add_text(tar, NAME, manifest.as_text())
                for one in manifest.files:
                    tar.add(folder / one.name, one.name, recursive=False)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def read(file: Path) -> Manifest:
    """Raises `NotABackup`."""
    with _opened(file) as tar:
        return _manifest(tar)


def verify(file: Path, on_file: OnFile) -> Manifest:
    """Every file in it, by its checksum. Raises `NotABackup`, `Damaged`."""
    return _walk(file, None, on_file)


def unpack(file: Path, to: Path, on_file: OnFile) -> Manifest:
    """Only what the list names, each checked against it. Raises `NotABackup`, `Damaged`."""
    return _walk(file, to, on_file)


def _walk(file: Path, to: Path | None, on_file: OnFile) -> Manifest:
    with _opened(file) as tar:
        manifest = _manifest(tar)
        missing = {one.name: one for one in manifest.files}
        for member in islice(tar, 1, None):
            known = missing.pop(member.name, None)
            if known is None or not member.isfile():
                raise Damaged(f"{member.name[:100]!r} is in the archive, and not in its list of contents")
            if _through(tar, member, to) != (known.bytes, known.sha256):
                raise Damaged(f"{member.name} is not what was written; take another backup")
            on_file(len(manifest.files) - len(missing), len(manifest.files))
    if missing:
        raise Damaged(
            f"{len(missing)} files are missing in the archive, {min(missing)} among them; take another backup"
        )
    return manifest


def _through(tar: tarfile.TarFile, member: tarfile.TarInfo, to: Path | None) -> tuple[int, str]:
    """Bytes and checksum, of what lies on the disk where it was unpacked."""
    if to is None:
        data = tar.extractfile(member)
        assert data
        return digest_of(data)
    tar.extract(member, to, filter="data")
    with (to / member.name).open("rb") as file:
        return digest_of(file)


def _manifest(tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    data = tar.extractfile(first) if first and first.name == NAME and first.size < LARGEST_LIST else None
    if data is None:
        raise NotABackup("it is no backup of Wismo's: make one with wismo backup")
    manifest = parsed(data.read().decode("utf-8", "replace"))
    for one in manifest.files:
        path = PurePosixPath(one.name)
        if path.is_absolute() or ".." in path.parts:
            raise NotABackup(f"it names a file outside of the home: {one.name[:100]!r}")
    return manifest


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file) as tar:
            yield tar
    except tarfile.ReadError as error:
        raise NotABackup(f"{file} is no archive, or ends too early ({error})") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Damaged(f"{file} cannot be unpacked: {error}; take another backup") from None


def _writer(out: IO[bytes], packed: bool) -> tarfile.TarFile:
    return tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) if packed else tarfile.open(fileobj=out, mode="w")


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    tar.addfile(info, io.BytesIO(data))
