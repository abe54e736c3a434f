"""Whom a template binds, by the attributes of the register."""

from __future__ import annotations

from typing import Any

import pytest

from qingtian.domain.obligations.template import Applies, Condition, Operator, plain_word, value_at

SHOP: dict[str, Any] = {"seats": 76, "cleaned": {"duct": "2026-01-10"}, "tags": ["a", "b"], "gone": "", "open": True}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Condition("seats"), True),
        (Condition("gone"), False),
        (Condition("cleaned.duct"), True),
        (Condition("cleaned.purifier"), False),
        (Condition("cleaned.duct.day"), False),
        (Condition("cleaned.purifier", Operator.ABSENT), True),
        (Condition("seats", Operator.ABSENT), False),
        (Condition("seats", Operator.IN, ("76",)), True),
        (Condition("open", Operator.IN, ("true",)), True),
        (Condition("open", Operator.IN, ("True",)), False),
        (Condition("tags", Operator.IN, ("b", "c")), True),
        (Condition("tags", Operator.IN, ("c",)), False),
        (Condition("nothing", Operator.IN, ("None",)), False),
    ],
)
def test_conditions(condition: Condition, holds: bool) -> None:
    assert condition.holds(SHOP) is holds


def test_type_and_every_condition_must_fit() -> None:
    applies = Applies(("catering_shop",), (Condition("seats"), Condition("cleaned.duct")))
    assert applies.fits("catering_shop", SHOP)
    assert not applies.fits("enterprise", SHOP)
    assert not applies.fits("catering_shop", {"seats": 3})
    assert not Applies().fits("catering_shop", SHOP)


def test_values_and_words() -> None:
    assert value_at(SHOP, "missing.path") is None
    assert [plain_word(one) for one in (True, False, 3, "x")] == ["true", "false", "3", "x"]
