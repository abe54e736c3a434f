"""A pack of indicators, indices and tables that does not hold together is refused with its row, reason and remedy."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.domain.indicators.computing import compute
from qingtian.domain.indicators.values import Inputs
from qingtian.packs import load_packs
from qingtian.packs.balances import REPLACEMENTS, ZONES, capacity_zone, carbon_rule, replacement_rule
from qingtian.packs.decisions import HEADS, LINES, assignment, check_decisions, decision_table, decision_tables
from qingtian.packs.indicators import INDEX_TREES, INDICATORS, index_tree, indicator, indicators
from qingtian.packs.loader import NATIONAL, read_packs

PACKS = load_packs()
Row = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "packs"
    shutil.copytree(NATIONAL, target, ignore=shutil.ignore_patterns("procedures"))
    return target


def edited(folder: Path, file: str, code: str, edit: Callable[[Row], Any]) -> Path:
    path = folder / file
    content = json.loads(path.read_text(encoding="utf-8"))
    edit(next(row for row in content["rows"] if row["code"] == code))
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return folder


def put(**cells: Any) -> Callable[[Row], None]:
    return lambda row: row.update(cells)


def put_input(number: int = 0, **cells: Any) -> Callable[[Row], None]:
    return lambda row: row["inputs"][number].update(cells)


@pytest.mark.parametrize(
    ("edit", "field", "said"),
    [
        (put(formula="(dry + wet) / made"), "formula", "there is no input made"),
        (put(formula="dry +"), "formula", "found the end"),
        (put(formula="dry"), "formula", "the units do not fit"),
        (put(formula=""), "formula", "at least 1"),
        (put(unit="stone"), "formula", "there is no unit 'stone'"),
        (put(unit=""), "formula", "a truth is needed"),
        (put_input(unit="stone"), "inputs.0.unit", "there is no unit 'stone'"),
        (put_input(source="indicator:NOTHING"), "inputs", "which is no indicator"),
        (put_input(source="indicator:RECYCLE"), "inputs", "RECYCLE -> RECYCLE"),
        (put_input(name="2dry"), "inputs.0.name", "pattern"),
        (put_input(name="wet"), "row", "an input is there twice"),
        (put_input(label_zh=""), "inputs.0.label_zh", "at least 1"),
        (put_input(missing="guess"), "inputs.0.missing", "exclude"),
        (put_input(colour="red"), "inputs.0.colour", "not permitted"),
        (put(inputs=[]), "inputs", "at least 1"),
        (put(spans=[]), "spans", "at least 1"),
        (put(spans=["week"]), "spans.0", "month"),
        (put(digits=7), "digits", "less than or equal to 6"),
        (put(direction="up"), "direction", "higher"),
        (put(minimum_coverage="101"), "minimum_coverage", "100"),
        (put(target={"bound": "=", "value": "1"}), "target.bound", "'>='"),
        (put(target={"bound": ">", "value": "much"}), "target.value", "much"),
        (put(baseline={"first": "2020-02-01", "last": "2020-01-01"}), "baseline", "2020-01-01 lies before 2020-02-01"),
        (put(code="recycle"), "code", "pattern"),
    ],
)
def test_a_faulty_indicator_is_refused_with_its_place(folder, edit, field, said):
    with pytest.raises(ConfigurationError) as caught:
        read_packs(edited(folder, "indicators.json", "RECYCLE", edit)).of(INDICATORS)
    assert caught.value.field == f"indicators.json:{field}"
    assert said in caught.value.message
    assert caught.value.remedy


def test_a_faulty_formula_shows_the_place_under_its_line(folder):
    with pytest.raises(ConfigurationError) as caught:
        read_packs(edited(folder, "indicators.json", "RECYCLE", put(formula="dry +\n  * wet"))).of(INDICATORS)
    assert caught.value.message.endswith("  * wet\n  ^")
    assert caught.value.message.startswith("ind.recycle: line 2, column 3")


def chained(folder: Path, unit: str) -> Path:
    """AIR_GOOD as the first input of the recycling rate, in a unit."""

    def edit(row: Row) -> None:
        row.update(formula="dry", unit="%", inputs=[row["inputs"][0] | {"source": "indicator:AIR_GOOD", "unit": unit}])

    return edited(folder, "indicators.json", "RECYCLE", edit)


def test_the_value_of_another_indicator_is_taken_in_its_own_unit_only(folder):
    assert read_packs(chained(folder, "%")).of(INDICATORS)
    with pytest.raises(ConfigurationError, match="which is given in %") as caught:
        read_packs(chained(folder, "1")).of(INDICATORS)
    assert caught.value.remedy == "give dry the unit %"


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda row: row["root"].update(weight="0"), "greater than 0"),
        (lambda row: row.update(missing="guess"), "renormalise"),
        (lambda row: row["root"]["children"][0].update(code=row["root"]["code"]), "the code is there twice"),
        (lambda row: row["root"]["children"][0].update(children=[]), "a leaf names an indicator"),
        (lambda row: row["root"]["children"][0]["children"][0].update(floor="1", target="1"), "floor and target are the same"),
        (lambda row: row["root"]["children"][0]["children"][0].update(direction="neutral"), "needs a direction"),
    ],
)  # fmt: skip
def test_a_tree_that_cannot_be_scored_is_refused_when_it_is_read(folder, edit, said):
    with pytest.raises(ConfigurationError, match=said) as caught:
        read_packs(edited(folder, "index_trees.json", "BEAUTIFUL_CITY", edit)).of(INDEX_TREES)
    assert caught.value.remedy


def table_file(folder: Path, code: str, edit: Callable[[Row], Any]) -> Path:
    return edited(folder, "decision_tables.json", code, edit)


@pytest.mark.parametrize(
    ("edit", "field", "said"),
    [
        (put_input(unit="stone"), "inputs.0.unit", "there is no unit 'stone'"),
        (put_input(kind="colour"), "inputs.0.kind", "number"),
        (put_input(name="Stove Heat"), "inputs.0.name", "pattern"),
        (put_input(minimum="low"), "inputs.0.minimum", "low"),
        (put(policy="last"), "policy", "unique"),
        (put(outputs=[]), "outputs", "at least 1"),
        (put(default={"outcome": {"secondary": "no"}, "text_zh": "", "text_en": "x"}), "default.text_zh", "at least 1"),
    ],
)
def test_a_faulty_head_of_a_table_is_refused_with_its_place(folder, edit, field, said):
    with pytest.raises(ConfigurationError) as caught:
        read_packs(table_file(folder, "catering_purifier", edit)).of(HEADS)
    assert caught.value.field == f"decision_tables.json:{field}"
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (put(default=None), "no row applies"),
        (put(policy="unique"), "both apply"),
        (put(default={"outcome": {"secondary": "perhaps"}, "text_zh": "否", "text_en": "no"}), "cannot be 'perhaps'"),
        (put(default={"outcome": {"primary": "no"}, "text_zh": "否", "text_en": "no"}), "there is no output primary"),
        (lambda row: row["inputs"].pop(), "has no input seats"),
    ],
)
def test_a_table_that_its_rows_do_not_fit_is_refused_by_the_check(folder, edit, said):
    with pytest.raises(ConfigurationError, match=said) as caught:
        check_decisions(read_packs(table_file(folder, "catering_purifier", edit)))
    assert caught.value.remedy


def test_the_tables_of_the_release_hold_together():
    check_decisions(PACKS)
    assert {line.table for line in PACKS.of(LINES)} <= {head.code for head in PACKS.of(HEADS)}


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: indicator(PACKS, "NOTHING"), "there is no indicator NOTHING"),
        (lambda: indicator(PACKS, "RECYCLE", date(1949, 10, 1)), "there is no indicator RECYCLE"),
        (lambda: index_tree(PACKS, "NOTHING"), "there is no index NOTHING"),
        (lambda: decision_table(PACKS, "weather"), "there is no decision table weather"),
    ],
)
def test_what_a_pack_does_not_have_is_named_beside_what_it_has(ask, said):
    with pytest.raises(InvalidInput, match=said) as caught:
        ask()
    assert caught.value.field == "code"
    assert caught.value.remedy.startswith("use")


def test_lists_are_in_the_order_of_their_codes():
    for codes in ([one.code for one in indicators(PACKS)], [one.code for one in decision_tables(PACKS)]):
        assert codes == sorted(codes)
        assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("row", indicators(PACKS), ids=lambda row: row.code)
def test_without_any_input_no_indicator_of_the_release_invents_a_value(row):
    found = compute(row, Inputs())
    assert found.value is None
    assert found.reason.zh and found.reason.en
    assert row.name_zh and row.name_en and row.source
    assert all(one.label_zh and one.label_en for one in row.inputs)


@pytest.mark.parametrize("tree", PACKS.of(INDEX_TREES), ids=lambda row: row.row_id)
def test_every_node_of_an_index_has_a_name_in_both_languages(tree):
    nodes = [tree.root]
    for node in nodes:
        nodes.extend(node.children)
        assert node.name_zh and node.name_en


def test_nobody_is_named_for_a_duty_that_nobody_has():
    assert assignment(PACKS, "watch_the_stars") is None


def test_a_row_of_the_item_goes_before_one_for_any():
    general = replacement_rule(PACKS, "attained", "an item of nobody")
    assert general.item == "any"
    named = {row.item for row in PACKS.of(REPLACEMENTS) if row.area == "attained"} - {"any"}
    for item in named:
        assert replacement_rule(PACKS, "attained", item).item == item


@pytest.mark.parametrize("zone", PACKS.of(ZONES), ids=lambda row: row.row_id)
def test_each_province_of_a_zone_finds_its_zone(zone):
    assert zone.a_min < zone.a_value < zone.a_max
    for province in zone.provinces:
        assert capacity_zone(PACKS, f"{province}0100").row_id == zone.row_id


def test_a_figure_of_no_year_holds_in_every_year_and_none_before_its_law():
    assert carbon_rule(PACKS, "entry_threshold", year=2099) == carbon_rule(PACKS, "entry_threshold")
    with pytest.raises(InvalidInput, match="the packs have no entry_threshold"):
        carbon_rule(PACKS, "entry_threshold", on=date(1999, 1, 1))
