"""The chat widget, measured from outside: in a browser against `wismo serve`, and over many open streams.

The floor of a reply shown is the same page asking the server for its configuration: a round trip without any thought.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.bench import Figure
from eval.bench.process import resident, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path(os.environ.get("WISMO_TEST_CHROMIUM", "/usr/bin/chromium"))
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
UNLIMITED = {"WISMO_WIDGET_PER_MINUTE": "1000000", "WISMO_WIDGET_NETWORK_PER_MINUTE": "1000000"}
QUESTIONS = (
    "Hello",
    "How long can I return something?",
    "What does shipping cost?",
    "Which payment methods do you take?",
)
SETTLED = 2.0
SHOWN = """async text => {
  const root = document.querySelector("wismo-chat").shadowRoot, before = root.querySelectorAll(".line.theirs").length;
  root.querySelector("#write").value = text;
  const shown = new Promise(done => {
    const look = () => {
      if (root.querySelectorAll(".line.theirs").length > before) (watch.disconnect(), requestAnimationFrame(done));
    };
    const watch = new MutationObserver(look);
    watch.observe(root.querySelector(".log"), { childList: true });
  });
  const started = performance.now();
  root.querySelector(".send").click();
  await shown;
  return performance.now() - started;
}"""
ASKED = """async () => {
  const started = performance.now();
  await (await fetch("/widget/config")).json();
  return performance.now() - started;
}"""
WORK = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
Missing = dict[str, str]


def bench(home: Path, streams: int, rounds: int, say: Callable[[str], None]) -> tuple[list[Figure], list[Missing]]:
    figures: list[Figure] = []
    missing: list[Missing] = []
    with serving(home, **UNLIMITED) as (process, port):
        say("the widget in a browser")
        try:
            with _browser() as browser:
                figures += _in_a_browser(browser, port, rounds)
        except (ImportError, FileNotFoundError) as error:
            remedy = f"pip install playwright, and Chromium at {CHROMIUM} or WISMO_TEST_CHROMIUM ({error})"
            missing += [{"name": name, "remedy": remedy} for name in ("Send to reply shown", "main thread on load")]
        say(f"{streams} open streams")
        figures += _beside_streams(process, port, streams, rounds)
    return figures, missing


@contextmanager
def _browser() -> Iterator[Browser]:
    """Raises ImportError or FileNotFoundError where there is none."""
    from playwright.sync_api import sync_playwright

    if not CHROMIUM.exists():
        raise FileNotFoundError(CHROMIUM)
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield made
        made.close()


def _in_a_browser(browser: Browser, port: int, rounds: int) -> list[Figure]:
    page = browser.new_page(base_url=f"http://127.0.0.1:{port}")
    asked, shown = [], []
    for turn in range(rounds):
        if turn % len(QUESTIONS) == 0:
            _new_conversation(page)
        asked.append(float(page.evaluate(ASKED)))
        shown.append(float(page.evaluate(SHOWN, QUESTIONS[turn % len(QUESTIONS)])))
    loads = [_work(browser, port, True) - _work(browser, port, False) for _ in range(5)]
    return [
        Figure("Send to reply shown, p50", statistics.median(shown), "ms", statistics.median(asked)),
        Figure("Send to reply shown, p95", _p95(shown), "ms"),
        Figure("main thread on load, added", statistics.median(loads), "ms"),
    ]


def _new_conversation(page: Page) -> None:
    """A page of its own: nothing of the conversation before is known to it. The first message begins the visit."""
    page.goto("/widget/try")
    page.evaluate("() => sessionStorage.clear()")
    page.goto("/widget/try")
    page.wait_for_function("() => window.Wismo && document.querySelector('wismo-chat')")
    page.evaluate("() => Wismo.open()")
    page.wait_for_function("() => document.querySelector('wismo-chat').shadowRoot.querySelector('.hello')")
    page.evaluate(SHOWN, "Hello there")


def _work(browser: Browser, port: int, with_widget: bool) -> float:
    """Milliseconds of scripts, style and layout until the page is quiet, with the widget or without."""
    page = browser.new_page(base_url=f"http://127.0.0.1:{port}")
    try:
        if not with_widget:
            page.route("**/widget.js", lambda route: route.abort())
        counted = page.context.new_cdp_session(page)
        counted.send("Performance.enable")
        page.goto("/widget/try", wait_until="load")
        page.wait_for_timeout(800)
        metrics = {one["name"]: one["value"] for one in counted.send("Performance.getMetrics")["metrics"]}
        return float(sum(metrics[name] for name in WORK) * 1000)
    finally:
        page.close()


# -- streams -----------------------------------------------------------------------------------------------


def _beside_streams(process: int, port: int, streams: int, rounds: int) -> list[Figure]:
    alone = _replies(port, rounds)
    before = resident(process)
    with ExitStack() as stack:
        opened = [stack.enter_context(_stream(port)) for _ in range(streams)]
        time.sleep(SETTLED)  # another process works
        added = resident(process) - before
        beside = _replies(port, rounds)
        alive = sum(map(_lives, opened))
    return [
        Figure(f"memory added by {streams} streams", added, "MB"),
        Figure("reply, alone, p95", _p95(alone), "ms"),
        Figure(f"reply beside {streams} streams, p95", _p95(beside), "ms", _p95(alone)),
        Figure("streams that lived", float(alive), "streams"),
    ]


@contextmanager
def _stream(port: int) -> Iterator[socket.socket]:
    secret = _post(port, "session", {})["visitor"]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        asked = f"GET /widget/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Visitor {secret}\r\n\r\n"
        line.sendall(asked.encode())
        if b" 200 " not in line.recv(4_096).split(b"\r\n")[0]:
            raise ConnectionError("a stream was refused")
        yield line


def _lives(line: socket.socket) -> bool:
    """Nothing to read yet, or something; but not the end."""
    line.setblocking(False)
    try:
        return bool(line.recv(4_096))
    except BlockingIOError:
        return True


def _replies(port: int, rounds: int) -> list[float]:
    """Milliseconds of messages, each answered before the next, four a conversation."""
    times, secret = [], ""
    for turn in range(rounds):
        if turn % len(QUESTIONS) == 0:
            secret = _post(port, "session", {})["visitor"]
        message = {"id": f"bench-{time.monotonic_ns()}", "text": QUESTIONS[turn % len(QUESTIONS)]}
        started = time.perf_counter()
        answered = _post(port, "messages", message, secret)
        times.append((time.perf_counter() - started) * 1000)
        assert any(one["kind"] == "reply" for one in answered["events"])
    return times


def _post(port: int, path: str, body: dict[str, Any], secret: str = "") -> Any:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Visitor {secret}"} if secret else {})
    line.request("POST", f"/widget/{path}", json.dumps(body), headers)
    answer = line.getresponse()
    text = answer.read()
    line.close()
    if answer.status >= 300:
        raise ConnectionError(f"{path}: {answer.status} {text[:200]!r}")
    return json.loads(text)


def _p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]
