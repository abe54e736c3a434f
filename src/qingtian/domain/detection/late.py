"""Late uploads: hours that arrived later than allowed, again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from qingtian.domain.detection.rule import DetectionRule
from qingtian.domain.detection.samples import Candidate, text

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One period of a site and when the first of its values arrived.

    Args:
        start, end: of the period, aware.
    """

    start: datetime
    end: datetime
    received_at: datetime

    @property
    def delay(self) -> timedelta:
        """upload time - end of the sample."""
        return self.received_at - self.end


@dataclass(frozen=True, slots=True)
class LateUploads:
    """Late runs by site; `common` when so many sites are late that the fault is on the city's side."""

    by_site: Mapping[str, list[Candidate]]
    common: bool


def late_uploads(rule: DetectionRule, arrivals: Mapping[str, Sequence[Arrival]]) -> LateUploads:
    """Runs of at least `least_periods` late periods, no further than `gap_h` from one to the next.

    Args:
        arrivals: by site, in time order.
    """
    found = {site: runs for site, rows in arrivals.items() if (runs := late_runs(rule, rows))}
    common = len(found) >= rule.whole("common_least") and len(found) >= rule.number("common_share") * len(arrivals)
    return LateUploads(found, common)


def late_runs(rule: DetectionRule, arrivals: Sequence[Arrival]) -> list[Candidate]:
    """Late runs of one site.

    Args:
        arrivals: in time order.
    """
    runs: list[list[Arrival]] = []
    for one in arrivals:
        if one.delay <= rule.minutes("allowed_min"):
            continue
        if runs and one.start - runs[-1][-1].start <= rule.hours("gap_h"):
            runs[-1].append(one)
        else:
            runs.append([one])
    return [_candidate(rule, run) for run in runs if len(run) >= rule.whole("least_periods")]


def in_time_again(rule: DetectionRule, arrivals: Sequence[Arrival], since: datetime) -> datetime | None:
    """The first of `back_periods` periods in time after a moment, if no late one follows; else None."""
    after = [one for one in arrivals if one.start > since]
    if any(one.delay > rule.minutes("allowed_min") for one in after) or len(after) < rule.whole("back_periods"):
        return None
    return after[0].start


def _candidate(rule: DetectionRule, run: Sequence[Arrival]) -> Candidate:
    worst = max(one.delay for one in run)
    hours = Decimal(worst / HOUR)
    allowed = rule.parameters["allowed_min"]
    shown = text(Decimal(worst / timedelta(minutes=1)), 0)
    return Candidate(
        rule=rule,
        start=run[0].start,
        last=run[-1].start,
        end=run[-1].end,
        severity=rule.graded(hours),
        values={"value": shown, "limit": allowed, "unit": "min", "periods": str(len(run))},
        explanation_zh=f"{len(run)}个时段的数据在时段结束后超过{allowed}分钟才到达，最迟{shown}分钟。",
        explanation_en=(
            f"{len(run)} periods arrived more than {allowed} min after their end, the latest after {shown} min."
        ),
    )
