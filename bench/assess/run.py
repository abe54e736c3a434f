"""The air quality index of 100,000 rows of six pollutants: bulk and exact path against two published packages.

The packages are named baselines, not oracles: where their answers differ from the exact path is counted and shown.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
import warnings
from collections.abc import Callable
from decimal import Decimal

import numpy as np

from qingtian.domain.standards import Report, air_index
from qingtian.domain.standards.air_bulk import NONE, air_index_bulk
from qingtian.packs import load_packs

ROWS, EXACT_ROWS, SLOW_ROWS = 100_000, 100_000, 5_000
ITEMS = ("PM2.5", "PM10", "SO2", "NO2", "CO", "O3")
REPEATS = 7


def generate() -> dict[str, np.ndarray]:
    """Hourly concentrations as stations report them: whole ug/m3, CO in 0.1 mg/m3."""
    random = np.random.default_rng(633)
    scale = {"PM2.5": 45, "PM10": 80, "SO2": 10, "NO2": 45, "CO": 1, "O3": 70}
    return {item: np.round(random.gamma(1.6, scale[item], ROWS), 1 if item == "CO" else 0) for item in ITEMS}


def median(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median seconds of one call."""
    samples = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        samples.append(time.perf_counter() - start)
    return statistics.median(samples)


def exact(columns: dict[str, np.ndarray]) -> list[int | None]:
    """The scalar path, row by row."""
    tables = load_packs().aqi_edition("HJ 633-2026")
    texts = {item: [Decimal(repr(float(value))) for value in column[:EXACT_ROWS]] for item, column in columns.items()}
    return [
        air_index(tables, Report.HOURLY, {item: texts[item][row] for item in ITEMS}).aqi for row in range(EXACT_ROWS)
    ]


def by_aqi_hub(columns: dict[str, np.ndarray]) -> list[int | None]:
    """aqi-hub, one call a row (it has no bulk call)."""
    from aqi_hub.aqi_cn.aqi import cal_aqi_cn

    rows = zip(*(columns[item].tolist() for item in ITEMS), strict=True)
    return [cal_aqi_cn(*row, data_type="hourly")[0] for row in rows]


def by_python_aqi(columns: dict[str, np.ndarray]) -> int:
    """python-aqi, MEP algorithm of 2012, the first rows only: it is slow. Returns the rows at which it raises."""
    import aqi

    names = {"PM2.5": "pm25", "PM10": "pm10", "SO2": "so2_1h", "NO2": "no2_1h", "CO": "co_1h", "O3": "o3_1h"}
    raised = 0
    for row in range(SLOW_ROWS):
        values = [(names[item], str(columns[item][row])) for item in ITEMS]
        try:
            aqi.to_aqi(values, algo=aqi.ALGO_MEP)
        except IndexError:  # above its last breakpoint
            raised += 1
    return raised


def show(name: str, seconds: float, bulk: float, note: str = "") -> None:
    print(f"{name:42} {seconds * 1e3:10.1f} ms   bulk is {seconds / bulk:8.1f} x as fast   {note}")


def main() -> None:
    """Print medians and ratios; fail when bulk and exact disagree."""
    columns, tables = generate(), load_packs().aqi_edition("HJ 633-2026")
    air_index_bulk(tables, Report.HOURLY, columns)  # builds the integer tables once
    bulk = median(lambda: air_index_bulk(tables, Report.HOURLY, columns), 31)
    found = air_index_bulk(tables, Report.HOURLY, columns).aqi
    print(f"{'bulk, 100,000 rows x 6, HJ 633-2026':42} {bulk * 1e3:10.1f} ms")
    started = time.perf_counter()
    expected = exact(columns)
    seconds = time.perf_counter() - started
    wrong = sum(one != (NONE if two is None else two) for one, two in zip(found.tolist(), expected, strict=True))
    show("exact path (Decimal, with explanation)", seconds, bulk, f"bulk differs in {wrong} of {ROWS} rows")
    if wrong:
        raise SystemExit("the bulk path does not equal the exact path")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if importlib.util.find_spec("aqi_hub") is None or importlib.util.find_spec("aqi") is None:
            raise SystemExit("the baselines are missing: .venv/bin/pip install -e '.[bench]'")
        hub = by_aqi_hub(columns)
        differs = sum(one != two for one, two in zip(hub, expected, strict=True))
        show("aqi-hub 0.3, 100,000 rows", median(lambda: by_aqi_hub(columns), 3), bulk, f"differs in {differs} rows")
        slow = median(lambda: by_python_aqi(columns), 3) * ROWS / SLOW_ROWS
        raised = by_python_aqi(columns)
        show(f"python-aqi 0.6 ({SLOW_ROWS:,} rows, scaled)", slow, bulk, f"2012 tables; raises at {raised} rows")


if __name__ == "__main__":
    main()
