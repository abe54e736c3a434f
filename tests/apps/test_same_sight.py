"""For everybody, lists, counts, details and files agree: what one shows, all show, and what one hides, all hide."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from tests.apps.attempts import kept, people
from tests.apps.cases.walking import HANDLER, opened
from tests.apps.city import HOUR, NOW, enterprise_drafts, found, judge, register
from tests.apps.evidence.test_evidence import PDF
from tests.apps.registry.test_registry import STATION

from qingtian.apps.accounts.actor import PUBLIC_ACTOR, SYSTEM_ACTOR, Actor, Grant
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases import search as case_search
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import View, listed, visible_case
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.package import write_package
from qingtian.apps.evidence.queries import items_of, open_content, verify_evidence, visible_item
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.findings import search as finding_search
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import needs_attention, visible_finding
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.queries import latest, of_period, versions
from qingtian.apps.judgements.states import Question
from qingtian.apps.registry.listing import SITES, devices_at, objects_of, visible_site
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import object_by_code, visible_object
from qingtian.domain.errors import NotVisible

pytestmark = pytest.mark.django_db
PUBLIC = {"region", "station"}


@dataclass(frozen=True)
class City:
    """Three enterprises in three districts and a station; each outlet has findings, a case, evidence, judgements."""

    objects: list[RegistryObject]
    findings: list[Finding]
    cases: list[Case]
    items: list[EvidenceItem]
    judgements: list[Judgement]


@pytest.fixture(autouse=True)
def evidence_folder() -> None:
    """The files stay where the city of this module put them: in the data folder of the test run."""


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[City]:
    with kept(django_db_blocker):
        rows = register(
            *enterprise_drafts("E-1", "420107"),
            *enterprise_drafts("E-2", "420106"),
            *enterprise_drafts("E-3", "430104"),
            STATION,
        )
        for row in rows:
            if row.type == "outlet":
                found(row, parameter="a21026", severity=3)
                case = opened(row)
                attach_file(
                    HANDLER,
                    NOW,
                    of_case(case.pk),
                    PDF,
                    kind=EvidenceKind.PHOTO,
                    media_type="application/pdf",
                    file_name="a.pdf",
                )
            if row.type in ("outlet", "station"):
                judge(row, NOW - HOUR)
        yield City(
            rows,
            list(Finding.objects.select_related("object")),
            list(Case.objects.select_related("object")),
            list(EvidenceItem.objects.all()),
            list(Judgement.objects.select_related("object")),
        )


def actors() -> list[Any]:
    tried = [(f"{role}-{scope}", who) for role, scope, who in people()]
    tried += [
        ("public", PUBLIC_ACTOR),
        ("nobody", Actor(None, "nobody")),
        ("system", SYSTEM_ACTOR),
        ("province", Actor(None, "p", (Grant(Role.AUDITOR, "420000"),))),
        ("two-hats", Actor(None, "t", (Grant(Role.HANDLER, "420106"), Grant(Role.ENTERPRISE_USER, org="E-3")))),
        ("t2-only", Actor(None, "t2", (Grant(Role.HANDLER, "420107", case_type="T2"),))),
    ]
    return [pytest.param(who, id=name) for name, who in tried]


everybody = pytest.mark.parametrize("who", actors())


def shown(rows: Iterable[Any], detail: Callable[[Any], object]) -> set[int]:
    """Keys of the rows whose detail page opens."""
    seen = set()
    for row in rows:
        try:
            detail(row)
        except NotVisible:
            continue
        seen.add(row.pk)
    return seen


def keys(rows: Iterable[Any]) -> set[int]:
    return {row.pk for row in rows}


@everybody
def test_findings(city: City, who: Actor) -> None:
    seen = shown(city.findings, lambda row: visible_finding(who, row.pk))
    assert keys(finding_search.search(who, finding_search.Criteria())) == seen
    mine = [row for row in city.findings if row.pk in seen]
    open_ones = keys(needs_attention(Finding.objects.filter(pk__in=seen)))
    counted = finding_search.waiting(who)
    assert counted.total == sum(counted.by_severity.values()) == len(open_ones)
    loads = finding_search.load_by_object(who)
    assert set(loads) == {row.object_id for row in mine if row.pk in open_ones}
    assert sum(load.count for load in loads.values()) == len(open_ones)
    enterprises = {row.object.enterprise_code for row in mine if row.pk in open_ones}
    assert set(finding_search.load_by_enterprise(who)) == enterprises
    assert set(finding_search.load_by_region(who)) == {row.object.region_code for row in mine if row.pk in open_ones}
    assert set(finding_search.ongoing_kinds_by_object(who)) == {row.object_id for row in mine}
    for row in mine:
        assert keys(finding_search.same_place(who, row)) <= seen


@everybody
def test_cases_and_their_evidence(city: City, who: Actor) -> None:
    seen = shown(city.cases, lambda row: visible_case(who, row.pk))
    assert keys(listed(who, View.ALL, NOW)) == keys(case_search.search(who, case_search.Criteria(), NOW)) == seen
    counted = case_search.counts(who, NOW)
    assert (counted.open, counted.closed, counted.rebounds) == (len(seen), 0, 0)
    assert sum(case_search.open_by_enterprise(who).values()) == len(seen)
    assert sum(case_search.open_by_region(who).values()) == len(seen)
    late = NOW + timedelta(days=400)
    assert keys(listed(who, View.OVERDUE, late)) == seen
    assert case_search.counts(who, late).overdue == len(seen)
    for case in city.cases:
        items = [item for item in city.items if item.subject == of_case(case.pk)]
        readable = shown(items, lambda item: visible_item(who, item.subject, item.pk))
        assert keys(items_of(who, of_case(case.pk))) == readable == (keys(items) if case.pk in seen else set())
        assert shown(items, lambda item: open_content(who, NOW, item.subject, item.pk)[1].close()) == readable
    assert shown(city.cases, lambda row: verify_evidence(who, of_case(row.pk))) == seen
    assert shown(city.cases, lambda row: write_package(who, NOW, of_case(row.pk), io.BytesIO())) == seen


@everybody
def test_the_register(city: City, who: Actor) -> None:
    seen = shown(city.objects, lambda row: visible_object(who, row.pk))
    assert keys(row for row in city.objects if row.type in PUBLIC) <= seen
    assert shown(city.objects, lambda row: object_by_code(who, ObjectType(row.type), row.code)) == seen
    for kind in ObjectType:
        of_kind = {row.pk for row in city.objects if row.type == kind}
        assert keys(objects_of(who, kind)) == of_kind & seen
    sites = [row for row in city.objects if row.type in SITES]
    assert {row.pk for row in sites if visible_site(who, row.code) is not None} == keys(sites) & seen
    devices = {row.pk for row in city.objects if row.type == "device"}
    assert keys(devices_at(who, sites)) == devices & seen


@everybody
def test_judgements(city: City, who: Actor) -> None:
    objects = shown({row.object for row in city.judgements}, lambda row: visible_object(who, row.pk))
    expected = {row.pk for row in city.judgements if row.object_id in objects}
    assert keys(of_period(who, NOW - HOUR, NOW)) == expected
    assert keys(latest(who, Question.EMISSION_LIMIT)) == expected
    for row in city.judgements:
        assert keys(versions(who, row)) == ({row.pk} if row.pk in expected else set())


@everybody
def test_who_governs_a_case_governs_its_object_and_finding(city: City, who: Actor) -> None:
    for case in city.cases:
        if shown([case], lambda row: visible_case(who, row.pk)):
            assert visible_object(who, case.object_id)
            assert all(visible_finding(who, row.pk) for row in case.findings.all())


def test_an_item_is_only_found_under_its_own_case(city: City) -> None:
    first, second = city.items[:2]
    with pytest.raises(NotVisible):
        visible_item(SYSTEM_ACTOR, second.subject, first.pk)
    with pytest.raises(NotVisible):
        open_content(SYSTEM_ACTOR, NOW, first.subject, second.pk)
