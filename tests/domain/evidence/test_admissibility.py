"""Whether automatic data may be evidence: E-V3, E-V4, E-V5, and each line of the checklist by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.evidence import (
    AdmissibilityCheck,
    AutomaticValue,
    Calibration,
    Equipment,
    Sample,
    assess,
    outranking,
)
from qingtian.packs.evidence import admissibility_rules

START = datetime(2026, 3, 2, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
HOUR = timedelta(hours=1)
RULES = admissibility_rules(START.date())
DAY = date(2025, 6, 1)
EQUIPMENT = Equipment(DAY, DAY, "HJ 75-2017", date(2026, 12, 31), DAY, DAY, DAY)
GOOD = AutomaticValue(
    start=START,
    end=START + HOUR,
    value=Decimal("120.0"),
    unit="mg/m3",
    parameter="a21002",
    cycle="hour",
    mark="N",
    valid_mark=True,
    frame_kept=True,
    limit_cycle="hour",
    exceeds=True,
    equipment=EQUIPMENT,
    calibrations=(Calibration(date(2026, 2, 1), date(2026, 4, 30), True),),
    reviews=(("u-17", True),),
    informed=True,
    video_offsets_s=(Decimal("-60"),),
)


def sample(value: str, *, exceeds: bool | None, start: datetime = START, unit: str = "mg/m3") -> Sample:
    return Sample(start, start + HOUR / 2, Decimal(value), unit, exceeds)


def reasons(**changes: Any) -> tuple[str, ...]:
    return assess(replace(GOOD, **changes), RULES).reasons


def equipment(**changes: Any) -> dict[str, Any]:
    return {"equipment": replace(EQUIPMENT, **changes)}


def test_e_v5_a_value_that_meets_every_check_may_be_evidence() -> None:
    answer = assess(GOOD, RULES)
    assert (answer.admissible, answer.reasons, answer.dismisses) == (True, (), "")


def test_e_v3_a_value_marked_maintenance_dismisses_its_finding() -> None:
    answer = assess(replace(GOOD, mark="M", valid_mark=False), RULES)
    assert (answer.reasons, answer.dismisses) == (("marked_invalid",), "marked_invalid")
    assert answer.unmet[0].detail == "marked M"


def test_e_v4_a_value_that_nobody_reviewed_is_no_evidence() -> None:
    answer = assess(replace(GOOD, reviews=()), RULES)
    assert (answer.admissible, answer.reasons, answer.dismisses) == (False, ("not_reviewed",), "")
    said = answer.unmet[0].as_json()
    assert (said["label_zh"], said["clause"][:5]) == ("经专人审核", "行政处罚法")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (equipment(legal_review_on=None), "no_legal_review"),
        (equipment(legal_review_on=date(2026, 3, 3)), "no_legal_review"),
        (equipment(technical_review_on=None), "no_technical_review"),
        (equipment(standard=""), "standard_not_met"),
        (equipment(standard_until=date(2026, 3, 1)), "standard_not_met"),
        (equipment(placement_checked_on=None), "place_not_checked"),
        (equipment(signed_on=None), "not_signed"),
        (equipment(published_on=date(2026, 3, 3)), "place_not_published"),
        ({"frame_matches": False}, "record_not_true"),
        ({"doubts": ("frozen",)}, "record_not_true"),
        ({"unit": ""}, "record_not_clear"),
        ({"value": None}, "record_not_complete"),
        ({"mark": "", "valid_mark": False}, "record_not_complete"),
        ({"newest": False}, "record_not_accurate"),
        ({"reviews": (("u-17", True), ("u-18", False))}, "not_reviewed"),
        ({"informed": False}, "party_not_informed"),
        ({"calibrations": ()}, "not_calibrated"),
        ({"calibrations": (Calibration(date(2026, 3, 3), date(2026, 9, 1), True),)}, "not_calibrated"),
        ({"calibrations": (Calibration(date(2026, 1, 1), date(2026, 3, 1), True),)}, "not_calibrated"),
        (
            {
                "calibrations": (
                    Calibration(date(2026, 1, 1), date(2026, 9, 1), True),
                    Calibration(date(2026, 2, 1), date(2026, 9, 1), False),
                )
            },
            "not_calibrated",
        ),
        ({"limit_cycle": "day"}, "period_mismatch"),
        ({"limit_cycle": ""}, "period_mismatch"),
        ({"frame_kept": False}, "raw_frame_missing"),
        ({"video_offsets_s": (Decimal(3), Decimal("60.5"))}, "video_time_off"),
        ({"samples": (sample("80", exceeds=False),)}, "bureau_sample_prevails"),
    ],
)
def test_each_check_refuses_alone_with_a_remedy_in_both_languages(changes: dict[str, Any], reason: str) -> None:
    answer = assess(replace(GOOD, **changes), RULES)
    assert answer.reasons == (reason,)
    [unmet] = answer.unmet
    assert unmet.detail.isascii() and not unmet.detail_zh.isascii()
    assert unmet.rule.remedy_zh and unmet.rule.remedy_en


def test_the_bureaus_sample_is_the_basis_when_it_disagrees() -> None:
    disagreeing = sample("80", exceeds=False)
    agreeing = sample("118", exceeds=True)
    assert outranking(replace(GOOD, samples=(agreeing, disagreeing))) == [disagreeing]
    assert reasons(samples=(agreeing,)) == ()


@pytest.mark.parametrize(
    ("other", "counts"),
    [
        (sample("80", exceeds=False, start=START - HOUR / 2), False),  # ended as the period began
        (sample("80", exceeds=False, start=START + HOUR), False),
        (sample("80", exceeds=False, start=START + HOUR / 2), True),
        (sample("120.0", exceeds=None), False),  # no limit to compare: the figures are the same
        (sample("119.9", exceeds=None), True),
        (sample("120.0", exceeds=None, unit="ug/m3"), True),
    ],
)
def test_only_a_sample_of_the_period_counts(other: Sample, counts: bool) -> None:
    assert bool(outranking(replace(GOOD, samples=(other,)))) is counts


def test_the_packs_hold_every_check_once_with_its_clause() -> None:
    assert [rule.check for rule in RULES] == list(AdmissibilityCheck)
    assert all(rule.clause and rule.label_zh and rule.label_en for rule in RULES)
    assert {rule.check for rule in RULES if rule.figure is not None} == {AdmissibilityCheck.VIDEO_TIME}


@given(st.lists(st.sampled_from(RULES), unique=True))
def test_fewer_checks_never_refuse_more(kept: list[Any]) -> None:
    bad = replace(GOOD, reviews=(), informed=False, mark="M", valid_mark=False, equipment=Equipment())
    every = set(assess(bad, RULES).reasons)
    some = set(assess(bad, kept).reasons)
    assert some == {rule.reason for rule in kept} & every
