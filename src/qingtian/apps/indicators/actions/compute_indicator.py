"""Verb: compute an indicator for a period and keep the value; the same inputs again add nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.indicators.detail import evidence_of, said_value
from qingtian.apps.indicators.gathering import Gathered, Known, gather
from qingtian.apps.indicators.models import IndicatorValue
from qingtian.apps.journal.record import record, writing
from qingtian.domain.errors import InvalidInput
from qingtian.domain.evidence import canonical_json
from qingtian.domain.indicators.computing import Result, compute, reason_of
from qingtian.domain.indicators.definition import Indicator
from qingtian.domain.indicators.periods import Period, Span, period_of
from qingtian.domain.standards.numbers import round_fraction
from qingtian.packs import Packs
from qingtian.packs.indicators import indicator as pack_indicator
from qingtian.runtime.clock import SHANGHAI

COVERAGE_PLACES = 2


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be computed.

    Args:
        day: any day of the period.
        region: GB/T 2260 code.
    """

    code: str
    span: Span
    day: date
    region: str


def compute_indicator(
    actor: Actor, at: datetime, packs: Packs, wish: Wish, *, known: Known | None = None
) -> tuple[IndicatorValue, bool]:
    """The value, and whether it is a new version.

    Args:
        at: city time; a running period ends on the last complete day.
        known: what sources gave already in this run.
    Raises:
        NotPermitted, InvalidInput: no such indicator, not computed for such periods, or a period that has not begun.
    """
    role = require(actor, Verb.COMPUTE_INDICATOR, region_code=wish.region)
    period = running_period(wish.day, wish.span, at)
    indicator = pack_indicator(packs, wish.code, period.last, wish.region)
    if wish.span not in indicator.spans:
        raise InvalidInput(
            f"{wish.code} is not computed by the {wish.span}", field="span", remedy=f"use {', '.join(indicator.spans)}"
        )
    found = gather(indicator, period, wish.span, wish.region, at, known)
    row = _row(indicator, compute(indicator, found.inputs), found, period, wish, at)
    with writing():
        kept = newest(wish.code, wish.region, wish.span, period.first)
        if kept is not None and kept.content_hash == row.content_hash:
            return kept, False
        row.version = 1 if kept is None else kept.version + 1
        row.save(force_insert=True)
        record(actor, at, "indicator.computed", row, summary(row), role=role)
    return row, True


def running_period(day: date, span: Span, at: datetime) -> Period:
    """The period that a day lies in, cut at the last complete day of city time.

    Raises:
        InvalidInput: it has no complete day yet.
    """
    whole = period_of(day, span)
    yesterday = at.astimezone(SHANGHAI).date() - timedelta(days=1)
    if whole.first > yesterday:
        raise InvalidInput(f"{whole} has no complete day yet", field="day", remedy=f"give a day up to {yesterday}")
    return Period(whole.first, min(whole.last, yesterday))


def newest(code: str, region: str, span: Span, first: date) -> IndicatorValue | None:
    """The last version of a value."""
    rows = IndicatorValue.objects.filter(code=code, region=region, span=span, first=first)
    return rows.order_by("-version").first()


def summary(row: IndicatorValue) -> dict[str, Any]:
    """What the journal keeps of a value."""
    names = ("code", "region", "span", "status", "value", "unit", "rule_version", "version", "content_hash")
    kept = {name: str(getattr(row, name)) if name != "version" else row.version for name in names}
    return kept | {"first": row.first.isoformat(), "last": row.last.isoformat()}


def content_hash(row: IndicatorValue) -> str:
    """SHA-256 of everything that makes a version a new one: not the time at which it was computed."""
    names = ("code", "region", "span", "status", "value", "exact", "unit", "reason_en", "coverage", "rule_version")
    kept: dict[str, Any] = {name: getattr(row, name) for name in names}
    kept |= {"last": row.last.isoformat(), "inputs": row.inputs, "formula": row.formula}
    return hashlib.sha256(canonical_json(kept)).hexdigest()


def _row(
    indicator: Indicator, result: Result, found: Gathered, period: Period, wish: Wish, at: datetime
) -> IndicatorValue:
    reason = reason_of(indicator, result)
    covered = "" if result.coverage is None else str(round_fraction(result.coverage * 100, COVERAGE_PLACES))
    row = IndicatorValue(
        code=indicator.code,
        group=indicator.group,
        region=wish.region,
        span=wish.span,
        first=period.first,
        last=period.last,
        status=result.status,
        value=said_value(result.value),
        exact="" if result.exact is None else str(result.exact),
        unit=indicator.unit,
        met=result.met,
        reason_zh=reason.zh if reason else "",
        reason_en=reason.en if reason else "",
        coverage=covered,
        rule_row=indicator.row_id,
        rule_version=indicator.rule_version,
        formula=indicator.formula,
        inputs=evidence_of(indicator, result, found),
        known_at=found.known_at,
        computed_at=at,
        simulated=found.simulated,
    )
    row.content_hash = content_hash(row)
    return row
