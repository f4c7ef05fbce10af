"""Every operation of /openapi.json under generated input: whatever comes, the answer is no defect."""

from __future__ import annotations

from collections import Counter
from time import monotonic
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.core.result import Ok

from api.app import create
from api.settings import Settings
from api.wiring import House
from tests.shop import Shop

SECONDS = 45
EXAMPLES = 12
UNTOUCHED = ("/metrics",)
"""Told by another library's own text, and without input."""


def test_no_operation_answers_with_a_defect_whatever_is_sent(house: House, filled: Shop) -> None:
    filled.order()
    house.settings = Settings(rate_per_minute=1_000_000)
    schema = schemathesis.openapi.from_asgi("/openapi.json", create(house))
    bearer = {"Authorization": f"Bearer {house.settings.api_token()}"}
    read = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    every = [operation for operation in read if operation.path not in UNTOUCHED]
    answers: Counter[str] = Counter()
    until = monotonic() + SECONDS

    for operation in every:

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def sent(case: Case[Any]) -> None:
            if monotonic() > until and answers[case.operation.label]:
                return
            status = case.call(headers=bearer).status_code
            answers[case.operation.label] += 1
            assert status < 500 or (status == 503 and "/webhooks/" in case.operation.path), (status, case)

        sent()
    assert set(answers) == {operation.label for operation in every}
