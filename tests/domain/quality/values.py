"""Values for tests of quality control: one line each; and frames taken from real hours."""

from __future__ import annotations

import copy
import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from qingtian.domain.quality import Doubt, QualityRules, SiteState, causes_of, fold, pack_doubts, screen
from qingtian.packs.quality import quality_rules

PM25, PM10, SO2, NO2, O3, CO = "a34004", "a34002", "a21026", "a21004", "a05024", "a21005"
NOX, PM, OXYGEN, FLOW = "a21002", "a34013", "a19001", "a00000"
UNITS = {CO: "mg/m3", NOX: "mg/m3", PM: "mg/m3", OXYGEN: "%", FLOW: "m3/s", "w01018": "mg/L", "w00000": "L/s"}
T0 = datetime(2025, 11, 22, 8, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
RULES: QualityRules = quality_rules(date(2025, 11, 22))
EXCERPT = Path(__file__).parents[2] / "data" / "quality" / "wuhan_two_weeks.csv"
COLUMNS = {"pm25": PM25, "pm10": PM10, "so2": SO2, "no2": NO2, "o3": O3, "o3_24h": "o3_24h", "o3_8h": "o3_8h", "co": CO}


@dataclass(slots=True)
class Value:
    """A value as quality control sees it."""

    pollutant: str
    value: Decimal | None
    unit: str = ""
    period_start: datetime = T0
    mark: str = "N"
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    total: Decimal | None = None
    converted: Decimal | None = None
    period_s: int = 3600
    sampled_at: datetime | None = None
    qc: tuple[str, ...] = ()
    qc_facts: str = ""


def value(code: str, number: object, at: datetime = T0, **more: Any) -> Value:
    """A value; numbers are decimals of their text."""
    figures = {name: None if one is None else Decimal(str(one)) for name, one in more.items() if name in FIGURES}
    unit = more.pop("unit", UNITS.get(code, "ug/m3"))
    held = None if number is None else Decimal(str(number))
    return Value(code, held, unit, at, **{name: one for name, one in more.items() if name not in FIGURES} | figures)


FIGURES = ("minimum", "maximum", "total", "converted")


class Site:
    """One site under quality control: frames go in, doubts come out."""

    def __init__(self, medium: str = "ambient", cycle: str = "hour", rules: QualityRules = RULES) -> None:
        self.medium, self.cycle, self.rules, self.state = medium, cycle, rules, SiteState()

    def take(self, *frame: Value) -> dict[str, list[Doubt]]:
        """Doubts by pollutant; the site then remembers the frame."""
        rows = [copy.copy(one) for one in frame]
        plan = self.rules.frame_plan(self.medium, self.cycle, tuple((one.pollutant, one.unit) for one in rows))
        found = screen(self.rules, plan, rows, self.state, self.cycle)
        for index, doubts in found.items():
            rows[index].qc, rows[index].qc_facts = causes_of(doubts), pack_doubts(doubts)
        fold(self.state, rows, plan.plans, plan.conversion)
        return {rows[index].pollutant: doubts for index, doubts in found.items()}

    def causes(self, *frame: Value) -> dict[str, list[str]]:
        """Codes of the causes by pollutant."""
        return {code: [one.cause.value for one in doubts] for code, doubts in self.take(*frame).items()}

    def series(self, code: str, numbers: Iterable[object], start: datetime = T0, **more: Any) -> list[list[str]]:
        """Causes of consecutive hours of one series; None leaves a gap."""
        found = []
        step = timedelta(seconds=more.get("period_s", 3600))
        for index, number in enumerate(numbers):
            if number is not None:
                found.append(self.causes(value(code, number, start + index * step, **more)).get(code, []))
        return found


def real_frames(station: str = "1329A") -> list[list[Value]]:
    """Two real weeks of a station, hour by hour."""
    frames = []
    with EXCERPT.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["station"] == station:
                at = datetime.fromisoformat(row["time"]).replace(tzinfo=UTC) - HOUR
                frames.append([value(code, row[name], at) for name, code in COLUMNS.items() if row[name]])
    return [frame for frame in frames if frame]
