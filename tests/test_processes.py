"""A killed process leaves none behind that computes for nobody."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tools.processes import pool

BEGIN = """
import os, time
from tools.processes import pool
if __name__ == "__main__":
    with pool(1) as one:
        print(one.submit(os.getpid).result(), flush=True)
        one.submit(time.sleep, 60)
        time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"


def test_processes_of_a_pool_end_with_whoever_began_them_even_by_kill() -> None:
    parent = subprocess.Popen([sys.executable, "-c", BEGIN], stdout=subprocess.PIPE)
    assert parent.stdout
    child = int(parent.stdout.readline())
    assert is_alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + 20
    while is_alive(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_alive(child)


def test_each_process_of_a_pool_begins_with_what_it_was_given(tmp_path: Path) -> None:
    with pool(1, os.chdir, tmp_path) as one:
        assert one.submit(os.getcwd).result() == str(tmp_path)
