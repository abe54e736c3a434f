"""Kinds of reports with their schedule; Word templates with their dry run."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, BinaryIO

from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.reports import queries
from qingtian.apps.reports.actions.keep_template import upload_template
from qingtian.apps.reports.models import ReportTemplate
from qingtian.apps.reports.schedule import next_report
from qingtian.apps.reports.states import ReportFormat
from qingtian.domain.reports import ReportKind
from qingtian.interfaces.api.schemas.reports import (
    ReportKindOut,
    TemplateFault,
    TemplateTag,
    TemplateTrialOut,
    WordTemplateOut,
)
from qingtian.interfaces.printing.reports import MEDIA_TYPES, house_template
from qingtian.interfaces.printing.tags import ABOUT, CHARTS, FIGURES, TABLES, TEXTS, tags_of
from qingtian.interfaces.printing.trial import MAX_BYTES, dry_run
from qingtian.packs.reports import report_kind, report_kinds
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings

HOUSE = 0  # version of the template that comes with the product
GROUP_WORDS = {
    TEXTS: ("{{{{ texts.{} }}}}", "段落文字", "a paragraph"),
    FIGURES: (
        "{{{{ figures.{}.value }}}}",
        "指标（另有 .unit .coverage .source）",
        "a figure; also .unit .coverage .source",
    ),
    TABLES: ("{{%tr for row in tables.{}.rows %}}", "表格的行；每格为 .text", "rows of a table; each cell has .text"),
    CHARTS: ("{{{{ charts.{}.image }}}}", "图", "a chart"),
}
LOOP = ("{%p for part in sections %} … {%p for block in part.blocks %}", "逐章逐块", "every chapter, block by block")


def kinds(actor: Actor, now: datetime) -> list[ReportKindOut]:
    """Kinds of reports, when the duty makes each next, and by which template it is set."""
    city = get_settings().city_code
    newest = dict(queries.reports(actor).order_by("kind", "-id").distinct("kind").values_list("kind", "number"))
    used = {one.kind: str(one) for one in queries.templates_in_use(actor)}
    today = now.astimezone(SHANGHAI).date()
    return [
        _kind(one, now, city, newest.get(one.kind, ""), used.get(one.kind, ""))
        for one in report_kinds(today, city).values()
    ]


def trial(actor: Actor, now: datetime, kind: str, file: BinaryIO) -> TemplateTrialOut:
    """Dry run of a template; keeps nothing."""
    require_in_city(actor, Verb.KEEP_TEMPLATE)
    content = _content(file)
    found = dry_run(content, _chapters(kind, now))
    return TemplateTrialOut(kind=kind, sha256=hashlib.sha256(content).hexdigest(), **_told(found))


def upload(actor: Actor, now: datetime, kind: str, file: BinaryIO, name: str, note: str) -> WordTemplateOut:
    """Take a template in as the next version, when its dry run found no fault."""
    require_in_city(actor, Verb.KEEP_TEMPLATE)
    content = _content(file)
    found = dry_run(content, _chapters(kind, now))
    row = upload_template(actor, now, kind, content, name, found | {"size": len(content)}, note)
    return _template(row, {kind: row.version})


def templates(actor: Actor) -> list[WordTemplateOut]:
    """Every version of the bureau's templates, newest first by kind; then the one that comes with the product."""
    rows = list(queries.templates(actor))
    used = {one.kind: one.version for one in queries.templates_in_use(actor)}
    return [_template(one, used) for one in rows] + [house(kind, kind not in used) for kind in report_kinds()]


def house(kind: str, in_use: bool) -> WordTemplateOut:
    """The template that comes with the product."""
    content = house_template()
    empty = dict.fromkeys(("note", "uploaded_by", "retired_by"), "")
    return WordTemplateOut(
        kind=kind,
        version=HOUSE,
        file_name="report.docx",
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        in_use=in_use,
        tags=0,
        unused=[],
        uploaded_at=None,
        retired_at=None,
        **empty,
    )


def template_content(actor: Actor, kind: str, version: int) -> HttpResponse:
    """The file of a template."""
    if version == HOUSE:
        report_kind(kind)
        content, name = house_template(), f"report-{kind}.docx"
    else:
        row = queries.visible_template(actor, kind, version)
        content, name = bytes(row.content), f"report-{kind}-v{version}.docx"
    response = HttpResponse(content, content_type=MEDIA_TYPES[ReportFormat.DOCX])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def tags(kind: str, now: datetime) -> list[TemplateTag]:
    """Everything that a template of a kind may show."""
    chapters = _chapters(kind, now)
    told = [TemplateTag(tag=f"{{{{ {name} }}}}", about_zh=zh, about_en=en) for name, (zh, en) in ABOUT.items()]
    told.append(TemplateTag(tag=LOOP[0], about_zh=LOOP[1], about_en=LOOP[2]))
    for group, codes in tags_of(chapters).items():
        form, zh, en = GROUP_WORDS[group]
        told += [TemplateTag(tag=form.format(code), about_zh=zh, about_en=en) for code in codes]
    return told


def _kind(one: ReportKind, now: datetime, city: str, last: str, template: str) -> ReportKindOut:
    following = next_report(one, now, city)
    return ReportKindOut(
        kind=one.kind,
        span=one.span,
        label_zh=one.label_zh,
        label_en=one.label_en,
        scheduled=one.scheduled,
        ready_hours=f"{one.ready_hours.normalize():f}",
        next_first=following[0].first if following else None,
        next_at=following[1] if following else None,
        last_number=last,
        template=template,
        rule=one.row_id,
    )


def _chapters(kind: str, now: datetime) -> tuple[str, ...]:
    return report_kind(kind, now.astimezone(SHANGHAI).date(), get_settings().city_code).sections


def _content(file: BinaryIO) -> bytes:
    return file.read(MAX_BYTES + 1)  # one more than may be: the dry run says so


def _told(found: dict[str, Any]) -> dict[str, Any]:
    unknown = [TemplateFault(**one) for one in found["unknown"]]
    return {"tags": found["tags"], "unknown": unknown, "unused": found["unused"]}


def _template(row: ReportTemplate, used: dict[str, int]) -> WordTemplateOut:
    return WordTemplateOut(
        kind=row.kind,
        version=row.version,
        file_name=row.file_name,
        sha256=row.sha256,
        size=int(row.trial.get("size", 0)),
        note=row.note,
        in_use=used.get(row.kind) == row.version,
        tags=int(row.trial.get("tags", 0)),
        unused=list(row.trial.get("unused", ())),
        uploaded_by=row.uploaded_by,
        uploaded_at=row.uploaded_at,
        retired_by=row.retired_by,
        retired_at=row.retired_at,
    )
