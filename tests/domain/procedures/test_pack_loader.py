from __future__ import annotations

import re
from datetime import date

import pytest

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.packs.procedures import FOLDER, load_procedures, parse_procedure, procedure

TEXT = (FOLDER / "t1.toml").read_text("utf-8")


def changed(pattern: str, replacement: str) -> str:
    text, count = re.subn(pattern, replacement, TEXT, count=1, flags=re.MULTILINE)
    assert count == 1, f"the pack has nothing like {pattern}"
    return text


def test_every_file_of_the_pack_loads() -> None:
    assert len(load_procedures()) == len(list(FOLDER.glob("*.toml")))


def test_a_procedure_is_found_by_code_and_version() -> None:
    assert procedure("T1") is procedure("T1", "2")
    assert procedure("T1", on=date(2024, 12, 31)) is procedure("T1", "1")
    assert procedure("T1", on=date(2025, 1, 1)) is procedure("T1", "2")
    for code, version in (("T99", None), ("T1", "99")):
        with pytest.raises(InvalidInput, match="there is no procedure"):
            procedure(code, version)


def test_numbers_of_guards_come_from_the_parameters() -> None:
    template = parse_procedure(changed(r"^effect_valid_hours = 24", "effect_valid_hours = 48"), "x.toml")
    assert template.guard("effect_shown_by_data").params["min_valid_hours"] == 48


def test_labels_choices_and_required_fields_are_read() -> None:
    plan = next(step for step in procedure("T1").transitions if step.code == "plan")
    fields = {spec.name: spec for spec in plan.fields}
    assert fields["cause"].required and not fields["leader"].required
    assert [choice.value for choice in fields["source_tier"].choices] == ["central", "provincial", "own"]


@pytest.mark.parametrize(
    ("pattern", "replacement", "reason"),
    [
        (r'^code = "T1"', "code = ", "not a procedure template"),
        (r'^version = "1"', "version = 1", "version"),
        (r'^name_en = ".*"', 'name_en = "x"\nsurprise = 1', "surprise"),
        (r'^confidence = "P"', 'confidence = "sure"', "confidence"),
        (r'^check = "all_done"', 'check = "magic"', "guard measures_done: unknown check magic"),
        (r'^guards = \["site_record"\]', 'guards = ["site_recrod"]', "unknown guard site_recrod"),
        (r'^to = "planned"', 'to = "plamned"', "unknown state plamned"),
        (r'^required = \["site_result"\]', 'required = ["site_resutl"]', "unknown field site_resutl"),
        (r"^effect_valid_hours = .*", "", "no parameter effect_valid_hours"),
        (r"^n = 6", "n = 0", "greater than 0"),
        (r'kind = "start_watch"', 'kind = "start_party"', "start_party|kind"),
        (r'subject = "watch" \}\]', 'subject = "wacht" }]', "unknown clock wacht"),
        (r"^entries = .*", 'entries = ["listed"]', "state admonished cannot be reached"),
    ],
)
def test_a_faulty_pack_is_refused_with_its_place(pattern: str, replacement: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as error:
        parse_procedure(changed(pattern, replacement), "t1.toml")
    assert error.value.field == "t1.toml"
    assert error.value.remedy
