"""Enterprises: the list, and one enterprise as one file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases import search as case_search
from qingtian.apps.findings import search as finding_search
from qingtian.apps.registry.listing import objects_of
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import object_by_code
from qingtian.interfaces.api.filters import EnterpriseFilters
from qingtian.interfaces.api.paging import paged_list, sorted_by
from qingtian.interfaces.api.present.cases import case_rows
from qingtian.interfaces.api.present.findings import finding_rows
from qingtian.interfaces.api.present.outlets import devices_out, outlets_out, site_states
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.enterprise import EnterpriseDetail
from qingtian.interfaces.api.schemas.places import EnterpriseOut, EnterprisePage

SHOWN = 100  # newest findings and cases of an archive page; the lists have them all
SORTS: Mapping[str, Callable[[EnterpriseOut], Any]] = {
    "code": lambda one: one.code,
    "name": lambda one: one.name,
    "outlets": lambda one: one.outlets,
    "open_findings": lambda one: one.open_findings,
    "open_cases": lambda one: one.open_cases,
    "severity": lambda one: one.worst_severity,
}


def enterprise_page(actor: Actor, filters: EnterpriseFilters) -> EnterprisePage:
    """A page of enterprises."""
    rows = objects_of(actor, ObjectType.ENTERPRISE, region_code=filters.region or "", text=filters.q or "")
    counted = _Counted(actor)
    listed = list(rows)
    names = PlaceNames(listed)
    found = [EnterpriseOut(**counted.fields(row, names)) for row in listed]
    if filters.with_open_findings is not None:
        found = [one for one in found if bool(one.open_findings) is filters.with_open_findings]
    found = sorted_by(found, filters.sort, SORTS)
    return EnterprisePage(
        items=paged_list(found, filters), total=len(found), page=filters.page, page_size=filters.page_size
    )


def enterprise_detail(actor: Actor, now: datetime, code: str) -> EnterpriseDetail:
    """One enterprise, one file.

    Raises:
        NotVisible: there is no such enterprise.
    """
    row = object_by_code(actor, ObjectType.ENTERPRISE, code)
    outlets = list(objects_of(actor, ObjectType.OUTLET, enterprise_code=code))
    meters = list(objects_of(actor, ObjectType.POWER_METER, enterprise_code=code))
    names, states = PlaceNames([row, *outlets, *meters]), site_states(actor)
    shown = outlets_out(actor, now, outlets, states)
    findings = finding_search.search(actor, finding_search.Criteria(enterprise_code=code))
    cases = case_search.search(actor, case_search.Criteria(enterprise_code=code), now)
    return EnterpriseDetail(
        **_Counted(actor).fields(row, names),
        uscc=str(row.attributes.get("uscc", "")),
        place=names.place(row),
        outlet_list=shown,
        power_meters=[names.place(meter) for meter in meters],
        devices=devices_out(actor, [*outlets, *meters], states),
        limits=[limit for outlet in shown for limit in outlet.limits],
        findings=finding_rows(findings[:SHOWN]),
        cases=case_rows(cases[:SHOWN], now),
    )


class _Counted:
    """Outlets, findings and cases of every enterprise that the actor may see, counted once."""

    def __init__(self, actor: Actor) -> None:
        self._outlets = Counter(objects_of(actor, ObjectType.OUTLET).values_list("enterprise_code", flat=True))
        self._findings = finding_search.load_by_enterprise(actor)
        self._cases = case_search.open_by_enterprise(actor)

    def fields(self, row: RegistryObject, names: PlaceNames) -> dict[str, Any]:
        """What a list shows of an enterprise."""
        region, load = names.region(row.region_code), self._findings.get(row.code)
        return {
            "code": row.code,
            "name": row.name,
            "name_en": row.name_en or row.name,
            "region_code": row.region_code,
            "region_name": region.zh,
            "region_name_en": region.en,
            "lon": row.lon,
            "lat": row.lat,
            "industry": str(row.attributes.get("industry", "")),
            "industry_zh": str(row.attributes.get("industry_zh", row.attributes.get("industry", ""))),
            "industry_en": str(row.attributes.get("industry_en", row.attributes.get("industry", ""))),
            "permit_class": str(row.attributes.get("permit_class", "")),
            "outlets": self._outlets.get(row.code, 0),
            "open_findings": load.count if load else 0,
            "open_cases": self._cases.get(row.code, 0),
            "worst_severity": load.worst if load else None,
            "simulated": row.simulated,
        }
