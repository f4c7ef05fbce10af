"""Failures of the knowledge room that a person can mend. A bad article is a `Problem` (load.py).

KnowledgeError           carries the remedy in its text
├── WeightsMissing       no exported model where the settings say
├── WeightsWrong         the weights are not the ones we know, or the export differs from the reference
├── IndexDamaged         the pointer names a folder that cannot be read
└── OtherEmbedder        the index was built with another embedding model than the one that asks
"""

# ruff: noqa: N818

from __future__ import annotations


class KnowledgeError(Exception):
    pass


class WeightsMissing(KnowledgeError):
    pass


class WeightsWrong(KnowledgeError):
    pass


class IndexDamaged(KnowledgeError):
    pass


class OtherEmbedder(KnowledgeError):
    pass
