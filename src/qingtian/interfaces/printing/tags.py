"""What a Word template of reports may name: the shape of the values, and the codes that each chapter fills."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

LEAF = ""  # a text or a number
Shape = Any  # LEAF, {name: shape}, [shape of each item] or (one shape, another)

TEXTS, FIGURES, TABLES, CHARTS = "texts", "figures", "tables", "charts"
GROUPS = (TEXTS, FIGURES, TABLES, CHARTS)

FIGURE: Mapping[str, Shape] = dict.fromkeys(("code", "label", "value", "unit", "source", "coverage", "note"), LEAF)
CELL: Mapping[str, Shape] = {"text": LEAF, "number": LEAF, "fit": LEAF}
COLUMN: Mapping[str, Shape] = {"label": LEAF, "number": LEAF}
TABLE: Mapping[str, Shape] = dict.fromkeys(
    ("type", "code", "title", "source", "coverage", "total", "more", "wide"), LEAF
) | {"columns": [COLUMN], "rows": [[CELL]]}
CHART: Mapping[str, Shape] = dict.fromkeys(("type", "code", "title", "unit", "source", "coverage", "image"), LEAF)
FIGURES_BLOCK: Mapping[str, Shape] = {"type": LEAF, "code": LEAF, "title": LEAF, "rows": [FIGURE]}
TEXT_BLOCK: Mapping[str, Shape] = {"type": LEAF, "code": LEAF, "text": LEAF, "paragraphs": [LEAF]}
BLOCK: Shape = (TEXT_BLOCK, FIGURES_BLOCK, TABLE, CHART)  # which one it is, a template asks by its type
SECTION: Mapping[str, Shape] = {"code": LEAF, "title": LEAF, "mark": LEAF, "blocks": [BLOCK]}
ABOUT: Mapping[str, tuple[str, str]] = {
    "title": ("标题", "the title"),
    "kind": ("报告种类", "kind of report"),
    "region": ("地区", "the place"),
    "subject": ("案件编号或企业名称；定期报告为空", "case or enterprise; empty for a period"),
    "first": ("统计期首日", "first day of the period"),
    "last": ("统计期末日", "last day of the period"),
    "number": ("系统编号", "number in the system"),
    "issue_number": ("签发文号；草稿为空", "number of the issue; empty on a draft"),
    "issued_on": ("签发日期；草稿为空", "day of the issue; empty on a draft"),
    "known_at": ("数据截至时间", "data as known at"),
    "made_on": ("编制日期", "day on which the snapshot was taken"),
    "label": (
        "页眉标注：含模拟数据、草稿（页眉必须有）",
        "label of the head: simulated, draft; the head must have it",
    ),
    "open_note": ("统计期未结束时的说明", "note while the period has not ended"),
    "snapshot_hash": ("数据快照 SHA-256", "SHA-256 of the snapshot"),
    "template": ("模板版本", "version of the template"),
    "language": ("语言", "language"),
}
CHAPTERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "summary": {TEXTS: ("summary",)},
    "air": {
        TEXTS: ("air_summary",),
        FIGURES: (
            "air_good_days",
            "air_good_share",
            "air_pm25",
            "air_pm10",
            "air_o3",
            "air_no2",
            "air_so2",
            "air_co",
        ),
        TABLES: ("air_days", "air_stations"),
        CHARTS: ("air_aqi", "air_pm25"),
    },
    "emissions": {
        TEXTS: ("emissions_summary",),
        FIGURES: (
            "emissions_outlets",
            "emissions_outlets_exceeding",
            "emissions_hours",
            "emissions_hours_exceeding",
            "emissions_share_exceeding",
        ),
        TABLES: ("emissions_outlets", "emissions_days_exceeding", "emissions_hours_exceeding"),
        CHARTS: ("emissions_worst",),
    },
    "findings": {
        TEXTS: ("findings_summary",),
        FIGURES: ("findings_raised", "findings_decided", "findings_precision", "findings_delay"),
        TABLES: ("findings_by_kind", "findings_by_source", "findings_by_region", "findings_worst"),
        CHARTS: ("findings_kinds",),
    },
    "cases": {
        TEXTS: ("cases_summary",),
        FIGURES: (
            "cases_opened",
            "cases_written_off",
            "cases_running",
            "cases_overdue",
            "cases_on_time",
            "cases_write_off_share",
            "cases_rebound_share",
        ),
        TABLES: ("cases_by_region", "cases_list"),
        CHARTS: ("cases_kinds",),
    },
    "obligations": {
        TEXTS: ("obligations_summary",),
        FIGURES: ("obligations_due", "obligations_done_share", "obligations_on_time_share", "obligations_missed"),
        TABLES: ("obligations_by_template", "obligations_missed"),
    },
    "indicators": {TEXTS: ("indicators_summary",), TABLES: ("indicators_table", "indicators_formulas")},
    "quality": {TEXTS: ("quality_summary",), FIGURES: ("quality_valid_share",), TABLES: ("quality_corrections",)},
    "sources": {TEXTS: ("sources_note",), TABLES: ("sources_table",)},
    "case_facts": {TEXTS: ("case_summary",), TABLES: ("case_facts",)},
    "case_clocks": {TEXTS: ("case_clocks_note",), TABLES: ("case_clocks",)},
    "case_findings": {TABLES: ("case_findings",)},
    "case_steps": {TABLES: ("case_steps",)},
    "case_evidence": {TABLES: ("case_evidence",)},
    "enterprise_facts": {TEXTS: ("enterprise_summary",), TABLES: ("enterprise_facts", "enterprise_limits")},
}


def tags_of(chapters: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Codes of texts, figures, tables and charts that chapters may fill.

    >>> tags_of(["summary", "quality"])["texts"]
    ('summary', 'quality_summary')
    """
    named = [CHAPTERS.get(chapter, {}) for chapter in chapters]
    return {group: tuple(code for one in named for code in one.get(group, ())) for group in GROUPS}


def shape_of(chapters: Iterable[str]) -> dict[str, Shape]:
    """The shape of everything that a template of these chapters may name."""
    shapes: Mapping[str, Shape] = {TEXTS: LEAF, FIGURES: FIGURE, TABLES: TABLE, CHARTS: CHART}
    codes = tags_of(chapters)
    grouped = {group: dict.fromkeys(codes[group], shape) for group, shape in shapes.items()}
    return {**dict.fromkeys(ABOUT, LEAF), "sections": [SECTION], **grouped}
