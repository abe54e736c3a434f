"""HJ 212, part by part. `fuzz.py` is a long run of its own: `python -m bench.hj212.fuzz`."""

from __future__ import annotations

import importlib

PARTS = ("codec",)  # modules beside this one; each prints its figures in `main()`


def main() -> None:
    """Run every part."""
    for part in PARTS:
        importlib.import_module(f"bench.hj212.{part}").main()
