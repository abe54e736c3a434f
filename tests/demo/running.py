"""Running a whole city in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

PATIENCE_S = 800  # a busy machine is no failure; alone it takes about a minute


def run_city(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with arguments, free of the test session's settings; on a time-out it may stop its database."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QINGTIAN_")}
    command = [sys.executable, *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            out, err = process.communicate(timeout=PATIENCE_S)
        except BaseException:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)
