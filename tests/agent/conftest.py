from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.desks import Counter
from tests.shop import Shop


@pytest.fixture
def counter(shop: Shop) -> Iterator[Counter]:
    made = Counter(shop)
    yield made
    made.index.close()
