"""The audit of dependencies: red for a known hole, never for a registry that does not answer."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOLE = {
    "name": "jinja2",
    "version": "2.10",
    "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2.11"]}],
}
CLEAN = {"name": "django", "version": "5.2", "vulns": []}
UNKNOWN = {"name": "ours", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "tools" / "audit.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["audit"] = module
    spec.loader.exec_module(module)
    return module


def answered(audit: ModuleType, monkeypatch: pytest.MonkeyPatch, python: Any, browser: Any) -> int:
    monkeypatch.setattr(audit, "_asked", lambda command, folder=None: browser if "audit" in command else python)
    code: int = audit.main()
    return code


def test_a_known_hole_is_red_and_named(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = answered(audit, monkeypatch, {"dependencies": [HOLE, CLEAN, UNKNOWN]}, None)

    said = capsys.readouterr().out
    assert code == 1
    assert "jinja2 2.10: PYSEC-1, mended in 2.11" in said
    assert "1 package(s) could NOT be looked at" in said


def test_a_hole_that_does_not_touch_us_is_left_out(audit: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "KNOWN", {"CVE-1": "we never render what others wrote"})

    assert answered(audit, monkeypatch, {"dependencies": [HOLE]}, None) == 0


@pytest.mark.parametrize("python", [None, {}, {"dependencies": [UNKNOWN]}])
def test_a_registry_that_does_not_answer_is_told_and_not_red(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], python: Any
) -> None:
    assert answered(audit, monkeypatch, python, {"message": "ENOTFOUND"}) == 0
    assert capsys.readouterr().out.count("NOT looked at") == 2


@pytest.mark.parametrize(("severity", "code"), [("critical", 1), ("high", 1), ("moderate", 0)])
def test_of_the_bundle_what_is_severe_counts(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, severity: str, code: int
) -> None:
    row = {"name": "vue", "range": "<3", "severity": severity}
    browser = {"vulnerabilities": {"vue": row}, "metadata": {"dependencies": {"total": 30}}}

    assert answered(audit, monkeypatch, {"dependencies": [CLEAN]}, browser) == code


def test_what_is_asked_for_is_what_we_ship(audit: ModuleType) -> None:
    found = audit.shipped()

    assert {"django", "segno", "pyjwt", "cryptography", "weasyprint"} <= set(found)
    assert not {"pytest", "canaille", "schemathesis"} & set(found)
