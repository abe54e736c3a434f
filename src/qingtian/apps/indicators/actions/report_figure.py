"""Verb: report a figure that the platform does not measure; a later figure is a new version beside the old one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.indicators.gathering import figure_of
from qingtian.apps.indicators.models import ReportedFigure
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.domain.errors import InvalidInput
from qingtian.domain.indicators.periods import Period
from qingtian.packs import Packs
from qingtian.packs.indicators import indicator as pack_indicator
from qingtian.runtime.clock import SHANGHAI


@dataclass(frozen=True, slots=True)
class FigureDraft:
    """A figure.

    Args:
        value: a decimal as text, true or false, or a list of rows, as the input wants it.
        source: where it is from; a figure without a source is none.
    """

    code: str
    input: str
    region: str
    period: Period
    value: Any
    source: str


def report_figure(actor: Actor, at: datetime, packs: Packs, draft: FigureDraft) -> ReportedFigure:
    """Keep a figure.

    Raises:
        NotPermitted, InvalidInput: no such indicator or input, a value of the wrong kind, or no source.
    """
    role = require(actor, Verb.REPORT_FIGURE, region_code=draft.region)
    check_lengths(ReportedFigure, source=draft.source)
    if not draft.source.strip():
        raise InvalidInput("where is the figure from?", field="source", remedy="name its source")
    # The indicator of today: figures of a baseline may be older than its rule.
    indicator = pack_indicator(packs, draft.code, at.astimezone(SHANGHAI).date(), draft.region)
    wanted = next((one for one in indicator.inputs if one.name == draft.input), None)
    if wanted is None or wanted.source:
        names = [one.name for one in indicator.inputs if not one.source]
        remedy = f"use {', '.join(names)}" if names else "its inputs come from the platform's own data"
        raise InvalidInput(f"{draft.code} takes no figure {draft.input}", field="input", remedy=remedy)
    value = figure_of(wanted.shape, draft.input, draft.value)
    with writing():
        same = ReportedFigure.objects.filter(
            code=draft.code, input=draft.input, region=draft.region, first=draft.period.first, last=draft.period.last
        )
        row = ReportedFigure.objects.create(
            code=draft.code,
            input=draft.input,
            region=draft.region,
            first=draft.period.first,
            last=draft.period.last,
            value=value,
            source=draft.source.strip(),
            reported_by=actor.username,
            reported_at=at,
            version=same.count() + 1,
        )
        kept = {"code": row.code, "input": row.input, "period": str(draft.period), "source": row.source}
        record(actor, at, "figure.reported", row, kept | {"value": value, "version": row.version}, role=role)
    return row
