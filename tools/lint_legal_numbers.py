"""House law: no number with legal force in code; it lives in a pack row with its source.

Reads every figure of every table of the packs, then walks the syntax trees of the
code, and reports each literal in a judging place that equals one of them. Plain counting numbers (TRIVIAL) are not looked at; a
literal that only looks like a limit is named in ALLOWED with its ground.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from qingtian.domain.detection.rule import DetectionRule
from qingtian.packs.catalogue import all_tables

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
    "domain/obligations",
    "domain/analysis",
    "domain/carbon.py",
    "apps",
    "duties",
    "telemetry",
    "domain/evidence",
    "domain/hj212",
    "cli",
)
# Fields of pack rows that hold no figure of a rule: names, dates, ranks, places of rounding, colours, severities.
NO_FIGURES = frozenset(
    {
        "row_id",
        "standard",
        "clause",
        "source",
        "confidence",
        "note",
        "region",
        "valid_from",
        "valid_to",
        "overrides",
        "year",
        "digits",
        "rank",
        "level_number",
        "rgb",
        "hex",
        "severity",
        "version",
        "code",
        "old_code",
    }
)
# Counting, clock, percent and rounding numbers: too common to mean a limit by themselves.
TRIVIAL = frozenset(Decimal(n) for n in (*range(13), 24, 60, 100, 1000))
# path below src/qingtian -> literals that are no limit there, with the ground.
ALLOWED: dict[str, dict[str, str]] = {
    "packs/schema.py": {
        "500": "the schema of the index scale itself: a pack row may not go beyond it",
        "21": "percent of oxygen in air, a bound of physics",
    },
    "domain/standards/emission.py": {"21": "percent of oxygen in air, part of the formula"},
    "domain/obligations/rates.py": {
        "50": "the median of delays",
        "95": "the percentile of the delays that the model names",
    },
    "domain/hj212/heading.py": {"255": "the largest value of a byte"},
    "domain/standards/numbers.py": {"200": "digits of the decimal context"},
    "apps/registry/rules.py": {"180": "bound of a longitude", "90": "bound of a latitude"},
    "apps/fieldwork/spot.py": {"180": "bound of a longitude", "90": "bound of a latitude"},
    "apps/evidence/media.py": {"32": "the first printable character of ASCII"},
    "apps/reports/schedule.py": {"3600": "seconds of an hour"},
    "apps/reports/sections/air.py": {"0.1": "decimal place of a shown mean"},
    "apps/reports/wanted.py": {"0.1": "decimal place of a shown percentage"},
    "packs/obligations.py": {"31": "the longest month of the calendar"},
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
    """Every number of the packs that judges, with the first row that holds it: all tables, new ones by themselves."""
    found: dict[Decimal, str] = {}
    for table in all_tables():
        for row in table.read(folder):
            for number in figures(row):
                # A minus sign is an operator of Python, not a part of the literal.
                found.setdefault(abs(number), f"{table.file} {row.row_id}")
    return {number: row for number, row in found.items() if number not in TRIVIAL}


def figures(value: object) -> Iterator[Decimal]:
    """Numbers of a pack row, or of a part of one."""
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        yield Decimal(value)
    elif isinstance(value, DetectionRule):
        yield from (Decimal(text) for text in value.parameters.values())
        yield from (bound for bound, _ in value.bands)
    elif is_dataclass(value):
        for one in fields(value):
            if one.name not in NO_FIGURES:
                yield from figures(getattr(value, one.name))
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from figures(one)
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from figures(one)


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
