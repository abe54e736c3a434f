"""Checklists of visits: which list for which task, and its lines."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from qingtian.domain.errors import ConfigurationError
from qingtian.domain.fieldwork import AnswerKind, CheckItem, Checklist
from qingtian.packs.rulebook import load_packs
from qingtian.packs.schema import PackRow, Text, Words
from qingtian.packs.tables import Table, plainly

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Yes = Annotated[bool, BeforeValidator(lambda value: {"yes": True, "no": False}.get(value, value))]


class ListRow(PackRow):
    """checklists.csv."""

    checklist: Code
    label_zh: Text
    label_en: Text
    templates: Annotated[Words, Field(min_length=1)]
    object_types: Annotated[Words, Field(min_length=1)]
    kinds: Annotated[Words, Field(min_length=1)]
    inspectors: Annotated[int, Field(ge=1)]


class ItemRow(PackRow):
    """checklist_items.csv."""

    checklist: Code
    item: Code
    text_zh: Text
    text_en: Text
    answer: AnswerKind
    unit: str = ""
    problem_on: Annotated[str, Field(pattern=r"^(yes|no)?$")] = ""
    photo_on_problem: Yes
    required: Yes


def _only_yes_and_no_are_problems(file: str, rows: tuple[CheckItem, ...]) -> None:
    for row in rows:
        if row.problem_on and row.answer is not AnswerKind.YES_NO:
            raise ConfigurationError(
                f"{row.row_id}: a {row.answer} has no answer {row.problem_on}",
                field=f"{file}:problem_on",
                remedy="leave it empty, or ask for yes or no",
                file=file,
                row_id=row.row_id,
            )


CHECKLISTS: Table[Checklist] = Table(
    "checklists.csv",
    ListRow,
    plainly(Checklist),
    lambda row: (row.checklist,),
    "checklist",
    continuous=True,
    needed=True,
)
ITEMS: Table[CheckItem] = Table(
    "checklist_items.csv",
    ItemRow,
    plainly(CheckItem),
    lambda row: (row.item,),
    "checklist_item",
    continuous=True,
    needed=True,
    checks=(_only_yes_and_no_are_problems,),
)
TABLES: tuple[Table[Any], ...] = (CHECKLISTS, ITEMS)


def checklists(on: date | None = None, region: str = "CN") -> tuple[Checklist, ...]:
    """Checklists in force, in the order of the file."""
    return tuple(load_packs().in_force(CHECKLISTS, on, region))


def check_items(codes: tuple[str, ...], on: date | None = None, region: str = "CN") -> tuple[CheckItem, ...]:
    """Lines of some checklists, list by list, each in the order of the file.

    Args:
        codes: codes of the checklists.
    """
    rows = tuple(load_packs().in_force(ITEMS, on, region))
    return tuple(row for code in codes for row in rows if row.checklist == code)
