"""`python -m api.reference`, in the repository's folder."""

from __future__ import annotations

from pathlib import Path

from api.reference import write

write(Path())
