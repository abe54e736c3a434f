"""Tables of the types of registered objects and of their fields."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from qingtian.domain.errors import InvalidInput
from qingtian.domain.objects.types import BASE_NAMES, FieldChoice, FieldKind, ObjectField, ObjectTypeRow, Shape
from qingtian.packs.rulebook import Packs
from qingtian.packs.schema import OptionalFigure, PackRow, Text, Words
from qingtian.packs.tables import Table, plainly

PARTS_OF_A_CHOICE = 3


def _choices(value: Any) -> Any:
    """`value=zh=en;value=zh=en`."""
    if not isinstance(value, str):
        return value
    found = []
    for part in filter(None, (one.strip() for one in value.split(";"))):
        words = part.split("=")
        if len(words) != PARTS_OF_A_CHOICE or not all(words):
            raise ValueError(f"{part!r} is no value=Chinese=English")
        found.append(FieldChoice(*words))
    if len({one.value for one in found}) < len(found):
        raise ValueError("a value is listed twice")
    return tuple(found)


class TypeEntry(PackRow):
    """object_types.csv."""

    type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,23}$")]
    name_zh: Text
    name_en: Text
    parents: Annotated[Words, Field(min_length=1)]
    shape: Shape
    public: bool
    code_zh: Text
    code_en: Text


def _no_base_name(value: str) -> str:
    if value in BASE_NAMES:
        raise ValueError(f"every object has a property {value} already")
    return value


class FieldEntry(PackRow):
    """object_fields.csv."""

    type: Text
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$"), AfterValidator(_no_base_name)]
    order: Annotated[int, Field(ge=1)]
    label_zh: Text
    label_en: Text
    kind: FieldKind
    unit: str = ""
    required: bool = False
    choices: Annotated[tuple[FieldChoice, ...], BeforeValidator(_choices)] = ()
    minimum: OptionalFigure = None
    maximum: OptionalFigure = None
    identifier: bool = False
    pattern: str = ""


def _entry(row: FieldEntry) -> ObjectField:
    return ObjectField(**row.model_dump(exclude={"choices"}), choices=row.choices)


TYPES = Table(
    "object_types.csv", TypeEntry, plainly(ObjectTypeRow), lambda row: (row.type,), "object_type", needed=True
)
FIELDS = Table("object_fields.csv", FieldEntry, _entry, lambda row: (row.type, row.name), "object_field", needed=True)
TABLES: tuple[Table[Any], ...] = (TYPES, FIELDS)


def object_types(packs: Packs, on: date | None = None, *, region: str = "CN") -> tuple[ObjectTypeRow, ...]:
    """Every type of object of a place, in the order of the pack."""
    return packs.in_force(TYPES, on, region)


def object_type(packs: Packs, code: str, on: date | None = None, *, region: str = "CN") -> ObjectTypeRow:
    """A type of object.

    Raises:
        InvalidInput: there is none; names those that there are.
    """
    known = {row.type: row for row in object_types(packs, on, region=region)}
    if code not in known:
        raise InvalidInput(f"there is no type {code}", field="type", remedy=f"one of {', '.join(known)}")
    return known[code]


def object_fields(packs: Packs, code: str, on: date | None = None, *, region: str = "CN") -> tuple[ObjectField, ...]:
    """The fields of a type, in their order."""
    rows = (row for row in packs.in_force(FIELDS, on, region) if row.type == code)
    return tuple(sorted(rows, key=lambda row: row.order))
