from __future__ import annotations

import json
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.evidence import canonical_json

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
RECORDS = st.dictionaries(TEXT, VALUES, max_size=6)


class Colour(StrEnum):
    BLUE = "blue"


def test_keys_are_sorted_without_spaces_and_text_is_utf8() -> None:
    record = {"b": [1, True, None], "a": {"z": "氨氮", "y": ""}}
    assert canonical_json(record) == '{"a":{"y":"","z":"氨氮"},"b":[1,true,null]}'.encode()


def test_decimals_keep_their_digits_and_never_use_an_exponent() -> None:
    record = {"a": Decimal("120.0"), "b": Decimal("1E+2"), "c": Decimal("0.00000001"), "d": Decimal("-0")}
    assert canonical_json(record) == b'{"a":"120.0","b":"100","c":"0.00000001","d":"-0"}'


def test_an_enum_stands_for_its_value() -> None:
    assert canonical_json({"c": Colour.BLUE, Colour.BLUE: 1}) == b'{"blue":1,"c":"blue"}'


@pytest.mark.parametrize(
    ("record", "path"),
    [
        ({"a": {"b": [1, 2.5]}}, "$.a.b[1]"),
        ({"a": float("nan")}, "$.a"),
        ({"a": Decimal("NaN")}, "$.a"),
        ({"a": "x\x00y"}, "$.a"),
        ({"a": b"bytes"}, "$.a"),
        ({"a": {1: "number as key"}}, "$.a"),
        ({"a": "\ud800"}, "$"),
    ],
)
def test_what_has_no_canonical_form_is_refused_with_its_path(record: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        canonical_json(record)
    assert refused.value.field == path
    assert refused.value.remedy


@given(RECORDS)
def test_order_of_keys_does_not_matter(record: dict[str, object]) -> None:
    assert canonical_json(dict(reversed(list(record.items())))) == canonical_json(record)


@given(RECORDS)
def test_canonical_form_is_json_with_the_same_content(record: dict[str, object]) -> None:
    assert json.loads(canonical_json(record)) == record


@given(RECORDS)
def test_canonical_form_is_stable(record: dict[str, object]) -> None:
    assert canonical_json(json.loads(canonical_json(record))) == canonical_json(record)
