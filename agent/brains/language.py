"""Which of the shop's languages a message is in."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agent.brains.reading import matches

# The words of a street are in the language of its country, not of whoever writes it; what follows it is the place.
STREET = re.compile(
    r"(?i)\b\d{1,5}(?: ?bis| ?ter)?,? (?:rue|avenue|av\.?|boulevard|bd|place|quai|chemin|impasse|allée|route|cours)\b[^.!?\n]*"
    r"|\b\d{1,5},? (?:[A-Z][\w'-]+ ){1,3}(?:St|Street|Ave|Avenue|Road|Rd|Lane|Drive|Square)\b[^.!?\n]*"
)
FEWEST = 25
"""Letters; in a script of its own ("заказ", "注文") fewer say enough."""
FEW, ALL_BUT_NONE, ONE_IN_TWO = 12, 0.003, 0.5
"""A short message is foreign only where hardly anything speaks for the shop's languages, and one other stands out."""
CLEARLY, HARDLY = 0.6, 0.02
"""The share of a language among the shop's, from which it is taken; the share of all of them, below which none is."""
ARRAYS = ("nb_ptc", "nb_pc", "tk_nextmove", "tk_output", "tk_row")


class LanguageGuess:
    """py3langid over the shop's languages only. `kept` is the model unpacked once: its own takes 1.2 s to load."""

    def __init__(self, languages: Sequence[str], kept: Path | None = None) -> None:
        self._languages = tuple(languages)
        self._identifier: Any = None
        self._kept = kept

    def __call__(self, text: str) -> str | None:
        """None when the text says too little: then the conversation's language, or the shop's first, holds."""
        words = _letters(text)
        if len(self._languages) == 1:
            return self._languages[0]
        if len(words.split()) <= 3:
            known = {tag: matches(text, "language", "short", (tag,)) for tag in self._languages}
            best = [tag for tag, count in known.items() if count and count == max(known.values())]
            if best:
                return best[0] if len(best) == 1 else None
        if len(words) < 2:
            return None
        chances = self._chances(words)
        language = max(self._languages, key=lambda tag: chances.get(tag, 0.0))
        total = sum(chances.get(tag, 0.0) for tag in self._languages)
        return language if total and chances.get(language, 0.0) / total >= CLEARLY else None

    def foreign(self, text: str) -> bool:
        """Surely in a language that the shop does not have; short messages and mixtures never are."""
        words = re.sub(r"[\W\d_]+", " ", text).strip()
        letters = [char for char in words if char.isalpha()]
        short = len(letters) < FEWEST and not _other_script(letters)
        if short and len(letters) < FEW:
            return False
        chances = self._chances(words)
        ours = sum(chances.get(tag, 0.0) for tag in self._languages)
        return ours <= HARDLY if not short else ours <= ALL_BUT_NONE and max(chances.values()) >= ONE_IN_TWO

    def _chances(self, words: str) -> dict[str, float]:
        """Of every language that py3langid knows; they sum to 1."""
        if self._identifier is None:
            self._identifier = _unpacked(self._kept) if self._kept and self._kept.exists() else _packed()
        return {str(tag): float(chance) for tag, chance in self._identifier.rank(words[:600].lower())}


def _letters(text: str) -> str:
    """Words without numbers and marks; without streets too, where something else is said."""
    bare, whole = (re.sub(r"[\W\d_]+", " ", one).strip() for one in (STREET.sub(" ", text), text))
    return bare if len(bare.split()) > 1 else whole


def _other_script(letters: Sequence[str]) -> bool:
    return len(letters) >= 2 and not any(char.isascii() or "\u00c0" <= char <= "\u024f" for char in letters)


def unpack(path: Path) -> None:
    """Keep py3langid's model as plain arrays; part of set-up."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    model = _packed()
    arrays: dict[str, Any] = {name: np.asarray(getattr(model, name)) for name in ARRAYS}
    draft = path.with_suffix(".new.npz")
    np.savez(draft, nb_classes=np.array(model.nb_classes), **arrays)
    draft.replace(path)


def _packed() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _unpacked(path: Path) -> Any:
    from py3langid.langid import LanguageIdentifier

    with np.load(path) as kept:
        arrays = {name: kept[name] for name in (*ARRAYS, "nb_classes")}
    return LanguageIdentifier(
        arrays["nb_ptc"],
        arrays["nb_pc"],
        arrays["nb_classes"].tolist(),
        array("I", arrays["tk_nextmove"].tobytes()),
        arrays["tk_output"].tolist(),
        norm_probs=True,
        tk_row=array("H", arrays["tk_row"].tobytes()),
    )
