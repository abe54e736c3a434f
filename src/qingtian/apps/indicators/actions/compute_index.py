"""Verb: compute a composite index from the kept values of its indicators, and say what changed since the last run."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.indicators.actions.compute_indicator import (
    Wish,
    content_hash,
    newest,
    running_period,
    summary,
)
from qingtian.apps.indicators.models import IndicatorValue
from qingtian.apps.journal.record import record, writing
from qingtian.domain.indicators.computing import Status
from qingtian.domain.indicators.periods import Period
from qingtian.domain.indicators.tree import CompositeIndex, Node, Score, changes, covered, score
from qingtian.domain.standards.numbers import plain, round_fraction
from qingtian.packs import Packs
from qingtian.packs.indicators import index_tree

SHOWN = 2  # places of contributions; the exact fractions are kept beside them


def compute_index(actor: Actor, at: datetime, packs: Packs, wish: Wish) -> tuple[IndicatorValue, bool]:
    """The index, and whether it is a new version.

    Args:
        wish: code of the index; its indicators must have been computed for the same period.
    Raises:
        NotPermitted, InvalidInput.
    """
    role = require(actor, Verb.COMPUTE_INDICATOR, region_code=wish.region)
    period = running_period(wish.day, wish.span, at)
    index = index_tree(packs, wish.code, period.last, wish.region)
    with writing():
        rows = {code: newest(code, wish.region, wish.span, period.first) for code in _codes(index)}
        found = score(index, {code: _exact(row) for code, row in rows.items()})
        kept = newest(wish.code, wish.region, wish.span, period.first)
        row = _row(index, found, rows, kept, period, wish, at)
        if kept is not None and kept.content_hash == row.content_hash:
            return kept, False
        row.version = 1 if kept is None else kept.version + 1
        row.save(force_insert=True)
        record(actor, at, "indicator.computed", row, summary(row), role=role)
    return row, True


def _row(
    index: CompositeIndex,
    found: Score,
    rows: dict[str, IndicatorValue | None],
    kept: IndicatorValue | None,
    period: Period,
    wish: Wish,
    at: datetime,
) -> IndicatorValue:
    held = [row for row in rows.values() if row is not None]
    known = [row.known_at for row in held if row.known_at is not None]
    value = found.rounded(index.digits)
    row = IndicatorValue(
        code=index.code,
        group="index",
        composite=True,
        region=wish.region,
        span=wish.span,
        first=period.first,
        last=period.last,
        status=Status.NO_DATA if value is None else Status.OK,
        value="" if value is None else plain(value),
        exact="" if found.score is None else str(found.score),
        unit="1",
        coverage=plain(round_fraction(covered(found) * 100, SHOWN)),
        reason_zh="" if value is not None else "没有足够的分指标",
        reason_en="" if value is not None else f"too few indicators: {found.reason}",
        rule_row=index.row_id,
        rule_version=f"{index.row_id}@{index.version}",
        inputs={"missing_policy": index.missing.value, "tree": _node(found, rows)},
        known_at=max(known, default=None),
        computed_at=at,
        simulated=any(one.simulated for one in held),
    )
    row.content_hash = content_hash(row)
    before = None if kept is None else _read(kept.inputs["tree"])
    row.inputs["changes"] = [] if before is None else [_change(one) for one in changes(before, found)]
    return row


def _codes(index: CompositeIndex) -> list[str]:
    return [one.node.indicator for one in score(index, {}).walk() if one.node.leaf]


def _exact(row: IndicatorValue | None) -> Fraction | None:
    return Fraction(row.exact) if row is not None and row.exact else None


def _node(one: Score, rows: dict[str, IndicatorValue | None]) -> dict[str, Any]:
    row = rows.get(one.node.indicator)
    return {
        "code": one.node.code,
        "name_zh": one.node.name_zh,
        "name_en": one.node.name_en,
        "indicator": one.node.indicator,
        "weight": str(one.node.weight),
        "score": None if one.score is None else plain(round_fraction(one.score, SHOWN)),
        "share": plain(round_fraction(one.share * 100, SHOWN)),
        "contribution": plain(round_fraction(one.contribution, SHOWN)),
        "exact": {
            "score": None if one.score is None else str(one.score),
            "share": str(one.share),
            "contribution": str(one.contribution),
            "value": None if one.value is None else str(one.value),
        },
        "value": "" if row is None else row.value,
        "unit": "" if row is None else row.unit,
        "version": None if row is None else row.version,
        "reason": one.reason,
        "children": [_node(child, rows) for child in one.children],
    }


def _read(kept: dict[str, Any]) -> Score:
    """A kept run as the domain has it; what the tree has lost since is there too."""
    exact, below = kept["exact"], tuple(_read(child) for child in kept["children"])
    node = Node(
        kept["code"],
        kept["name_zh"],
        kept["name_en"],
        Decimal(kept["weight"]),
        tuple(one.node for one in below),
        kept["indicator"],
    )
    return Score(
        node,
        None if exact["score"] is None else Fraction(exact["score"]),
        Fraction(exact["share"]),
        Fraction(exact["contribution"]),
        None if exact["value"] is None else Fraction(exact["value"]),
        kept["reason"],
        below,
    )


def _change(one: Any) -> dict[str, Any]:
    return {
        "code": one.code,
        "kind": one.kind.value,
        "before": plain(round_fraction(one.before, SHOWN)),
        "after": plain(round_fraction(one.after, SHOWN)),
        "delta": plain(round_fraction(one.delta, SHOWN)),
    }
