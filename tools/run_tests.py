"""Run the whole test suite and fail on skips: a skipped test proves nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(*arguments: str) -> tuple[int, int]:
    """Run pytest, showing its output; returns (exit code, skipped tests)."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    skipped = 0
    assert process.stdout is not None
    for line in process.stdout:
        sys.stdout.write(line)
        sys.stdout.flush()
        if found := re.search(r"(\d+) skipped", line):
            skipped = int(found.group(1))
    return process.wait(), skipped


def main() -> int:
    """First everything but the browser, a process for each core; then the browser tests alone on a quiet machine."""
    extra = sys.argv[1:]
    spread = ("-n", str(max(2, os.cpu_count() or 1)), "--dist", "loadfile")
    code, skipped = run("--ignore=tests/e2e", "--durations=15", *spread, *extra)
    if code:
        return code
    browser_code, browser_skipped = run("tests/e2e", "--durations=10", *extra)
    if browser_code:
        return browser_code
    if skipped or browser_skipped:
        print(f"{skipped + browser_skipped} test(s) were skipped: a skipped test proves nothing")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
