"""Treatment off while producing, from the 5-minute power of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from qingtian.apps.findings.states import Activity
from qingtian.apps.registry.models import ObjectType
from qingtian.domain.detection import (
    Candidate,
    DetectionRule,
    PowerPair,
    Sample,
    Thresholds,
    back_in_order,
    pair_up,
    treatment_off,
)
from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.duties.raising import end, ongoing, raise_candidate
from qingtian.duties.samples import Series, by_site
from qingtian.duties.sites import Site, by_enterprise, read_sites
from qingtian.telemetry.store.port import Cycle

LOOKBACK = timedelta(hours=2)  # shows a run that began before the last look
LATE = timedelta(days=1)  # how old back-filled power may be
BEFORE_LATE = timedelta(minutes=30)
DEFAULT_STEP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Unit:
    """A treatment meter and the production meters beside it.

    Args:
        production: meters of the same outlet where they name one, else of the whole enterprise.
    """

    treatment: Site
    production: tuple[Site, ...]


def watch_treatment(context: DutyContext) -> DutyReport:
    """Look at the power of every metered enterprise since the last run: two queries, whatever their number."""
    rule = rules_on(context.now)["treatment_off"]
    meters = read_sites(context.now).of_type(ObjectType.POWER_METER)
    report = DutyReport()
    if not meters:
        return report
    codes, powers = [meter.code for meter in meters], sorted(rule.codes("power"))
    start = _start(context, codes, powers)
    rows = context.store.window(Cycle.MINUTE, start, context.now, sites=codes, pollutants=powers)
    series, going = by_site(rows), ongoing(rule.code)
    for unit in units(meters):
        found = candidates(rule, unit, series, report)
        if found is None:
            continue
        finding = going.get((unit.treatment.object.pk, ""))
        for candidate in found.candidates:
            # A run cut off by the window can only prolong what an earlier look raised.
            if candidate.start > start or finding is not None:
                finding = raise_candidate(context.now, candidate, unit.treatment.object, report)
        if finding is not None and finding.activity == Activity.ONGOING and found.back_after(rule, finding.last_seen):
            reason = "treatment runs again, or production stands still"
            end(context.now, finding, report, ended_at=finding.last_seen + found.step, reason=reason)
    return report


def _start(context: DutyContext, codes: Sequence[str], powers: Sequence[str]) -> datetime:
    """Start of the window: a little before the oldest minute that arrived since the last run."""
    recent = context.since - LOOKBACK
    late = context.store.window(
        Cycle.MINUTE, recent - LATE, recent + BEFORE_LATE, sites=codes, pollutants=powers, received_since=recent
    )
    return min([recent, *(row.period_start - BEFORE_LATE for row in late)])


def units(meters: Sequence[Site]) -> list[Unit]:
    """Treatment meters, each with the production that it serves."""
    found = []
    for own in by_enterprise(meters).values():
        production = [meter for meter in own if meter.attributes.get("tag") == "production"]
        for meter in own:
            if meter.attributes.get("tag") != "treatment":
                continue
            outlet = meter.attributes.get("outlet")
            same = [one for one in production if outlet and one.attributes.get("outlet") == outlet]
            if same or production:
                found.append(Unit(meter, tuple(same or production)))
    return found


def thresholds(rule: DetectionRule, unit: Unit) -> Thresholds | None:
    """Power from which on production and treatment count as running, kW; None when a meter states neither."""
    production = [_threshold(rule, meter) for meter in unit.production]
    treatment = _threshold(rule, unit.treatment)
    known = [one for one in production if one is not None]
    if treatment is None or len(known) < len(production):
        return None
    return Thresholds(production=sum(known, Decimal(0)), treatment=treatment)


@dataclass(frozen=True, slots=True)
class Looked:
    """What one unit shows.

    Args:
        step: length of a period.
    """

    candidates: Sequence[Candidate]
    pairs: Sequence[PowerPair]
    limits: Thresholds
    step: timedelta

    def back_after(self, rule: DetectionRule, moment: datetime) -> bool:
        """Whether everything has been in order since a moment for long enough."""
        later = [pair for pair in self.pairs if pair.start > moment]
        return back_in_order(rule, later, self.limits, step=self.step)


def candidates(rule: DetectionRule, unit: Unit, series: Series, report: DutyReport) -> Looked | None:
    """Stretches with treatment off at one unit; None, with a note, when a meter states no power to compare with."""
    limits = thresholds(rule, unit)
    if limits is None:
        report.notes.append(f"{unit.treatment.code}: threshold_kw or rated_kw is missing")
        return None
    step = _step(unit.treatment)
    pairs = pair_up([_power(rule, meter, series) for meter in unit.production], _power(rule, unit.treatment, series))
    return Looked(treatment_off(rule, pairs, limits, step=step), pairs, limits, step)


def _power(rule: DetectionRule, meter: Site, series: Series) -> Sequence[Sample]:
    readings = series.get(meter.code, {})
    return next((readings[code] for code in rule.lists["power"] if code in readings), ())


def _threshold(rule: DetectionRule, meter: Site) -> Decimal | None:
    stated, rated = meter.attributes.get("threshold_kw"), meter.attributes.get("rated_kw")
    if stated:
        return Decimal(str(stated))
    return Decimal(str(rated)) * rule.number("default_share") if rated else None


def _step(meter: Site) -> timedelta:
    seconds = [int(device.attributes.get("minute_interval_s", 0)) for device in meter.devices]
    known = [one for one in seconds if one > 0]
    return timedelta(seconds=min(known)) if known else DEFAULT_STEP
