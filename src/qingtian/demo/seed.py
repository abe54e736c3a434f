"""Putting the city on the register: districts, real stations, fictitious enterprises, devices and people."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from qingtian.apps.accounts.actions.create_user import create_user
from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.accounts.models import User
from qingtian.apps.registry.actions.register_many import register_many
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.models import ObjectType
from qingtian.demo.duty_room import seed_roster
from qingtian.demo.grids import grid_drafts, seed_keepers
from qingtian.demo.limits import Limit
from qingtian.demo.people import CITY, OFFICES, PEOPLE, draft_of, enterprise_person
from qingtian.demo.plan import (
    PASSWORD,
    POWER_CODE,
    CityPlan,
    DevicePlan,
    EnterprisePlan,
    MeterPlan,
    OutletPlan,
)
from qingtian.demo.sources import StationRow, districts_path, stations

SINCE = date(2018, 1, 1)
# The simulated handler serves the simulated enterprises; a number that no subscriber can have.
COMMISSIONER, COMMISSIONER_PHONE = "handler", "027-00000000"


@dataclass(frozen=True, slots=True)
class Seeded:
    """What is on the register after seeding."""

    enterprises: int
    outlets: int
    meters: int
    devices: int
    stations: int
    people: int


def seed_city(
    plan: CityPlan,
    at: datetime,
    *,
    expects: Sequence[str],
    spokesmen: Sequence[str] = (),
    only: Collection[str] | None = None,
) -> Seeded:
    """Register the whole city; a repeated call changes nothing.

    Args:
        at: city time of registration.
        expects: cycles that devices are bound to send: silence is measured by the shortest one.
        spokesmen: codes of enterprises whose environment manager gets an account.
        only: codes of the enterprises that are registered now; None = all.
    """
    now = plan if only is None else replace(plan, enterprises=tuple(e for e in plan.enterprises if e.code in only))
    drafts = [
        *region_drafts(),
        *office_drafts(),
        *grid_drafts(),
        *(station_draft(row) for row in stations()),
        *enterprise_drafts(now, expects),
    ]
    register_many(SYSTEM_ACTOR, at, drafts)
    seed_keepers(at)
    people = [*PEOPLE, *_spokesmen(plan, spokesmen)]
    known = set(User.objects.values_list("username", flat=True))
    for person in people:
        if person.username not in known:
            create_user(SYSTEM_ACTOR, at, draft_of(person))
    seed_roster(at)
    return Seeded(
        enterprises=len(plan.enterprises),
        outlets=len(plan.outlets),
        meters=len(plan.meters),
        devices=len(plan.devices),
        stations=len(stations()),
        people=len(people),
    )


def _spokesmen(plan: CityPlan, codes: Sequence[str]) -> Iterator[Any]:
    for enterprise in plan.enterprises:
        if enterprise.code in codes:
            yield enterprise_person(enterprise.code, enterprise.row.name, enterprise.row.name_en)


def office_drafts() -> Iterator[ObjectDraft]:
    """Organisations that cases are handed between."""
    for office in OFFICES:
        yield ObjectDraft(
            ObjectType.ORGANISATION,
            office.code,
            office.name,
            office.name_en,
            parent=(ObjectType.REGION, CITY),
            region_code=CITY,
            simulated=True,
            valid_from=SINCE,
            attributes={"kind": office.kind},
        )


def region_drafts() -> Iterator[ObjectDraft]:
    """The city and its districts; parents first.

    They have no point of their own: a station of unknown place would inherit it. Where to write the name on a map is an
    attribute.
    """
    yield ObjectDraft(ObjectType.REGION, CITY, "武汉市", "Wuhan", valid_from=SINCE, attributes={"level": "city"})
    outlines = json.loads(districts_path().read_text("utf-8"))
    for feature in outlines["features"]:
        fields = feature["properties"]
        yield ObjectDraft(
            ObjectType.REGION,
            fields["adcode"],
            fields["name"],
            DISTRICTS_EN[fields["adcode"]],
            parent=(ObjectType.REGION, CITY),
            valid_from=SINCE,
            attributes={"level": "district", "label_lon": str(fields["lon"]), "label_lat": str(fields["lat"])},
        )


DISTRICTS_EN = {
    "420102": "Jiang'an",
    "420103": "Jianghan",
    "420104": "Qiaokou",
    "420105": "Hanyang",
    "420106": "Wuchang",
    "420107": "Qingshan",
    "420111": "Hongshan",
    "420112": "Dongxihu",
    "420113": "Hannan",
    "420114": "Caidian",
    "420115": "Jiangxia",
    "420116": "Huangpi",
    "420117": "Xinzhou",
}


def station_draft(row: StationRow) -> ObjectDraft:
    """A national station: real, so not marked simulated; an unknown place stays unknown."""
    return ObjectDraft(
        ObjectType.STATION,
        row.code,
        row.name,
        row.name_en,
        parent=(ObjectType.REGION, row.district or CITY),
        region_code=row.district or CITY,
        lon=row.lon,
        lat=row.lat,
        valid_from=SINCE,
        attributes={
            "level": "national",
            "cnemc": row.code,
            "control": row.control,
            "position_source": row.position_source,
            "historical": True,
        },
    )


def enterprise_drafts(plan: CityPlan, expects: Sequence[str]) -> Iterator[ObjectDraft]:
    """Enterprises with their outlets, meters and devices; parents first."""
    for enterprise in plan.enterprises:
        key = (ObjectType.ENTERPRISE, enterprise.code)
        yield _enterprise(enterprise)
        for outlet in enterprise.outlets:
            yield _outlet(outlet, enterprise)
            yield _device(outlet.device, (ObjectType.OUTLET, outlet.code), outlet.name, outlet.name_en, expects)
        for meter in enterprise.meters:
            yield _meter(meter, enterprise, key)
            yield _device(meter.device, (ObjectType.POWER_METER, meter.code), meter.name, meter.name_en, expects)


def _enterprise(enterprise: EnterprisePlan) -> ObjectDraft:
    row = enterprise.row
    return ObjectDraft(
        ObjectType.ENTERPRISE,
        enterprise.code,
        row.name,
        row.name_en,
        parent=(ObjectType.REGION, row.district),
        region_code=row.district,
        lon=row.lon,
        lat=row.lat,
        simulated=True,
        valid_from=SINCE,
        attributes={
            "uscc": enterprise.uscc,
            "industry": enterprise.industry.code,
            "industry_zh": enterprise.industry.name_zh,
            "industry_en": enterprise.industry.name_en,
            "permit_class": enterprise.permit_class,
            "commissioner": COMMISSIONER,
            "commissioner_phone": COMMISSIONER_PHONE,
        },
    )


def _outlet(outlet: OutletPlan, enterprise: EnterprisePlan) -> ObjectDraft:
    attributes: dict[str, Any] = {
        "kind": outlet.use.kind,
        "permit_limits": [_limit(limit) for limit in outlet.limits.values()],
    }
    if outlet.reference_o2:
        attributes["reference_o2"] = outlet.reference_o2
    return ObjectDraft(
        ObjectType.OUTLET,
        outlet.code,
        f"{enterprise.row.name} {outlet.name}",
        f"{enterprise.row.name_en}: {outlet.name_en}",
        parent=(ObjectType.ENTERPRISE, enterprise.code),
        lon=outlet.lon,
        lat=outlet.lat,
        simulated=True,
        valid_from=SINCE,
        attributes=attributes,
    )


def _limit(limit: Limit) -> dict[str, Any]:
    return {
        "pollutant": limit.pollutant,
        "cycle": limit.cycle,
        "limit": str(limit.limit),
        "unit": limit.unit,
        "converted": bool(limit.reference_o2),
        "standard": limit.standard,
        "rule_row": limit.rule_row,
    }


def _meter(meter: MeterPlan, enterprise: EnterprisePlan, parent: tuple[ObjectType, str]) -> ObjectDraft:
    return ObjectDraft(
        ObjectType.POWER_METER,
        meter.code,
        f"{enterprise.row.name} {meter.name}",
        f"{enterprise.row.name_en}: {meter.name_en}",
        parent=parent,
        simulated=True,
        valid_from=SINCE,
        attributes={
            "tag": meter.tag,
            "rated_kw": str(meter.rated_kw),
            "threshold_kw": str(meter.threshold_kw),
            "outlet": enterprise.outlets[0].code,
        },
    )


def _device(
    device: DevicePlan, parent: tuple[ObjectType, str], name: str, name_en: str, expects: Sequence[str]
) -> ObjectDraft:
    attributes: dict[str, Any] = {
        "edition": device.edition,
        "password": PASSWORD,
        "code_map": device.code_map(),
        "minute_interval_s": device.minute_interval * 60,
        "realtime_interval_s": 600,
        "expects": list(expects),
        "backfill": False,  # the replayed fleet sends and answers nothing
    }
    if device.st == "51":
        attributes["units"] = {POWER_CODE: "kW"}
    return ObjectDraft(
        ObjectType.DEVICE,
        device.mn,
        f"{name}数采仪",
        f"Data logger: {name_en}",
        parent=parent,
        simulated=True,
        valid_from=SINCE,
        attributes=attributes,
    )
