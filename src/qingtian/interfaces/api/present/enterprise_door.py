"""The door of an enterprise: whom it may ask, how much waits, and what came of a file of its results."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from django.http import HttpResponse
from ninja.files import UploadedFile

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.models import User
from qingtian.apps.cases.models import Case
from qingtian.apps.findings.models import MaintenanceWindow
from qingtian.apps.findings.states import WindowState
from qingtian.apps.obligations import results
from qingtian.apps.obligations.actions.report_results import report_results, require_reporter
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.obligations.naming import item_name, occurrence_title
from qingtian.apps.registry.models import RegistryObject, Relation, RelationKind
from qingtian.domain.errors import InvalidInput
from qingtian.domain.obligations import OPEN, State
from qingtian.interfaces.api.present.enterprise_todo import own_enterprises, todo_of
from qingtian.interfaces.api.present.exports import BOM
from qingtian.interfaces.api.present.exports import cell as safe
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.schemas.enterprise_door import (
    ContactOut,
    EnterpriseHome,
    OwnEnterprise,
    ResultFault,
    ResultsReport,
    ResultTaken,
)
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.importers.tables import SourceRow, open_table

MOST_BYTES = 5 * 1024 * 1024
LIVING = (WindowState.ANNOUNCED, WindowState.APPROVED)
SERVICE = "T7"


def home(actor: Actor, now: datetime, code: str | None) -> EnterpriseHome:
    """What the door says first.

    Raises:
        NotVisible: there is no such enterprise.
    """
    places = own_enterprises(actor, code)
    names, waiting = PlaceNames(places), todo_of(actor, now, places)
    windows = MaintenanceWindow.objects.visible_to(actor).filter(
        object__enterprise_code__in=[one.code for one in places], state__in=LIVING, ends_at__gt=now
    )
    contacts = _contacts(actor, places)
    return EnterpriseHome(
        enterprises=[OwnEnterprise(place=names.place(one), contacts=contacts[one.code]) for one in places],
        waiting=len(waiting),
        overdue=sum(one.overdue for one in waiting),
        unanswered=sum(one.kind == "finding" for one in waiting),
        windows=windows.count(),
    )


def take_results(actor: Actor, now: datetime, code: str, file: UploadedFile, *, dry_run: bool) -> ResultsReport:
    """Take a file of self-monitoring results in, or say what it would do.

    Raises:
        NotVisible, NotPermitted.
        InvalidInput: the file is no table, too large, or lacks a column that every row needs.
    """
    require_reporter(actor, code)
    if (file.size or 0) > MOST_BYTES:
        raise InvalidInput(f"the file has more than {MOST_BYTES // 1024**2} MB", field="file", remedy="split it")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results"
        with path.open("wb") as kept:
            for chunk in file.chunks():
                kept.write(chunk)
        table = open_table(path)
        columns, unknown = results.columns_of(table.columns)
        if absent := [one for one in results.NEEDED if one not in columns.values()]:
            words = results.HEADINGS[absent[0]]
            raise InvalidInput(
                f"the file has no column {words[1]} ({words[0]})", field="file", remedy="begin with the template"
            )
        found = report_results(actor, now, code, _cells(table.rows, columns), dry_run=dry_run)
    return ResultsReport(
        dry_run=dry_run,
        rows=found.rows,
        taken=[_taken(one) for one in found.taken],
        faults=[_fault(one) for one in found.faults],
        unknown_columns=unknown,
    )


def results_template(actor: Actor, now: datetime, code: str) -> HttpResponse:
    """A file to fill in: one line for each sampling that can be reported today.

    Raises:
        NotVisible: there is no such enterprise.
    """
    [place] = own_enterprises(actor, code)
    today = now.astimezone(SHANGHAI).date()
    rows = Occurrence.objects.visible_to(actor).filter(
        template=results.TEMPLATE, object__enterprise_code=place.code, state__in=OPEN, opens_on__lte=today
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*(words[0] for words in results.HEADINGS.values()), "因子名称", "最后期限"])
    for one in rows.select_related("object").order_by("due_at", "id"):
        unit = _unit(one)
        known = [one.number, one.object.code, one.item, "", "", unit, "", ""]
        writer.writerow([safe(part) for part in (*known, item_name(one.template, one.item, today).zh, one.due_on)])
    response = HttpResponse(BOM + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="self-monitoring-{now:%Y%m%d}.csv"'
    return response


def _unit(one: Occurrence) -> str:
    limits = one.object.attributes.get("permit_limits") or ()
    return next((str(limit.get("unit", "")) for limit in limits if limit.get("pollutant") == one.item), "")


def _cells(
    rows: Iterator[SourceRow], columns: Mapping[str, results.Column]
) -> Iterator[tuple[int, Mapping[results.Column, str]]]:
    taken = 0
    for row in rows:
        cells = {column: row.cells.get(name, "").strip() for name, column in columns.items()}
        if not any(cells.get(one) for one in (results.Column.VALUE, results.Column.SAMPLED_AT)):
            continue  # a line of the template that was left blank
        taken += 1
        if taken > results.MOST_ROWS:
            raise InvalidInput(f"more than {results.MOST_ROWS} rows", field="file", remedy="send it in parts")
        yield row.line, cells


def _taken(one: results.TakenRow) -> ResultTaken:
    title = occurrence_title(one.occurrence)
    return ResultTaken(
        line=one.line,
        occurrence=one.occurrence.pk,
        number=one.occurrence.number,
        title_zh=title.zh,
        title_en=title.en,
        result=one.result,
        late=one.occurrence.state == State.LATE,
        over_limit=one.over_limit,
    )


def _fault(one: results.RowFault) -> ResultFault:
    zh, en, remedy_zh, remedy_en = results.WORDS[one.cause]
    reason, remedy = one.detail
    return ResultFault(
        line=one.line,
        cause=one.cause.value,
        column=one.column.value,
        text=one.text,
        reason_zh=f"{zh}：{reason}" if reason else zh,
        reason_en=f"{en}: {reason}" if reason else en,
        remedy_zh=f"{remedy_zh}：{remedy}" if remedy else remedy_zh,
        remedy_en=remedy or remedy_en,
    )


def _contacts(actor: Actor, places: Sequence[RegistryObject]) -> dict[str, list[ContactOut]]:
    """Whom each enterprise may turn to: the registered commissioner, those of its service cases, its supervisor."""
    codes = [one.code for one in places]
    served = Case.objects.visible_to(actor).filter(template=SERVICE, enterprise_code__in=codes, closed_at=None)
    cases = [one for one in served.order_by("-opened_at") if one.fields.get("commissioner")]
    ties = Relation.objects.filter(to_object__in=places, kind=RelationKind.SUPERVISES, valid_to=None)
    names = {str(one.attributes.get("commissioner", "")) for one in places}
    names |= {str(one.fields["commissioner"]) for one in cases}
    people = {one.username: one for one in User.objects.filter(username__in=names, is_active=True)}
    found: dict[str, list[ContactOut]] = {code: [] for code in codes}
    for place in places:
        if name := str(place.attributes.get("commissioner", "")):
            found[place.code].append(_person(people, name, phone=str(place.attributes.get("commissioner_phone", ""))))
    for case in cases:
        found[case.enterprise_code].append(_person(people, str(case.fields["commissioner"]), case=case))
    for tie in ties.select_related("from_object", "to_object"):
        found[tie.to_object.code].append(_organisation(tie.from_object))
    return found


def _person(people: Mapping[str, User], name: str, *, phone: str = "", case: Case | None = None) -> ContactOut:
    user = people.get(name)
    return ContactOut(
        role="project_commissioner" if case else "commissioner",
        name=(user.display_name or user.username) if user else name,
        name_en=(user.display_name_en or user.display_name or user.username) if user else name,
        phone=phone,
        case=case.pk if case else None,
        case_number=case.number if case else "",
    )


def _organisation(row: RegistryObject) -> ContactOut:
    phone = str(row.attributes.get("phone", ""))
    return ContactOut(
        role="supervisor", name=row.name, name_en=row.name_en or row.name, phone=phone, case=None, case_number=""
    )
