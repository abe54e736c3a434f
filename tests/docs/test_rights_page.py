"""docs/rights.md is what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_rights_is_current() -> None:
    spec = importlib.util.spec_from_file_location("rights_page", ROOT / "tools" / "rights_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "rights.md").read_text("utf-8") == module.rendered(), "run `make docs`"
