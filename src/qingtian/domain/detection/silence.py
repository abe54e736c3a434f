"""Silence is a finding: streams that should have sent and did not, and outages of the whole city."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from qingtian.domain.detection.rule import DetectionRule
from qingtian.domain.detection.samples import Candidate, text

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Stream:
    """What is expected of one site.

    Args:
        site: registry code.
        last_heard: newest arrival, or the moment from which data are expected when nothing ever came.
        interval: shortest interval at which it is bound to send.
        ever: whether anything ever came.
    """

    site: str
    last_heard: datetime
    interval: timedelta
    ever: bool = True


@dataclass(frozen=True, slots=True)
class SilenceReport:
    """Who is silent.

    Args:
        silent: candidate per silent site.
        outage: the candidate for the city when so many are silent together that the fault is on the city's side.
    """

    silent: dict[str, Candidate]
    outage: Candidate | None


def allowance(rule: DetectionRule, interval: timedelta, *, station: bool = False) -> timedelta:
    """How long a stream may be silent: some intervals, but at least a fixed time."""
    least = rule.minutes("station_min" if station else "at_least_min")
    return max(least, rule.whole("intervals") * interval)


def silences(
    rule: DetectionRule, streams: Sequence[Stream], now: datetime, *, stations: frozenset[str] = frozenset()
) -> SilenceReport:
    """Silent streams at a moment; when most are silent together, one outage instead.

    Args:
        now: city time, aware.
        stations: sites that publish by the hour.
    """
    late = [
        stream
        for stream in streams
        if now - stream.last_heard > allowance(rule, stream.interval, station=stream.site in stations)
    ]
    many = len(late) >= rule.whole("outage_least") and len(late) >= rule.number("outage_share") * len(streams)
    silent = {one.site: _candidate(rule, one, now, station=one.site in stations) for one in late}
    return SilenceReport(silent, _outage(rule, late, len(streams), now) if many else None)


def _candidate(rule: DetectionRule, stream: Stream, now: datetime, *, station: bool) -> Candidate:
    hours = Decimal((now - stream.last_heard) / HOUR)
    allowed = Decimal(allowance(rule, stream.interval, station=station) / timedelta(minutes=1))
    since = f"{stream.last_heard:%m-%d %H:%M}"
    last_zh = f"自{since}起没有收到任何数据" if stream.ever else f"自{since}登记以来从未收到数据"
    last_en = (
        f"Nothing received since {since}" if stream.ever else f"Nothing ever received since registration on {since}"
    )
    return Candidate(
        rule=rule,
        start=stream.last_heard,
        last=stream.last_heard,
        end=now,
        severity=rule.graded(hours),
        values={
            "value": text(hours * 60, 0),
            "limit": text(allowed, 0),
            "unit": "min",
            "last_heard": stream.last_heard.isoformat(),
            "interval_s": str(int(stream.interval.total_seconds())),
        },
        explanation_zh=f"{last_zh}，已超过允许的{text(allowed, 0)}分钟。",
        explanation_en=f"{last_en}, longer than the allowed {text(allowed, 0)} min.",
    )


def _outage(rule: DetectionRule, late: Sequence[Stream], total: int, now: datetime) -> Candidate:
    start = max(stream.last_heard for stream in late)
    share = text(Decimal(100 * len(late)) / Decimal(total), 0)
    return Candidate(
        rule=rule,
        start=start,
        last=start,
        end=now,
        severity=max(severity for _, severity in (*rule.bands, (Decimal(0), rule.severity))),
        values={"silent": str(len(late)), "streams": str(total), "since": start.isoformat()},
        explanation_zh=f"{total}路数据中有{len(late)}路({share}%)同时中断：应先检查平台网关和网络，不逐一报警。",
        explanation_en=(
            f"{len(late)} of {total} streams ({share} %) went silent together: check the gateway and the network "
            "first; single alarms are held back."
        ),
    )
