"""The text format of Prometheus (exposition format 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Sample:
    """One value with its labels.

    Args:
        suffix: what follows the name of the metric in a histogram: `_bucket`, `_sum`, `_count`.
    """

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """A named figure.

    Args:
        name: with the unit, and `_total` for counters.
        text: what it means, one line.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    text: str
    samples: tuple[Sample, ...]


def histogram(name: str, text: str, bounds: Sequence[float], counts: Sequence[int], total: float) -> Metric:
    """Times counted into steps, with the running sums that Prometheus wants.

    Args:
        bounds: upper bounds, rising, s.
        counts: values per step; one more than bounds, the last is over every bound.
        total: sum of the values, s.

    >>> [(one.suffix, one.value) for one in histogram("t_seconds", "times", (0.1,), (2, 1), 7.2).samples]
    [('_bucket', 2), ('_bucket', 3), ('_sum', 7.2), ('_count', 3)]
    """
    running = list(accumulate(counts))
    names = [*(f"{bound:g}" for bound in bounds), "+Inf"]
    buckets = [Sample(count, {"le": le}, "_bucket") for le, count in zip(names, running, strict=True)]
    return Metric(
        name, "histogram", text, (*buckets, Sample(total, suffix="_sum"), Sample(running[-1], suffix="_count"))
    )


def exposition(metrics: Iterable[Metric]) -> str:
    r"""Metrics as text.

    >>> exposition([Metric("up", "gauge", "is up", (Sample(1, {"part": 'a"b'}),))])
    '# HELP up is up\n# TYPE up gauge\nup{part="a\\"b"} 1\n'
    """
    lines: list[str] = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {_help(metric.text)}", f"# TYPE {metric.name} {metric.kind}"]
        lines += [f"{metric.name}{one.suffix}{_labels(one.labels)} {_number(one.value)}" for one in metric.samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    inner = ",".join(f'{name}="{_escaped(value)}"' for name, value in sorted(labels.items()))
    return f"{{{inner}}}" if inner else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
