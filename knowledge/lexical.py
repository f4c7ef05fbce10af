"""The word side of the search (BM25): order numbers, product names, and languages new to the embedding."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from knowledge.embed import FloatArray

if TYPE_CHECKING:
    from bm25s import BM25

TOKEN = re.compile(r"\w+(?:[-./]\w+)*")
# Words that say nothing of what is asked, in the languages of the shipped help text, without accents.
# Shorter ones are days, sizes and amounts, which many passages hold.
CODE = 4
BEGINNING = 5
ENGLISH = """
a about am an and any are as at be been but by can could did do does for from get got had has have how i if in
into is
it its me my no not of on or our please so some than that the their them then there they this to us was we
were what
when where which who why will with would you your
"""
FRENCH = """
ai au aux avec avez avoir ca ce ces cette comment d dans de des du elle en est et etait ete etre fait faire il
ils j je
l la le les leur ma me mes moi mon n ne nos notre nous on ou par pas peut peux plus pour puis qu quand que
quel quelle
qui s sa se si son sont suis sur t ta tu un une vos votre vous y
"""
SPANISH = """
a al algo como con cual cuando cuanto de del desde donde el ella en es esta estan este esto ha han hay he la las le lo
los me mi mis muy no nos o para pero por porque puedo que quien se si sin su sus te tiene tengo todo tu un una y ya yo
"""
GERMAN = """
aber als am an auf aus bei bin bis da das dass dem den der des die doch du ein eine einem einen einer er es fur habe
haben hat ich ihr im in ist ja kann konnen mein meine meiner mich mir mit nach nicht noch oder schon sein sich sie sind
und uns von vor wann war warum was wenn wer wie wir wird wo zu zum zur
"""
STOP = frozenset(f"{ENGLISH} {FRENCH} {SPANISH} {GERMAN}".split())


class Lexicon:
    def __init__(self, bm25: BM25 | None, passages: int) -> None:
        self._bm25 = bm25
        self._passages = passages

    def scores(self, query: str) -> FloatArray:
        """One BM25 score a passage, in the order of the passages; 0 where no word is shared."""
        known = [word for word in words(query) if self._bm25 and word in self._bm25.vocab_dict]
        if not self._bm25 or not known:
            return np.zeros(self._passages, np.float32)
        return np.asarray(self._bm25.get_scores(known), np.float32)

    def knows_a_code_of(self, query: str) -> bool:
        """Whether the passages name a product or form number that the query names."""
        codes = (word for word in words(query) if len(word) >= CODE and any(map(str.isdigit, word)))
        return self._bm25 is not None and any(code in self._bm25.vocab_dict for code in codes)


def words(text: str) -> list[str]:
    """Lower case, without accents, in the forms compared; `AB-12/7` is found whole and by its parts."""
    found = [part for token in TOKEN.findall(plain(text)) for part in _parts(token)]
    return [form for word in found if word not in STOP for form in _forms(word)]


def plain(text: str) -> str:
    """Lower case, without accents."""
    bare = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def write(folder: Path, texts: Sequence[str]) -> None:
    """No folder at all when the texts hold no word: the library cannot save such an index."""
    import bm25s

    split = [words(text) for text in texts]
    if not any(split):
        return
    logging.getLogger("bm25s").setLevel(logging.WARNING)  # its import sets DEBUG
    bm25 = bm25s.BM25()
    bm25.index(split, show_progress=False)
    bm25.save(folder, show_progress=False)


def read(folder: Path, passages: int) -> Lexicon:
    import bm25s

    return Lexicon(bm25s.BM25.load(folder) if folder.is_dir() else None, passages)


def _parts(token: str) -> list[str]:
    parts = re.split(r"[-./]", token)
    return [token, *parts] if len(parts) > 1 else parts


def _forms(word: str) -> list[str]:
    """The word without its plural, and its beginning: `remboursé` and `remboursement` share `~rembo`.

    Cruder than a stemmer, and the same for every European language.
    """
    if not word.isalpha():
        return [word]
    singular = word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word
    return [singular, f"~{word[:BEGINNING]}"] if len(word) > BEGINNING else [singular]
