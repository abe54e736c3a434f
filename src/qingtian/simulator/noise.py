"""Items of a noise station: percentile levels, equivalent level, extremes (HJ 212-2017 tables C.26 to C.28)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from qingtian.domain.standards.noise import NoiseRule, day_night_level, weighted_level
from qingtian.packs.rulebook import load_packs
from qingtian.simulator.signals import Signal

PERCENTILES = (5, 10, 50, 90, 95)
Values = list[tuple[str, str]]
Levels = list[tuple[str, float]]


@lru_cache(maxsize=1)
def _rule() -> NoiseRule:
    return load_packs().media.noise_rule()


def noise_period(signal: Signal, minutes: Iterable[int]) -> Iterable[tuple[str, Values]]:
    """L5 to L95, Leq, LMx and LMn of a period."""
    for name, level in _levels(_samples(signal, minutes), "Leq"):
        yield name, [("Data", f"{level:.1f}")]


def noise_day(signal: Signal, minutes: Sequence[int]) -> Iterable[tuple[str, Values]]:
    """The same for a whole day, its day hours and its night hours; the hours of day and night are in the packs."""
    rule = _rule()
    by_day = [at for at in minutes if rule.day_from <= at // 60 % 24 < rule.night_from]
    by_night = [at for at in minutes if not rule.day_from <= at // 60 % 24 < rule.night_from]
    day, night = _samples(signal, by_day), _samples(signal, by_night)
    ld, ln = _equivalent(day), _equivalent(night)
    whole = [(name, level) for name, level in _levels(day + night, "Ldn") if name != "Ldn"]
    found = [("Data", [*whole, ("Ldn", day_night_level(rule, ld, ln))])]
    found += [("DayData", _levels(day, "Ld")), ("NightData", _levels(night, "Ln"))]
    for attribute, levels in found:
        for name, level in levels:
            yield name, [(attribute, f"{level:.1f}")]


def _samples(signal: Signal, minutes: Iterable[int]) -> list[float]:
    """Three levels a minute: usual, quiet, loud."""
    return [level for minute in minutes for level in signal.around(signal.minute(minute), minute)]


def _equivalent(samples: Sequence[float]) -> float:
    return weighted_level([(level, 1.0) for level in samples])


def _levels(samples: Sequence[float], equivalent: str) -> Levels:
    ordered = sorted(samples, reverse=True)
    found = [(f"L{share}", ordered[min(len(ordered) - 1, len(ordered) * share // 100)]) for share in PERCENTILES]
    return [*found, (equivalent, _equivalent(samples)), ("LMx", ordered[0]), ("LMn", ordered[-1])]
