"""Judging stored periods again: the answers of one day, as known at a time, by the rules of a day, with given packs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from qingtian.apps.judgements.judged import Judged
from qingtian.apps.judgements.states import Question
from qingtian.apps.registry.models import ObjectType, RegistryObject, RegistryRevision
from qingtian.duties.emission_day import DAY, day_pollutants, day_rows, day_start, judge_outlet_day
from qingtian.duties.emission_hour import OXYGEN, judge_outlet_hour, judged_pollutants
from qingtian.duties.judge_air_days import AirWork, judge_day
from qingtian.duties.judge_air_hours import air_pollutants, judge_station_hour
from qingtian.duties.sites import Site, read_sites, region_object
from qingtian.packs import Packs
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.store.port import Cycle, Observation, Store


@dataclass(frozen=True)
class Basis:
    """By what periods are judged again.

    Args:
        now: city time; only periods that are over by then are judged.
        as_known: what the store and the register knew then; None for everything.
        rules_on: day whose rules judge; None for the day of the data.
    """

    packs: Packs
    now: datetime
    as_known: datetime | None = None
    rules_on: date | None = None

    def rules_day(self, day: date) -> date:
        """Day whose rules judge data of a day."""
        return self.rules_on or day


@dataclass(frozen=True)
class Places:
    """What is judged, read once a day of data."""

    stations: Mapping[str, Site]
    outlets: Mapping[str, Site]


def places(basis: Basis, day: date) -> Places:
    """Stations and outlets that existed on a day, with what the register knew of them."""
    sites = read_sites(day_start(day))
    found = {
        kind: {site.code: site for site in sites.of_type(kind)} for kind in (ObjectType.STATION, ObjectType.OUTLET)
    }
    if basis.as_known is not None:
        found = {kind: _as_known(rows, basis.as_known) for kind, rows in found.items()}
    return Places(found[ObjectType.STATION], found[ObjectType.OUTLET])


def rejudge_day(store: Store, basis: Basis, day: date, where: Places) -> dict[Question, list[Judged]]:
    """Every answer about one legal day."""
    hours = [row for row in _window(store, basis, Cycle.HOUR, day, where) if row.period_start < basis.now]
    days = _window(store, basis, Cycle.DAY, day, where)
    grouped: dict[tuple[str, datetime], dict[str, Observation]] = {}
    for row in hours:
        grouped.setdefault((row.site, row.period_start), {})[row.pollutant] = row
    return {
        Question.AIR_INDEX: list(_air(basis, day, where, grouped)),
        Question.AIR_DAY: _air_day(basis, day, where, hours),
        Question.EMISSION_LIMIT: list(_outlet_hours(basis, day, where, grouped)),
        Question.EMISSION_DAY: list(_outlet_days(basis, day, where, hours, days)),
    }


def _air(
    basis: Basis, day: date, where: Places, rows: Mapping[tuple[str, datetime], dict[str, Observation]]
) -> Iterator[Judged]:
    on = basis.rules_day(day)
    rule = basis.packs.detection_rules(on, get_settings().city_code)["air_pollution"]
    used = air_pollutants(basis.packs)
    for (code, hour), found in rows.items():
        own = {name: row for name, row in found.items() if name in used}
        if code in where.stations and own:
            yield judge_station_hour(basis.packs, rule, where.stations[code], hour, own, on=basis.rules_on)


def _air_day(basis: Basis, day: date, where: Places, hours: list[Observation]) -> list[Judged]:
    if day_start(day + DAY) > basis.now:
        return []
    region = get_settings().city_code
    work = AirWork(basis.packs, region, region_object(region), basis.rules_on)
    return judge_day(work, where.stations, day, hours)


def _outlet_hours(
    basis: Basis, day: date, where: Places, rows: Mapping[tuple[str, datetime], dict[str, Observation]]
) -> Iterator[Judged]:
    for (code, hour), found in rows.items():
        if code in where.outlets:
            yield from judge_outlet_hour(basis.packs, where.outlets[code], hour, found, on=basis.rules_on)


def _outlet_days(
    basis: Basis, day: date, where: Places, hours: list[Observation], days: list[Observation]
) -> Iterator[Judged]:
    if day_start(day + DAY) > basis.now:
        return
    limited = {code: site for code, site in where.outlets.items() if day_pollutants(site)}
    outlet_hours = (row for row in hours if row.site in limited)
    for (code, _), found in sorted(day_rows(outlet_hours, (row for row in days if row.site in limited)).items()):
        yield from judge_outlet_day(basis.packs, limited[code], day, found, on=basis.rules_on)


def _window(store: Store, basis: Basis, cycle: Cycle, day: date, where: Places) -> list[Observation]:
    used = set(air_pollutants(basis.packs)) if cycle is Cycle.HOUR and where.stations else set()
    sites = set(where.stations) if used else set()
    for code, site in where.outlets.items():
        own = (judged_pollutants(site) | day_pollutants(site)) if cycle is Cycle.HOUR else day_pollutants(site)
        if own:
            used |= own | {OXYGEN}
            sites.add(code)
    if not sites:
        return []
    start = day_start(day)
    known: dict[str, Any] = {} if basis.as_known is None else {"as_of": basis.as_known}
    return store.window(cycle, start, start + DAY, sites=sorted(sites), pollutants=sorted(used), **known)


def _as_known(sites: Mapping[str, Site], at: datetime) -> dict[str, Site]:
    keys = [site.object.pk for site in sites.values()]
    newest = (
        RegistryRevision.objects.filter(object_id__in=keys, recorded_at__lte=at)
        .order_by("object_id", "-recorded_at", "-id")
        .distinct("object_id")
    )
    snapshots = {row.object_id: row.snapshot for row in newest}
    return {
        code: Site(_copy(site.object, snapshots[site.object.pk]), site.devices)
        for code, site in sites.items()
        if site.object.pk in snapshots
    }


def _copy(row: RegistryObject, snapshot: Mapping[str, Any]) -> RegistryObject:
    # Never saved: the register as it was known, for one judgement.
    return RegistryObject(
        pk=row.pk,
        type=row.type,
        code=row.code,
        name=row.name,
        region_code=str(snapshot.get("region_code", row.region_code)),
        enterprise_code=row.enterprise_code,
        attributes=snapshot.get("attributes", {}),
        simulated=row.simulated,
        valid_from=row.valid_from,
        recorded_at=row.recorded_at,
    )
