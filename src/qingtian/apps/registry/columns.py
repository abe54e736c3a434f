"""Columns of a file of objects: what every object has, and the fields of its type."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from qingtian.apps.registry.models import ObjectType
from qingtian.domain.objects import NO_PARENT, FieldKind, ObjectField, ObjectTypeRow, Shape
from qingtian.packs import load_packs
from qingtian.packs.objects import object_fields, object_type

UNIT = re.compile(r"[(（\[][^()（）\[\]]*[)）\]]\s*$")


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Args:
        base: whether it is a property that every object has, not a field of its type.
    """

    spec: ObjectField
    base: bool

    @property
    def name(self) -> str:
        """Its stable name."""
        return self.spec.name

    def label(self, language: str) -> str:
        """Its heading, with the unit where there is one."""
        text = self.spec.label_en if language == "en" else self.spec.label_zh
        return f"{text} ({self.spec.unit})" if self.spec.unit else text


def columns_of(kind: str) -> tuple[Column, ...]:
    """The columns of a file of one type, in the order of its template.

    Raises:
        InvalidInput: there is no such type.
    """
    packs = load_packs()
    type_ = object_type(packs, kind)
    fields = (field for field in object_fields(packs, kind) if field.kind is not FieldKind.STRUCTURE)
    return (*_base_columns(type_), *(Column(field, base=False) for field in fields))


def matched(columns: Iterable[Column], header: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Which heading of a file is which column; a heading may be the name or a label, with or without the unit.

    Returns:
        Heading by column name, and the headings that name no column.
    """
    known = {"编码": "code"}
    for column in columns:
        for word in (column.name, column.spec.label_zh, column.spec.label_en, column.label("zh"), column.label("en")):
            known.setdefault(_plain(word), column.name)
    found: dict[str, str] = {}
    strange: list[str] = []
    for heading in header:
        name = known.get(_plain(heading)) or known.get(_plain(UNIT.sub("", heading)))
        if name is None or name in found:
            strange.append(heading)
        else:
            found[name] = heading
    return found, strange


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip().rstrip("*").strip()


def _base_columns(type_: ObjectTypeRow) -> Iterable[Column]:
    alone = NO_PARENT in type_.parents
    several = len([one for one in type_.parents if one != NO_PARENT]) > 1
    yield _base("code", type_.code_zh, type_.code_en, FieldKind.TEXT, required=True)
    yield _base("name", "名称", "Name", FieldKind.TEXT, required=True)
    yield _base("name_en", "英文名称", "English name", FieldKind.TEXT)
    if set(type_.parents) - {NO_PARENT}:
        if several:
            yield _base("parent_type", "上级类型", "Part of (type)", FieldKind.TEXT, required=not alone)
        yield _base("parent_code", "上级编码", "Part of (code)", FieldKind.TEXT, required=not alone)
    if type_.type != ObjectType.REGION:  # its code is that of the region
        yield _base(
            "region_code", "行政区划代码", "Region code", FieldKind.TEXT, pattern="[0-9]{6}([0-9]{3}|[0-9]{6})?"
        )
    if type_.shape is not Shape.NONE:
        yield _base("lon", "经度", "Longitude", FieldKind.DECIMAL, unit="°E, WGS-84")
        yield _base("lat", "纬度", "Latitude", FieldKind.DECIMAL, unit="°N, WGS-84")
    yield _base("valid_from", "起始日期", "Exists from", FieldKind.DATE)
    yield _base("valid_to", "终止日期", "Ends on", FieldKind.DATE)


_ORIGIN: Mapping[str, str | date] = {
    "standard": "Qingtian register",
    "clause": "objects",
    "source": "what every object has",
    "valid_from": date(2000, 1, 1),
    "confidence": "decision of this project",
}


def _base(
    name: str, zh: str, en: str, kind: FieldKind, *, required: bool = False, unit: str = "", pattern: str = ""
) -> Column:
    spec = ObjectField(
        row_id=f"base.{name}",
        type="",
        name=name,
        order=0,
        label_zh=zh,
        label_en=en,
        kind=kind,
        unit=unit,
        required=required,
        pattern=pattern,
        **_ORIGIN,  # type: ignore[arg-type]
    )
    return Column(spec, base=True)
