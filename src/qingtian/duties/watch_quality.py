"""Faults of devices that quality control saw at ingest: one finding per site and cause, however many values show it.

Clocks and frozen values of outlets have watchers of their own, which know more (arrival, load): no event is told twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Kind
from qingtian.apps.judgements.explain import item_names
from qingtian.apps.registry.models import ObjectType
from qingtian.domain.detection import Candidate, DetectionRule, DoubtedPeriod, doubted_runs, sound_again
from qingtian.domain.quality import Cause, say, unpack_doubts
from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.duties.raising import end, ongoing, raise_candidate
from qingtian.duties.roll_up_hours import whole_hour
from qingtian.duties.sites import Site, Sites, read_sites
from qingtian.duties.touched import HOUR
from qingtian.packs.quality import quality_rules
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import Cycle, Observation

RULES: Mapping[str, Cause] = {
    "quality_unit_slip": Cause.UNIT_SLIP,
    "quality_column_shift": Cause.COLUMN_SHIFT,
    "quality_frozen": Cause.PERSISTENCE,
}
BySite = dict[str, dict[datetime, list[Observation]]]


def watch_quality(context: DutyContext) -> DutyReport:
    """Raise, extend and end findings of device faults from the causes on hour rows: one query, whatever the sites."""
    rules, report = rules_on(context.now), DutyReport()
    lookback = max(rules[code].hours("lookback_h") for code in RULES)
    sites = read_sites(context.now)
    hours = _hours(context.store.window(Cycle.HOUR, whole_hour(context.since) - lookback, context.now))
    for code, cause in RULES.items():
        going = {object_id: finding for (object_id, _), finding in ongoing(code).items()}
        for site in _watched(sites, cause):
            periods = _periods(hours.get(site.code, {}), cause)
            _settle(context.now, rules[code], site, periods, going.get(site.object.pk), report)
    return report


def _watched(sites: Sites, cause: Cause) -> Iterable[Site]:
    """Every site; a value of an outlet that stands still is a matter of `watch_authenticity`, which knows the load."""
    return (
        site
        for site in sites.by_code.values()
        if cause is not Cause.PERSISTENCE or site.object.type == ObjectType.STATION
    )


def _hours(rows: Iterable[Observation]) -> BySite:
    hours: BySite = {}
    for row in rows:
        hours.setdefault(row.site, {}).setdefault(row.period_start, []).append(row)
    return hours


def _settle(
    now: datetime,
    rule: DetectionRule,
    site: Site,
    periods: list[DoubtedPeriod],
    finding: Finding | None,
    report: DutyReport,
) -> None:
    for candidate in doubted_runs(rule, periods, step=HOUR):
        if finding is None or candidate.last > finding.last_seen:
            finding = _raise(now, candidate, site, finding, report)
    if finding is not None:
        back = sound_again(rule, periods, finding.last_seen)
        if back is not None:
            end(now, finding, report, ended_at=back, reason="values are sound again")


def _raise(now: datetime, candidate: Candidate, site: Site, finding: Finding | None, report: DutyReport) -> Finding:
    # One finding per site and cause: it keeps the parameter that showed the fault first.
    items = str(candidate.values["items"]).split(" ")
    parameter = finding.parameter if finding is not None else items[0]
    return raise_candidate(now, candidate, site.object, report, parameter=parameter, kind=Kind.DATA_QUALITY)


def _periods(hours: Mapping[datetime, list[Observation]], cause: Cause) -> list[DoubtedPeriod]:
    return [_period(start, hours[start], cause) for start in sorted(hours)]


def _period(start: datetime, rows: list[Observation], cause: Cause) -> DoubtedPeriod:
    doubted = sorted((row for row in rows if cause.value in row.qc), key=lambda row: row.pollutant)
    if not doubted:
        return DoubtedPeriod(start)
    first = doubted[0]
    rule = quality_rules(start.astimezone(SHANGHAI).date()).causes[cause]
    doubt = next((one for one in unpack_doubts(first.qc_facts) if one.cause is cause), None)
    codes = tuple(row.pollutant for row in doubted)
    if doubt is None:  # a mean of ours names the causes of its values, not their figures
        names = item_names(first.pollutant)
        return DoubtedPeriod(start, codes, f"{names.zh}：{rule.label_zh}", f"{names.en}: {rule.label_en}")
    mentioned = {first.pollutant, *(value for name, value in doubt.facts.items() if name == "holds")}
    zh = {code: item_names(code).zh for code in mentioned} | {"": item_names(first.pollutant).zh}
    en = {code: item_names(code).en for code in mentioned} | {"": item_names(first.pollutant).en}
    told = say(rule, doubt, zh, en)
    return DoubtedPeriod(start, codes, told.text_zh, told.text_en, {**doubt.facts, "cause": cause.value})
