"""`python -m api.upkeep.reference`, in the repository's folder."""

from __future__ import annotations

from pathlib import Path

from api.upkeep.reference import write

write(Path())
