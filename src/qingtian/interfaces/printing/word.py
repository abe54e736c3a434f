"""Word from a template of the bureau: docxtpl fills it in a sandbox; the same values give the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from qingtian.domain.errors import InvalidInput, Unavailable
from qingtian.runtime.clock import SHANGHAI

HOUSE_TEMPLATE = Path(__file__).parent / "report.docx"  # made by tools/report_template.py
NEEDS = "pip install 'qingtian[reports]'"
WIDTH_MM, PIXELS = 156, 1560  # of a chart: the breadth between the margins; 254 dots an inch
FIT, TABLE_DXA = "fit", 8844  # twentieths of a point: 156 mm
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip can tell
Plain = dict[str, Any]


def fill_word(template: bytes, paper: Plain, created: datetime) -> bytes:
    """A Word file of a report.

    Args:
        template: bytes of the docx; its dry run was without fault.
        paper: what the report says.
        created: time that the properties of the file tell: that of the snapshot or of the issue.
    Raises:
        InvalidInput: the template asks for something that there is not.
        Unavailable: the extra `reports` is missing.
    """
    docxtpl = _engine()
    from docx.shared import Mm
    from jinja2 import TemplateError, UndefinedError

    opened = docxtpl.DocxTemplate(io.BytesIO(template))
    try:
        opened.init_docx()
    except Exception as error:  # python-docx lets through whatever XML and zip throw
        raise InvalidInput(
            f"the Word template cannot be read: {error}", field="template", remedy="hand a whole one in"
        ) from error
    values = _with_pictures(paper, lambda png: docxtpl.InlineImage(opened, io.BytesIO(png), width=Mm(WIDTH_MM)))
    try:
        opened.render(values, jinja_env=sandbox())
    except (TemplateError, UndefinedError) as error:
        raise InvalidInput(
            f"the Word template cannot be filled: {error}", field="template", remedy="try it with the dry run"
        ) from error
    for table in opened.docx.tables:
        fit_columns(table)
    _date(opened.docx.core_properties, created, paper["title"])
    made = io.BytesIO()
    opened.save(made)
    return same_bytes(made.getvalue())


def fit_columns(table: Any) -> None:
    """Widths of the columns by their words, for a table whose alternative text is `fit`; others stay as they are set.

    Word would do it by itself, but not every program that reads the file does.
    """
    from docx.oxml.ns import qn

    properties = table._tbl.tblPr
    about = properties.find(qn("w:tblDescription"))
    grid = table._tbl.tblGrid.findall(qn("w:gridCol"))
    if about is None or about.get(qn("w:val")) != FIT or not grid:
        return
    rows = [row.findall(qn("w:tc")) for row in table._tbl.tr_lst]
    wanted = [
        max(_breadth("".join(each.itertext())) for row in rows for each in row[place : place + 1])
        for place in range(len(grid))
    ]
    whole = sum(wanted)
    widths = [round(TABLE_DXA * one / whole) for one in wanted]
    for column, width in zip(grid, widths, strict=True):
        column.set(qn("w:w"), str(width))
    for row in rows:
        for cell, width in zip(row, widths, strict=False):
            size = cell.get_or_add_tcPr().get_or_add_tcW()
            size.set(qn("w:w"), str(width))
            size.set(qn("w:type"), "dxa")


def _breadth(text: str) -> int:
    """How much room words ask for: Chinese counts twice; at least a date and a bit, at most a line of a name.

    >>> _breadth("超标"), _breadth("2025-11-01"), _breadth("x" * 99)
    (11, 11, 34)
    """
    least, most = 11, 34
    return min(most, max(least, sum(1 if one.isascii() else 2 for one in text.strip())))


def sandbox() -> Any:
    """What templates are read with: no calls into Python, no silent gaps, text is escaped."""
    _engine()
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)


def same_bytes(content: bytes) -> bytes:
    """A zip without the times at which its parts were written."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as kept:
        for one in given.infolist():
            part = zipfile.ZipInfo(one.filename, ZIP_TIME)
            part.compress_type, part.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            kept.writestr(part, given.read(one.filename), compresslevel=6)
    return made.getvalue()


def picture(svg: str) -> bytes:
    """A chart as PNG: Word before 2016 and WPS draw no SVG.

    Raises:
        Unavailable: the extra `reports` is missing.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise Unavailable(f"charts in Word need the extra `reports`: {error}", field="docx", remedy=NEEDS) from error
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=PIXELS, background="#ffffff"))


def _with_pictures(paper: Plain, placed: Callable[[bytes], Any]) -> Plain:
    """The values with every chart as a picture; each is drawn once."""
    drawn: dict[str, Any] = {}

    def pictured(one: Plain) -> Plain:
        if not one.get("svg"):
            return one
        if one["code"] not in drawn:
            drawn[one["code"]] = placed(picture(one["svg"]))
        return one | {"image": drawn[one["code"]]}

    sections = [
        part | {"blocks": [pictured(one) if one["type"] == "chart" else one for one in part["blocks"]]}
        for part in paper["sections"]
    ]
    return paper | {"sections": sections, "charts": {code: pictured(one) for code, one in paper["charts"].items()}}


def _date(properties: Any, created: datetime, title: str) -> None:
    """The properties of the file tell when its data were known, never when or by whom it was filled."""
    local = created.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0)
    properties.title, properties.author, properties.last_modified_by = title[:255], "Qingtian", "Qingtian"
    properties.created = properties.modified = local
    properties.revision = 1


def _engine() -> Any:
    try:
        import docxtpl
    except ImportError as error:
        raise Unavailable(f"Word needs the extra `reports`: {error}", field="docx", remedy=NEEDS) from error
    return docxtpl
