"""Cells and sheets: what is written reads back the same; a fault names line, column, reason and remedy."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.decisions.small_tables import CLOSED, CONDITIONS, GRADE, INPUTS, any_rows, row, table

from qingtian.domain.decisions import read_sheet, write_sheet
from qingtian.domain.decisions.cells import read_cell, show_cell
from qingtian.domain.errors import ConfigurationError

BY_NAME = {one.name: one for one in INPUTS}


@given(st.sampled_from(sorted(CONDITIONS)), st.data())
def test_a_condition_reads_back_from_its_cell(name, data):
    condition = data.draw(CONDITIONS[name])
    assert read_cell(show_cell(condition), BY_NAME[name], where="x") == condition


def read(text, inputs=INPUTS):
    return read_sheet(
        text,
        code="T",
        inputs=inputs,
        outputs=(GRADE,),
        defaults={"standard": "S", "region": "CN", "valid_to": None},
        name="t.csv",
    )


@given(any_rows())
def test_a_sheet_reads_back_as_the_same_rows(rows):
    assert read(write_sheet(table(*rows, inputs=CLOSED)), CLOSED) == rows


def test_a_spreadsheet_may_add_a_byte_order_mark():
    rows = (row("one", "bad", area="> 1; 0.2..0.5", kind="not a | b", note="absent", done="true"),)
    assert read("\ufeff" + write_sheet(table(*rows))) == rows


def test_empty_cells_take_what_the_table_says():
    head = "row_id,in.area,in.kind,in.note,in.done,out.grade,text_zh,text_en,valid_from\n"
    (found,) = read(head + "t.x,,-,,,bad,文,text,2026-03-01\n")
    assert (found.standard, found.conditions, found.valid_from) == ("S", {}, date(2026, 3, 1))


@pytest.mark.parametrize(
    ("cell", "name", "said"),
    [
        ("ten", "area", "'ten' is no range"),
        ("20..10", "area", "no number lies in"),
        ("(5..5]", "area", "no number lies in"),
        ("> 5;", "area", "is no range"),
        ("absent", "area", "is never absent"),
        ("d", "kind", "'d' is not known"),
        ("a |", "kind", "'' is not known"),
        ("yes", "done", "neither true nor false"),
    ],
)
def test_a_wrong_cell_is_named(cell, name, said):
    with pytest.raises(ConfigurationError, match="sheet, line 4") as caught:
        read_cell(cell, BY_NAME[name], where="sheet, line 4")
    assert said in caught.value.message
    assert caught.value.remedy


HEAD = "row_id,in.area,in.kind,in.note,in.done,out.grade,text_zh,text_en"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("row_id\nx\n", "t.csv:in.area"),
        (HEAD + ",colour\n", "t.csv:colour"),
        (HEAD + ",in.area\n", "t.csv:in.area"),
        (HEAD + "\n,,,,,bad,一,one\n", "t.csv:row_id"),
        (HEAD + "\nx,,,,,bad,一\n", "t.csv:text_en"),
        (HEAD + "\nx,,,,,bad,一,one,more\n", "t.csv:line 2"),
        (HEAD + ",valid_from\nx,,,,,bad,一,one,March\n", "t.csv:valid_from"),
    ],
)
def test_a_wrong_sheet_is_refused_by_column(text, field):
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert caught.value.field == field
    assert caught.value.remedy
