"""Charts as SVG text: true heights, gaps for missing values, nothing that a page's CSP forbids."""

from __future__ import annotations

import re
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from qingtian.interfaces.printing.charts import (
    LIMIT,
    MISSING,
    PALETTE,
    Cell,
    Limit,
    Line,
    Mark,
    bar_chart,
    column_chart,
    line_chart,
    strip,
)

SVG = "{http://www.w3.org/2000/svg}"


def marks(*values: str | None) -> tuple[Mark, ...]:
    return tuple(Mark(f"{day}日", None if value is None else Decimal(value)) for day, value in enumerate(values, 1))


def rects(svg: str) -> list[ET.Element]:
    return list(ET.fromstring(svg).iter(f"{SVG}rect"))


def test_columns_are_as_high_as_their_values() -> None:
    heights = [float(one.attrib["height"]) for one in rects(column_chart("日均值", marks("10", "20", "40")))]
    assert heights[1] / heights[0] == pytest.approx(2, abs=0.01)
    assert heights[2] / heights[0] == pytest.approx(4, abs=0.01)


def test_a_missing_value_is_a_hatched_gap_and_no_column() -> None:
    drawn = column_chart("日均值", marks("10", None, "0"))
    assert len(rects(drawn)) == 2  # nought is a column of no height; missing is none
    hatches = [one for one in ET.fromstring(drawn).iter(f"{SVG}line") if one.attrib["stroke"] == MISSING]
    assert len(hatches) == 4


def test_a_limit_lies_where_its_value_lies_and_names_its_standard() -> None:
    drawn = ET.fromstring(column_chart("PM2.5", marks("75"), limits=[Limit(Decimal(75), "GB 3095 75")]))
    column = next(drawn.iter(f"{SVG}rect"))
    line = next(one for one in drawn.iter(f"{SVG}line") if one.attrib["stroke"] == LIMIT)
    assert line.attrib["y1"] == column.attrib["y"]
    assert "┅ GB 3095 75" in {one.text for one in drawn.iter(f"{SVG}text")}


def test_a_missing_value_breaks_a_line() -> None:
    whole = line_chart("趋势", [Line("甲", marks("1", "2", "3"))])
    broken = line_chart("趋势", [Line("甲", marks("1", None, "3"))])
    assert whole.count(PALETTE[0]) - broken.count(PALETTE[0]) == 3  # two strokes and one dot


def test_series_differ_in_dash_so_that_they_are_told_apart_without_colour() -> None:
    drawn = line_chart("趋势", [Line("甲", marks("1", "2")), Line("乙", marks("2", "1"))])
    dashes = {one.attrib.get("stroke-dasharray", "") for one in ET.fromstring(drawn).iter(f"{SVG}line")}
    assert {"", "5 2"} <= dashes


def test_bars_write_their_value_and_say_when_there_is_none() -> None:
    texts = [
        one.text for one in ET.fromstring(bar_chart("类型", [Mark("超标排放", Decimal(12)), Mark("恶臭", None)])).iter()
    ]
    assert "12" in texts
    assert "无数据 / no data" in texts


def test_a_strip_tells_its_states_by_shape_and_text() -> None:
    cells = [Cell("2025Q1", "meets", "达标"), Cell("2025Q2", "exceeds", "超标"), Cell("2025Q3", "none", "无数据")]
    drawn = ET.fromstring(strip("十二季度", cells))
    assert {"达标", "超标", "无数据", "2025Q2"} <= {one.text for one in drawn.iter(f"{SVG}text")}
    assert len(list(drawn.iter(f"{SVG}line"))) == 2  # the cross of the one that exceeds


def test_words_of_others_stay_words() -> None:
    for drawn in (
        column_chart('<script>"', [Mark("<b>", Decimal(1), note="<i>")]),
        bar_chart("&", [Mark("<b>", Decimal(1))]),
        strip("<", [Cell("<", "meets", "<")]),
    ):
        ET.fromstring(drawn)
        assert not re.search(r"<(script|b|i)\b", drawn)
        assert "style=" not in drawn


@pytest.mark.parametrize("highest", ["0", "0.003", "0.7", "9", "10", "99", "101", "350", "12345"])
def test_axes_have_two_to_seven_round_lines_above_every_value(highest: str) -> None:
    drawn = ET.fromstring(column_chart("a", marks(highest)))
    ticks = [Decimal(one.text or "") for one in drawn.iter(f"{SVG}text") if one.attrib["text-anchor"] == "end"]
    assert 2 <= len(ticks) <= 8
    assert max(ticks) >= Decimal(highest)


def test_nothing_to_draw_is_an_empty_frame() -> None:
    for drawn in (column_chart("空", []), line_chart("空", []), bar_chart("空", []), strip("空", [])):
        assert "空" in drawn
        ET.fromstring(drawn)
