"""Columns of the exported tables: name and where the value comes from."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from qingtian.interfaces.api.present.quality import qc_codes, qc_reason
from qingtian.interfaces.api.schemas.cases import CaseRow
from qingtian.interfaces.api.schemas.findings import FindingRow
from qingtian.interfaces.api.schemas.places import AqiOut, StationOut, StationValue
from qingtian.interfaces.api.schemas.rules import RuleOut
from qingtian.interfaces.api.schemas.series import SeriesOut, SeriesPoint

StationLine = tuple[StationOut, StationValue]
SeriesLine = tuple[SeriesOut, SeriesPoint]

FINDINGS: Mapping[str, Callable[[FindingRow], object]] = {
    "number": lambda one: one.number,
    "kind": lambda one: one.kind,
    "kind_zh": lambda one: one.kind_zh,
    "severity": lambda one: one.severity,
    "confirmation": lambda one: one.confirmation,
    "activity": lambda one: one.activity,
    "status": lambda one: one.status,
    "object_code": lambda one: one.object.code,
    "object_name": lambda one: one.object.name,
    "enterprise_code": lambda one: one.object.enterprise_code,
    "region_code": lambda one: one.object.region_code,
    "parameter": lambda one: one.parameter,
    "first_seen": lambda one: one.first_seen,
    "last_seen": lambda one: one.last_seen,
    "ended_at": lambda one: one.ended_at,
    "hits": lambda one: one.hits,
    "source": lambda one: one.source,
    "about": lambda one: one.about,
    "place": lambda one: one.place,
    "rank": lambda one: one.rank,
    "silenced": lambda one: one.silenced,
    "silenced_reason": lambda one: one.silenced_reason,
    "answer_state": lambda one: one.answer_state,
    "answer_due_at": lambda one: one.answer_due_at,
    "answer_late": lambda one: one.answer_late,
    "value": lambda one: one.value,
    "limit": lambda one: one.limit,
    "unit": lambda one: one.unit,
    "standard": lambda one: one.standard,
    "clause": lambda one: one.clause,
    "rule_id": lambda one: one.rule_id,
    "rule_version": lambda one: one.rule_version,
    "cases": lambda one: " ".join(case.number for case in one.cases),
    "simulated": lambda one: one.simulated,
}
CASES: Mapping[str, Callable[[CaseRow], object]] = {
    "number": lambda one: one.number,
    "title": lambda one: one.title,
    "state": lambda one: one.state,
    "state_zh": lambda one: one.state_zh,
    "severity": lambda one: one.severity,
    "object_code": lambda one: one.object.code,
    "object_name": lambda one: one.object.name,
    "enterprise_code": lambda one: one.object.enterprise_code,
    "region_code": lambda one: one.object.region_code,
    "responsible": lambda one: one.responsible,
    "opened_at": lambda one: one.opened_at,
    "due_at": lambda one: one.due_at,
    "overdue": lambda one: one.overdue,
    "remaining_working_days": lambda one: one.remaining_working_days,
    "provisional": lambda one: one.provisional,
    "written_off_at": lambda one: one.written_off_at,
    "closed_at": lambda one: one.closed_at,
    "rebound_of": lambda one: one.rebound_of.number if one.rebound_of else None,
    "template": lambda one: one.template,
    "template_version": lambda one: one.template_version,
    "simulated": lambda one: one.simulated,
}
STATIONS: Mapping[str, Callable[[StationLine], object]] = {
    "code": lambda line: line[0].code,
    "name": lambda line: line[0].name,
    "region_code": lambda line: line[0].region,
    "level": lambda line: line[0].level,
    "lon": lambda line: line[0].lon,
    "lat": lambda line: line[0].lat,
    "period_start": lambda line: line[1].period_start,
    "pollutant": lambda line: line[1].pollutant,
    "pollutant_name": lambda line: line[1].name_zh,
    "value": lambda line: line[1].value,
    "unit": lambda line: line[1].unit,
    "mark": lambda line: line[1].mark,
    "valid": lambda line: line[1].valid,
    "qc": lambda line: qc_codes(line[1].qc),
    "qc_reason": lambda line: qc_reason(line[1].qc),
    "iaqi": lambda line: line[1].iaqi,
    "aqi": lambda line: _of_index(line[0], lambda index: index.value),
    "category": lambda line: _of_index(line[0], lambda index: index.category),
    "primary": lambda line: _of_index(line[0], lambda index: " ".join(index.primary)),
    "standard": lambda line: _of_index(line[0], lambda index: index.standard),
    "clause": lambda line: _of_index(line[0], lambda index: index.clause),
    "published_aqi": lambda line: _of_index(line[0], lambda index: index.published),
    "stale": lambda line: line[0].stale,
    "simulated": lambda line: line[0].simulated,
    "source": lambda line: line[0].source_zh,
}
SERIES: Mapping[str, Callable[[SeriesLine], object]] = {
    "period_start": lambda line: line[1].t,
    "site": lambda line: line[0].site,
    "pollutant": lambda line: line[0].pollutant,
    "cycle": lambda line: line[0].cycle,
    "value": lambda line: line[1].value,
    "unit": lambda line: line[0].unit,
    "mark": lambda line: line[1].mark,
    "valid": lambda line: line[1].valid,
    "qc": lambda line: qc_codes(line[1].qc),
    "qc_reason": lambda line: qc_reason(line[1].qc),
    "minimum": lambda line: line[1].minimum,
    "maximum": lambda line: line[1].maximum,
    "converted": lambda line: line[1].converted,
    "version": lambda line: line[1].version,
    "origin": lambda line: line[1].origin,
    "limit": lambda line: line[0].limits[0].value if line[0].limits else None,
    "limit_unit": lambda line: line[0].limits[0].unit if line[0].limits else None,
    "limit_period": lambda line: line[0].limits[0].cycle if line[0].limits else None,
    "standard": lambda line: line[0].limits[0].standard if line[0].limits else None,
    "clause": lambda line: line[0].limits[0].clause if line[0].limits else None,
    "simulated": lambda line: line[0].simulated,
    "source": lambda line: line[0].source_zh,
}


def _of_index(station: StationOut, get: Callable[[AqiOut], object]) -> object:
    return None if station.aqi is None else get(station.aqi)


RULES: Mapping[str, Callable[[RuleOut], object]] = {
    "row_id": lambda one: one.row_id,
    "kind": lambda one: one.kind,
    "file": lambda one: one.file,
    "title_zh": lambda one: one.title_zh,
    "title_en": lambda one: one.title_en,
    "standard": lambda one: one.standard,
    "clause": lambda one: one.clause,
    "region": lambda one: one.region,
    "valid_from": lambda one: one.valid_from,
    "valid_to": lambda one: one.valid_to,
    "confidence": lambda one: one.confidence,
    "unverified": lambda one: one.unverified,
    "source": lambda one: one.source,
    "note": lambda one: one.note,
    "overrides": lambda one: " ".join(one.overrides),
    "values": lambda one: json.dumps(one.values, ensure_ascii=False),
}
