"""House laws that ruff cannot check: file sizes, module names, no foreign host in pages, sorted changelog."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 600
BANNED_STEMS = {"utils", "util", "helpers", "helper", "manager", "managers", "misc", "common"}
FOREIGN = re.compile(r"""(?:src|href|import|from|url\()\s*[=("']?\s*["']?https?://""")
CLOCK = re.compile(r"(datetime\.now\(|date\.today\(|timezone\.now\(|time\.time\()")


def tracked(*patterns: str) -> list[Path]:
    """Files of the tree that git tracks or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def too_long() -> list[str]:
    """Source files over the limit."""
    found = []
    for path in tracked("*.py", "*.ts", "*.vue"):
        if "migrations" in path.parts or path.name == "schema.d.ts":
            continue
        lines = len(path.read_text("utf-8").splitlines())
        if lines > MAX_LINES:
            found.append(f"{path.relative_to(ROOT)}: {lines} lines, the limit is {MAX_LINES}")
    return found


def badly_named() -> list[str]:
    """Modules whose name says nothing."""
    return [
        f"{path.relative_to(ROOT)}: name a module after what it holds"
        for path in tracked("*.py", "*.ts")
        if path.stem in BANNED_STEMS
    ]


def foreign_requests() -> list[str]:
    """Pages that ask another host for a file."""
    return [
        f"{path.relative_to(ROOT)}: asks another host for a file"
        for path in tracked("ui/src/*.vue", "ui/src/*.ts", "ui/*.html", "src/*.html", "src/*.css", "ui/src/*.css")
        if FOREIGN.search(path.read_text("utf-8"))
    ]


def clocks_in_domain() -> list[str]:
    """Places where the domain reads a clock."""
    return [
        f"{path.relative_to(ROOT)}: the domain takes the time as an argument"
        for path in tracked("src/qingtian/domain/*.py")
        if CLOCK.search(path.read_text("utf-8"))
    ]


def main() -> int:
    """Print every breach; the exit code says whether there was one."""
    breaches = [*too_long(), *badly_named(), *foreign_requests(), *clocks_in_domain()]
    for breach in breaches:
        print(breach)
    print(f"house laws: {len(breaches)} breach(es)")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
