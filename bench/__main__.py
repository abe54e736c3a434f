"""`python -m bench [area ...] [options]`: run every measurement, or those of the named areas."""

from __future__ import annotations

import importlib
import itertools
import platform
import sys
from pathlib import Path


def areas() -> list[str]:
    """Folders of bench/ that hold a `run.py`."""
    return sorted(path.parent.name for path in Path(__file__).parent.glob("*/run.py"))


def main() -> int:
    """Run; an unknown area is named, what follows the areas are options of theirs."""
    wanted = list(itertools.takewhile(lambda one: not one.startswith("-"), sys.argv[1:])) or areas()
    unknown = set(wanted) - set(areas())
    if unknown:
        print(f"no such area: {', '.join(sorted(unknown))}; there are: {', '.join(areas())}", file=sys.stderr)
        return 2
    print(f"Python {platform.python_version()}, {platform.machine()}; machines are shared and noisy: read the ratios")
    for area in wanted:
        print(f"\n== {area}")
        importlib.import_module(f"bench.{area}.run").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
