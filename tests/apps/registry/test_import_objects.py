"""Files of objects: a template per type, a dry run, errors by row and field, and one journal event."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.apps.city import NOW, actor

from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.apps.registry.actions.import_objects import import_objects
from qingtian.apps.registry.actions.register_object import ObjectDraft, register_object
from qingtian.apps.registry.columns import columns_of
from qingtian.apps.registry.importing import MOST_ROWS, ImportPlan, Outcome, plan_import
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import InvalidInput
from qingtian.domain.objects import FaultCode

pytestmark = pytest.mark.django_db
STEWARD = actor(Role.DATA_STEWARD, region="420100", name="steward")
SHOPS = (
    "编码,名称,行政区划代码,经度,纬度,座位数,就餐面积（m2）,烟道,净化器安装日期,敏感相邻\n"
    "S-1,巷口小馆,420106,114.31,30.55,76,149.5,共用,2025/3/1,是\n"
    "S-2,江边大排档,420106,,,20,,own,,no\n"
)


def file_of(tmp_path: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = tmp_path / "objects.csv"
    path.write_bytes(text.encode(encoding))
    return path


def plan(path: Path, kind: str = "catering_shop", *, update: bool = False) -> ImportPlan:
    return plan_import(STEWARD, NOW, kind, path, update=update)


def outcomes(found: ImportPlan) -> list[Outcome]:
    return [row.outcome for row in found.rows]


def faults(found: ImportPlan) -> list[tuple[int, str, FaultCode]]:
    return [(row.line, fault.field, fault.code) for row in found.rows for fault in row.faults]


def test_a_dry_run_tells_what_each_row_would_do_and_changes_nothing(tmp_path: Path) -> None:
    found = plan(file_of(tmp_path, SHOPS))
    assert outcomes(found) == [Outcome.NEW, Outcome.NEW]
    assert not RegistryObject.objects.exists()
    assert not Event.objects.exists()


def test_an_import_registers_the_rows_with_typed_values_in_one_event(tmp_path: Path) -> None:
    path = file_of(tmp_path, SHOPS)
    import_objects(STEWARD, NOW, "catering_shop", path, file_name="餐饮.csv")
    first = RegistryObject.objects.get(code="S-1")
    assert first.attributes == {
        "seats": 76,
        "dining_area_m2": "149.5",
        "flue": "shared",
        "purifier_installed_on": "2025-03-01",
        "sensitive_neighbours": True,
    }
    assert (first.lon, first.lat, first.region_code) == (114.31, 30.55, "420106")
    event = Event.objects.get()
    assert (event.type, event.object_id, event.payload["new"]) == (
        "objects.imported",
        "catering_shop",
        ["S-1", "S-2"],
    )
    assert event.payload["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert first.revisions.count() == 1


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    path = file_of(tmp_path, SHOPS)
    import_objects(STEWARD, NOW, "catering_shop", path, file_name="a.csv")
    again = import_objects(STEWARD, NOW + timedelta(days=1), "catering_shop", path, file_name="a.csv", update=True)
    assert outcomes(again) == [Outcome.SAME, Outcome.SAME]
    assert Event.objects.count() == 1
    assert RegistryObject.objects.get(code="S-1").revisions.count() == 1


def test_existing_objects_change_only_when_asked_and_blank_cells_change_nothing(tmp_path: Path) -> None:
    import_objects(STEWARD, NOW, "catering_shop", file_of(tmp_path, SHOPS), file_name="a.csv")
    later = file_of(tmp_path, "编码,名称,座位数,烟道\nS-1,巷口小馆,90,\n")
    assert outcomes(plan(later)) == [Outcome.KEPT]
    done = import_objects(STEWARD, NOW + timedelta(days=1), "catering_shop", later, file_name="b.csv", update=True)
    assert (outcomes(done), done.rows[0].changes) == ([Outcome.CHANGED], {"seats": {"from": 76, "to": 90}})
    row = RegistryObject.objects.get(code="S-1")
    assert (row.attributes["seats"], row.attributes["flue"], row.revisions.count()) == (90, "shared", 2)
    event = Event.objects.order_by("-seq").first()
    assert event is not None
    assert event.payload["changed"] == {"S-1": {"seats": {"from": 76, "to": 90}}}


WRONG = {
    "a number": ("座位数", "many", "seats", FaultCode.NOT_A_NUMBER),
    "a whole number": ("座位数", "7.5", "seats", FaultCode.NOT_WHOLE),
    "at least nothing": ("座位数", "-1", "seats", FaultCode.TOO_SMALL),
    "a choice": ("烟道", "双人", "flue", FaultCode.NOT_A_CHOICE),
    "a day": ("净化器安装日期", "2025-02-30", "purifier_installed_on", FaultCode.NOT_A_DAY),
    "a flag": ("敏感相邻", "maybe", "sensitive_neighbours", FaultCode.NOT_A_FLAG),
    "a credit code": ("统一社会信用代码", "91420100MA4K00001V", "uscc", FaultCode.WRONG_CREDIT_CODE),
    "a region code": ("行政区划代码", "4201", "region_code", FaultCode.WRONG_FORM),
    "a parent": ("上级编码", "P-404", "parent_code", FaultCode.UNKNOWN),
    "a place on Earth": ("经度", "200", "lon", FaultCode.BROKEN_RULE),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_cell_is_named_by_line_field_and_kind_of_fault(tmp_path: Path, case: str) -> None:
    heading, cell, field, code = WRONG[case]
    lat = ",30" if heading == "经度" else ","
    path = file_of(tmp_path, f"编码,名称,{heading},纬度\nS-1,甲,,\nS-2,乙,{cell}{lat}\n")
    found = plan(path)
    assert faults(found) == [(3, field, code)]
    assert outcomes(found) == [Outcome.NEW, Outcome.FAULTY]
    assert found.rows[1].faults[0].reason
    assert found.rows[1].faults[0].remedy


def test_faulty_rows_refuse_the_whole_file_unless_the_good_ones_are_asked_for(tmp_path: Path) -> None:
    path = file_of(tmp_path, "编码,名称,座位数\nS-1,甲,3\nS-2,乙,x\n,丙,4\n")
    with pytest.raises(InvalidInput, match="2 of 3 rows are faulty; nothing was changed"):
        import_objects(STEWARD, NOW, "catering_shop", path, file_name="a.csv")
    assert not RegistryObject.objects.exists()
    done = import_objects(STEWARD, NOW, "catering_shop", path, file_name="a.csv", skip_faulty=True)
    assert outcomes(done) == [Outcome.NEW, Outcome.FAULTY, Outcome.FAULTY]
    assert [row.code for row in RegistryObject.objects.all()] == ["S-1"]


def test_a_code_or_an_identifier_twice_is_named_with_the_other_place(tmp_path: Path) -> None:
    register_object(
        STEWARD,
        NOW,
        ObjectDraft("enterprise", "E-9", "老厂", region_code="420106", attributes={"uscc": "91420100MA4K00001U"}),
    )
    path = file_of(
        tmp_path,
        "编码,名称,行政区划代码,统一社会信用代码\nE-1,甲,420106,91420100MA4K00001U\nE-2,乙,420106,\nE-2,丙,420106,\n",
    )
    found = plan(path, "enterprise")
    assert faults(found) == [(2, "uscc", FaultCode.TAKEN), (4, "code", FaultCode.TWICE)]
    assert found.rows[0].faults[0].params == {"other": "E-9"}


def test_parts_may_follow_their_whole_in_one_file(tmp_path: Path) -> None:
    path = file_of(tmp_path, "code,name,parent_type,parent_code\nO-1,市局,,\nO-2,一科,organisation,O-1\n")
    done = import_objects(STEWARD, NOW, "organisation", path, file_name="o.csv")
    assert outcomes(done) == [Outcome.NEW, Outcome.NEW]
    assert RegistryObject.objects.get(code="O-2").parent == RegistryObject.objects.get(code="O-1")


def test_a_parent_code_that_two_types_share_asks_for_the_type(tmp_path: Path) -> None:
    for kind in ("park", "enterprise"):
        register_object(STEWARD, NOW, ObjectDraft(kind, "X", "名", region_code="420106"))
    found = plan(file_of(tmp_path, "编码,名称,上级编码\nP-1,项目,X\n"), "project")
    assert faults(found) == [(2, "parent_code", FaultCode.UNKNOWN)]
    good = plan(file_of(tmp_path, "编码,名称,上级类型,上级编码\nP-1,项目,park,X\n"), "project")
    assert outcomes(good) == [Outcome.NEW]


def test_an_object_that_nothing_places_is_the_citys_matter(tmp_path: Path) -> None:
    import_objects(STEWARD, NOW, "catering_shop", file_of(tmp_path, "编码,名称\nS-1,甲\n"), file_name="a.csv")
    row = RegistryObject.objects.get()
    assert (row.region_code, row.region_source) == ("420100", "")


def test_rows_outside_the_area_of_a_steward_are_faulty(tmp_path: Path) -> None:
    local = actor(Role.DATA_STEWARD, region="420106", name="local")
    path = file_of(tmp_path, "编码,名称,行政区划代码\nS-1,甲,420106\nS-2,乙,420111\n")
    found = plan_import(local, NOW, "catering_shop", path, update=False)
    assert faults(found) == [(3, "region_code", FaultCode.NOT_PERMITTED)]


def test_a_file_of_chinese_software_and_one_in_english_read_alike(tmp_path: Path) -> None:
    zh = plan(file_of(tmp_path, SHOPS, encoding="gb18030"))
    english = SHOPS.split("\n", 1)[1]
    heading = "Code*,Name*,Region code,Longitude,Latitude,Seats,Dining area (m2),Flue,Purifier installed on,Sensitive neighbours"
    en = plan(file_of(tmp_path, f"{heading}\n{english}"))
    assert [row.row.attributes for row in zh.rows if row.row] == [row.row.attributes for row in en.rows if row.row]
    assert (zh.unknown, en.unknown) == ([], [])


def test_headings_that_name_nothing_are_told_and_needed_ones_are_asked_for(tmp_path: Path) -> None:
    found = plan(file_of(tmp_path, "编码,名称,心情\nS-1,甲,好\n"))
    assert found.unknown == ["心情"]
    with pytest.raises(InvalidInput, match="the file has no column 名称"):
        plan(file_of(tmp_path, "编码,心情\nS-1,好\n"))


def test_blank_rows_are_no_rows_and_too_many_rows_are_refused(tmp_path: Path) -> None:
    assert len(plan(file_of(tmp_path, "编码,名称\n,\nS-1,甲\n,\n")).rows) == 1
    many = "编码,名称\n" + "".join(f"S-{number},甲\n" for number in range(MOST_ROWS + 1))
    with pytest.raises(InvalidInput, match=f"more than {MOST_ROWS} rows"):
        plan(file_of(tmp_path, many))


@pytest.mark.parametrize("kind", [one.value for one in ObjectType])
def test_every_type_has_a_template_that_names_its_columns_in_both_languages(kind: str) -> None:
    columns = columns_of(kind)
    for language in ("zh", "en"):
        labels = [column.label(language) for column in columns]
        assert all(labels)
        assert len(set(labels)) == len(labels)
    assert [column.name for column in columns][:2] == ["code", "name"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=12), min_size=6, max_size=6
        ),
        max_size=8,
    )
)
def test_whatever_stands_in_the_cells_every_row_gets_an_outcome_or_a_named_fault(
    tmp_path: Path, cells: list[list[str]]
) -> None:
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells]
    found = plan(file_of(tmp_path, "\n".join(["编码,名称,经度,纬度,座位数,烟道", *lines]) + "\n"))
    for row in found.rows:
        assert (row.outcome is Outcome.FAULTY) == bool(row.faults)
        assert all(fault.reason and fault.code in FaultCode for fault in row.faults)
    assert not RegistryObject.objects.exists()
