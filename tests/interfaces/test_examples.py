"""The examples in the docstrings of the interfaces are true (the test run collects only those of the domain)."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil

import pytest

import qingtian.interfaces

MODULES = sorted(module.name for module in pkgutil.walk_packages(qingtian.interfaces.__path__, "qingtian.interfaces."))


def with_examples() -> list[str]:
    modules = [importlib.import_module(name) for name in MODULES]
    return [one.__name__ for one in modules if ">>>" in inspect.getsource(one)]


@pytest.mark.parametrize("name", with_examples())
def test_the_examples_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))

    assert result.attempted > 0
    assert result.failed == 0


def test_the_modules_with_rules_have_examples() -> None:
    wanted = ("metrics.exposition", "live.messages", "api.paging", "api.present.numbers", "api.errors")

    assert {f"qingtian.interfaces.{name}" for name in wanted} <= set(with_examples())
