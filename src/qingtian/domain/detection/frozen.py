"""Suspected frozen value: flat for hours while the load changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from qingtian.domain.detection.rule import DetectionRule
from qingtian.domain.detection.samples import Candidate, Sample, relative_spread, resolution, runs, text


def frozen_values(
    rule: DetectionRule,
    samples: Sequence[Sample],
    loads: Mapping[str, Sequence[Sample]],
    *,
    step: timedelta,
    name_zh: str,
    name_en: str,
    unit: str = "",
    load_names: Mapping[str, tuple[str, str]] | None = None,
) -> list[Candidate]:
    """Runs in which minimum, mean and maximum never moved for `least_h`, while a load did.

    A run needs proof on both sides: the instrument resolves finely enough for movement to show (its step is at most
    `step_share` of the value, learnt from the whole series), and a load varied by at least `load_spread` meanwhile.

    Args:
        samples: one pollutant in time order; marked values neither count nor break a run shorter than `gap_h`.
        loads: series that show the load (flow, production power), by name.
        step: length of a period.
        name_zh, name_en: the pollutant.
        load_names: Chinese and English name per load, where they differ from its code.
    """
    named = load_names or {}
    reach = step + rule.hours("gap_h")
    finest = resolution(samples)
    found = []
    for run in runs(samples, _same, reach=reach):
        if len(run) * step < rule.hours("least_h") or not _flat(run[0]) or not _resolves(run[0], finest, rule):
            continue
        moved = _moving_load(rule, loads, run, step)
        if moved is not None:
            load = named.get(moved[0], (moved[0], moved[0]))
            names = {"name_zh": name_zh, "name_en": name_en, "unit": unit, "load_zh": load[0], "load_en": load[1]}
            found.append(_candidate(rule, run, step, moved, **names))
    return found


def moves_again(samples: Sequence[Sample]) -> Sample | None:
    """The last usable sample, if the series moved in it or before it; None while it is still flat."""
    usable = [one for one in samples if one.usable]
    if not usable:
        return None
    last = usable[-1]
    if _moved(last) or (len(usable) > 1 and not _same(usable[-2], last)):
        return last
    return None


def _flat(sample: Sample) -> bool:
    return sample.usable and len(set(sample.figures)) == 1


def _moved(sample: Sample) -> bool:
    return sample.usable and len(set(sample.figures)) > 1


def _same(one: Sample, other: Sample) -> bool:
    return _flat(one) and _flat(other) and one.value == other.value


def _resolves(sample: Sample, finest: Decimal | None, rule: DetectionRule) -> bool:
    if not sample.value or finest is None:
        return False  # zero: a stopped channel, nothing to compare the step with
    return finest / abs(sample.value) <= rule.number("step_share")


def _moving_load(
    rule: DetectionRule, loads: Mapping[str, Sequence[Sample]], run: Sequence[Sample], step: timedelta
) -> tuple[str, Decimal] | None:
    first, end = run[0].start, run[-1].start + step
    spreads = {}
    for name, series in loads.items():
        values = [one.value for one in series if one.usable and first <= one.start < end and one.value is not None]
        if len(values) * 2 >= len(run):
            spreads[name] = relative_spread(values)
    if not spreads:
        return None
    name = max(spreads, key=lambda key: spreads[key])
    return (name, spreads[name]) if spreads[name] >= rule.number("load_spread") else None


def _candidate(
    rule: DetectionRule,
    run: Sequence[Sample],
    step: timedelta,
    moved: tuple[str, Decimal],
    *,
    name_zh: str,
    name_en: str,
    unit: str,
    load_zh: str,
    load_en: str,
) -> Candidate:
    load, spread = moved
    value = text(run[0].value or Decimal(0), 6)
    hours, share = text(Decimal(len(run) * step / timedelta(hours=1)), 1), text(spread * 100, 1)
    return Candidate(
        rule=rule,
        start=run[0].start,
        last=run[-1].start,
        end=run[-1].start + step,
        severity=rule.severity,
        values={"value": value, "unit": unit, "flat_hours": hours, "load": load, "load_spread_percent": share},
        explanation_zh=(
            f"{name_zh}连续{hours}小时恒为{value}{unit}(最小、平均、最大值全等)，"
            f"同期负荷({load_zh})变化{share}%；阈值{rule.parameters['least_h']}小时。"
        ),
        explanation_en=(
            f"{name_en} stayed at {value} {unit} for {hours} h (minimum, mean and maximum alike) while the load "
            f"({load_en}) varied by {share} %; threshold {rule.parameters['least_h']} h."
        ),
    )
