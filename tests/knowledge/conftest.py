"""The real model, for every test of this room."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from knowledge.embed import OnnxEmbedder, installed_weights
from knowledge.weights import export, up_to_date


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed model, or one exported for this session."""
    folder = installed_weights()
    if not up_to_date(folder):
        folder = tmp_path_factory.mktemp("weights") / "minilm"
        export(folder, lambda said: None)
    return folder


@pytest.fixture(scope="session")
def embedder(weights: Path) -> OnnxEmbedder:
    return OnnxEmbedder(weights)


@pytest.fixture(scope="session")
def python() -> str:
    return sys.executable
