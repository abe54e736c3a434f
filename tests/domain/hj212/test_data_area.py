"""Header and data area: names, values, lists, conflicts, text values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.hj212.decoding import read_text
from qingtian.domain.hj212.grammar import is_real_time, read_data_area, read_header, split_segment
from qingtian.domain.hj212.heading import edition_of, read_flag


def test_semicolon_and_comma_separate_alike():
    one = read_data_area("BeginTime=20160801000000,EndTime=20160801000000")
    two = read_data_area("BeginTime=20160801000000;EndTime=20160801000000")
    assert one.params == two.params == {"BeginTime": "20160801000000", "EndTime": "20160801000000"}


def test_the_name_is_cut_at_the_first_dash():
    assert read_data_area("L10-Day-Data=53").items == {"L10": {"Day-Data": "53"}}


def test_a_repeated_parameter_is_a_list_in_the_order_sent():
    assert read_data_area("CTime=04,CTime=10;CTime=16").params == {"CTime": ["04", "10", "16"]}


def test_the_same_value_again_is_no_conflict():
    area = read_data_area("a-Rtd=1,a-Rtd=1")
    assert (area.items, area.conflicts) == ({"a": {"Rtd": "1"}}, set())


def test_another_value_for_the_same_item_is_a_conflict_and_the_first_is_kept():
    area = read_data_area("a-Rtd=1,b-Rtd=5;a-Rtd=2")
    assert (area.items["a"], area.conflicts) == ({"Rtd": "1"}, {"a"})


def test_spaces_round_names_and_values_and_line_ends_are_trimmed():
    area = read_data_area(" PolId = w01018 ;\r\n i13004 - Info = 168.0 ; ")
    assert (area.params, area.items) == ({"PolId": "w01018"}, {"i13004": {"Info": "168.0"}})


def test_a_text_value_protects_separators_and_keeps_its_slashes():
    area = read_data_area("i1-Info=//a;b,c=d#//;i2-Info=//##0010x&&//,PolId=w")
    assert area.items == {"i1": {"Info": "//a;b,c=d#//"}, "i2": {"Info": "//##0010x&&//"}}
    assert area.params == {"PolId": "w"}


def test_a_text_value_may_hold_an_address():
    assert read_data_area("i1-Info=//see http://host/x;y//;P=1").items["i1"]["Info"] == "//see http://host/x;y//"


def test_a_text_value_that_is_never_closed_does_not_eat_the_rest():
    area = read_data_area("i1-Info=//open;a-Rtd=1")
    assert area.items == {"i1": {"Info": "//open"}, "a": {"Rtd": "1"}}


def test_a_null_byte_in_a_text_cannot_be_taken_for_a_cut_text():
    area = read_data_area("i1-Info=//x//;i2-Info=\x000\x00")
    assert area.items["i2"]["Info"] != "//x//"


@pytest.mark.parametrize("junk", ["hello", "-Rtd=1", "a-=1", "a-Rtd", "=5"])
def test_what_cannot_be_read_is_named_and_the_rest_is_kept(junk):
    area = read_data_area(f"a-Rtd=1;{junk};PolId=b")
    assert (area.items, area.params) == ({"a": {"Rtd": "1"}}, {"PolId": "b"})
    assert list(area.warnings()) == ["unreadable_item"]


@given(st.text(max_size=200))
def test_no_text_breaks_the_data_area(text):
    area = read_data_area(text)
    assert all(code and attributes for code, attributes in area.items.items())


@given(st.text(max_size=120))
def test_no_text_breaks_the_header(text):
    header, warnings = read_header(text)
    assert set(warnings) <= {"comma_in_header"}
    assert all(name == name.strip() and name for name in header)


def test_header_names_are_read_in_any_case_and_any_order():
    header, _ = read_header("PNO=2;PNUM=3;flag=7;Mn=a;xyz=1")
    assert header == {"PNO": "2", "PNUM": "3", "Flag": "7", "MN": "a", "xyz": "1"}


def test_a_comma_inside_a_header_value_is_kept():
    assert read_header("PW=a,b;MN=1") == ({"PW": "a,b", "MN": "1"}, [])


def test_the_data_area_ends_at_the_last_ampersands():
    assert split_segment(b"CN=2011;CP=&&x&&y&&")[1] == b"x&&y"


@pytest.mark.parametrize(
    ("segment", "area", "warning"),
    [
        (b"ST=1;Flag=5CP=&&A=1&&", b"A=1", "missing_semicolon_before_cp"),
        (b"ST=1;CP=&&A=1", b"A=1", "cp_not_closed"),
        (b"ST=1;MN=2", b"", "cp_missing"),
    ],
)
def test_a_broken_frame_of_the_data_area_is_named(segment, area, warning):
    assert split_segment(segment)[1:] == (area, [warning])


@pytest.mark.parametrize(
    ("text", "real"),
    [
        ("20240229235959", True),
        ("20230229000000", False),
        ("20240601240000", False),
        ("20240601006000", False),
        ("20240601000060", False),
        ("20240601085857123", True),
        ("2024060108585", False),
        ("2024060108585x", False),
        ("00000101000000", False),
        ("\u0662" * 14, False),
    ],
)
def test_which_times_exist(text, real):
    assert is_real_time(text) is real


@pytest.mark.parametrize(
    ("flag", "edition"), [(0, "2005"), (3, "2005"), (4, "2017"), (7, "2017"), (8, "2025"), (12, "unknown")]
)
def test_edition_by_the_high_bits(flag, edition):
    assert edition_of(str(flag), flag) == edition


def test_an_unreadable_flag_is_of_no_known_edition():
    assert edition_of("N", read_flag("N")) == "unknown"


@pytest.mark.parametrize("text", ["-1", "256", "1000", "5.0", "0x5", "\u0665", ""])
def test_what_is_no_flag(text):
    assert read_flag(text) is None


def test_bytes_that_are_no_text_in_any_encoding_are_escaped():
    assert read_text(b"A=\xff\xff") == ("A=\\xff\\xff", "binary")
