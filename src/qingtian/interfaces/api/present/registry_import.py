"""Files of objects: templates to fill in, and the report of what a file did or would do."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.http import HttpResponse
from ninja.files import UploadedFile

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.registry.actions.import_objects import import_objects
from qingtian.apps.registry.columns import Column, columns_of
from qingtian.apps.registry.importing import ImportPlan, PlannedRow, plan_import
from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.domain.objects import Fault, FieldKind
from qingtian.interfaces.api.present.exports import BOM
from qingtian.interfaces.api.present.registry_history import difference, labels_of
from qingtian.interfaces.api.present.words.registering import reason_zh
from qingtian.interfaces.api.schemas.registry import ImportedObject, ObjectFaultOut, ObjectImportIn, ObjectImportOut
from qingtian.packs import load_packs
from qingtian.packs.objects import object_type

MOST_BYTES = 10 * 1024 * 1024
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KIND_WORDS: Mapping[FieldKind, tuple[str, str]] = {
    FieldKind.TEXT: ("文本", "text"),
    FieldKind.INTEGER: ("整数", "whole number"),
    FieldKind.DECIMAL: ("数值", "number"),
    FieldKind.DATE: ("日期，如 2026-03-02", "day such as 2026-03-02"),
    FieldKind.CHOICE: ("选项", "choice"),
    FieldKind.FLAG: ("是 / 否", "yes / no"),
    FieldKind.LIST: ("多项，用分号隔开", "several, separated by semicolons"),
    FieldKind.CREDIT_CODE: ("18 位统一社会信用代码", "credit code of 18 characters"),
    FieldKind.STRUCTURE: ("", ""),
}
LISTED_ROWS = 2_000  # of a report; further rows are counted


def run_import(actor: Actor, at: datetime, file: UploadedFile, wanted: ObjectImportIn) -> ObjectImportOut:
    """Take a file in, or say what it would do.

    Raises:
        InvalidInput: the file is too large or cannot be read, or rows are faulty.
    """
    if (file.size or 0) > MOST_BYTES:
        raise InvalidInput(
            f"the file has more than {MOST_BYTES // 1024**2} MB", field="file", remedy="split it into parts"
        )
    object_type(load_packs(), wanted.type)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "objects"
        with path.open("wb") as kept:
            for chunk in file.chunks():
                kept.write(chunk)
        plan = _run(actor, at, path, file.name or "", wanted)
    return _report(plan, wanted)


def _run(actor: Actor, at: datetime, path: Path, name: str, wanted: ObjectImportIn) -> ImportPlan:
    if wanted.dry_run:
        return plan_import(actor, at, wanted.type, path, update=wanted.update)
    return import_objects(
        actor, at, wanted.type, path, file_name=name, update=wanted.update, skip_faulty=wanted.skip_faulty
    )


def _report(plan: ImportPlan, wanted: ObjectImportIn) -> ObjectImportOut:
    labels = labels_of(plan.kind)
    # The faulty rows are what the reader must act on; they come first when not all can be shown.
    rows = sorted(plan.rows, key=lambda row: (not row.faults, row.line))[:LISTED_ROWS]
    return ObjectImportOut(
        type=plan.kind,
        dry_run=wanted.dry_run,
        counts=plan.counts,
        unknown_columns=plan.unknown,
        rows=[_row_out(row, labels) for row in sorted(rows, key=lambda row: row.line)],
    )


def _row_out(row: PlannedRow, labels: Mapping[str, tuple[str, str]]) -> ImportedObject:
    return ImportedObject(
        line=row.line,
        code=row.code,
        name=row.name,
        outcome=row.outcome,
        faults=[_fault_out(fault, labels) for fault in row.faults],
        differences=[difference(name, one["from"], one["to"], labels) for name, one in row.changes.items()],
    )


def _fault_out(fault: Fault, labels: Mapping[str, tuple[str, str]]) -> ObjectFaultOut:
    zh, en = labels.get(fault.field, (fault.field, fault.field))
    return ObjectFaultOut(
        field=fault.field,
        label_zh=zh,
        label_en=en,
        code=fault.code,
        value=fault.value,
        reason_zh=reason_zh(fault, zh),
        reason_en=fault.reason,
        remedy_en=fault.remedy,
    )


def csv_template(kind: str, language: str) -> HttpResponse:
    """The heading line of a file of one type."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(_headings(columns_of(kind), language))
    return _download(BOM + text.getvalue(), f"{kind}.csv", "text/csv; charset=utf-8")


def xlsx_template(kind: str, language: str) -> HttpResponse:
    """A workbook of one type: a sheet to fill in with lists of choices, and a sheet that explains the columns.

    Raises:
        ConfigurationError: the extra for workbooks is not installed.
    """
    try:
        from openpyxl import Workbook
        from openpyxl.worksheet.datavalidation import DataValidation
    except ImportError as error:
        raise ConfigurationError(
            "workbooks need the extra `files`", field="format", remedy="pip install qingtian[files], or take the CSV"
        ) from error
    columns = columns_of(kind)
    book = Workbook()
    sheet: Any = book.active
    type_ = object_type(load_packs(), kind)
    sheet.title = (type_.name_en if language == "en" else type_.name_zh)[:30]
    sheet.append(_headings(columns, language))
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, start=1):
        letter = sheet.cell(1, number).column_letter
        sheet.column_dimensions[letter].width = max(12, 2 * len(column.label(language)))
        if column.spec.choices:
            words = ",".join(one.label_en if language == "en" else one.label_zh for one in column.spec.choices)
            rule = DataValidation(type="list", formula1=f'"{words}"', allow_blank=True)
            sheet.add_data_validation(rule)
            rule.add(f"{letter}2:{letter}5001")
    _explain(book.create_sheet("Columns" if language == "en" else "填写说明"), columns, language)
    content = io.BytesIO()
    book.save(content)
    return _download(content.getvalue(), f"{kind}.xlsx", SPREADSHEET)


def _explain(sheet: Any, columns: tuple[Column, ...], language: str) -> None:
    english = language == "en"
    sheet.append(
        ["Column", "Name", "Needed", "Kind", "Unit", "Choices"]
        if english
        else ["列", "代号", "必填", "类型", "单位", "选项"]
    )
    for column in columns:
        spec = column.spec
        needed = ("yes" if english else "是") if spec.required else ""
        choices = "; ".join(f"{one.label_en if english else one.label_zh} ({one.value})" for one in spec.choices)
        sheet.append([column.label(language), spec.name, needed, KIND_WORDS[spec.kind][english], spec.unit, choices])
    for letter in "ABCDEF":
        sheet.column_dimensions[letter].width = 24


def _headings(columns: tuple[Column, ...], language: str) -> list[str]:
    return [column.label(language) + ("*" if column.spec.required else "") for column in columns]


def _download(content: str | bytes, name: str, media_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="qingtian-{name}"'
    return response
