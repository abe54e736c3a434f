"""Clock errors: frames whose time lies off the time of their arrival by about the same, again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from qingtian.domain.detection.rule import DetectionRule
from qingtian.domain.detection.samples import Candidate, middle, text


@dataclass(frozen=True, slots=True)
class Skew:
    """One frame out of time.

    Args:
        received_at: arrival, aware.
        seconds: how far the device is ahead (positive) or behind (negative), s.
    """

    received_at: datetime
    seconds: int


@dataclass(frozen=True, slots=True)
class ClockErrors:
    """Sites whose clock is off; `common` when so many are that the fault is on the city's side."""

    by_site: Mapping[str, Candidate]
    common: bool


def clock_errors(rule: DetectionRule, skews: Mapping[str, Sequence[Skew]], active: int) -> ClockErrors:
    """Sites whose frames agree on a wrong time.

    Args:
        skews: frames out of time by site, oldest first.
        active: number of sites that sent anything in that time.
    """
    found = {site: one for site, rows in skews.items() if (one := clock_error(rule, rows)) is not None}
    many = len(found) >= rule.whole("common_least")
    return ClockErrors(found, many and len(found) >= rule.number("common_share") * active)


def clock_error(rule: DetectionRule, skews: Sequence[Skew]) -> Candidate | None:
    """The clock error that enough frames agree on; None for single late frames and for back-filled ones.

    Back-filled frames arrive together with very different ages; frames of a wrong clock arrive over time with one.
    """
    limit = rule.minutes("limit_min")
    over = [one for one in skews if timedelta(seconds=abs(one.seconds)) > limit]
    if len(over) < rule.whole("frames"):
        return None
    centre = middle([Decimal(one.seconds) for one in over])
    agreeing = [one for one in over if abs(one.seconds - centre) <= rule.number("agree_s")]
    if len(agreeing) < rule.whole("frames") or 2 * len(agreeing) < len(over):
        return None
    first, last = agreeing[0].received_at, agreeing[-1].received_at
    if last - first < rule.minutes("over_min"):
        return None
    return _candidate(rule, agreeing, centre)


def _candidate(rule: DetectionRule, agreeing: Sequence[Skew], centre: Decimal) -> Candidate:
    minutes = abs(centre) / 60
    shown, limit = text(minutes, 1), rule.parameters["limit_min"]
    ahead = centre > 0
    return Candidate(
        rule=rule,
        start=agreeing[0].received_at,
        last=agreeing[-1].received_at,
        end=agreeing[-1].received_at,
        severity=rule.graded(minutes),
        values={
            "value": text(centre / 60, 1),
            "limit": limit,
            "unit": "min",
            "skew_s": text(centre, 0),
            "frames": str(len(agreeing)),
        },
        explanation_zh=(
            f"{len(agreeing)}帧数据的时间比到达时间{'快' if ahead else '慢'}约{shown}分钟，"
            f"超过{limit}分钟；请校准设备时钟。"
        ),
        explanation_en=(
            f"{len(agreeing)} frames are about {shown} min {'ahead of' if ahead else 'behind'} their arrival, "
            f"more than {limit} min; set the clock of the device."
        ),
    )
