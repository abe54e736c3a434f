"""Fields of objects: cells read as people write them, every fault named, what is written is read back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.objects import FaultCode, FieldChoice, FieldFault, FieldKind, ObjectField, check_fields, read_cell
from qingtian.packs import load_packs
from qingtian.packs.objects import FIELDS, object_fields, object_type, object_types

FLUE = (FieldChoice("own", "专用", "Own"), FieldChoice("shared", "共用", "Shared"))


def field(kind: FieldKind, **more: Any) -> ObjectField:
    row: dict[str, Any] = {
        "row_id": "f",
        "standard": "S",
        "clause": "1",
        "source": "t",
        "valid_from": date(2000, 1, 1),
        "confidence": "memory",
    }
    return ObjectField(**row, type="t", name="x", order=1, label_zh="某", label_en="X", kind=kind, **more)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (FieldKind.TEXT, "  甲　", "甲"),
        (FieldKind.INTEGER, "１，２００", 1200),
        (FieldKind.INTEGER, "30.0", 30),
        (FieldKind.DECIMAL, "1.50", "1.50"),
        (FieldKind.DECIMAL, "5E8", "500000000"),
        (FieldKind.DATE, "2025/3/1", "2025-03-01"),
        (FieldKind.DATE, "2025年3月1日", "2025-03-01"),
        (FieldKind.DATE, "2025.03.01", "2025-03-01"),
        (FieldKind.DATE, "2025-03-01 00:00:00", "2025-03-01"),
        (FieldKind.FLAG, "是", True),
        (FieldKind.FLAG, "No", False),
        (FieldKind.LIST, "a; b；c、d", ["a", "b", "c", "d"]),
        (FieldKind.CREDIT_CODE, "91420100ma4k00001u", "91420100MA4K00001U"),
        (FieldKind.TEXT, "   ", None),
    ],
)
def test_a_cell_is_read_as_people_write_it(kind: FieldKind, text: str, value: object) -> None:
    assert read_cell(field(kind), text) == value


@pytest.mark.parametrize("text", ["shared", "共用", "SHARED", " 共用 "])
def test_a_choice_is_taken_by_value_or_label(text: str) -> None:
    assert read_cell(field(FieldKind.CHOICE, choices=FLUE), text) == "shared"


@pytest.mark.parametrize(
    ("spec", "text", "code"),
    [
        (field(FieldKind.INTEGER), "x", FaultCode.NOT_A_NUMBER),
        (field(FieldKind.INTEGER), "1.5", FaultCode.NOT_WHOLE),
        (field(FieldKind.DECIMAL), "NaN", FaultCode.NOT_A_NUMBER),
        (field(FieldKind.DECIMAL), "1e99", FaultCode.NOT_A_NUMBER),
        (field(FieldKind.DECIMAL, minimum=Decimal(0)), "-0.1", FaultCode.TOO_SMALL),
        (field(FieldKind.DECIMAL, maximum=Decimal(21)), "21.01", FaultCode.TOO_LARGE),
        (field(FieldKind.DATE), "2025-02-29", FaultCode.NOT_A_DAY),
        (field(FieldKind.DATE), "3/1/2025", FaultCode.NOT_A_DAY),
        (field(FieldKind.FLAG), "maybe", FaultCode.NOT_A_FLAG),
        (field(FieldKind.CHOICE, choices=FLUE), "none", FaultCode.NOT_A_CHOICE),
        (field(FieldKind.CREDIT_CODE), "91420100MA4K00002U", FaultCode.WRONG_CREDIT_CODE),
        (field(FieldKind.TEXT, pattern="[A-Z]{2}"), "abc", FaultCode.WRONG_FORM),
        (field(FieldKind.STRUCTURE), "{}", FaultCode.WRONG_FORM),
    ],
)
def test_a_cell_that_is_none_of_it_is_named(spec: ObjectField, text: str, code: FaultCode) -> None:
    with pytest.raises(FieldFault) as refused:
        read_cell(spec, text)
    fault = refused.value.fault
    assert (fault.code, fault.field) == (code, "x")
    assert fault.remedy
    assert isinstance(fault.as_error(), InvalidInput)
    assert fault.as_error().field == "attributes.x"


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        (FieldKind.TEXT, 7, FaultCode.NOT_TEXT),
        (FieldKind.INTEGER, True, FaultCode.NOT_WHOLE),
        (FieldKind.INTEGER, "7", FaultCode.NOT_WHOLE),
        (FieldKind.DECIMAL, False, FaultCode.NOT_A_NUMBER),
        (FieldKind.DECIMAL, "x", FaultCode.NOT_A_NUMBER),
        (FieldKind.DATE, "2025-3-1", FaultCode.NOT_A_DAY),
        (FieldKind.FLAG, "true", FaultCode.NOT_A_FLAG),
        (FieldKind.LIST, "a", FaultCode.NOT_A_LIST),
        (FieldKind.LIST, [1], FaultCode.NOT_A_LIST),
        (FieldKind.CHOICE, "共用", FaultCode.NOT_A_CHOICE),
    ],
)
def test_what_is_kept_has_the_form_of_its_kind(kind: FieldKind, value: object, code: FaultCode) -> None:
    [fault] = check_fields([field(kind, choices=FLUE)], {"x": value})
    assert fault.code is code


@pytest.mark.parametrize("empty", [None, "", []])
def test_an_empty_value_is_a_fault_only_where_it_is_needed(empty: object) -> None:
    assert check_fields([field(FieldKind.TEXT)], {"x": empty}) == []
    [fault] = check_fields([field(FieldKind.TEXT, required=True)], {"x": empty})
    assert fault.code is FaultCode.MISSING


def test_fields_that_no_row_names_are_free() -> None:
    assert check_fields([field(FieldKind.TEXT)], {"y": object()}) == []


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4))
def test_a_decimal_keeps_its_digits(number: Decimal) -> None:
    kept = read_cell(field(FieldKind.DECIMAL), str(number))
    assert Decimal(kept) == number
    assert check_fields([field(FieldKind.DECIMAL)], {"x": kept}) == []


@given(st.sampled_from(FieldKind), st.text(max_size=40))
def test_whatever_is_read_passes_the_check(kind: FieldKind, text: str) -> None:
    spec = field(kind, choices=FLUE)
    try:
        value = read_cell(spec, text)
    except FieldFault:
        return
    assert check_fields([spec], {"x": value}) == []


def test_types_of_the_packs_hang_together() -> None:
    packs = load_packs()
    known = {row.type for row in object_types(packs)}
    for row in object_types(packs):
        assert set(row.parents) <= known | {"none"}
        fields = object_fields(packs, row.type)
        assert [one.order for one in fields] == list(range(1, len(fields) + 1))
        assert all(bool(one.choices) == (one.kind is FieldKind.CHOICE) for one in fields)
    assert {one.type for one in packs.of(FIELDS)} <= known


def test_a_type_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(InvalidInput, match="no type castle") as refused:
        object_type(load_packs(), "castle")
    assert "enterprise" in str(refused.value.remedy)
