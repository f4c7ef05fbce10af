"""Which of the shop's languages a message is in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from agent.brains.reading import matches


class LanguageGuess:
    """py3langid over the shop's languages only; one instance a process, it loads in about 0.2 s."""

    def __init__(self, languages: Sequence[str]) -> None:
        self._languages = tuple(languages)
        self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self._identifier.set_languages(list(languages))

    def __call__(self, text: str) -> str | None:
        """None when the text says too little: then the conversation's language, or the shop's first, holds."""
        words = re.sub(r"[\W\d_]+", " ", text).strip()
        if len(self._languages) == 1:
            return self._languages[0]
        if len(words.split()) <= 3:
            known = [tag for tag in self._languages if matches(text, "language", "short", (tag,))]
            if known:
                return known[-1]
        if len(words) < 2:
            return None
        language, probability = self._identifier.classify(words[:600].lower())
        return str(language) if probability >= 0.6 else None
