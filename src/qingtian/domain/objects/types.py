"""Rows of the packs that describe a type of object and its fields."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from qingtian.domain.standards.provenance import RuleRow

# What every object has beside the fields of its type; a field may not be named like one of these.
BASE_NAMES = (
    "code",
    "name",
    "name_en",
    "parent_type",
    "parent_code",
    "region_code",
    "lon",
    "lat",
    "geometry",
    "valid_from",
    "valid_to",
)
NO_PARENT = "none"  # an object of this type may be part of nothing


class Shape(StrEnum):
    """What an object looks like on a map."""

    NONE = "none"
    POINT = "point"
    AREA = "area"  # Polygon or MultiPolygon
    ANY = "any"  # point, line or area


class FieldKind(StrEnum):
    """How the value of a field is written and checked."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"  # kept as text: it may count as evidence
    DATE = "date"  # ISO date
    CHOICE = "choice"
    FLAG = "flag"
    LIST = "list"  # of texts
    CREDIT_CODE = "credit_code"  # GB 32100
    STRUCTURE = "structure"  # checked by the rule of its type, never in a flat file


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """One value of a choice field."""

    value: str
    label_zh: str
    label_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectTypeRow(RuleRow):
    """One type of object.

    Args:
        type: its code.
        parents: types that it may be part of; `none` among them when it may stand alone.
        shape: what its place is.
        public: whether everybody may see such objects.
        code_zh: what the code of such an object is called.
        code_en: the same in English.
    """

    type: str
    name_zh: str
    name_en: str
    parents: tuple[str, ...]
    shape: Shape
    public: bool
    code_zh: str
    code_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectField(RuleRow):
    """One field of a type; objects may carry others too.

    Args:
        unit: of a number; empty for none.
        identifier: no two objects of the type that exist together have the same value.
        pattern: regular expression that a text must meet as a whole; empty for none.
        order: place in forms and templates.
    """

    type: str
    name: str
    order: int
    label_zh: str
    label_en: str
    kind: FieldKind
    unit: str = ""
    required: bool = False
    choices: tuple[FieldChoice, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    identifier: bool = False
    pattern: str = ""
