"""Indicators: a declarative formula language that cannot loop, with units, coverage and exact values."""

from __future__ import annotations

from qingtian.domain.indicators.computing import Result, Status, compute, compute_formula
from qingtian.domain.indicators.definition import (
    Bound,
    Direction,
    Formula,
    Indicator,
    Input,
    Target,
    compile_formula,
)
from qingtian.domain.indicators.faults import FormulaError, FormulaSyntaxError, FormulaTypeError, FormulaUnitError
from qingtian.domain.indicators.parser import parse
from qingtian.domain.indicators.periods import Period, Span
from qingtian.domain.indicators.printer import show
from qingtian.domain.indicators.shapes import Field, MissingRule, Sort, TableShape
from qingtian.domain.indicators.syntax import PeriodName
from qingtian.domain.indicators.values import Inputs, Row, Single, Table

__all__ = [
    "Bound",
    "Direction",
    "Field",
    "Formula",
    "FormulaError",
    "FormulaSyntaxError",
    "FormulaTypeError",
    "FormulaUnitError",
    "Indicator",
    "Input",
    "Inputs",
    "MissingRule",
    "Period",
    "PeriodName",
    "Result",
    "Row",
    "Single",
    "Sort",
    "Span",
    "Status",
    "Table",
    "TableShape",
    "Target",
    "compile_formula",
    "compute",
    "compute_formula",
    "parse",
    "show",
]
