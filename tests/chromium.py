"""A real browser for the tests that need one: Chromium, as the system has it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = Path(os.environ.get("WISMO_TEST_CHROMIUM", "/usr/bin/chromium"))
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
SHOTS = os.environ.get("WISMO_TEST_SHOTS")
"""A folder for what the tests saw, to look at."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"no browser at {CHROMIUM}")
        pytest.skip(f"NOT RUN: no browser at {CHROMIUM}; install Chromium or set WISMO_TEST_CHROMIUM")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield made
        made.close()
