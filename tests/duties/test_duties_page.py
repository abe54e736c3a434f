"""The page of the duties says what the code does."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from qingtian.apps.findings.states import Kind
from qingtian.duties import DUTIES
from qingtian.packs.detection import load_detection_rules

PAGE = (Path(__file__).parents[2] / "docs" / "duties.md").read_text("utf-8")
# What people, models and orders tell.
TOLD = {
    Kind.COMPLAINT,
    Kind.PATROL_PROBLEM,
    Kind.AUDIT_PROBLEM,
    Kind.SUPERIOR_ORDER,
    Kind.MODEL_CONTRAST,
    Kind.MODEL_SUSPECT,
}
ROWS = re.findall(r"^\| `(\w+)` \| (\d+) min \| [^|]* \| ?([^|]*) ?\|$", PAGE, re.MULTILINE)


def test_every_duty_is_on_the_page_in_order_with_its_period():
    assert [(name, int(minutes)) for name, minutes, _ in ROWS] == [
        (duty.name, duty.every // timedelta(minutes=1)) for duty in DUTIES
    ]


def test_every_kind_of_finding_from_data_is_made_by_one_duty():
    made = [kind for _, _, kinds in ROWS for kind in re.findall(r"`(\w+)`", kinds)]
    assert sorted(made) == sorted(set(Kind) - {Kind.REBOUND} - TOLD)


def test_the_page_names_figures_as_the_pack_holds_them():
    rules = {rule.code: rule for rule in load_detection_rules()}
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|$", PAGE, re.MULTILINE))
    assert set(rows) == set(rules) - {"late_data"}
    assert f"at least {rules['late_stream'].whole('at_least_min')} min" in rows["late_stream"]
    assert f"stations {rules['late_stream'].whole('station_min')} min" in rows["late_stream"]
    assert f"{rules['treatment_off'].whole('least_min')} min" in rows["treatment_off"]
    assert f"more than {rules['clock_error'].whole('limit_min')} min" in rows["clock_error"]
    assert f"{rules['dilution'].number('flow_ratio')} times" in rows["dilution"]
    assert f"{100 * rules['frozen_value'].number('load_spread'):.0f} %" in rows["frozen_value"]
    assert f"more than {rules['late_upload'].whole('allowed_min')} min" in rows["late_upload"]
    assert f"{rules['temperature_out_of_range'].whole('least_min')} min" in rows["temperature_out_of_range"]
    assert f"within {rules['leak_overdue'].whole('attempt_d')} days" in rows["leak_overdue"]
    assert f"above {rules['air_pollution'].whole('above_index')}" in rows["air_pollution"]
