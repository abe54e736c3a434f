"""Frequencies as permits and packs write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.obligations.rhythm import LONGEST_DAYS, MOST_TIMES, Per, Rhythm, RhythmKind, parse_rhythm

RHYTHMS = st.one_of(
    st.builds(
        lambda times, per: Rhythm(RhythmKind.CALENDAR, times, per),
        st.integers(1, MOST_TIMES),
        st.sampled_from(list(Per)),
    ),
    st.builds(lambda days: Rhythm(RhythmKind.INTERVAL, days=days), st.integers(1, LONGEST_DAYS)),
    st.sampled_from([Rhythm(kind) for kind in (RhythmKind.ONCE, RhythmKind.EVENT, RhythmKind.CONTINUOUS)]),
)


@given(RHYTHMS)
def test_what_is_written_reads_back_the_same(rhythm: Rhythm) -> None:
    assert parse_rhythm(str(rhythm)) == rhythm


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("1次/季", "1/quarter"),
        ("1次/季度", "1/quarter"),
        ("1 次 / 半年", "1/half_year"),
        ("2次/年", "2/year"),
        ("1次/日", "1/day"),
        ("4次/天", "4/day"),
        ("1次/周", "1/week"),
        ("1次/月", "1/month"),
        ("30天一次", "30d"),
        ("自动", "continuous"),
        ("连续", "continuous"),
    ],
)
def test_chinese_permits_are_read(text: str, same: str) -> None:
    assert str(parse_rhythm(text)) == same


@pytest.mark.parametrize("text", ["", "often", "0/month", "25/day", "1/decade", "0d", "1次/世纪", "-1/year", "9999d"])
def test_what_is_no_frequency_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_rhythm(text, field="attributes.monitoring[0].frequency")
    assert caught.value.field == "attributes.monitoring[0].frequency"
    assert "1/quarter" in str(caught.value.remedy)


@pytest.mark.parametrize(
    ("planned", "required", "enough"),
    [
        ("1/month", "1/quarter", True),
        ("1/quarter", "1/month", False),
        ("4/year", "1/quarter", True),
        ("3/year", "1/quarter", False),
        ("30d", "1/month", True),
        ("31d", "1/month", False),
        ("continuous", "1/day", True),
        ("4/day", "continuous", False),
        ("continuous", "continuous", True),
        ("once", "once", True),
        ("once", "1/year", False),
        ("1/year", "once", False),
    ],
)
def test_as_often_as_required(planned: str, required: str, enough: bool) -> None:
    assert parse_rhythm(planned).at_least(parse_rhythm(required)) is enough


@given(RHYTHMS, RHYTHMS, RHYTHMS)
def test_being_as_often_is_an_order(one: Rhythm, two: Rhythm, three: Rhythm) -> None:
    assert one.at_least(one)
    if one.at_least(two) and two.at_least(three):
        assert one.at_least(three)


@given(RHYTHMS)
def test_every_rhythm_has_words_in_both_languages(rhythm: Rhythm) -> None:
    zh, en = rhythm.words()
    assert zh and en and zh != en
