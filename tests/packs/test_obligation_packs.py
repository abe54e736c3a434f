"""Obligation templates are data: every row reads, says where it is from, and a faulty one is refused by name."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.domain.obligations.plan_check import PlanCheck
from qingtian.domain.obligations.rhythm import RhythmKind, parse_rhythm
from qingtian.packs import load_packs
from qingtian.packs.loader import NATIONAL
from qingtian.packs.obligations import (
    PLAN_RULES,
    TEMPLATES,
    methods,
    plan_rules,
    template,
    templates,
    waiver_reasons,
)

ON = date(2025, 11, 24)
PACKS = load_packs()
DUTIES = {"SM", "PUB", "UP", "LED", "REP", "FIX", "MARK", "HOOD", "DISC", "TRAIN", "RENEW"}


def rows() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((NATIONAL / "obligation_templates.json").read_text("utf-8"))["rows"]
    return found


def read(folder: Path, **changes: Any) -> None:
    changed = [row | changes if row["code"] == "HOOD" else row for row in rows()]
    (folder / "obligation_templates.json").write_text(json.dumps({"rows": changed}), "utf-8")
    TEMPLATES.read(folder)


def test_every_duty_of_the_domain_model_has_its_template() -> None:
    found = templates(PACKS, ON)
    assert set(found) >= DUTIES
    assert {code for code in found if code.startswith(("GHG", "PATROL"))} >= {"GHG_REPORT", "PATROL_CITY"}


def test_what_was_never_read_in_the_law_is_marked_as_unverified() -> None:
    found = templates(PACKS, ON)
    assert found["HOOD"].unverified and found["MARK"].unverified and found["PUB"].unverified
    assert not found["RENEW"].unverified and not found["SM"].unverified


def test_the_records_of_self_monitoring_are_kept_five_years_and_of_hoods_one() -> None:
    found = templates(PACKS, ON)
    assert (found["SM"].retain_years, found["LED"].retain_years, found["HOOD"].retain_years) == (5, 5, 1)


def test_the_figures_of_the_domain_model_stand_in_the_rows() -> None:
    found = templates(PACKS, ON)
    assert (found["RENEW"].due.n, found["FIX"].due.n, found["GHG_ANSWER"].due.n) == (-60, 48, 7)
    assert {one.item: one.rhythm for one in found["HOOD"].lines} == {"purifier": "30d", "duct": "60d"}
    assert (found["DISC"].due.month, found["DISC"].due.day) == (3, 31)
    assert found["MARK"].due.hour == 12
    assert found["REP"].due_of("year").month == 1 and found["REP"].due_of("month").n == 15


def test_frequencies_of_self_monitoring_come_from_the_permit_only() -> None:
    found = templates(PACKS, ON)
    assert all(found[code].rhythm == "" and found[code].rhythm_from for code in ("SM", "SM_NOISE", "SM_GROUND", "LED"))


def test_every_rhythm_of_the_packs_reads() -> None:
    for row in templates(PACKS, ON).values():
        for text in (row.rhythm, *(line.rhythm for line in row.lines)):
            assert not text or parse_rhythm(text).kind in RhythmKind


def test_every_check_of_the_plan_has_words_and_a_severity() -> None:
    found = plan_rules(PACKS, ON)
    assert set(found) == set(PlanCheck)
    assert all(row.label_zh and row.label_en and 1 <= row.severity <= 4 for row in found.values())


def test_waivers_are_a_closed_list_and_the_open_one_needs_words() -> None:
    found = waiver_reasons(PACKS, ON)
    assert found["other"].needs_note and not found["shutdown"].needs_note


def test_a_replaced_method_says_what_took_its_place() -> None:
    known = {one.method: one for one in methods(PACKS)}
    for one in known.values():
        assert bool(one.replaced_by) == (one.valid_to is not None)
        assert not one.replaced_by or one.replaced_by in known


def test_an_unknown_template_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput) as caught:
        template(PACKS, "SWEEP", ON)
    assert "HOOD" in str(caught.value.remedy)


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"rhythm": "often", "lines": []}, "rhythm"),
        ({"lines": []}, "row"),
        ({"due": {"month": 3}}, "due"),
        ({"due": {"n": 3, "month": 3, "day": 1}}, "due"),
        ({"due": {"n": -3, "mode": "working"}}, "due"),
        ({"applies": {"types": ["catering_shop"], "table": "catering_purifier"}}, "applies"),
        ({"applies": {"types": ["catering_shop"], "where": [{"path": "seats", "operator": "in"}]}}, "applies"),
        ({"proof": {"data": "guess"}}, "proof"),
        ({"code": "hood"}, "code"),
        ({"group": "kitchen"}, "group"),
        ({"severity": 5}, "severity"),
        ({"trigger": {"after": "SM"}}, "rhythm"),
        ({"rhythm": "event", "trigger": {"after": "NOBODY"}}, "trigger"),
    ],
)
def test_a_faulty_row_is_refused_by_name(tmp_path: Path, changes: dict[str, Any], column: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, **changes)
    assert "obligation_templates.json" in str(caught.value.field)
    assert column in str(caught.value.field) + caught.value.message


def test_a_check_without_a_row_is_refused(tmp_path: Path) -> None:
    lines = (NATIONAL / "plan_checks.csv").read_text("utf-8").splitlines()
    (tmp_path / "plan_checks.csv").write_text("\n".join(lines[:-1]) + "\n", "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        PLAN_RULES.read(tmp_path)
    assert "no_channel" in caught.value.message
