"""Samples of a series and runs of them: what every detection rule looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from qingtian.domain.detection.rule import DetectionRule


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a series.

    Args:
        start: start of its period, aware.
        value: the value; None when there is none.
        valid: whether the mark lets it into judgements; calibration, maintenance and stopped marks do not.
        minimum, maximum: extremes inside the period, where the device sent them.
    """

    start: datetime
    value: Decimal | None
    valid: bool = True
    minimum: Decimal | None = None
    maximum: Decimal | None = None

    @property
    def usable(self) -> bool:
        """Whether a rule may rest on it."""
        return self.valid and self.value is not None

    @property
    def figures(self) -> tuple[Decimal, ...]:
        """Every figure that the period reports."""
        return tuple(one for one in (self.value, self.minimum, self.maximum) if one is not None)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a rule found: a stretch of periods, the values it rests on and why.

    Args:
        start: start of the first period that hit.
        last: start of the last one.
        end: end of the last one.
        values: figures as text, by name.
    """

    rule: DetectionRule
    start: datetime
    last: datetime
    end: datetime
    severity: int
    values: Mapping[str, Any]
    explanation_zh: str
    explanation_en: str


def runs(
    samples: Iterable[Sample], joins: Callable[[Sample, Sample], bool], *, reach: timedelta
) -> Iterator[list[Sample]]:
    """Stretches of usable samples, in time order; unusable ones are passed over.

    Args:
        joins: whether a sample belongs to the run of the one before it.
        reach: longest time between the starts of two neighbours in one run.
    """
    run: list[Sample] = []
    for sample in samples:
        if not sample.usable:
            continue
        if run and (sample.start - run[-1].start > reach or not joins(run[-1], sample)):
            yield run
            run = []
        run.append(sample)
    if run:
        yield run


def middle(values: Sequence[Decimal]) -> Decimal:
    """The median."""
    return median(values)


def relative_spread(values: Sequence[Decimal]) -> Decimal:
    """(max - min) / |mean|; 0 for fewer than two values, or when all are zero.

    >>> relative_spread([Decimal(90), Decimal(110)])
    Decimal('0.2')
    """
    if len(values) < 2:
        return Decimal(0)
    width = max(values) - min(values)
    mean = abs(sum(values, Decimal(0)) / len(values))
    if mean == 0:
        return Decimal(0) if width == 0 else Decimal(1)
    return width / mean


def resolution(samples: Iterable[Sample]) -> Decimal | None:
    """The finest step in which a series reports: 10 to the power of its most decimal places; None without values.

    >>> resolution([Sample(datetime(2025, 1, 1), Decimal("23.100")), Sample(datetime(2025, 1, 1), Decimal(24))])
    Decimal('0.1')
    """
    places = [_places(figure) for sample in samples if sample.usable for figure in sample.figures]
    return Decimal(1).scaleb(-max(places)) if places else None


def text(value: Decimal, digits: int = 3) -> str:
    """A figure for people: at most so many decimals, no trailing zeros.

    >>> text(Decimal("36.0000")), text(Decimal("0.12345")), text(Decimal(1200))
    ('36', '0.123', '1200')
    """
    rounded = round(value, digits).normalize()
    return format(rounded if rounded else Decimal(0), "f")


def _places(figure: Decimal) -> int:
    exponent = figure.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
