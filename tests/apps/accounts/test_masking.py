from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.apps.accounts.masking import generalised_point, masked_name, masked_phone, masked_text


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812345678", "138****5678"),
        ("138 1234 5678", "138****5678"),
        ("138-1234-5678", "138****5678"),
        ("02785551234", "027****1234"),
        ("027-8555123", "027-****5123"),
        ("0713-8555123", "0713-****5123"),
        ("+86 13812345678", "+** *********78"),
        ("分机 8012", "分机 **12"),
        ("", ""),
    ],
)
def test_a_number_loses_its_middle(phone: str, shown: str) -> None:
    assert masked_phone(phone) == shown


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["来电%s说有异味", "tel:%s;", "%s", "(%s)"]))
def test_no_mobile_number_survives_in_free_words(phone: str, words: str) -> None:
    shown = masked_text(words % phone)

    assert phone not in shown
    assert phone[:3] in shown and phone[-4:] in shown


@pytest.mark.parametrize(
    "text",
    [
        "C-2025-000123",
        "QT4201000000000000000011",
        "2025-11-24 10:40",
        "91420100MA4K00001U",
        "0.138123",
        "20251124100205000",
    ],
)
def test_numbers_of_the_house_stay_as_they_are(text: str) -> None:
    assert masked_text(text) == text


def test_an_identity_number_loses_the_day_of_birth() -> None:
    assert masked_text("身份证42010619900101123X，住址") == "身份证420106***********X，住址"


def test_a_name_keeps_its_first_character() -> None:
    assert [masked_name(one) for one in ("王建国", "李", "")] == ["王**", "李", ""]


@given(st.floats(73, 135), st.floats(18, 53))
def test_a_place_is_moved_by_half_a_cell_at_most_and_all_of_a_cell_look_alike(lon: float, lat: float) -> None:
    east, north = generalised_point(lon, lat)

    assert abs(east - lon) <= 0.0500001 and abs(north - lat) <= 0.0500001
    assert generalised_point(east, north) == (east, north)
