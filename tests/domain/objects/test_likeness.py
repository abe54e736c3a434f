"""Which registered objects may be one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.objects import LIKELY, Facts, Sign, likeness
from qingtian.domain.objects.likeness import core, distance_m

FACTS = st.builds(
    Facts,
    st.text(max_size=8),
    st.dictionaries(st.sampled_from(["uscc", "vin"]), st.sampled_from(["", "A", "B"]), max_size=2),
    st.one_of(st.none(), st.floats(-180, 180)),
    st.one_of(st.none(), st.floats(-90, 90)),
)


@pytest.mark.parametrize(
    ("one", "other", "signs"),
    [
        (Facts("甲", {"uscc": "A"}), Facts("乙", {"uscc": "A"}), (Sign.SAME_IDENTIFIER,)),
        (Facts("甲", {"uscc": ""}), Facts("乙", {"uscc": ""}), ()),
        (Facts("甲（武汉）化工"), Facts("甲(武汉) 化工"), (Sign.SAME_NAME,)),
        (Facts("Donghu Chemical Co., Ltd."), Facts("donghu chemical"), (Sign.NAME_WITHOUT_FORM,)),
        (Facts("有限公司"), Facts("集团"), ()),
        (Facts("甲", lon=114.3, lat=30.6), Facts("乙", lon=114.3, lat=30.6), ()),
        (Facts("甲", lon=114.3, lat=30.6), Facts("甲", lon=114.301, lat=30.6), (Sign.SAME_NAME, Sign.NEAR)),
        (Facts("甲", lon=114.3, lat=30.6), Facts("甲", lon=114.4, lat=30.6), (Sign.SAME_NAME,)),
    ],
)
def test_what_speaks_for_two_being_one(one: Facts, other: Facts, signs: tuple[Sign, ...]) -> None:
    assert likeness(one, other).signs == signs


def test_nearness_alone_and_a_bare_name_core_are_not_likely() -> None:
    assert likeness(Facts("甲有限公司"), Facts("甲集团")).points < LIKELY
    assert likeness(Facts("甲有限公司", lon=1.0, lat=1.0), Facts("甲集团", lon=1.0, lat=1.0)).points >= LIKELY


def test_a_degree_of_latitude_is_111_kilometres() -> None:
    assert distance_m(Facts("", lon=114.0, lat=30.0), Facts("", lon=114.0, lat=31.0)) == pytest.approx(111_195, abs=2)


@given(FACTS, FACTS)
def test_likeness_has_no_direction(one: Facts, other: Facts) -> None:
    there, back = likeness(one, other), likeness(other, one)
    assert (there.points, set(there.signs), there.distance_m) == (back.points, set(back.signs), back.distance_m)
    assert 0 <= there.points <= 100


@given(st.text(max_size=20))
def test_the_core_of_a_core_is_itself_or_shorter(name: str) -> None:
    assert len(core(core(name))) <= len(core(name))
