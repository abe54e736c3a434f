"""Air stations: the hourly index by the edition of the data's date, the published one beside it, findings above 100."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from qingtian.apps.judgements.explain import explain
from qingtian.apps.judgements.judged import Judged
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.queries import AQI
from qingtian.apps.judgements.states import Question, Verdict
from qingtian.apps.registry.models import ObjectType
from qingtian.domain.detection import DetectionRule
from qingtian.domain.standards import AirIndex, Report, air_index
from qingtian.domain.standards.numbers import plain
from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.duties.settling import Settling, record_and_settle
from qingtian.duties.sites import Site, read_sites
from qingtian.duties.touched import HOUR, touched_hours
from qingtian.packs import Packs, load_packs
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import Observation

ITEMS = ("PM2.5", "PM10", "SO2", "NO2", "O3", "CO")


def judge_air_hours(context: DutyContext) -> DutyReport:
    """Judge every station hour that has rows which arrived since the last run."""
    stations = {site.code: site for site in read_sites(context.now).of_type(ObjectType.STATION)}
    rule, packs = rules_on(context.now)["air_pollution"], load_packs()
    touched = touched_hours(context, stations, air_pollutants(packs))
    batch = [judge_station_hour(packs, rule, stations[code], hour, rows) for (code, hour), rows in touched.rows.items()]
    report = DutyReport(state=touched.state)
    record_and_settle(context.now, air_settling(rule, stations.values()), batch, report)
    return report


def air_pollutants(packs: Packs) -> frozenset[str]:
    """Codes that the index of an hour rests on, and the published index."""
    return frozenset({AQI, *(packs.pollutant_by_symbol(item).code for item in ITEMS)})


def air_settling(rule: DetectionRule, stations: Iterable[Site]) -> Settling:
    """How judged hours of stations become findings."""
    return Settling(
        question=Question.AIR_INDEX,
        rule=rule,
        severity=lambda row: rule.graded(Decimal(row.index or 0)),
        detail=finding_detail,
        objects={site.object.pk: site.object for site in stations},
    )


def judge_station_hour(
    packs: Packs,
    rule: DetectionRule,
    site: Site,
    hour: datetime,
    rows: Mapping[str, Observation],
    *,
    on: date | None = None,
) -> Judged:
    """The index of one station hour.

    Args:
        rows: rows of the hour by pollutant code; `aqi` is the published index.
        on: day whose rules judge; the day of the data where none is given.
    """
    tables = packs.aqi_tables(on or hour.astimezone(SHANGHAI).date())
    symbols = {packs.pollutant_by_symbol(line.item).code: line.name for line in tables.reports[Report.REALTIME]}
    used = {symbols[code]: row for code, row in rows.items() if code in symbols}
    result = air_index(tables, Report.REALTIME, {name: row.value for name, row in used.items() if row.valid})
    published = rows.get(AQI)
    return Judged(
        object_id=site.object.pk,
        question=Question.AIR_INDEX,
        item=AQI,
        cycle="hour",
        period_start=hour,
        verdict=_verdict(rule, result),
        standard=result.standard,
        clause=result.clause,
        rule_row=result.edition_row,
        confidence=tables.edition.confidence,
        known_at=max(row.received_at for row in rows.values()),
        value=None if result.aqi is None else Decimal(result.aqi),
        unit="1",
        limit=rule.number("above_index"),
        index=result.aqi,
        published=int(published.value) if published is not None and published.value is not None else None,
        category=result.category.name_zh if result.category else "",
        primary=result.primary,
        inputs=_inputs(result, used),
        coverage={"have": result.have, "need": result.need, "missing": list(result.missing), "reason": result.reason},
        simulated=any(row.simulated for row in rows.values()),
    )


def finding_detail(row: Judgement) -> dict[str, Any]:
    """What a finding shows of one station hour over 100."""
    text = explain(row)
    return {
        "judgement": row.pk,
        "value": str(row.index),
        "limit": format((row.limit or Decimal(0)).normalize(), "f"),
        "unit": "1",
        "standard": row.standard,
        "clause": row.clause,
        "rule_row": row.rule_row,
        "confidence": row.confidence,
        "category": row.category,
        "primary": row.primary,
        "period_start": row.period_start.astimezone(SHANGHAI).isoformat(),
        "period_end": (row.period_start + HOUR).astimezone(SHANGHAI).isoformat(),
        "coverage": row.coverage,
        "explanation_zh": text.zh,
        "explanation_en": text.en,
    }


def _verdict(rule: DetectionRule, result: AirIndex) -> Verdict:
    if result.aqi is None:
        return Verdict.INSUFFICIENT
    return Verdict.EXCEEDS if result.aqi > rule.number("above_index") else Verdict.WITHIN


def _inputs(result: AirIndex, used: dict[str, Observation]) -> dict[str, Any]:
    indices = {one.name: one.iaqi for one in result.sub_indices}
    values = {
        name: {
            "value": None if row.value is None else plain(row.value.normalize()),
            "unit": row.unit,
            "mark": row.mark,
            "version": row.version,
            "iaqi": indices.get(name),
        }
        for name, row in sorted(used.items())
    }
    band = result.category
    category = (
        {"level": band.level, "number": band.level_number, "zh": band.name_zh, "en": band.name_en, "hex": band.hex}
        if band
        else None
    )
    return {"values": values, "category": category, "report": result.report.value}
