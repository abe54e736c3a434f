"""Inputs of an indicator from a JSON text: for trying one by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from qingtian.domain.errors import InvalidInput
from qingtian.domain.indicators.definition import Indicator
from qingtian.domain.indicators.shapes import Field, Sort, TableShape
from qingtian.domain.indicators.syntax import PeriodName
from qingtian.domain.indicators.values import Inputs, Key, Plain, Row, Single, Table
from qingtian.domain.standards.numbers import exact


def inputs_of(indicator: Indicator, text: str) -> Inputs:
    """Inputs of a JSON object: `{"name": value, "name of last_year": value}`; a table is a list of objects.

    Raises:
        InvalidInput: no JSON, an unknown input or period, or a value of the wrong kind; by name.
    """
    try:
        given = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"not JSON: {error}", field="inputs", remedy='write {"input": value}') from error
    if not isinstance(given, dict):
        raise InvalidInput("no JSON object", field="inputs", remedy='write {"input": value}')
    tables: dict[Key, Table] = {}
    singles: dict[Key, Single] = {}
    for label, value in given.items():
        key = _key(indicator, label)
        shape = indicator.schema[key[0]]
        if isinstance(shape, TableShape):
            tables[key] = Table(tuple(_rows(shape, value, label)))
        else:
            singles[key] = Single(_plain(shape, value, label))
    return Inputs(tables, singles)


def _key(indicator: Indicator, label: str) -> Key:
    name, _, period = label.partition(" of ")
    known = [one.value for one in PeriodName]
    if name not in indicator.schema or (period and period not in known):
        remedy = f"use {', '.join(indicator.schema)}, with ` of ` and one of {', '.join(known)}"
        raise InvalidInput(f"{indicator.code} has no input {label}", field=label, remedy=remedy)
    return name, PeriodName(period or PeriodName.THIS)


def _rows(shape: TableShape, given: Any, label: str) -> Iterator[Row]:
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        raise InvalidInput("a table is a list of objects", field=label, remedy="write [{field: value}]")
    for number, raw in enumerate(given, start=1):
        for name in raw:
            if name not in shape.fields and name != "id":
                raise InvalidInput(
                    f"row {number} has no field {name}",
                    field=f"{label}.{number}.{name}",
                    remedy=f"use {', '.join(shape.fields)}",
                )
        values = {
            name: _plain(field, raw.get(name), f"{label}.{number}.{name}") for name, field in shape.fields.items()
        }
        yield Row(str(raw.get("id", number)), values)


def _plain(shape: Field, given: Any, label: str) -> Plain:
    if given is None:
        return None
    if shape.sort is Sort.NUMBER:
        return exact(given, field=label)
    wanted = bool if shape.sort is Sort.TRUTH else str
    if not isinstance(given, wanted):
        raise InvalidInput(f"{given!r} is no {shape.sort}", field=label, remedy=f"give a {shape.sort}")
    return given
