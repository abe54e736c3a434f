"""Rows of the store as samples for the detectors."""

from __future__ import annotations

from collections.abc import Iterable

from qingtian.domain.detection import Sample
from qingtian.telemetry.store.port import Observation

Series = dict[str, dict[str, list[Sample]]]  # site -> pollutant -> samples in time order


def sample(row: Observation) -> Sample:
    """One row; its mark decides whether it is valid."""
    return Sample(row.period_start, row.value, row.valid, row.minimum, row.maximum)


def by_site(rows: Iterable[Observation]) -> Series:
    """Rows of a window (ordered by site, pollutant, time) as series."""
    series: Series = {}
    for row in rows:
        series.setdefault(row.site, {}).setdefault(row.pollutant, []).append(sample(row))
    return series
