"""Text to vectors, as served: onnxruntime and tokenizers only. How the weights get here: weights.py.

Raises WeightsMissing (errors.py) on first use when the folder holds no exported model.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import WeightsMissing

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

FloatArray = NDArray[np.float32]

BATCH = 32
# What starting the model once costs, in tokens: 4.5 ms where a token costs .23 ms (measured on one core).
A_RUN = 19
# Single texts, 1.5 KB each: a catalogue's names come back all day.
REMEMBERED = 2_048
# In characters: far beyond the tokens that are read, and a bound on the time that one message can take.
LONGEST_TEXT = 20_000
MODEL, TOKENIZER, MANIFEST = "model.onnx", "tokenizer.json", "manifest.json"


class Embedder(Protocol):
    @property
    def name(self) -> str:
        """Changes whenever the vectors would: an index built under another name must be built again."""

    @property
    def dimensions(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """One row a text, of length 1 (so that a dot product is the cosine)."""


@runtime_checkable
class ManyAtOnce(Embedder, Protocol):
    """One that embeds many texts beside each other, elsewhere: it is given more at a time."""

    @property
    def at_once(self) -> int: ...


def installed_weights() -> Path:
    """Where `make setup` puts the exported model: the installation, unless WISMO_ASSETS names a folder."""
    named = os.environ.get("WISMO_ASSETS")
    return Path(named) if named else Path(sys.prefix) / "share" / "wismo" / "minilm"


class OnnxEmbedder:
    """Loads on first use; safe to share between threads (a session's `run` is; loading is locked).

    One thread inside: two are 5 to 10 times slower when the cores are busy (DESIGN section 6).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._loading = threading.Lock()
        self._remembered = lru_cache(REMEMBERED)(self._single)

    @property
    def name(self) -> str:
        return str(self._manifest["name"])

    @property
    def dimensions(self) -> int:
        return int(str(self._manifest["dimensions"]))

    def embed(self, texts: Sequence[str]) -> FloatArray:
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        if len(texts) == 1:
            return self._remembered(texts[0]).copy()
        return self._batches(texts)

    def _batches(self, texts: Sequence[str]) -> FloatArray:
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        sequences = self._tokens(texts)
        for rows in by_length([len(sequence) for sequence in sequences], BATCH):
            vectors[rows] = self._run([sequences[row] for row in rows])
        return vectors

    def _single(self, text: str) -> FloatArray:
        return self._run(self._tokens([text]))

    def _tokens(self, texts: Sequence[str]) -> list[Sequence[int]]:
        return [self._tokenizer.encode(readable(text)).ids for text in texts]

    def _run(self, sequences: Sequence[Sequence[int]]) -> FloatArray:
        ids, mask = padded(sequences)
        (vectors,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        return np.asarray(vectors, np.float32)

    @cached_property
    def _manifest(self) -> dict[str, object]:
        try:
            found: dict[str, object] = json.loads((self.folder / MANIFEST).read_text("utf-8"))
        except FileNotFoundError:
            raise WeightsMissing(f"no embedding model in {self.folder}; run: make setup") from None
        return found

    @property
    def _tokenizer(self) -> Tokenizer:
        return self._loaded[0]

    @property
    def _session(self) -> InferenceSession:
        return self._loaded[1]

    @property
    def _loaded(self) -> tuple[Tokenizer, InferenceSession]:
        with self._loading:
            return self._load

    @cached_property
    def _load(self) -> tuple[Tokenizer, InferenceSession]:
        longest = int(str(self._manifest["max_tokens"]))
        return _tokenizer(self.folder / TOKENIZER, longest), _session(self.folder / MODEL)


def _tokenizer(file: Path, longest: int) -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.enable_truncation(longest)
    tokenizer.no_padding()
    return tokenizer


def _session(file: Path) -> InferenceSession:
    import onnxruntime
    import threadpoolctl

    # numpy's products as well: with a second thread a search takes 6 ms instead of .3 where the other core is busy.
    threadpoolctl.threadpool_limits(1, user_api="blas")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def readable(text: str) -> str:
    """Without lone surrogates, which JSON can carry and the tokenizer refuses; no longer than is read."""
    return text[:LONGEST_TEXT].encode("utf-8", "replace").decode()


def padded(sequences: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Token ids and attention mask, zero-padded; by hand, since `encode_batch` starts its own thread pool."""
    width = max(map(len, sequences))
    ids = np.zeros((len(sequences), width), np.int64)
    mask = np.zeros_like(ids)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = 1
    return ids, mask


def by_length(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Row numbers in batches of at most `most` rows, cut where another run costs less than the padding saved."""
    rows = sorted(range(len(lengths)), key=lengths.__getitem__)
    cost, cuts = [0], [0]
    for end in range(1, len(rows) + 1):
        longest = lengths[rows[end - 1]]
        starts = range(max(0, end - most), end)
        cost_of = {start: cost[start] + A_RUN + (end - start) * longest for start in starts}
        cuts.append(min(starts, key=cost_of.__getitem__))
        cost.append(cost_of[cuts[end]])
    end = len(rows)
    while end:
        yield rows[cuts[end] : end]
        end = cuts[end]
