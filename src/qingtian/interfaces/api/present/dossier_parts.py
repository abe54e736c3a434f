"""What dossiers are put together from: cells, sections, the strip of quarters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from qingtian.apps.registry.listing import NAMELESS, Name
from qingtian.domain.indicators.periods import Period, Span, period_of
from qingtian.interfaces.api.schemas.base import city_iso
from qingtian.interfaces.api.schemas.dossiers import (
    DossierCell,
    DossierColumn,
    DossierFact,
    DossierQuarter,
    DossierSection,
    QuarterState,
    SectionState,
)

SHOWN = 20  # newest rows of a section; the lists have them all
QUARTERS = 12
DAY = timedelta(days=1)
NOTHING = Name("无记录", "nothing on record")
MARKS: Mapping[QuarterState, Name] = {"meet": Name("达", "M"), "exceed": Name("超", "E"), "no_data": Name("缺", "–")}
Row = Sequence[DossierCell]


def cell(zh: object, en: object = None, *, link: str = "", tone: str = "") -> DossierCell:
    """A cell; without English words both languages show the same.

    >>> cell(None).zh, cell(3).en, cell("有", "yes").en
    ('', '3', 'yes')
    """
    text = _text(zh)
    return DossierCell(zh=text, en=text if en is None else _text(en), link=link, tone=tone)


def fact(label: tuple[str, str], zh: object, en: object = None) -> DossierFact:
    """A fact of the head; what is unknown says so."""
    one = cell(zh, en)
    missing = not one.zh and not one.en
    return DossierFact(
        label_zh=label[0],
        label_en=label[1],
        zh=NOTHING.zh if missing else one.zh or one.en,
        en=NOTHING.en if missing else one.en or one.zh,
    )


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: words in both languages, and whether it holds numbers."""

    zh: str
    en: str
    numeric: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section before it is told.

    Args:
        title, source: words.
        headings: its columns.
        total: rows that there are; as many as are given otherwise.
        coverage: how complete it is, in words.
        connected: whether its source is connected at all.
        missing: why it is not connected, or why there is nothing.
    """

    key: str
    title: Name
    source: Name
    headings: Sequence[Heading]
    rows: Sequence[Row] = ()
    total: int | None = None
    coverage: Name = NAMELESS
    updated_at: datetime | None = None
    connected: bool = True
    missing: Name = NOTHING
    link: str = ""


def told(part: Part) -> DossierSection:
    """The section of a part: filled, empty, or of a source that is not connected."""
    state: SectionState = "filled" if part.rows else "empty" if part.connected else "not_connected"
    why = NAMELESS if part.rows else part.missing
    return DossierSection(
        key=part.key,
        title_zh=part.title.zh,
        title_en=part.title.en,
        state=state,
        why_zh=why.zh,
        why_en=why.en,
        source_zh=part.source.zh,
        source_en=part.source.en,
        coverage_zh=part.coverage.zh,
        coverage_en=part.coverage.en,
        updated_at=part.updated_at,
        columns=[DossierColumn(label_zh=one.zh, label_en=one.en, numeric=one.numeric) for one in part.headings],
        rows=[list(row) for row in part.rows],
        total=len(part.rows) if part.total is None else part.total,
        link=part.link,
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """What was judged in a quarter."""

    judged: int = 0
    exceeding: int = 0


@dataclass(frozen=True, slots=True)
class Strip:
    """Twelve quarters.

    Args:
        basis: what meet and exceed rest on, in words.
        found: by first day of the quarter.
    """

    basis: Name
    found: Mapping[date, Judged] = field(default_factory=dict)

    def quarters(self, today: date) -> list[DossierQuarter]:
        """The quarters up to the running one, the oldest first."""
        return [_quarter(period, self.found.get(period.first, Judged())) for period in last_quarters(today)]


def last_quarters(today: date) -> list[Period]:
    """Twelve quarters, the running one last.

    >>> [str(one.first) for one in last_quarters(date(2025, 11, 24))][::11]
    ['2023-01-01', '2025-10-01']
    """
    found = [period_of(today, Span.QUARTER)]
    while len(found) < QUARTERS:
        found.append(period_of(found[-1].first - DAY, Span.QUARTER))
    return found[::-1]


def _quarter(period: Period, found: Judged) -> DossierQuarter:
    state: QuarterState = "exceed" if found.exceeding else "meet" if found.judged else "no_data"
    return DossierQuarter(
        quarter=f"{period.first.year}-Q{(period.first.month + 2) // 3}",
        first=period.first,
        last=period.last,
        state=state,
        mark_zh=MARKS[state].zh,
        mark_en=MARKS[state].en,
        judged=found.judged,
        exceeding=found.exceeding,
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return city_iso(value)[:16].replace("T", " ")
    return str(value)
