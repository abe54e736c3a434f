"""Tables as CSV files: what the data are comes first, then the header, then the rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TypeVar

from django.db.models import QuerySet
from django.http import HttpResponse

from qingtian import __version__
from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases import search as case_search
from qingtian.apps.findings import search as finding_search
from qingtian.apps.findings.ranking import ranked
from qingtian.domain.errors import InvalidInput
from qingtian.interfaces.api.filters import CaseExport, FindingExport, RuleExport, SeriesExport, StationExport
from qingtian.interfaces.api.paging import Row, ordering
from qingtian.interfaces.api.present import cases, columns, findings, rules, series, stations
from qingtian.interfaces.api.present.city import data_label
from qingtian.interfaces.api.schemas.base import city_iso

MAX_ROWS = 50_000
BOM = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
SIGNED = re.compile(r"[+-][0-9]+(\.[0-9]+)?")  # a signed number is no formula
Line = TypeVar("Line")


def findings_csv(actor: Actor, now: datetime, filters: FindingExport) -> HttpResponse:
    """Findings that match, in the order of the list."""
    rows = ranked(finding_search.search(actor, findings.criteria_of(filters)), now)
    if order := ordering(filters.sort, findings.SORTABLE):
        rows = rows.order_by(*order)
    return answer("findings", now, columns.FINDINGS, findings.finding_rows(bounded(rows)), bom=filters.bom)


def cases_csv(actor: Actor, now: datetime, filters: CaseExport) -> HttpResponse:
    """Cases that match, in the order of the view."""
    rows = case_search.search(actor, cases.criteria_of(filters), now)
    if order := ordering(filters.sort, cases.SORTABLE):
        rows = rows.order_by(*order)
    return answer("cases", now, columns.CASES, cases.case_rows(bounded(rows), now), bom=filters.bom)


def stations_csv(actor: Actor, now: datetime, filters: StationExport) -> HttpResponse:
    """Stations that match, one line per pollutant of the newest hour."""
    found = stations.matching_stations(actor, now, filters)
    lines = [(one, value) for one in found for value in one.values]
    return answer("stations", now, columns.STATIONS, lines, bom=filters.bom)


def series_csv(actor: Actor, now: datetime, filters: SeriesExport) -> HttpResponse:
    """A series, one line per period."""
    found = series.series(actor, now, filters)
    lines = [(found, point) for point in found.points]
    return answer(f"series-{found.site}-{found.pollutant}", now, columns.SERIES, lines, bom=filters.bom)


def rules_csv(now: datetime, filters: RuleExport) -> HttpResponse:
    """Rows of the packs that match, one line each."""
    return answer("rules", now, columns.RULES, rules.matching_rules(filters), bom=filters.bom)


def cell(value: object) -> str:
    """A value as the text of a cell; what a spreadsheet would run as a formula is quoted.

    >>> cell("=1+1"), cell("-3.5"), cell(True), cell(None)
    ("'=1+1", '-3.5', 'true', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return city_iso(value)
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) and not SIGNED.fullmatch(text) else text


def bounded(rows: QuerySet[Row]) -> list[Row]:
    """Rows of a file, as many as a file may hold.

    Raises:
        InvalidInput: more match.
    """
    listed = list(rows[: MAX_ROWS + 1])
    if len(listed) > MAX_ROWS:
        raise InvalidInput(
            f"more than {MAX_ROWS} rows match", field="since", remedy="narrow the filters, or export in parts"
        )
    return listed


def answer(
    name: str, now: datetime, table: Mapping[str, Callable[[Line], object]], lines: Iterable[Line], *, bom: bool
) -> HttpResponse:
    """A table as a file: what must be said of the data first, then the names of the columns, then the lines."""
    label = data_label()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for said in (label.label_zh, label.label_en, f"qingtian {__version__} {name} {city_iso(now)}"):
        if said:
            writer.writerow([f"# {said}"])
    writer.writerow(table)
    writer.writerows([cell(get(line)) for get in table.values()] for line in lines)
    response = HttpResponse((BOM if bom else "") + text.getvalue(), content_type="text/csv; charset=utf-8")
    file_name = re.sub(r"[^A-Za-z0-9._-]", "_", f"qingtian-{name}-{now:%Y%m%dT%H%M}.csv")
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response
