"""House law: no number with legal force in code; it lives in a pack row with its source.

Reads every limit, breakpoint, reference oxygen and data-validity minimum of the packs, then walks the syntax trees of the
code, and reports each literal in a judging place that equals one of them. Plain counting numbers (TRIVIAL) are not looked at; a
literal that only looks like a limit is named in ALLOWED with its ground.
"""

from __future__ import annotations

import ast
import csv
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "qingtian"
NATIONAL = SOURCE / "packs" / "national"
# The interfaces decide no judgement, and their 200 and 500 are HTTP. In the rooms of the law every literal is looked at. In the others 40 is a column width far more often than a limit, so
# only what a value is compared with, and what is made a decimal, is looked at.
LAW = ("domain/standards", "domain/legaltime", "domain/detection", "domain/procedures", "packs", "cli/assess.py")
REST = (
    "domain/indicators",
    "domain/decisions",
    "domain/ledgers",
    "domain/analysis",
    "domain/carbon.py",
    "apps",
    "duties",
    "telemetry",
    "domain/evidence",
    "domain/hj212",
    "cli",
)
COLUMNS = {
    "aqi_breakpoints.csv": ("concentration", "index"),
    "aqi_categories.csv": ("minimum", "maximum"),
    "air_limits.csv": ("limit",),
    "emission_limits.csv": ("limit",),
    "reference_oxygen.csv": ("reference_o2",),
    "data_validity.csv": ("minimum", "minimum_february"),
    "surface_water_limits.csv": ("limit", "upper"),
    "groundwater_limits.csv": ("limit", "upper"),
    "water_status.csv": ("good_from", "worse_from"),
    "black_odour.csv": ("limit", "upper"),
    "soil_limits.csv": ("ph_above", "ph_to", "limit"),
    "noise_limits.csv": ("limit", "burst", "burst_frequent"),
    "tax_equivalents.csv": ("kg_per_equivalent",),
    "tax_rates.csv": ("low", "high"),
    "capacity_zones.csv": ("a_min", "a_max", "share"),
    "replacement_factors.csv": ("factor",),
    "carbon_market.csv": ("value",),
}
# Counting, clock, percent and rounding numbers: too common to mean a limit by themselves.
TRIVIAL = frozenset(Decimal(n) for n in (*range(13), 24, 60, 100, 1000))
# path below src/qingtian -> literals that are no limit there, with the ground.
ALLOWED: dict[str, dict[str, str]] = {
    "packs/schema.py": {
        "500": "the schema of the index scale itself: a pack row may not go beyond it",
        "21": "percent of oxygen in air, a bound of physics",
    },
    "domain/standards/emission.py": {"21": "percent of oxygen in air, part of the formula"},
    "domain/hj212/heading.py": {"255": "the largest value of a byte"},
    "domain/standards/numbers.py": {"200": "digits of the decimal context"},
    "apps/registry/rules.py": {"180": "bound of a longitude", "90": "bound of a latitude"},
    "packs/questions.py": {"30": "most decimal places that a bulk question may ask for"},
}


@dataclass(frozen=True, order=True)
class Breach:
    """A literal that equals a legal number."""

    path: str
    line: int
    literal: str
    row: str

    def __str__(self) -> str:
        return (
            f"{self.path}:{self.line}: {self.literal} is a number with legal force ({self.row}): take it from the packs"
        )


def legal_numbers(folder: Path = NATIONAL) -> dict[Decimal, str]:
    """Every number of the packs that judges, with the first row that holds it."""
    found: dict[Decimal, str] = {}
    for name, columns in COLUMNS.items():
        with (folder / name).open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                for column in columns:
                    if row[column]:
                        found.setdefault(Decimal(row[column]), f"{name} {row['row_id']}")
    for number, row in _rule_numbers(folder):
        found.setdefault(number, row)
    return {number: row for number, row in found.items() if number not in TRIVIAL}


def _rule_numbers(folder: Path) -> Iterator[tuple[Decimal, str]]:
    for row in _rows(folder, "aqi_editions.json"):
        for value in (row["primary_above"], row["over_limit_above"], row["missing"]["publish_above"], row["top_index"]):
            if value is not None:
                yield Decimal(value), f"aqi_editions.json {row['row_id']}"
    for name, columns in (("composite_index.json", ("base",)), ("trophic_index.json", ("offset", "slope", "r"))):
        for row in _rows(folder, name):
            for part in row["parts"]:
                yield from ((Decimal(part[column]), f"{name} {row['row_id']}") for column in columns)


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((folder / name).read_text("utf-8"))["rows"]
    return rows


def literals(tree: ast.AST, *, every: bool) -> Iterator[tuple[int, str, Decimal]]:
    """Number literals of a module in judging places, and the texts that are made decimals.

    Args:
        every: look at every number; otherwise only at the sides of comparisons and at what is made a decimal.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in {"Decimal", "Fraction", "exact"}:
            yield from _numbers(node.args, texts=True)
        elif isinstance(node, ast.Compare) and not every:
            yield from _numbers([node.left, *node.comparators])
        elif isinstance(node, ast.Constant) and every:
            yield from _numbers([node])


def _numbers(nodes: Iterable[ast.expr], *, texts: bool = False) -> Iterator[tuple[int, str, Decimal]]:
    kinds = (int, float, str) if texts else (int, float)
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, kinds) and not isinstance(node.value, bool):
            with suppress(InvalidOperation):
                yield node.lineno, repr(node.value), Decimal(str(node.value))


def breaches_of(text: str, path: str, numbers: dict[Decimal, str], *, every: bool = True) -> list[Breach]:
    """Breaches of one module.

    Args:
        text: its source.
        path: path below src/qingtian, the key of ALLOWED.
        numbers: see `legal_numbers`.
    """
    allowed = ALLOWED.get(path, {})
    found = {
        Breach(path, line, literal, numbers[value])
        for line, literal, value in literals(ast.parse(text), every=every)
        if value in numbers and literal.strip("'\"") not in allowed
    }
    return sorted(found)


def modules(rooms: Iterable[str]) -> Iterator[Path]:
    """Python files of some rooms."""
    for room in rooms:
        path = SOURCE / room
        if path.is_file():
            yield path
        else:
            yield from (one for one in sorted(path.rglob("*.py")) if "migrations" not in one.parts)


def main() -> int:
    """Print every breach; the exit code says whether there was one."""
    numbers = legal_numbers()
    law = set(modules(LAW))
    found = []
    for path in sorted(law | set(modules(REST))):
        name = path.relative_to(SOURCE).as_posix()
        found.extend(breaches_of(path.read_text("utf-8"), name, numbers, every=path in law))
    for breach in found:
        print(breach)
    print(f"legal numbers: {len(numbers)} in the packs, {len(found)} breach(es) in code")
    return 1 if found else 0


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


if __name__ == "__main__":
    sys.exit(main())
