"""Failures of the knowledge room that a person can mend. Each carries its remedy.

KnowledgeError
├── WeightsMissing       no exported model where the settings say
├── WeightsWrong         the weights are not the ones we know, or the export differs from the reference
├── IndexDamaged         the pointer names a folder that cannot be read
├── ServerAway           the Chroma server does not answer, or another host is ingesting
├── OtherEmbedder        the index was built with another embedding model than the one that asks
└── Unreadable           one file or record: load.py makes a `Problem` of it and goes on
"""

from __future__ import annotations


class KnowledgeError(Exception):
    pass


class WeightsMissing(KnowledgeError):
    pass


class WeightsWrong(KnowledgeError):
    pass


class IndexDamaged(KnowledgeError):
    pass


class ServerAway(KnowledgeError):
    pass


class OtherEmbedder(KnowledgeError):
    pass


class Unreadable(KnowledgeError):
    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line
