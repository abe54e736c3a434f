"""The figures of the command screen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases import search as case_search
from qingtian.apps.findings.search import Waiting, load_by_region, waiting
from qingtian.apps.findings.states import Kind
from qingtian.apps.registry.listing import objects_of
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.freshness import HOUR
from qingtian.interfaces.api.present.outlets import NOTHING_OPEN, SiteStates, site_states
from qingtian.interfaces.api.present.stations import stations_out
from qingtian.interfaces.api.present.trend import trend
from qingtian.interfaces.api.schemas.overview import (
    CaseCounts,
    CategoryCount,
    DistrictOut,
    KpiOut,
    OpenFindings,
    OverviewOut,
)
from qingtian.interfaces.api.schemas.places import StationOut

SEVERE, MAJOR, MINOR, NOTHING = 4, 3, 2, 0


@dataclass(frozen=True)
class _Figures:
    stations: list[StationOut]
    outlets: list[RegistryObject]
    states: SiteStates
    waiting: Waiting
    cases: CaseCounts

    @property
    def online(self) -> int:
        return sum(self.states.status(row) in ("normal", "exceeding") for row in self.outlets)

    @property
    def exceeding(self) -> list[RegistryObject]:
        return [row for row in self.outlets if self.states.status(row) == "exceeding"]


def overview(actor: Actor, now: datetime) -> OverviewOut:
    """Everything that the command screen shows beside map and alarms."""
    rows = list(objects_of(actor, ObjectType.STATION))
    counted = case_search.counts(actor, now)
    figures = _Figures(
        stations=stations_out(actor, now, rows),
        outlets=list(objects_of(actor, ObjectType.OUTLET)),
        states=site_states(actor),
        waiting=waiting(actor),
        cases=CaseCounts(**{name: getattr(counted, name) for name in CaseCounts.model_fields}),
    )
    return OverviewOut(
        now=now,
        data_time=_data_time(figures.stations),
        stations_online=sum(not one.stale for one in figures.stations),
        stations_total=len(figures.stations),
        outlets_online=figures.online,
        outlets_total=len(figures.outlets),
        kpis=_kpis(figures),
        aqi_by_category=_by_category(figures.stations, now),
        districts=_districts(actor, figures.stations),
        open_findings=_open_findings(figures.waiting),
        cases=figures.cases,
        trend=trend(rows, now),
        simulated=any(row.simulated for row in figures.outlets),
    )


def _data_time(stations: Iterable[StationOut]) -> datetime | None:
    starts = [value.period_start for one in stations for value in one.values if value.period_start is not None]
    return max(starts) + HOUR if starts else None


def _kpis(figures: _Figures) -> list[KpiOut]:
    judged = [one for one in figures.stations if one.aqi is not None and one.aqi.value is not None and not one.stale]
    worst = max(judged, key=lambda one: one.aqi.value if one.aqi and one.aqi.value else 0, default=None)
    polluted = [one for one in judged if one.aqi is not None and one.aqi.verdict == "exceeds"]
    late = [row for row in figures.outlets if figures.states.status(row) == "late"]
    level = max((n for n, count in figures.waiting.by_severity.items() if count), default=NOTHING)
    return [
        _kpi(
            "worst_station_aqi",
            worst.aqi.value if worst and worst.aqi else None,
            "",
            0,
            worst.name if worst else "",
            _judgements([worst] if worst else []),
        ),
        _kpi(
            "stations_polluted",
            len(polluted),
            "",
            _worst_of(figures, Kind.AIR_POLLUTION),
            _names(polluted),
            _judgements(polluted),
        ),
        _kpi("outlets_exceeding", len(figures.exceeding), "", _worst(figures, figures.exceeding), ""),
        _kpi("findings_unconfirmed", figures.waiting.unconfirmed, "", level if figures.waiting.unconfirmed else 0, ""),
        _kpi("cases_overdue", figures.cases.overdue, "", MAJOR if figures.cases.overdue else NOTHING, ""),
        _kpi("outlets_late", len(late), "", _worst(figures, late), f"{figures.online}/{len(figures.outlets)}"),
    ]


def _kpi(code: str, value: int | None, unit: str, severity: int, detail: str, judgements: Iterable[int] = ()) -> KpiOut:
    return KpiOut(
        code=code,
        value=None if value is None else str(value),
        unit=unit,
        label_key=f"kpi.{code}",
        severity=severity,
        detail=detail,
        judgements=list(judgements),
    )


def _judgements(stations: Iterable[StationOut]) -> list[int]:
    return [one.aqi.id for one in stations if one.aqi is not None]


def _names(stations: Iterable[StationOut]) -> str:
    return "、".join(one.name for one in stations)


def _worst(figures: _Figures, rows: Iterable[RegistryObject]) -> int:
    return max((figures.states.load(row).worst for row in rows), default=NOTHING)


def _worst_of(figures: _Figures, kind: Kind) -> int:
    hit = [pk for pk, kinds in figures.states.ongoing.items() if kind in kinds]
    return max((figures.states.loads[pk].worst for pk in hit if pk in figures.states.loads), default=NOTHING)


def _by_category(stations: Iterable[StationOut], now: datetime) -> list[CategoryCount]:
    levels = Counter(one.aqi.level for one in stations if one.aqi is not None and not one.stale)
    return [
        CategoryCount(
            level=band.level_number,
            category=band.name_zh,
            category_en=band.name_en,
            colour=band.hex,
            count=levels.get(band.level_number, 0),
        )
        for band in law.categories(now.date())
    ]


def _districts(actor: Actor, stations: Iterable[StationOut]) -> list[DistrictOut]:
    by_region: dict[str, list[StationOut]] = defaultdict(list)
    for one in stations:
        by_region[one.region].append(one)
    loads, cases = load_by_region(actor), case_search.open_by_region(actor)
    districts = [row for row in objects_of(actor, ObjectType.REGION) if not row.code.endswith("00")]
    return [
        _district(row, by_region.get(row.code, []), loads.get(row.code, NOTHING_OPEN).count, cases) for row in districts
    ]


def _district(region: RegistryObject, stations: list[StationOut], findings: int, cases: dict[str, int]) -> DistrictOut:
    judged = [one for one in stations if one.aqi is not None and one.aqi.value is not None and not one.stale]
    worst = max(judged, key=lambda one: (one.aqi.value or 0) if one.aqi else 0, default=None)
    index = worst.aqi if worst else None
    return DistrictOut(
        code=region.code,
        name=region.name,
        name_en=region.name_en or region.name,
        stations=len(stations),
        worst_station=worst.name if worst else None,
        aqi=index.value if index else None,
        category=index.category if index else None,
        category_en=index.category_en if index else None,
        level=index.level if index else None,
        colour=index.colour if index else None,
        open_findings=findings,
        open_cases=cases.get(region.code, 0),
    )


def _open_findings(found: Waiting) -> OpenFindings:
    return OpenFindings(
        total=found.total,
        unconfirmed=found.unconfirmed,
        ongoing=found.ongoing,
        by_severity={str(level): count for level, count in found.by_severity.items()},
    )
