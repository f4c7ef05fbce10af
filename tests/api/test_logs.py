"""What is logged holds no card number, wherever it stood."""

from __future__ import annotations

import pytest
import structlog

from api import logs


def test_a_card_number_is_masked_in_the_event_and_in_nested_values(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        logs.configure()
        structlog.get_logger().warning(
            "refused 4242 4242 4242 4242", body={"token": ["4000056655665556"]}, order="1234"
        )
    finally:
        structlog.reset_defaults()
    told = capsys.readouterr().err
    assert "[card …4242]" in told
    assert "[card …5556]" in told
    assert "4000056655665556" not in told
    assert "order=1234" in told
