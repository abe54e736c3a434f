"""Suspected dilution: oxygen and flow rise together while the emitted mass stays as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from qingtian.domain.detection.rule import DetectionRule
from qingtian.domain.detection.samples import Candidate, Sample, middle, text

HOUR = timedelta(hours=1)
GRAMS_TO_KG = Decimal("0.000001")  # mg/m3 x m3/h x 1e-6 = kg/h (unit conversion)


@dataclass(frozen=True, slots=True)
class StackHour:
    """One hour of a stack.

    Args:
        oxygen: oxygen, %.
        flow: standard dry flow, m3/h.
        mass: emitted mass of the pollutant, kg/h: measured concentration x flow.
    """

    start: datetime
    oxygen: Decimal
    flow: Decimal
    mass: Decimal


def stack_hours(oxygen: Sequence[Sample], flow: Sequence[Sample], concentration: Sequence[Sample]) -> list[StackHour]:
    """Hours in which all three are usable, in time order.

    Args:
        oxygen: %; flow: m3/h; concentration: measured (not converted), mg/m3.
    """
    flows, levels = _by_start(flow), _by_start(concentration)
    rows = []
    for start, percent in sorted(_by_start(oxygen).items()):
        if start in flows and start in levels:
            rows.append(StackHour(start, percent, flows[start], levels[start] * flows[start] * GRAMS_TO_KG))
    return rows


def dilutions(rule: DetectionRule, hours: Sequence[StackHour], *, name_zh: str, name_en: str) -> list[Candidate]:
    """Runs of at least `least_h` in which the stack looks diluted against its usual state.

    Usual state = medians of up to `baseline_h` hours before that do not look diluted themselves. A real rise of the
    load moves the mass too and is no candidate.

    Args:
        hours: in time order.
        name_zh, name_en: the pollutant whose mass is compared.
    """
    found: list[Candidate] = []
    for run, usual in _suspect_runs(rule, hours):
        if len(run) * HOUR >= rule.hours("least_h"):
            found.append(_candidate(rule, run, usual, name_zh=name_zh, name_en=name_en))
    return found


def _suspect_runs(rule: DetectionRule, hours: Sequence[StackHour]) -> list[tuple[list[StackHour], StackHour]]:
    found: list[tuple[list[StackHour], StackHour]] = []
    calm: list[StackHour] = []
    run: list[StackHour] = []
    for hour in hours:
        usual = _usual(rule, calm, hour.start)
        if usual is not None and _diluted(rule, hour, usual):
            if run and hour.start - run[-1].start > 2 * HOUR:
                run = []
            if not run:
                found.append((run, usual))
            run.append(hour)
        else:
            calm.append(hour)
            run = []
    return found


def _usual(rule: DetectionRule, calm: Sequence[StackHour], before: datetime) -> StackHour | None:
    recent = [one for one in calm if before - one.start <= rule.hours("baseline_h")]
    if len(recent) < rule.whole("baseline_least"):
        # While a long dilution lasts, the calm hours before it stay the yardstick.
        recent = list(calm[-rule.whole("baseline_least") :])
    if len(recent) < rule.whole("baseline_least"):
        return None
    return StackHour(
        before,
        middle([one.oxygen for one in recent]),
        middle([one.flow for one in recent]),
        middle([one.mass for one in recent]),
    )


def _diluted(rule: DetectionRule, hour: StackHour, usual: StackHour) -> bool:
    if usual.flow <= 0 or usual.mass <= 0:
        return False
    return (
        hour.oxygen - usual.oxygen >= rule.number("oxygen_rise")
        and hour.flow / usual.flow >= rule.number("flow_ratio")
        and abs(hour.mass / usual.mass - 1) <= rule.number("mass_band")
    )


def _by_start(samples: Sequence[Sample]) -> Mapping[datetime, Decimal]:
    return {one.start: one.value for one in samples if one.usable and one.value is not None}


def _candidate(
    rule: DetectionRule, run: Sequence[StackHour], usual: StackHour, *, name_zh: str, name_en: str
) -> Candidate:
    rise = max(one.oxygen for one in run) - usual.oxygen
    ratio = middle([one.flow / usual.flow for one in run])
    mass = middle([one.mass / usual.mass for one in run])
    values = {
        "value": text(run[-1].oxygen, 2),
        "limit": text(usual.oxygen + rule.number("oxygen_rise"), 2),
        "unit": "%",
        "oxygen_usual": text(usual.oxygen, 2),
        "oxygen": text(run[-1].oxygen, 2),
        "flow_usual": text(usual.flow, 0),
        "flow": text(run[-1].flow, 0),
        "mass_usual_kg_h": text(usual.mass),
        "mass_kg_h": text(run[-1].mass),
        "hours": str(len(run)),
        "pollutant": name_en,
    }
    shown = (text(rise, 1), text(ratio, 2), text(mass, 2))
    return Candidate(
        rule=rule,
        start=run[0].start,
        last=run[-1].start,
        end=run[-1].start + HOUR,
        severity=rule.severity,
        values=values,
        explanation_zh=(
            f"含氧量较平时({values['oxygen_usual']}%)升高{shown[0]}个百分点，流量为平时的{shown[1]}倍，"
            f"而{name_zh}排放量为平时的{shown[2]}倍，已持续{len(run)}小时：疑似掺风稀释。"
        ),
        explanation_en=(
            f"Oxygen rose by {shown[0]} points over its usual {values['oxygen_usual']} %, flow is {shown[1]} times the "
            f"usual, yet the mass of {name_en} is {shown[2]} times the usual, for {len(run)} h: air may be mixed in."
        ),
    )
