"""Temperature of the treatment outside its permit range while producing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from qingtian.apps.judgements.explain import item_names, item_unit
from qingtian.apps.registry.models import ObjectType
from qingtian.domain.detection import DetectionRule, Names, PermitRange, Sample, range_breaches, within_again
from qingtian.domain.errors import InvalidInput
from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.duties.raising import end, ongoing, raise_candidate
from qingtian.duties.samples import Series, by_site
from qingtian.duties.sites import Site, Sites, read_sites
from qingtian.telemetry.store.port import Cycle

STEP = timedelta(minutes=5)
STEPS = {Cycle.MINUTE: STEP, Cycle.HOUR: timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Watched:
    """A treatment facility whose permit states a range.

    Args:
        site: code under which its temperature is stored: its own, or that of the outlet that it serves.
        production: power meters that show whether it must work.
    """

    facility: Site
    site: str
    allowed: PermitRange
    production: tuple[Site, ...]


def watch_ranges(context: DutyContext) -> DutyReport:
    """Look at the temperature of every such facility: one query for a cycle, whatever their number."""
    rule, report = rules_on(context.now)["temperature_out_of_range"], DutyReport()
    watched = _watched(read_sites(context.now), report)
    if not watched:
        return report
    start = context.since - rule.hours("lookback_h")
    codes = sorted({one.site for one in watched} | {meter.code for one in watched for meter in one.production})
    items = [*rule.lists["temperature"], *rule.lists["power"]]
    series = {
        cycle: by_site(context.store.window(cycle, start, context.now, sites=codes, pollutants=items))
        for cycle in STEPS
    }
    going = ongoing(rule.code)
    for one in watched:
        _watch(context, rule, one, series, start, report)
    by_facility = {one.facility.object.pk: one for one in watched}
    for finding in going.values():
        if finding.object_id not in by_facility:
            continue
        one = by_facility[finding.object_id]
        view = _view(rule, one, series)
        if view is None or view.code != finding.parameter:
            continue
        later = [sample for sample in view.samples if sample.start > finding.last_seen]
        if within_again(rule, later, view.producing, one.allowed, step=view.step):
            reason = "the range is kept again, or production stands still"
            end(context.now, finding, report, ended_at=finding.last_seen + view.step, reason=reason)
    return report


@dataclass(frozen=True, slots=True)
class _View:
    """What the store holds of one facility."""

    code: str
    step: timedelta
    samples: Sequence[Sample]
    producing: Mapping[datetime, bool]


def _watch(
    context: DutyContext,
    rule: DetectionRule,
    one: Watched,
    series: Mapping[Cycle, Series],
    start: datetime,
    report: DutyReport,
) -> None:
    view = _view(rule, one, series)
    if view is None:
        return
    if not view.producing:
        report.notes.append(f"{one.facility.code}: no production meter tells whether it must work")
        return
    item = item_names(view.code)
    names = Names(item.zh, item.en, item_unit(view.code))
    known = (one.facility.object.pk, view.code) in ongoing(rule.code)
    for candidate in range_breaches(rule, view.samples, view.producing, one.allowed, step=view.step, names=names):
        # A run cut off by the window can only prolong what an earlier look raised.
        if candidate.start > start or known:
            raise_candidate(context.now, candidate, one.facility.object, report, parameter=view.code)


def _view(rule: DetectionRule, one: Watched, series: Mapping[Cycle, Series]) -> _View | None:
    for cycle, step in STEPS.items():
        own = series[cycle].get(one.site, {})
        code = next((item for item in rule.lists["temperature"] if item in own), None)
        if code is not None:
            return _View(code, step, own[code], _producing(rule, one, series[cycle]))
    return None


def _producing(rule: DetectionRule, one: Watched, series: Series) -> dict[datetime, bool]:
    """Whether any production meter is over its threshold, by period; a period that no meter tells is left out."""
    found: dict[datetime, bool] = {}
    for meter in one.production:
        limit = _threshold(rule, meter)
        readings = series.get(meter.code, {})
        samples = next((readings[code] for code in rule.lists["power"] if code in readings), ())
        for sample in samples:
            if limit is not None and sample.usable and sample.value is not None:
                found[sample.start] = found.get(sample.start, False) or sample.value > limit
    return found


def _watched(sites: Sites, report: DutyReport) -> list[Watched]:
    meters = [one for one in sites.of_type(ObjectType.POWER_METER) if one.attributes.get("tag") == "production"]
    found = []
    for facility in sites.of_type(ObjectType.FACILITY):
        low, high = facility.attributes.get("temperature_min"), facility.attributes.get("temperature_max")
        if low in (None, "") and high in (None, ""):
            continue
        try:
            allowed = PermitRange(_decimal(low), _decimal(high))
        except (InvalidInput, InvalidOperation) as error:
            report.notes.append(f"{facility.code}: {error}")
            continue
        outlet = facility.attributes.get("outlet") or facility.code
        own = [one for one in meters if one.object.enterprise_code == facility.object.enterprise_code]
        same = [one for one in own if one.attributes.get("outlet") in (outlet, facility.code)]
        found.append(Watched(facility, str(outlet), allowed, tuple(same or own)))
    return found


def _threshold(rule: DetectionRule, meter: Site) -> Decimal | None:
    stated = _decimal(meter.attributes.get("threshold_kw"))
    rated = _decimal(meter.attributes.get("rated_kw"))
    if stated is not None:
        return stated
    return rated * rule.number("default_share") if rated is not None else None


def _decimal(value: object) -> Decimal | None:
    return None if value in (None, "") else Decimal(str(value))
