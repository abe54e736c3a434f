"""Cells at their edges, tables put together from lines, and places that the check of a table must see."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.decisions.small_tables import AREA, DONE, GRADE, INPUTS, KIND, OPEN, PROVENANCE, intervals, row, table

from qingtian.domain.decisions import (
    Absent,
    AnyValue,
    DecisionInput,
    HitPolicy,
    InputKind,
    Interval,
    Members,
    Ranges,
    decide,
    read_sheet,
    refuse_faults,
    review,
    write_sheet,
)
from qingtian.domain.decisions.cells import read_cell, show_cell
from qingtian.domain.decisions.coverage import NOTHING, OTHER
from qingtian.domain.decisions.lines import DecisionHead, RuleLine, assemble
from qingtian.domain.errors import ConfigurationError

MAYBE = DecisionInput("size", InputKind.NUMBER, "大小", "size", optional=True)
D = Decimal


@pytest.mark.parametrize(
    ("cell", "given_", "condition"),
    [
        ("", AREA, AnyValue()),
        (" - ", AREA, AnyValue()),
        ("75", AREA, Ranges((Interval(D(75), D(75)),))),
        ("= 75", AREA, Ranges((Interval(D(75), D(75)),))),
        ("=75", AREA, Ranges((Interval(D(75), D(75)),))),
        ("<10", AREA, Ranges((Interval(None, D(10), high_open=True),))),
        (">= -2.5", AREA, Ranges((Interval(D("-2.5")),))),
        ("[1..2)", AREA, Ranges((Interval(D(1), D(2), False, True),))),
        ("( 1 .. 2 ]", AREA, Ranges((Interval(D(1), D(2), True, False),))),
        ("-5..-1", AREA, Ranges((Interval(D(-5), D(-1)),))),
        ("< 1; > 9", AREA, Ranges((Interval(None, D(1), high_open=True), Interval(D(9), low_open=True)))),
        ("absent; > 9", MAYBE, Ranges((Interval(D(9), low_open=True),), absent=True)),
        ("absent", OPEN, Absent()),
        ("a|b", KIND, Members(("a", "b"))),
        ("not a | c", KIND, Members(("a", "c"), negated=True)),
        ("not ours | 夜间", OPEN, Members(("ours", "夜间"), negated=True)),
        ("true", DONE, Members((True,))),
        ("false", DONE, Members((False,))),
    ],
)
def test_a_cell_is_read_as_it_is_meant(cell, given_, condition):
    found = read_cell(cell, given_, where="x")
    assert found == condition
    assert read_cell(show_cell(found), given_, where="x") == condition


@pytest.mark.parametrize(
    ("cell", "given_", "said", "remedy"),
    [
        ("5..4", AREA, "no number lies in '5..4'", "swap its ends"),
        ("(5..5]", AREA, "no number lies in", "swap its ends"),
        ("5...6", AREA, "is no range", "10..25"),
        ("> 5 <", AREA, "is no range", "10..25"),
        ("1e3", AREA, "is no range", "10..25"),
        ("5 m", AREA, "is no range", "10..25"),
        ("> 5;", AREA, "'' is no range", "10..25"),
        ("absent", AREA, "never absent", "mark the input as optional"),
        ("absent; > 5", AREA, "never absent", "mark the input as optional"),
        ("True", DONE, "neither true nor false", "write true, false or -"),
        ("a | z", KIND, "'z' is not known", "use a, b, c"),
        ("x | ", OPEN, "'' is not known", "words joined by |"),
    ],
)
def test_a_cell_that_cannot_be_names_its_place_and_what_to_write(cell, given_, said, remedy):
    with pytest.raises(ConfigurationError) as caught:
        read_cell(cell, given_, where="row 3, in.x")
    assert caught.value.field == "row 3, in.x"
    assert said in caught.value.message
    assert remedy in caught.value.remedy


def test_a_range_without_ends_has_no_cell():
    with pytest.raises(ConfigurationError, match="without ends") as caught:
        show_cell(Ranges((Interval(),)))
    assert caught.value.remedy == "write -"


@given(st.lists(intervals(), min_size=1, max_size=3), st.booleans())
def test_ranges_with_absence_read_back(found, absent):
    condition = Ranges(tuple(found), absent)
    assert read_cell(show_cell(condition), MAYBE, where="x") == condition


def test_a_cell_of_a_long_number_has_no_exponent():
    assert show_cell(Ranges((Interval(D("1E+9")),))) == ">= 1000000000"
    assert show_cell(Ranges((Interval(D("1E-9"), D("2E-9")),))) == "0.000000001..0.000000002"


# lines ----------------------------------------------------------------------------------------------------------------


def head(**more):
    base = {
        "row_id": "t", "code": "T", "title_zh": "表", "title_en": "Table", "inputs": INPUTS, "outputs": (GRADE,),
        "policy": HitPolicy.FIRST, "default": None, "worst_of": "", "group": "g", "version": "3",
    }  # fmt: skip
    return DecisionHead(**PROVENANCE | base | more)


def line(name, order=1, grade="good", of="T", **cells):
    return RuleLine(
        row_id=f"t.{name}", table=of, name=name, order=order, conditions=cells, outcome={"grade": grade},
        text_zh="一", text_en="one", **PROVENANCE,
    )  # fmt: skip


def test_lines_come_in_their_order_and_those_of_other_tables_stay_away():
    found = assemble(head(), [line("b", 2, "bad", area="-"), line("x", 1, of="U"), line("a", 1, area="> 5")])
    assert [one.row_id for one in found.rows] == ["t.a", "t.b"]
    assert found.rule_version == "t@3"
    assert decide(found, {"area": 9}).outcome == {"grade": "good"}
    assert decide(found, {"area": 1}).outcome == {"grade": "bad"}


def test_lines_of_one_place_come_by_their_id():
    found = assemble(head(), [line("b"), line("a")])
    assert [one.row_id for one in found.rows] == ["t.a", "t.b"]


def test_a_line_keeps_its_ground_and_drops_the_cells_that_say_nothing():
    (one,) = assemble(head(), [line("a", area="-", kind="a", done="")]).rows
    assert set(one.conditions) == {"kind"}
    assert (one.standard, one.clause, one.source, one.valid_from) == ("GB 1", "4.1", "a test", date(2020, 1, 1))


@pytest.mark.parametrize(
    ("made", "field", "said"),
    [
        (lambda: line("a", colour="red"), "t.a.colour", "T has no input colour"),
        (lambda: line("a", area="wide"), "t.a, area", "is no range"),
        (lambda: line("a", grade="great"), "t.a.grade", "cannot be 'great'"),
    ],
)
def test_a_line_that_does_not_fit_its_table_is_named(made, field, said):
    with pytest.raises(ConfigurationError) as caught:
        assemble(head(), [made()])
    assert caught.value.field == field
    assert said in caught.value.message
    assert caught.value.remedy


# the check of a table -------------------------------------------------------------------------------------------------


def test_an_optional_number_has_a_place_without_it():
    found = review(
        table(row("a", inputs=(MAYBE,), size="<= 5"), row("b", inputs=(MAYBE,), size="> 5"), inputs=(MAYBE,))
    )
    assert found.gaps == ((("size", NOTHING),),)
    whole = row("c", inputs=(MAYBE,), size="absent")
    assert review(table(row("a", inputs=(MAYBE,), size="<= 5"), row("b", inputs=(MAYBE,), size="> 5"), whole, inputs=(MAYBE,))).gaps == ()  # fmt: skip


def test_an_open_word_has_a_place_for_every_other_word():
    free = (DecisionInput("word", InputKind.TEXT, "词", "word"),)
    found = review(table(row("a", inputs=free, word="x | y"), inputs=free))
    assert found.gaps == ((("word", OTHER),),)
    refuse_faults(
        table(row("a", inputs=free, word="x"), row("b", inputs=free, word="not x"), inputs=free, default=None)
    )


def test_a_closed_range_of_a_number_has_no_place_outside_of_it():
    percent = (DecisionInput("share", InputKind.NUMBER, "比", "share", minimum=D(0), maximum=D(100)),)
    refuse_faults(
        table(
            row("a", inputs=percent, share="0..50"),
            row("b", inputs=percent, share="(50..100]"),
            inputs=percent,
            default=None,
        )
    )
    with pytest.raises(ConfigurationError, match=r"share \(50\.\.60\)"):
        refuse_faults(
            table(
                row("a", inputs=percent, share="0..50"),
                row("b", inputs=percent, share="60..100"),
                inputs=percent,
                default=None,
            )
        )


def test_a_row_that_no_number_can_meet_never_decides():
    with pytest.raises(ConfigurationError, match=r"t\.b never decides"):
        refuse_faults(table(row("a", area=">= 0"), row("b", area="< 0")))  # an area is never below nothing


def test_a_bound_between_two_open_ranges_is_a_place_of_its_own():
    found = review(table(row("a", area="< 10"), row("b", area="> 10")))
    assert found.gaps == ((("area", "= 10"),),)
    assert not found.overlaps


def test_places_that_leave_the_same_rows_are_told_once_with_the_first_of_them():
    many = [row(str(n), area=f"= {n}", kind="a") for n in range(1, 60)]
    assert review(table(*many)).gaps == ((("area", "= 0"),), (("area", "= 1"), ("kind", "b")))


def test_rows_that_agree_may_meet_only_where_the_table_says_so():
    rows = (row("a", "bad", area="> 1"), row("b", "bad", kind="a"))
    (overlap,) = review(table(*rows, policy=HitPolicy.ANY)).overlaps
    assert (overlap.one, overlap.other, overlap.agree) == ("t.a", "t.b", True)
    refuse_faults(table(*rows, policy=HitPolicy.ANY))
    refuse_faults(table(*rows, policy=HitPolicy.COLLECT))
    with pytest.raises(ConfigurationError, match=r"t\.a and t\.b both apply"):
        refuse_faults(table(*rows, policy=HitPolicy.UNIQUE))


def test_a_table_without_rows_has_its_default_everywhere():
    assert review(table()).gaps == ((),)
    refuse_faults(table())
    with pytest.raises(ConfigurationError, match="no default"):
        refuse_faults(table(default=None))


# sheets ---------------------------------------------------------------------------------------------------------------


def test_a_sheet_from_a_spreadsheet_with_its_mark_and_own_dates_is_read():
    text = "\ufeff" + write_sheet(table(row("a", area="> 5", note="absent")))
    defaults = {"standard": "S", "clause": "1", "source": "x", "confidence": "memory", "region": "CN", "valid_to": None}
    (one,) = read_sheet(text, code="T", inputs=INPUTS, outputs=(GRADE,), defaults=defaults, name="t.csv")
    assert one == row("a", area="> 5", note="absent")


def test_a_word_with_a_comma_or_a_quote_survives_the_sheet():
    free = (DecisionInput("word", InputKind.TEXT, "词", "word"),)
    kept = table(row("a", inputs=free, word='x, "y" | z'), inputs=free)
    defaults = {"region": "CN", "valid_to": None}
    assert (
        read_sheet(write_sheet(kept), code="T", inputs=free, outputs=(GRADE,), defaults=defaults, name="t") == kept.rows
    )
