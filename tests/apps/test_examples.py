"""The examples in the docstrings of the apps are true (the test run collects only those of the domain)."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import qingtian.apps

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(qingtian.apps.__path__, "qingtian.apps.")
    if ".migrations" not in module.name
)


def with_examples() -> list[str]:
    return [name for name in MODULES if ">>>" in (importlib.import_module(name).__loader__.get_source(name) or "")]


@pytest.mark.parametrize("name", with_examples())
def test_the_examples_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


def test_there_are_examples() -> None:
    assert {"qingtian.apps.accounts.scope", "qingtian.apps.evidence.media"} <= set(with_examples())
