"""Authenticity of outlet data: frozen values and dilution, from hour rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from qingtian.apps.findings.states import Activity
from qingtian.apps.judgements.explain import item_names, item_unit
from qingtian.apps.registry.models import ObjectType
from qingtian.domain.detection import (
    Candidate,
    DetectionRule,
    Sample,
    dilutions,
    frozen_values,
    moves_again,
    stack_hours,
)
from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.duties.raising import end, ongoing, raise_candidate
from qingtian.duties.roll_up_hours import whole_hour
from qingtian.duties.samples import Series, by_site
from qingtian.duties.sites import Site, Sites, by_enterprise, read_sites
from qingtian.duties.touched import HOUR
from qingtian.telemetry.store.port import Cycle

POWER = "power_kw"
BASELINE_ROOM = timedelta(hours=12)  # room for an event besides the baseline before it
ByCode = Mapping[str, Sequence[Sample]]


@dataclass(frozen=True, slots=True)
class View:
    """What one run looks at.

    Args:
        start: start of the window; a run that touches it is cut off and was raised before.
        fresh: candidates that ended before were raised (and ended) by earlier runs.
    """

    now: datetime
    start: datetime
    fresh: datetime
    sites: Sites
    series: Series
    report: DutyReport

    def outlets(self) -> list[tuple[Site, ByCode]]:
        """Outlets with their series by pollutant."""
        return [(site, self.series.get(site.code, {})) for site in self.sites.of_type(ObjectType.OUTLET)]

    def is_new(self, candidate: Candidate) -> bool:
        """Whether a candidate is whole and not yet history."""
        return candidate.start > self.start and candidate.last >= self.fresh


def watch_authenticity(context: DutyContext) -> DutyReport:
    """Look at the last day and a half of every outlet: one query, whatever their number."""
    rules = rules_on(context.now)
    frozen, dilution = rules["frozen_value"], rules["dilution"]
    since = whole_hour(context.since)
    start = since - frozen.hours("lookback_h") - BASELINE_ROOM
    series = by_site(context.store.window(Cycle.HOUR, start, context.now))
    fresh = since - frozen.hours("window_h")
    view = View(context.now, start, fresh, read_sites(context.now), series, DutyReport())
    _watch_frozen(view, frozen)
    _watch_dilution(view, dilution)
    return view.report


def _watch_frozen(view: View, rule: DetectionRule) -> None:
    power = _production_power(view)
    for site, by_code in view.outlets():
        loads = _loads(rule, site, by_code, power)
        for code in sorted(by_code.keys() - rule.codes("excluded")) if loads else ():
            names = {"name_zh": item_names(code).zh, "name_en": item_names(code).en, "unit": item_unit(code)}
            shown = {load: (item_names(load).zh, item_names(load).en) for load in loads}
            found = frozen_values(rule, by_code[code], loads, step=HOUR, load_names=shown, **names)
            for candidate in filter(view.is_new, found):
                raise_candidate(view.now, candidate, site.object, view.report, parameter=code)
    for (_, code), finding in ongoing(rule.code).items():
        samples = view.series.get(finding.object.code, {}).get(code, ())
        if moves_again([one for one in samples if one.start >= finding.last_seen]) is not None:
            reason = "the value moves again"
            end(view.now, finding, view.report, ended_at=finding.last_seen + HOUR, reason=reason)


def _watch_dilution(view: View, rule: DetectionRule) -> None:
    going = ongoing(rule.code)
    for site, by_code in view.outlets():
        hours, candidates = _dilution(rule, by_code)
        finding = going.get((site.object.pk, ""))
        for candidate in filter(view.is_new, candidates):
            finding = raise_candidate(view.now, candidate, site.object, view.report)
        if finding is None or finding.activity != Activity.ONGOING:
            continue
        suspect_until = max([finding.last_seen, *(one.last for one in candidates)])
        calm = [hour for hour in hours if hour > suspect_until]
        if calm:
            reason = "oxygen and flow are back at their usual values"
            end(view.now, finding, view.report, ended_at=calm[0], reason=reason)


def _dilution(rule: DetectionRule, by_code: ByCode) -> tuple[list[datetime], list[Candidate]]:
    oxygen, flow = _first(by_code, rule.lists["oxygen"]), _first(by_code, rule.lists["flow"])
    code = next((one for one in rule.lists["pollutants"] if one in by_code), None)
    if oxygen is None or flow is None or code is None:
        return [], []
    hours = stack_hours(oxygen, flow, by_code[code])
    names = item_names(code)
    return [hour.start for hour in hours], dilutions(rule, hours, name_zh=names.zh, name_en=names.en)


def _loads(
    rule: DetectionRule, site: Site, by_code: ByCode, power: Mapping[str, Sequence[Sample]]
) -> dict[str, Sequence[Sample]]:
    loads = {code: by_code[code] for code in rule.lists["load"] if code in by_code}
    if site.object.enterprise_code in power:
        loads[POWER] = power[site.object.enterprise_code]
    return loads


def _production_power(view: View) -> dict[str, Sequence[Sample]]:
    meters = view.sites.of_type(ObjectType.POWER_METER)
    production = by_enterprise(site for site in meters if site.attributes.get("tag") == "production")
    found: dict[str, Sequence[Sample]] = {}
    for enterprise, own in production.items():
        # Several meters: the one with most readings shows the load best.
        readings = [view.series.get(site.code, {}).get(POWER, []) for site in own]
        found[enterprise] = max(readings, key=len)
    return {enterprise: samples for enterprise, samples in found.items() if samples}


def _first(by_code: ByCode, codes: Sequence[str]) -> Sequence[Sample] | None:
    return next((by_code[code] for code in codes if code in by_code), None)
