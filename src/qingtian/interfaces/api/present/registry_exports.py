"""Objects of the register as a file, in the columns of the template: what is exported can be imported again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.registry.columns import Column, columns_of
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.search import search_objects
from qingtian.apps.registry.veil import all_veiled
from qingtian.interfaces.api.present.exports import answer, bounded
from qingtian.interfaces.api.present.registry import criteria_of
from qingtian.interfaces.api.schemas.registry import ObjectExport


def objects_csv(actor: Actor, now: datetime, filters: ObjectExport) -> HttpResponse:
    """Objects that match, one line each."""
    rows = all_veiled(actor, bounded(search_objects(actor, criteria_of(filters)).order_by("code")))
    table: dict[str, Callable[[RegistryObject], object]] = {one.name: _getter(one) for one in columns_of(filters.type)}
    return answer(f"objects-{filters.type}", now, table, rows, bom=filters.bom)


def _getter(column: Column) -> Callable[[RegistryObject], object]:
    return lambda row: _value(row, column)


def _value(row: RegistryObject, column: Column) -> Any:
    if column.name.startswith("parent_"):
        return getattr(row.parent, column.name.removeprefix("parent_")) if row.parent else ""
    if column.base:
        return getattr(row, column.name)
    value = row.attributes.get(column.name)
    return "; ".join(value) if isinstance(value, list) else value
