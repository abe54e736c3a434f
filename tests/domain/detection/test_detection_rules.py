"""The pack of detection rules: complete, cited, and refused when it is wrong."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from qingtian.domain.errors import ConfigurationError
from qingtian.packs import load_packs
from qingtian.packs.detection import detection_rules, load_detection_rules, read_detection_rules

ROW = """
[[rule]]
row_id = "{row_id}"
code = "frozen_value"
version = "1"
label_zh = "值"
label_en = "value"
standard = "S"
clause = "1"
source = "a test"
confidence = "decision of this project"
valid_from = {valid_from}
severity = 2
"""


def test_every_kind_of_finding_from_data_has_a_rule_in_force():
    codes = set(detection_rules(date(2025, 11, 24)))
    assert codes == {
        "exceedance", "air_pollution", "late_stream", "frozen_value", "dilution", "treatment_off", "clock_error", "late_data",
        "exceedance_day", "quality_unit_slip", "quality_column_shift", "quality_frozen",
        "wrong_password", "doubled_device", "late_upload", "temperature_out_of_range", "leak_overdue",
    }  # fmt: skip
    assert load_packs().detection_rules(date(2025, 11, 24)) == detection_rules(date(2025, 11, 24))


def test_every_rule_says_where_it_comes_from():
    for rule in load_detection_rules():
        assert rule.source
        assert rule.confidence in {
            "decision of this project",
            "memory",
            "verified by 1 source",
            "verified by 2 sources",
        }
        assert all(1 <= severity <= 4 for _, severity in rule.bands)


def test_figures_that_the_reference_states_are_as_stated():
    rules = detection_rules(date(2025, 11, 24))
    assert rules["treatment_off"].number("least_min") == 15  # domain model, section 4, rule 1
    assert rules["frozen_value"].number("least_h") == 4  # rule 2
    assert rules["clock_error"].number("limit_min") == 5  # HJ 212 reference, section 9
    assert rules["air_pollution"].number("above_index") == 100


def test_the_bands_of_the_index_are_those_of_its_categories():
    for day in (date(2025, 11, 24), date(2026, 11, 24)):
        rule = detection_rules(day)["air_pollution"]
        for band in load_packs().categories(day):
            if band.minimum > 100:
                assert rule.graded(Decimal(band.minimum)) == band.level_number - 2


def test_no_rule_is_in_force_before_the_first_one():
    assert detection_rules(date(2010, 1, 1)) == {}


def test_two_rows_of_a_code_that_hold_on_one_day_are_refused():
    text = ROW.format(row_id="a", valid_from="2020-01-01") + ROW.format(row_id="b", valid_from="2024-01-01")
    with pytest.raises(ConfigurationError, match="a and b overlap"):
        read_detection_rules(text)
    ended = text.replace("valid_from = 2020-01-01", "valid_from = 2020-01-01\nvalid_to = 2023-12-31")
    assert [rule.row_id for rule in read_detection_rules(ended)] == ["a", "b"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("severity = 5", "severity"),
        ('severity = 2\nsurprise = "x"', "surprise"),
        ('severity = 2\nbands = [["2", 3], ["1", 2]]', "bands rise"),
        ('severity = 2\n[rule.parameters]\nhours = "four"', "no decimal"),
        ("severity = ", "Invalid value"),
    ],
)
def test_a_wrong_row_is_refused_with_the_reason(change, message):
    text = ROW.format(row_id="a", valid_from="2020-01-01").replace("severity = 2", change)
    with pytest.raises(ConfigurationError, match=message):
        read_detection_rules(text)


def test_a_missing_parameter_names_row_and_parameter():
    (rule,) = read_detection_rules(ROW.format(row_id="a", valid_from="2020-01-01"))
    with pytest.raises(ConfigurationError, match="a has no parameter least_h") as caught:
        rule.hours("least_h")
    assert caught.value.field == "a.least_h"
