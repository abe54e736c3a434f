"""Pages and sort orders of lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from ninja import Schema
from pydantic import Field

from qingtian.domain.errors import InvalidInput

MAX_PAGE_SIZE = 200
Row = TypeVar("Row", bound=Model)
Thing = TypeVar("Thing")


class PageQuery(Schema):
    """Which page of a list, in which order."""

    page: int = Field(1, ge=1, le=1_000_000)
    page_size: int = Field(50, ge=1, le=MAX_PAGE_SIZE)
    sort: str | None = Field(None, max_length=40, description="a field name; a minus sign before it turns the order")


def ordering(sort: str | None, allowed: Mapping[str, str]) -> tuple[str, ...]:
    """The ORM order of a sort parameter; the primary key makes it total.

    Args:
        sort: name of a field, with a minus sign to turn it; None keeps the order of the list.
        allowed: ORM field by public name.
    Raises:
        InvalidInput: lists the names that can be sorted by.

    >>> ordering("-severity", {"severity": "severity"})
    ('-severity', '-pk')
    """
    if not sort:
        return ()
    sign = "-" if sort.startswith("-") else ""
    name = sort.removeprefix("-")
    _known(name, allowed)
    return (f"{sign}{allowed[name]}", f"{sign}pk")


def sorted_by(items: Iterable[Thing], sort: str | None, keys: Mapping[str, Callable[[Thing], Any]]) -> list[Thing]:
    """A list in memory in the order of a sort parameter; what has no value comes last.

    Raises:
        InvalidInput: lists the names that can be sorted by.
    """
    listed = list(items)
    if not sort:
        return listed
    name = sort.removeprefix("-")
    _known(name, keys)
    key = keys[name]
    present = [item for item in listed if key(item) is not None]
    absent = [item for item in listed if key(item) is None]
    return sorted(present, key=key, reverse=sort.startswith("-")) + absent


def paged_rows(rows: QuerySet[Row], query: PageQuery, sortable: Mapping[str, str]) -> tuple[list[Row], int]:
    """The rows of a page and how many there are on all pages."""
    total = rows.count()
    if order := ordering(query.sort, sortable):
        rows = rows.order_by(*order)
    start = (query.page - 1) * query.page_size
    return list(rows[start : start + query.page_size]), total


def paged_list(items: Sequence[Thing], query: PageQuery) -> list[Thing]:
    """The items of a page."""
    start = (query.page - 1) * query.page_size
    return list(items[start : start + query.page_size])


def _known(name: str, allowed: Mapping[str, Any]) -> None:
    if name not in allowed:
        raise InvalidInput(
            f"cannot sort by {name}", field="sort", remedy=f"one of {', '.join(sorted(allowed))}; - turns the order"
        )
