"""Write the Word template that comes with the product: src/qingtian/interfaces/printing/report.docx.

The file is kept in the repository, so that its bytes (and with them every report) do not depend on who builds it. Run this
after a change here, look at a report, and commit both.
"""

from __future__ import annotations

import io
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))
from qingtian.interfaces.printing.word import FIT, HOUSE_TEMPLATE, same_bytes

FANG, HEI, SONG = "仿宋", "黑体", "宋体"
MADE = datetime(2026, 1, 1)  # noqa: DTZ001  Word keeps no zone
RED, GREY = RGBColor(0x8A, 0x1C, 0x00), RGBColor(0x44, 0x44, 0x44)
EN = "{% if language == 'en' %}"


def main() -> None:
    """Build and write it."""
    document = Document()
    _page(document)
    _styles(document)
    _head_and_foot(document)
    _body(document)
    about = document.core_properties
    about.title, about.author, about.last_modified_by = "Qingtian report", "Qingtian", "Qingtian"
    about.created = about.modified = MADE
    made = io.BytesIO()
    document.save(made)
    HOUSE_TEMPLATE.write_bytes(same_bytes(made.getvalue()))
    print(f"{HOUSE_TEMPLATE} {HOUSE_TEMPLATE.stat().st_size} bytes")


def _page(document: Any) -> None:
    """A4 with the margins of GB/T 9704 (from memory, unverified), as the PDF has them."""
    one = document.sections[0]
    one.page_width, one.page_height = Mm(210), Mm(297)
    one.top_margin, one.bottom_margin, one.left_margin, one.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)
    one.header_distance, one.footer_distance = Mm(22), Mm(22)


def _styles(document: Any) -> None:
    for name, font, size, bold in (
        ("Normal", FANG, 11.5, False),
        ("Title", SONG, 22, True),
        ("Heading 1", HEI, 14, False),
        ("Caption", HEI, 9.5, False),
    ):
        style = document.styles[name]
        _font(style, font, size, bold=bold)
        style.font.color.rgb = RGBColor(0, 0, 0)
        style.font.italic = False
    normal, title, heading, caption = (document.styles[one] for one in ("Normal", "Title", "Heading 1", "Caption"))
    normal.paragraph_format.space_after, normal.paragraph_format.line_spacing = Pt(4), 1.3
    title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    border = title.element.get_or_add_pPr().find(qn("w:pBdr"))
    if border is not None:
        title.element.get_or_add_pPr().remove(border)
    heading.paragraph_format.space_before, heading.paragraph_format.space_after = Pt(16), Pt(6)
    caption.paragraph_format.space_before, caption.paragraph_format.space_after = Pt(6), Pt(3)
    caption.paragraph_format.keep_with_next = True
    cell = document.styles.add_style("Cell", 1)
    cell.base_style = normal
    _font(cell, FANG, 9)
    cell.paragraph_format.space_after, cell.paragraph_format.line_spacing = Pt(0), 1.15
    source = document.styles.add_style("Source", 1)
    source.base_style = normal
    _font(source, FANG, 8.5)
    source.font.color.rgb = GREY


def _font(style: Any, name: str, size: float, *, bold: bool = False) -> None:
    style.font.size, style.font.bold, style.font.name = Pt(size), bold, "Times New Roman"
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), name)


def _head_and_foot(document: Any) -> None:
    one = document.sections[0]
    head = one.header.paragraphs[0]
    head.style = document.styles["Source"]
    head.paragraph_format.tab_stops.clear_all()
    head.paragraph_format.tab_stops.add_tab_stop(Mm(156), 2)  # at the right margin
    head.add_run("{{ title }}{% if issue_number %} · {{ issue_number }}{% endif %}\t")
    label = head.add_run("{{ label }}")
    label.bold, label.font.color.rgb = True, RED
    foot = one.footer.paragraphs[0]
    foot.style, foot.alignment = document.styles["Source"], WD_ALIGN_PARAGRAPH.CENTER
    foot.add_run(f"{EN}Page {{% else %}}第 {{% endif %}}")
    _field(foot, "PAGE")
    foot.add_run(f"{EN} of {{% else %}} 页 共 {{% endif %}}")
    _field(foot, "NUMPAGES")
    foot.add_run(f"{EN}{{% else %}} 页{{% endif %}}")


def _field(paragraph: Any, code: str) -> None:
    """A field that Word counts itself."""
    run = paragraph.add_run()
    for kind, text in (("begin", ""), ("", code), ("separate", ""), ("text", "1"), ("end", "")):
        if kind == "text":
            run.add_text(text)
            continue
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = f" {text} "
        run._r.append(part)


def _body(document: Any) -> None:
    def line(text: str, style: str = "Normal") -> Any:
        return document.add_paragraph(text, style=document.styles[style])

    line("{{ title }}", "Title")
    middle = line("{% if issue_number %}{{ issue_number }}　{{ issued_on }}{% else %}{{ made_on }}{% endif %}")
    stand = line(
        f"{EN}Period {{{{ first }}}} to {{{{ last }}}}; data as known at {{{{ known_at }}}}; number {{{{ number }}}}"
        "{% else %}统计期 {{ first }} 至 {{ last }}；数据截至 {{ known_at }}；系统编号 {{ number }}{% endif %}",
        "Source",
    )
    middle.alignment = stand.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line("{%p if open_note %}")
    line("{{ open_note }}", "Source")
    line("{%p endif %}")
    line("{%p for part in sections %}")
    line("{{ part.mark }}{{ part.title }}", "Heading 1")
    line("{%p for block in part.blocks %}")
    line("{%p if block.type == 'text' %}")
    line("{%p for words in block.paragraphs %}")
    body = line("{{ words }}")
    body.paragraph_format.first_line_indent = Pt(23)
    line("{%p endfor %}")
    line("{%p elif block.type == 'figures' %}")
    line("{{ block.title }}", "Caption")
    _figures(document)
    line("", "Source")
    line("{%p elif block.type == 'table' %}")
    line("{{ block.title }}", "Caption")
    _table(document)
    line(_source("{% if block.more %}; {{ block.more }}{% endif %}"), "Source")
    line("{%p elif block.type == 'chart' %}")
    line("{{ block.image }}").paragraph_format.keep_with_next = True
    caption = line("{{ block.title }}", "Caption")
    caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line(_source(f"{EN}; hatched: no data{{% else %}}；斜线表示无数据{{% endif %}}"), "Source")
    line("{%p else %}")
    line("{{ block.text }}")
    line("{%p endif %}")
    line("{%p endfor %}")
    line("{%p endfor %}")
    line("SHA-256 {{ snapshot_hash }}{% if template %} · {{ template }}{% endif %}", "Source")


def _source(more: str) -> str:
    return (
        f"{EN}Source: {{{{ block.source }}}}; coverage {{{{ block.coverage }}}}"
        f"{{% else %}}来源：{{{{ block.source }}}}；覆盖率 {{{{ block.coverage }}}}{{% endif %}}{more}"
    )


def _figures(document: Any) -> None:
    heads = (("指标", "Figure"), ("数值", "Value"), ("单位", "Unit"), ("覆盖率", "Coverage"), ("来源", "Source"))
    table = _grid(document, 4, 5)
    for place, (zh, en) in enumerate(heads):
        _cell(table.cell(0, place), f"{EN}{en}{{% else %}}{zh}{{% endif %}}", head=True)
    _whole_row(table, 1, "{%tr for row in block.rows %}")
    values = ("row.label", "row.value", "row.unit", "row.coverage", "row.source")
    for place, value in enumerate(values):
        _cell(table.cell(2, place), f"{{{{ {value} }}}}", right=place in (1, 3))
    _whole_row(table, 3, "{%tr endfor %}")
    _repeat(table.rows[0])


def _table(document: Any) -> None:
    table = _grid(document, 4, 7)
    for place, text in enumerate(("{%tc for column in block.columns %}", "{{ column.label }}", "{%tc endfor %}")):
        _cell(table.cell(0, place), text, head=True)
    _whole_row(table, 1, "{%tr for row in block.rows %}")
    cells = ("{%tc for one in row %}", "{%tc if one.number %}", "{{ one.text }}", "{%tc else %}", "{{ one.text }}")
    for place, text in enumerate((*cells, "{%tc endif %}", "{%tc endfor %}")):
        _cell(table.cell(2, place), text, right=place == 2)
    _whole_row(table, 3, "{%tr endfor %}")
    _repeat(table.rows[0])
    for number in (6, 5, 4, 3):  # the head has three cells, the loop of the rows seven
        table.rows[0]._tr.remove(table.rows[0].cells[number]._tc)


def _grid(document: Any, rows: int, columns: int) -> Any:
    table = document.add_table(rows=rows, cols=columns)
    table.style = document.styles["Table Grid"]
    room = OxmlElement("w:tblCellMar")
    for side, width in (("top", 40), ("left", 80), ("bottom", 40), ("right", 80)):
        part = OxmlElement(f"w:{side}")
        part.set(qn("w:w"), str(width))
        part.set(qn("w:type"), "dxa")
        room.append(part)
    about = OxmlElement("w:tblDescription")
    about.set(qn("w:val"), FIT)
    properties = table._tbl.tblPr
    look = properties.find(qn("w:tblLook"))
    if look is not None:
        look.addprevious(room)
        look.addnext(about)
    else:
        properties.extend((room, about))
    for row in table.rows:
        whole = OxmlElement("w:cantSplit")
        row._tr.get_or_add_trPr().append(whole)
    return table


def _whole_row(table: Any, number: int, text: str) -> None:
    _cell(table.cell(number, 0), text)


def _cell(cell: Any, text: str, *, head: bool = False, right: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.style = paragraph.part.document.styles["Cell"]
    run = paragraph.add_run(text)
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if head:
        run.bold = True
        shade = OxmlElement("w:shd")
        for name, value in (("val", "clear"), ("color", "auto"), ("fill", "EEF1F4")):
            shade.set(qn(f"w:{name}"), value)
        cell._tc.get_or_add_tcPr().append(shade)


def _repeat(row: Any) -> None:
    """The head of a table on every page."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


if __name__ == "__main__":
    main()
