"""A report on paper: PDF and Word of a whole month, the same bytes each time, nothing without source and coverage."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from tests.apps.reports import town
from tests.apps.reports.town import AFTER, boss, duty

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.reports.actions.edit_text import edit_text
from qingtian.apps.reports.actions.issue_report import issue_report
from qingtian.apps.reports.actions.make_report import make_report
from qingtian.apps.reports.models import Report, ReportFile, ReportTemplate
from qingtian.apps.reports.sections.emissions import shown_value
from qingtian.apps.reports.states import Language, ReportFormat
from qingtian.domain.errors import InvalidInput
from qingtian.interfaces.printing.paper import paper_of
from qingtian.interfaces.printing.reports import page_of, print_issue, print_report, printed_with, remake
from qingtian.interfaces.printing.tags import LEAF, shape_of, tags_of
from qingtian.interfaces.printing.word import fill_word
from qingtian.packs.reports import report_kinds

pytestmark = pytest.mark.django_db
LATER = AFTER + timedelta(hours=1)
NUMBER = "武环报〔2025〕11号"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture
def report(db: None) -> Report:
    """A month with a case."""
    town.one_case(town.november())
    return make_report(SYSTEM_ACTOR, AFTER, "monthly", day=date(2025, 11, 1))


@pytest.fixture
def day(db: None) -> Report:
    """A day: short, for what holds for every kind."""
    town.november()
    return make_report(SYSTEM_ACTOR, AFTER, "daily", day=date(2025, 11, 5))


def issued(report: Report) -> Report:
    files = print_issue(report, NUMBER, LATER)
    return issue_report(boss(), LATER, report.number, NUMBER, files, printed_with=printed_with())


def words(pdf: bytes, folder: Path) -> str:
    """What a reader copies out of the PDF (poppler)."""
    file = folder / "read.pdf"
    file.write_bytes(pdf)
    command = ["pdftotext", "-raw", str(file), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def word_texts(content: bytes) -> list[str]:
    """Every text of a Word file, in order."""
    body = Document(io.BytesIO(content)).element.body
    return [one.text or "" for one in body.iter() if one.tag.endswith("}t")]


def template(content: bytes, kind: str = "daily") -> ReportTemplate:
    return ReportTemplate.objects.create(
        kind=kind,
        version=1,
        file_name="x.docx",
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        uploaded_by="x",
        uploaded_at=AFTER,
    )


def docx(*lines: str) -> bytes:
    document = Document()
    document.sections[0].header.paragraphs[0].text = "{{ label }}"
    for line in lines:
        document.add_paragraph(line)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def test_an_issue_is_remade_to_the_byte_in_both_formats(day: Report) -> None:
    done = issued(day)
    again = remake(Report.objects.get(pk=done.pk))
    assert {one.format for one in again} == set(ReportFormat)
    assert all(one.same for one in again)
    kept = {one.format: one for one in ReportFile.objects.all()}
    assert bytes(kept["pdf"].content) == print_issue(done, NUMBER, LATER)[ReportFormat.PDF].content
    assert kept["pdf"].pages and kept["pdf"].pages > 1


def test_a_draft_has_nothing_to_remake(day: Report) -> None:
    assert remake(day) == []


def test_another_word_another_number_another_time_give_another_file(day: Report) -> None:
    first = {form: one.content for form, one in print_issue(day, NUMBER, LATER).items()}
    for number, at in ((NUMBER + "之二", LATER), (NUMBER, LATER + timedelta(days=1))):
        other = print_issue(day, number, at)
        assert all(other[form].content != first[form] for form in ReportFormat)
    edit_text(duty(), LATER, day.number, "summary", "改写的概要。", language=Language.ZH, version=0)
    other = print_issue(day, NUMBER, LATER)
    assert all(other[form].content != first[form] for form in ReportFormat)


def test_the_pdf_says_on_every_page_what_it_is_and_is_chinese(report: Report, tmp_path: Path) -> None:
    Report.objects.filter(pk=report.pk).update(simulated=True)
    report.refresh_from_db()
    printed = print_report(report, ReportFormat.PDF)
    pages = words(printed.content, tmp_path).split("\f")[:-1]
    assert len(pages) == printed.pages
    for number, page in enumerate(pages, 1):
        assert "含模拟数据 · 草稿 未签发" in page
        assert f"第 {number} 页 共 {printed.pages} 页" in page
    whole = "".join(pages)
    assert "环境质量与监管月报" in whole
    assert "一、概要" in whole
    assert "�" not in whole


def test_an_issue_bears_its_number_and_is_no_draft(day: Report, tmp_path: Path) -> None:
    files = print_issue(day, NUMBER, LATER)
    text = words(files[ReportFormat.PDF].content, tmp_path)
    assert NUMBER in text
    assert "2025年12月3日" in text
    assert "草稿" not in text
    assert NUMBER in "".join(word_texts(files[ReportFormat.DOCX].content))


def test_every_figure_of_the_snapshot_stands_in_both_files_with_source_and_coverage(
    report: Report, tmp_path: Path
) -> None:
    files = print_issue(report, NUMBER, LATER)
    cells = word_texts(files[ReportFormat.DOCX].content)
    pdf = re.sub(r"\s", "", words(files[ReportFormat.PDF].content, tmp_path))
    figures = paper_of(report)["figures"]
    assert len(figures) > 20
    for one in figures.values():
        if not one["label"]:
            continue  # the month has none of it
        assert re.sub(r"\s", "", one["label"]) in pdf
        at = cells.index(one["label"])
        assert cells[at + 1 : at + 5] == [one["value"], one["unit"], one["coverage"], one["source"]]
        assert one["source"] and one["coverage"]


def test_the_texts_that_people_wrote_are_printed_and_the_other_language_keeps_its_own(
    day: Report, tmp_path: Path
) -> None:
    edit_text(
        duty(), LATER, day.number, "summary", "第一段。\n\n第二段 <b>&amp;</b>。", language=Language.ZH, version=0
    )
    zh = words(print_report(day, ReportFormat.PDF).content, tmp_path)
    en = words(print_report(day, ReportFormat.PDF, language=Language.EN).content, tmp_path)
    assert "第二段 <b>&amp;</b>。" in zh
    assert "第一段" not in en
    assert "Page 1 of" in en
    assert "第二段 <b>&amp;</b>。" in word_texts(print_report(day, ReportFormat.DOCX).content)


def test_charts_in_word_are_pictures_and_the_table_heads_repeat(report: Report) -> None:
    content = print_report(report, ReportFormat.DOCX).content
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        media = [name for name in opened.namelist() if name.startswith("word/media/")]
        body = opened.read("word/document.xml").decode()
        assert all(one.date_time == (1980, 1, 1, 0, 0, 0) for one in opened.infolist())
    charts = [one for one in paper_of(report)["charts"].values() if one["svg"]]
    assert len(media) == len(charts) > 1
    assert body.count("<w:tblHeader/>") == body.count("<w:tbl>") > 5
    assert "{{" not in body
    assert "{%" not in body


def test_columns_take_the_room_that_their_words_need(report: Report) -> None:
    document = Document(io.BytesIO(print_report(report, ReportFormat.DOCX).content))
    figures = next(one for one in document.tables if one.rows[0].cells[0].text == "指标" and len(one.columns) == 5)
    widths = [int(one.get(f"{W}w")) for one in figures._tbl.tblGrid]
    assert widths[0] > widths[2]  # a name needs more than a unit
    assert abs(sum(widths) - 8844) < 10
    for row in figures.rows:
        assert [cell._tc.tcPr.find(f"{W}tcW").get(f"{W}w") for cell in row.cells] == [str(one) for one in widths]


def test_a_table_that_the_bureau_set_keeps_its_widths(day: Report) -> None:
    document = Document()
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "{{ title }}", "x"
    made = io.BytesIO()
    document.save(made)
    filled = Document(io.BytesIO(fill_word(made.getvalue(), paper_of(day), AFTER))).tables[0]
    assert len({one.get(f"{W}w") for one in filled._tbl.tblGrid}) == 1


@pytest.mark.parametrize(
    ("value", "limit", "shown"),
    [("585.483871", "80", "585.48"), ("0.1205", "0.1", "0.120"), ("2.5", "1E+2", "2.50"), ("7.125000", "", "7.125")],
)
def test_a_value_is_shown_with_two_digits_more_than_its_limit(value: str, limit: str, shown: str) -> None:
    assert shown_value(Decimal(value), Decimal(limit) if limit else None) == shown


def test_a_template_of_the_bureau_is_used_and_named(day: Report) -> None:
    day.template = template(docx("本市{{ figures.air_good_days.value }}天优良", "{{ texts.summary }}"))
    day.save(update_fields=["template"])
    texts = word_texts(print_report(day, ReportFormat.DOCX).content)
    assert any(re.fullmatch(r"本市\d+天优良", one) for one in texts)
    assert paper_of(day)["template"] == "daily v1"


def test_what_a_month_lacks_is_told_and_breaks_no_template(db: None) -> None:
    town.city()
    empty = make_report(SYSTEM_ACTOR, AFTER, "monthly", day=date(2025, 11, 1))
    paper = paper_of(empty)
    made = fill_word(
        docx(
            "{{ figures.air_pm25.value }} {{ texts.air_summary }} {{ charts.air_aqi.image }} {{ tables.air_days.more }}"
        ),
        paper,
        AFTER,
    )
    assert word_texts(made) == ["无数据 无数据 无数据 无数据"]


@pytest.mark.parametrize(
    "tag", ["{{ nothing.at.all }}", "{{ texts.__class__.__mro__ }}", "{{ ''.__class__ }}", "{{ title.format() }}"]
)
def test_a_template_that_reaches_for_more_is_refused_when_it_is_filled(day: Report, tag: str) -> None:
    made: bytes | None = None
    try:
        made = fill_word(docx(tag), paper_of(day), AFTER)
    except InvalidInput as refused:
        assert refused.field == "template"
    if made is not None:
        assert word_texts(made) in ([day.title_zh], [])  # `format` of a text is allowed and harmless


def test_a_template_that_was_spoilt_is_told_and_is_no_fault_of_ours(day: Report) -> None:
    with pytest.raises(InvalidInput) as refused:
        fill_word(b"PK spoilt", paper_of(day), AFTER)
    assert refused.value.field == "template"


def test_a_browser_gets_the_same_page_with_sheets_and_without_styles_of_its_own(day: Report) -> None:
    html = page_of(paper_of(day), AFTER, ("/api/v1/reports/print.css",))
    assert '<link rel="stylesheet" href="/api/v1/reports/print.css">' in html
    assert "<style" not in html
    assert " style=" not in html
    assert "<script" not in html


def test_the_catalogue_of_tags_knows_every_code_that_a_report_has(report: Report) -> None:
    firm, case = "E-1", town.Case.objects.get()
    made = [
        report,
        make_report(duty(), AFTER, "daily", day=date(2025, 11, 5)),
        make_report(duty(), AFTER, "weekly", day=date(2025, 11, 5)),
        make_report(duty(), AFTER, "case", case=case.number),
        make_report(duty(), AFTER, "enterprise", enterprise=firm),
    ]
    for one in made:
        chapters = report_kinds()[one.kind].sections
        known, paper = tags_of(chapters), paper_of(one)
        for group, codes in known.items():
            assert set(paper[group]) == set(codes), f"{one.kind} {group}"
        _fits(paper, shape_of(chapters), one.kind)


def _fits(value: Any, shape: Any, path: str) -> None:
    """A value has nothing that its shape does not name."""
    if isinstance(shape, tuple):
        found = [one for one in shape if isinstance(value, dict) and set(value) <= {*one, "svg"}]
        assert found or (isinstance(value, dict) and value.get("type") == "none"), path
        return
    if isinstance(value, dict):
        for name, one in value.items():
            if name == "svg":  # for the page alone
                continue
            assert shape != LEAF and name in shape, f"{path}.{name}"
            _fits(one, shape[name], f"{path}.{name}")
    elif isinstance(value, list):
        for one in value:
            _fits(one, shape[0], f"{path}[]")
    else:
        assert shape == LEAF, path
