"""Charts drawn on the server as SVG text: pure functions, the same input gives the same characters.

No script, no style attribute (the pages' CSP forbids both): every look is a presentation attribute. Colour never stands
alone: each mark has its value or a shape beside it. A missing value is a hatched gap, never a nought.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from itertools import pairwise

FONT = "Noto Sans CJK SC, SimHei, Microsoft YaHei, sans-serif"
INK, GRID, LIMIT, MISSING = "#222222", "#d5dae0", "#8a1c00", "#9aa3ad"
# Dark enough for white paper; dashes tell the lines apart without colour.
PALETTE = ("#0b5394", "#b45f06", "#38761d", "#741b47", "#444444")
DASHES = ("", "5 2", "1.5 2", "7 2 1.5 2", "3 3")
WIDTH, PLOT_LEFT, PLOT_RIGHT, TOP = 640, 52, 14, 26
MOST_LABELS = 16  # along one axis, before every second one is left out


@dataclass(frozen=True, slots=True)
class Mark:
    """One value of a chart.

    Args:
        label: on the axis.
        value: None where there is none.
        colour: of a column; the chart's own otherwise.
        note: what a reader without colours reads, e.g. the category.
    """

    label: str
    value: Decimal | None
    colour: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One series of a line chart; its marks share the labels of the first series."""

    name: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit drawn across the chart.

    Args:
        value: in the unit of the chart.
        text: with the standard that says so.
    """

    value: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One period of a strip.

    Args:
        label: the period.
        state: `meets`, `exceeds` or `none`.
        text: what is written in it.
    """

    label: str
    state: str
    text: str


@dataclass(slots=True)
class _Sheet:
    """The elements of one drawing."""

    height: int
    title: str
    parts: list[str] = field(default_factory=list)

    def text(
        self, x: float, y: float, words: str, *, anchor: str = "start", size: float = 10, fill: str = INK, turn: int = 0
    ) -> None:
        turned = f' transform="rotate({turn} {_n(x)} {_n(y)})"' if turn else ""
        self.parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-family="{FONT}" font-size="{_n(size)}" fill="{fill}" '
            f'text-anchor="{anchor}"{turned}>{escape(words)}</text>'
        )

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, *, stroke: str = "none", title: str = ""
    ) -> None:
        inner = f"<title>{escape(title)}</title>" if title else ""
        self.parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{fill}" '
            f'stroke="{stroke}">{inner}</rect>'
        )

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1, dash: str = ""
    ) -> None:
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="{colour}" '
            f'stroke-width="{_n(width)}"{dashed}/>'
        )

    def svg(self) -> str:
        """The drawing as text."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" role="img" '
            f'aria-label="{escape(self.title)}">{"".join(self.parts)}</svg>'
        )


@dataclass(frozen=True, slots=True)
class _Scale:
    """From values to heights."""

    top: Decimal
    step: Decimal
    y0: float
    y1: float

    def y(self, value: Decimal) -> float:
        return self.y0 - float(value / self.top) * (self.y0 - self.y1)


def column_chart(title: str, marks: Sequence[Mark], *, unit: str = "", limits: Sequence[Limit] = ()) -> str:
    """Columns over labels, with limits drawn across."""
    sheet, scale = _axes(title, [one.value for one in marks], unit, limits, height=240)
    room = (WIDTH - PLOT_LEFT - PLOT_RIGHT) / max(1, len(marks))
    for place, one in enumerate(marks):
        x = PLOT_LEFT + room * place + room * 0.15
        _column(sheet, scale, x, room * 0.7, one)
    _labels(sheet, [one.label for one in marks], scale.y0)
    _limits(sheet, scale, limits)
    return sheet.svg()


def line_chart(title: str, lines: Sequence[Line], *, unit: str = "", limits: Sequence[Limit] = ()) -> str:
    """Lines over the labels of the first series; a missing value breaks the line."""
    values = [one.value for line in lines for one in line.marks]
    sheet, scale = _axes(title, values, unit, limits, height=260)
    labels = [one.label for one in lines[0].marks] if lines else []
    room = (WIDTH - PLOT_LEFT - PLOT_RIGHT) / max(1, len(labels))
    for number, line in enumerate(lines):
        colour, dash = PALETTE[number % len(PALETTE)], DASHES[number % len(DASHES)]
        spots = [
            None if one.value is None else (PLOT_LEFT + room * (place + 0.5), scale.y(one.value))
            for place, one in enumerate(line.marks)
        ]
        for before, after in pairwise(spots):
            if before and after:
                sheet.line(*before, *after, colour, width=1.6, dash=dash)
        for spot in filter(None, spots):
            sheet.rect(spot[0] - 1.6, spot[1] - 1.6, 3.2, 3.2, colour)
        x = PLOT_LEFT + 130 * number
        sheet.line(x, 252, x + 22, 252, colour, width=1.6, dash=dash)
        sheet.text(x + 27, 255.5, line.name)
    _labels(sheet, labels, scale.y0)
    _limits(sheet, scale, limits)
    return sheet.svg()


def bar_chart(title: str, marks: Sequence[Mark], *, unit: str = "") -> str:
    """Horizontal bars with the value at their end: counts by kind, place or office."""
    row, left = 20, 190
    sheet = _Sheet(TOP + row * max(1, len(marks)) + 8, title)
    _head(sheet, title, unit)
    top = max((one.value for one in marks if one.value is not None), default=Decimal(0)) or Decimal(1)
    for place, one in enumerate(marks):
        y = TOP + row * place
        sheet.text(left - 8, y + 14, _short(one.label, 17), anchor="end")
        if one.value is None:
            sheet.text(left + 2, y + 14, "无数据 / no data", fill=MISSING)
            continue
        width = float(one.value / top) * (WIDTH - left - 70)
        sheet.rect(left, y + 4, max(width, 0.5), row - 7, one.colour or PALETTE[0], title=one.note)
        sheet.text(left + width + 6, y + 14, f"{one.value.normalize():f}" + (f"  {one.note}" if one.note else ""))
    return sheet.svg()


def strip(title: str, cells: Sequence[Cell]) -> str:
    """Periods side by side, as text and shape: a tinted box meets, a crossed one exceeds, a white one has no data."""
    sheet = _Sheet(74, title)
    _head(sheet, title, "")
    room = (WIDTH - 8) / max(1, len(cells))
    for place, cell in enumerate(cells):
        x, y, width = 4 + room * place, 28, room - 4
        fill = {"meets": "#dcebdc", "exceeds": "#f6d9d2"}.get(cell.state, "#ffffff")
        sheet.rect(x, y, width, 24, fill, stroke="#666666", title=f"{cell.label} {cell.text}")
        if cell.state == "exceeds":
            sheet.line(x + 3, y + 3, x + 9, y + 9, LIMIT, width=1)
            sheet.line(x + 3, y + 9, x + 9, y + 3, LIMIT, width=1)
        sheet.text(x + width / 2, y + 15.5, cell.text, anchor="middle", size=9)
        sheet.text(x + width / 2, y + 37, cell.label, anchor="middle", size=8.5)
    return sheet.svg()


def _axes(
    title: str, values: Sequence[Decimal | None], unit: str, limits: Sequence[Limit], *, height: int
) -> tuple[_Sheet, _Scale]:
    known = [value for value in values if value is not None] + [one.value for one in limits]
    step = _step(max(known, default=Decimal(0)))
    lines = int(max(known, default=Decimal(0)) / step) + 1
    sheet = _Sheet(height, title)
    _head(sheet, title, unit, "；".join(one.text for one in limits))
    scale = _Scale(step * lines, step, height - 44.0, TOP + 6.0)
    for number in range(lines + 1):
        value = step * number
        y = scale.y(value)
        sheet.line(PLOT_LEFT, y, WIDTH - PLOT_RIGHT, y, INK if number == 0 else GRID, width=0.7)
        sheet.text(PLOT_LEFT - 6, y + 3.5, f"{value.normalize():f}", anchor="end", size=9)
    return sheet, scale


def _head(sheet: _Sheet, title: str, unit: str, limits: str = "") -> None:
    sheet.text(4, 14, f"{title}（{unit}）" if unit else title, size=11)
    if limits:  # in the head, where no mark can lie over it
        sheet.text(WIDTH - PLOT_RIGHT, 14, f"┅ {limits}", anchor="end", size=8.5, fill=LIMIT)


def _column(sheet: _Sheet, scale: _Scale, x: float, width: float, one: Mark) -> None:
    if one.value is None:
        for number in range(4):
            y = scale.y0 - 4 - 7 * number
            sheet.line(x, y, x + width, y - 5, MISSING, width=0.7)
        return
    y = scale.y(one.value)
    sheet.rect(x, y, width, scale.y0 - y, one.colour or PALETTE[0], stroke="#666666", title=f"{one.label} {one.note}")
    if width >= 11:
        sheet.text(x + width / 2, y - 3, f"{one.value.normalize():f}", anchor="middle", size=8)


def _labels(sheet: _Sheet, labels: Sequence[str], y: float) -> None:
    room = (WIDTH - PLOT_LEFT - PLOT_RIGHT) / max(1, len(labels))
    every = -(-len(labels) // MOST_LABELS) if labels else 1
    for place, label in enumerate(labels):
        if place % every == 0:
            sheet.text(PLOT_LEFT + room * (place + 0.5), y + 14, label, anchor="middle", size=9)


def _limits(sheet: _Sheet, scale: _Scale, limits: Sequence[Limit]) -> None:
    for one in limits:
        y = scale.y(one.value)
        sheet.line(PLOT_LEFT, y, WIDTH - PLOT_RIGHT, y, LIMIT, width=1.1, dash="6 3")


def _step(highest: Decimal) -> Decimal:
    """A step of 1, 2 or 5 times a power of ten that gives at most six lines."""
    if highest <= 0:
        return Decimal(1)
    power = Decimal(10) ** (highest.adjusted() - 1)
    return next(power * one for one in (1, 2, 5, 10, 20, 50) if highest / (power * one) <= 6)


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def _n(value: float) -> str:
    """A coordinate to a tenth: enough for paper, and the same text on every machine."""
    return f"{value:.1f}".removesuffix(".0")
