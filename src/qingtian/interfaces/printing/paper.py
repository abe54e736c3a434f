"""What a report says on paper, in one language: plain values that the HTML page and the Word template both read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from qingtian.apps.reports.models import Report
from qingtian.apps.reports.queries import texts_of
from qingtian.apps.reports.states import Language
from qingtian.interfaces.printing.charts import Limit, Line, Mark, bar_chart, column_chart, line_chart
from qingtian.interfaces.printing.tags import tags_of
from qingtian.runtime.clock import SHANGHAI

Plain = dict[str, Any]
NUMERALS = "〇一二三四五六七八九十"
WORDS: Mapping[str, Mapping[Language, str]] = {
    "no_data": {Language.ZH: "无数据", Language.EN: "no data"},
    "draft": {Language.ZH: "草稿 未签发", Language.EN: "draft, not issued"},
    "simulated": {Language.ZH: "含模拟数据", Language.EN: "contains simulated data"},
    "more": {Language.ZH: "共 {total} 行，此处列前 {shown} 行", Language.EN: "the first {shown} of {total} rows"},
    "open": {
        Language.ZH: "统计期尚未结束，数据截至 {at}",
        Language.EN: "the period has not ended; data as known at {at}",
    },
}


def paper_of(
    report: Report, language: Language | None = None, *, issue_number: str = "", issued_at: datetime | None = None
) -> Plain:
    """Everything that stands on a report.

    Args:
        language: that of the report when left out.
        issue_number, issued_at: of the issue that is being made or remade; without them the paper is a draft.

    Returns:
        Values for `report_print.html` and for Word templates; docs/reports.md names each.
    """
    lang = language or Language(report.language)
    told = _Told(lang)
    snapshot = report.snapshot
    texts = {code: row for (code, one), row in texts_of(report).items() if one == lang}
    sections = [told.section(one, number, texts) for number, one in enumerate(snapshot["sections"], 1)]
    labels = [told.word("simulated")] if report.simulated else []
    if issued_at is None:
        labels.append(told.word("draft"))
    title = report.title_zh if lang == Language.ZH else report.title_en
    return {
        "language": str(lang),
        "title": title,
        "kind": told.pick(snapshot["label"]),
        "region": told.pick(snapshot["region_name"]),
        "subject": told.pick(snapshot["subject"]) if snapshot["subject"] else "",
        "first": snapshot["first"],
        "last": snapshot["last"],
        "number": report.number,
        "issue_number": issue_number,
        "issued_on": told.day(issued_at),
        "known_at": minute(snapshot["known_at"]),
        "made_on": told.day(report.made_at),
        "label": " · ".join(labels),
        "open_note": "" if report.complete else told.word("open").format(at=minute(snapshot["known_at"])),
        "snapshot_hash": report.snapshot_hash,
        "template": template_name(report),
        "sections": sections,
        **_by_code(sections, told),
    }


def template_name(report: Report) -> str:
    """Which template a report is set by; empty for the one that comes with the product."""
    return str(report.template) if report.template else ""


def minute(text: str) -> str:
    """A moment of canonical JSON as people read it.

    >>> minute("2025-12-03T08:00:00+08:00")
    '2025-12-03 08:00'
    """
    return text[:16].replace("T", " ")


class _Told:
    """The words of a snapshot in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def word(self, name: str) -> str:
        return WORDS[name][self.language]

    def pick(self, words: Mapping[str, str]) -> str:
        return words.get(self.language) or words.get(Language.ZH, "")

    def day(self, at: datetime | None) -> str:
        if at is None:
            return ""
        local = at.astimezone(SHANGHAI)
        if self.language == Language.ZH:
            return f"{local.year}年{local.month}月{local.day}日"
        return f"{local:%Y-%m-%d}"

    def cell(self, value: object) -> str:
        if value is None or value == "":
            return "—"
        return self.pick(value) if isinstance(value, dict) else str(value)

    def section(self, one: Plain, number: int, texts: Mapping[str, Any]) -> Plain:
        mark = f"{_numeral(number)}、" if self.language == Language.ZH else f"{number}. "
        blocks = [self.block(block, texts) for block in one["blocks"]]
        return {"code": one["code"], "title": self.pick(one["title"]), "mark": mark, "blocks": blocks}

    def block(self, one: Plain, texts: Mapping[str, Any]) -> Plain:
        match one["type"]:
            case "text":
                kept = texts.get(one["code"])
                text = kept.text if kept else self.pick(one["text"])
                lines = [line for line in text.splitlines() if line.strip()]
                return {"type": "text", "code": one["code"], "text": text, "paragraphs": lines}
            case "figures":
                return one | {"title": self.pick(one["title"]), "rows": [self.figure(row) for row in one["rows"]]}
            case "table":
                return self.table(one)
            case "chart":
                return self.chart(one)
        return {"type": "none", "text": self.pick(one["text"])}

    def figure(self, one: Plain) -> Plain:
        value = one["value"]
        return {
            "code": one["code"],
            "label": self.pick(one["label"]),
            "value": self.word("no_data") if value is None else value,
            "unit": "" if value is None else one["unit"],
            "source": self.pick(one["source"]),
            "coverage": one["coverage"],
            "note": self.pick(one["note"]),
        }

    def table(self, one: Plain) -> Plain:
        numeric = [column["number"] for column in one["columns"]]
        rows = [
            [_cell(self.cell(cell), number) for cell, number in zip(row, numeric, strict=True)] for row in one["rows"]
        ]
        hidden = one["total"] > len(rows)
        return {
            "type": "table",
            "code": one["code"],
            "title": self.pick(one["title"]),
            "columns": [{"label": self.pick(each["label"]), "number": each["number"]} for each in one["columns"]],
            "rows": rows,
            "source": self.pick(one["source"]),
            "coverage": one["coverage"],
            "total": one["total"],
            "more": self.word("more").format(total=one["total"], shown=len(rows)) if hidden else "",
            "wide": len(numeric) > WIDE,
        }

    def chart(self, one: Plain) -> Plain:
        return {
            "type": "chart",
            "code": one["code"],
            "title": self.pick(one["title"]),
            "unit": one["unit"],
            "source": self.pick(one["source"]),
            "coverage": one["coverage"],
            "svg": self.drawn(one),
        }

    def drawn(self, one: Plain) -> str:
        title, unit = self.pick(one["title"]), one["unit"]
        lines = [Line(self.pick(each["name"]), self.marks(each["marks"])) for each in one["series"]]
        limits = [Limit(Decimal(each["value"]), self.pick(each["text"])) for each in one["limits"]]
        match one["shape"]:
            case "bars":
                return bar_chart(title, lines[0].marks, unit=unit)
            case "columns":
                return column_chart(title, lines[0].marks, unit=unit, limits=limits)
        return line_chart(title, lines, unit=unit, limits=limits)

    def marks(self, found: Iterable[Plain]) -> tuple[Mark, ...]:
        return tuple(
            Mark(
                self.pick(one["label"]),
                None if one["value"] is None else Decimal(one["value"]),
                one["colour"],
                self.pick(one["note"]),
            )
            for one in found
        )


WIDE = 8  # columns of a table before its type gets smaller
SHORT, LONG = 6, 24  # characters: kept on one line; broken anywhere


def _cell(text: str, number: bool) -> Plain:
    """A cell; its `fit` says how a line may break: short words stay whole, a hash breaks anywhere."""
    longest = max(map(len, text.split()), default=0)
    fit = "short" if len(text) <= SHORT else "long" if longest > LONG and text.isascii() else ""
    return {"text": text, "number": number, "fit": fit}


def _numeral(number: int) -> str:
    """A Chinese numeral up to nineteen.

    >>> _numeral(3), _numeral(12)
    ('三', '十二')
    """
    ten = 10
    return NUMERALS[number] if number <= ten else f"十{NUMERALS[number - ten]}"


def _by_code(sections: Collection[Plain], told: _Told) -> Plain:
    """Texts, figures, tables and charts by code; what this report lacks says so and breaks no template."""
    found: dict[str, Plain] = {"texts": {}, "figures": {}, "tables": {}, "charts": {}}
    places = {"text": "texts", "table": "tables", "chart": "charts"}
    for block in (block for one in sections for block in one["blocks"]):
        if block["type"] == "figures":
            found["figures"] |= {row["code"]: row for row in block["rows"]}
        elif block["type"] in places:
            found[places[block["type"]]][block["code"]] = block["text"] if block["type"] == "text" else block
    none = told.word("no_data")
    figure = dict.fromkeys(("label", "unit", "source", "coverage", "note"), "") | {"value": none}
    table = {"title": "", "columns": [], "rows": [], "source": "", "coverage": "", "total": 0, "more": none}
    chart = {"title": "", "unit": "", "source": "", "coverage": "", "svg": "", "image": none}
    known = tags_of(one["code"] for one in sections)
    for name, empty in (("texts", none), ("figures", figure), ("tables", table), ("charts", chart)):
        for code in known[name]:
            found[name].setdefault(code, empty if isinstance(empty, str) else {"code": code, **empty})
    return found
