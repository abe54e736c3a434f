"""A judgement explains itself from its own columns, in both languages."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.apps.judgements.explain import explain, item_names, shown
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.states import Question, Verdict

CST = timezone(timedelta(hours=8))
NINE = datetime(2025, 11, 24, 9, tzinfo=CST)


def emission(**more: Any) -> Judgement:
    """An hour of NOx over its limit; nothing is written to the database."""
    columns = {
        "question": Question.EMISSION_LIMIT,
        "standard": "GB 13223-2011",
        "clause": "table 2",
        "confidence": "verified by 2 sources",
        "item": "a21002",
        "period_start": NINE,
        "verdict": Verdict.EXCEEDS,
        "value": Decimal("120.500000"),
        "limit": Decimal("100.000000"),
        "unit": "mg/m3",
    }
    return Judgement(**columns | more)


def test_value_limit_and_clause_are_said_without_trailing_zeros():
    text = explain(emission())
    assert text.zh == "氮氧化物小时均值120.5mg/m3超过限值100mg/m3(GB 13223-2011 table 2)。"
    assert text.en == "Hour mean of NOx 120.5 mg/m3 is over the limit 100 mg/m3 (GB 13223-2011 table 2)."


@pytest.mark.parametrize(
    ("value", "limit", "text"),
    [
        ("36.985516", "20", "36.986"),
        ("100.0004", "100", "100.0004"),
        ("99.9996", "100", "99.9996"),
        ("100", "100", "100"),
        ("0.000049", "0.3", "0"),
        ("1200", "1000", "1200"),
    ],
)
def test_figures_are_rounded_but_never_to_the_other_side_of_the_limit(value, limit, text):
    assert shown(Decimal(value), Decimal(limit)) == text


@given(st.decimals(min_value=0, max_value=10**6, places=6), st.decimals(min_value="0.1", max_value=10**6, places=2))
def test_a_shown_figure_lies_on_the_side_of_the_limit_that_was_judged(value, limit):
    figure = Decimal(shown(value, limit))
    assert (figure > limit, figure == limit) == (value > limit, value == limit)
    assert abs(figure - value) <= Decimal("0.0005")


def test_within_is_said_as_such():
    text = explain(emission(verdict=Verdict.WITHIN, value=Decimal(80)))
    assert "未超过限值" in text.zh
    assert "is within the limit" in text.en


def test_a_limit_from_memory_is_said_to_be_one():
    text = explain(emission(confidence="memory"))
    assert "限值来源：memory" in text.zh
    assert "confidence of the limit: memory" in text.en


@pytest.mark.parametrize(
    ("converted_by", "zh", "en"),
    [
        ("platform", "实测30，含氧量8.5%，折算到6%", "measured 30 at 8.5 % O2, converted to 6 %"),
        ("device", "设备按基准含氧量6%折算", "converted by the device to 6 % O2"),
    ],
)
def test_the_conversion_is_told(converted_by, zh, en):
    inputs = {"reference_o2": "6", "measured": "30", "oxygen": "8.5", "converted_by": converted_by}
    text = explain(emission(inputs=inputs))
    assert zh in text.zh
    assert en in text.en


def test_what_was_not_judged_says_why():
    reason = {"code": "marked_invalid", "zh": "数据标记为M(维护)", "en": "marked M (maintenance)"}
    text = explain(emission(verdict=Verdict.INVALID, value=None, inputs={"reason": reason}))
    assert text.zh == "氮氧化物小时值未用于评价：数据标记为M(维护)。"
    assert text.en == "The hour value of NOx was not judged: marked M (maintenance)."


def test_an_index_tells_category_primary_coverage_and_published_value():
    row = emission(
        question=Question.AIR_INDEX,
        clause="HJ 633-2012 5.3",
        index=159,
        published=159,
        primary=["O3", "PM2.5"],
        coverage={"have": 6, "need": 6},
        inputs={"category": {"zh": "中度污染", "en": "moderately polluted"}},
    )
    text = explain(row)
    assert text.zh == "按HJ 633-2012 5.3，AQI为159(中度污染)，首要污染物O3、PM2.5；6项中6项有效，发布值159。"
    assert "primary pollutant O3, PM2.5; 6 of 6 items valid, published 159." in text.en


def test_an_index_that_could_not_be_made_names_what_is_missing():
    row = emission(
        question=Question.AIR_INDEX, standard="HJ 633-2026", index=None,
        coverage={"have": 4, "need": 6, "missing": ["CO", "O3"]},
    )  # fmt: skip
    assert explain(row).zh == "按HJ 633-2026无法评价：6项中有4项有效，缺CO、O3。"
    assert explain(row).en == "Not assessed under HJ 633-2026: 4 of 6 items valid; missing CO, O3."


def test_an_item_that_the_packs_do_not_know_is_shown_by_its_code():
    names = item_names("zz999")
    assert (names.zh, names.en) == ("zz999", "zz999")
    assert item_names("a21026").en == "SO2"
