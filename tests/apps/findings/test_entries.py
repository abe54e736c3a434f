from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.apps.city import HOUR, NOW, actor, outlet, register

from qingtian.apps.accounts.roles import Role
from qingtian.apps.findings.actions.enter_finding import Entry, enter_finding, similar
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Source
from qingtian.apps.journal.queries import history
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import Conflict, InvalidInput, NotPermitted, NotVisible
from qingtian.packs.finding_kinds import finding_kinds

pytestmark = pytest.mark.django_db
INSPECTOR = actor(Role.INSPECTOR, region="420100", name="inspect")


def entry(stack: RegistryObject | None, **more: Any) -> Entry:
    fields: dict[str, Any] = {
        "source": Source.PATROL,
        "kind": "patrol_problem",
        "seen_at": NOW - HOUR,
        "description": "危废间未上锁",
        "object_id": stack.pk if stack else None,
    }
    return Entry(**(fields | more))


@pytest.fixture
def district() -> RegistryObject:
    return register(ObjectDraft(ObjectType.REGION, "420107", "青山区", "Qingshan", region_code="420107"))[0]


def test_a_report_becomes_a_finding_with_its_words_source_and_author(stack: RegistryObject) -> None:
    finding = enter_finding(INSPECTOR, NOW, entry(stack, reference="巡2025-17"))
    assert (finding.source, finding.kind, finding.rule_id, finding.entered_by) == (
        "patrol",
        "patrol_problem",
        "patrol.patrol_problem",
        "inspect",
    )
    assert (finding.first_seen, finding.raised_at, finding.severity) == (NOW - HOUR, NOW, 2)
    assert (finding.detail["description"], finding.detail["reference"]) == ("危废间未上锁", "巡2025-17")
    assert history("finding", finding.pk)[0].actor == "inspect"


def enterable() -> list[tuple[str, str]]:
    return [(kind.kind, source) for kind in finding_kinds().values() for source in kind.entry]


@pytest.mark.parametrize(("kind", "source"), enterable())
def test_every_source_of_every_kind_can_be_entered(stack: RegistryObject, kind: str, source: str) -> None:
    finding = enter_finding(INSPECTOR, NOW, entry(stack, kind=kind, source=Source(source)))
    assert (finding.kind, finding.source) == (kind, source)


def test_the_five_sources_of_people_and_models_are_all_open() -> None:
    assert {source for _, source in enterable()} == set(Source) - {Source.DATA, Source.MISSED_OBLIGATION}


@pytest.mark.parametrize(
    ("kind", "source"), [("clock_error", "patrol"), ("exceedance", "data"), ("complaint", "audit")]
)
def test_what_only_rules_find_is_not_entered(stack: RegistryObject, kind: str, source: str) -> None:
    with pytest.raises(InvalidInput) as error:
        enter_finding(INSPECTOR, NOW, entry(stack, kind=kind, source=Source(source)))
    assert error.value.field == "kind"


def test_the_same_problem_seen_again_extends_the_finding_and_keeps_both_words(stack: RegistryObject) -> None:
    first = enter_finding(INSPECTOR, NOW, entry(stack))
    assert similar(INSPECTOR, entry(stack)) == first
    again = enter_finding(INSPECTOR, NOW, entry(stack, seen_at=NOW, description="仍未上锁", severity=3))
    assert (again.pk, again.hits, again.severity, again.detail["description"]) == (first.pk, 2, 3, "仍未上锁")
    assert [hit.detail["description"] for hit in again.hit_rows.all()] == ["危废间未上锁", "仍未上锁"]


@pytest.mark.parametrize("change", [{"part": "污泥间"}, {"source": Source.AUDIT, "kind": "audit_problem"}])
def test_another_part_or_source_is_another_finding(stack: RegistryObject, change: dict[str, Any]) -> None:
    first = enter_finding(INSPECTOR, NOW, entry(stack))
    assert similar(INSPECTOR, entry(stack, **change)) is None
    assert enter_finding(INSPECTOR, NOW, entry(stack, **change)).pk != first.pk


def test_sending_one_report_twice_changes_nothing_and_another_of_that_time_is_not_lost(stack: RegistryObject) -> None:
    first = enter_finding(INSPECTOR, NOW, entry(stack))
    assert enter_finding(INSPECTOR, NOW, entry(stack)).hits == 1
    with pytest.raises(Conflict, match=first.number):
        enter_finding(INSPECTOR, NOW, entry(stack, description="标志牌缺失"))


def test_a_place_without_an_object_stands_in_its_district(district: RegistryObject) -> None:
    place = {"region_code": "420107", "place": "青山江滩东门", "lon": 114.4301, "lat": 30.6402}
    finding = enter_finding(INSPECTOR, NOW, entry(None, source=Source.COMPLAINT, kind="complaint", **place))
    assert (finding.object, finding.place, finding.lon, finding.about) == (
        district,
        "青山江滩东门",
        114.4301,
        "30.640,114.430",
    )
    near = place | {"lon": 114.43012, "lat": 30.64018, "place": "江滩东门口"}
    far = place | {"lon": 114.44}
    again = entry(None, source=Source.COMPLAINT, kind="complaint", seen_at=NOW, **near)
    assert enter_finding(INSPECTOR, NOW, again).pk == finding.pk
    other = entry(None, source=Source.COMPLAINT, kind="complaint", seen_at=NOW, **far)
    assert enter_finding(INSPECTOR, NOW, other).pk != finding.pk


def test_places_in_words_are_the_same_whatever_the_spaces(district: RegistryObject) -> None:
    first = enter_finding(INSPECTOR, NOW, entry(None, region_code="420107", place="江滩 东门"))
    again = enter_finding(INSPECTOR, NOW, entry(None, region_code="420107", place="江滩东门 ", seen_at=NOW))
    other = enter_finding(INSPECTOR, NOW, entry(None, region_code="420107", place="江滩西门", seen_at=NOW))
    assert first.pk == again.pk != other.pk


def test_a_model_gives_its_figures(stack: RegistryObject) -> None:
    more = {"model": "contrast", "model_version": "2", "value": "88", "limit": "55", "unit": "ug/m3"}
    finding = enter_finding(INSPECTOR, NOW, entry(stack, source=Source.MODEL, kind="model_contrast", more=more))
    assert (finding.detail["model"], str(finding.excess)) == ("contrast", "1.6000")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "unheard_of"}, "kind"),
        ({"seen_at": NOW + timedelta(minutes=6)}, "seen_at"),
        ({"seen_at": NOW.replace(tzinfo=None)}, "seen_at"),
        ({"description": "\n"}, "description"),
        ({"description": "长" * 4001}, "description"),
        ({"place": "长" * 301}, "place"),
        ({"part": "长" * 81}, "about"),
        ({"lon": 114.3}, "lon"),
        ({"object_id": None}, "object"),
        ({"object_id": None, "region_code": "420107"}, "place"),
        ({"severity": 5}, "severity"),
    ],
)
def test_a_wrong_report_is_refused_by_field(stack: RegistryObject, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        enter_finding(INSPECTOR, NOW, entry(stack, **change))
    assert error.value.field == field
    assert not Finding.objects.exists()


def test_one_reports_only_where_one_works(stack: RegistryObject) -> None:
    other = outlet("E-2", region="420106")
    with pytest.raises(NotVisible):
        enter_finding(actor(Role.INSPECTOR, region="420107"), NOW, entry(other))
    with pytest.raises(NotVisible):
        enter_finding(INSPECTOR, NOW, entry(None, region_code="999999", place="x"))
    for role in (Role.APPROVER, Role.AUDITOR, Role.DATA_STEWARD):
        with pytest.raises(NotPermitted):
            enter_finding(actor(role), NOW, entry(stack))
    with pytest.raises(NotPermitted):
        enter_finding(actor(Role.ENTERPRISE_USER, org="E-1"), NOW, entry(stack))
