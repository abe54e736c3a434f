"""Loader of the detection rules: one TOML file, checked by schema, no two rows of a code in force together."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from qingtian.domain.detection.rule import DetectionRule
from qingtian.domain.errors import ConfigurationError
from qingtian.packs.rulebook import load_packs
from qingtian.packs.source import PackSource
from qingtian.packs.tables import Table

FILE = "national/detection_rules.toml"


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    row_id: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    code: str = Field(pattern=r"^[a-z_]+$")
    version: str = Field(min_length=1)
    label_zh: str = Field(min_length=1)
    label_en: str = Field(min_length=1)
    standard: str = Field(min_length=1)
    clause: str = Field(min_length=1)
    source: str = Field(min_length=1)
    confidence: str = Field(min_length=1)
    note: str = ""
    valid_from: date
    valid_to: date | None = None
    region: str = Field("CN", pattern=r"^(CN|[0-9]{6})$")
    overrides: tuple[str, ...] = ()
    severity: int = Field(ge=1, le=4)
    bands: tuple[tuple[Decimal, int], ...] = ()
    parameters: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}

    @field_validator("parameters")
    @classmethod
    def _numbers(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            try:
                Decimal(text)
            except InvalidOperation as error:
                raise ValueError(f"parameter {name} is no decimal: {text!r}") from error
        return value

    @field_validator("bands")
    @classmethod
    def _rising(cls, value: tuple[tuple[Decimal, int], ...]) -> tuple[tuple[Decimal, int], ...]:
        if list(value) != sorted(value) or any(not 1 <= severity <= 4 for _, severity in value):
            raise ValueError("bands rise, with severities 1 to 4")
        return value


def read_detection_rules(text: str, source: PackSource | None = None) -> tuple[DetectionRule, ...]:
    """Rules of a TOML text.

    Args:
        source: what is tried of the rows in memory.
    Raises:
        ConfigurationError: names the row and the field, or the two rows that overlap.
    """
    try:
        raws = tomllib.loads(text).get("rule", ())
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{FILE}: {error}", field=FILE, remedy="mend the pack") from error
    changed = raws if source is None else [source.changed(raw) for raw in raws]
    rules = tuple(DetectionRule(**_row(number, raw).model_dump()) for number, raw in enumerate(changed, start=1))
    _refuse_overlaps(rules)
    return rules


def _read(folder: Path, source: PackSource) -> tuple[DetectionRule, ...]:
    return read_detection_rules((folder / DETECTION.file).read_text("utf-8"), source)


def _row(number: int, raw: Any) -> _Row:
    try:
        return _Row.model_validate(raw)
    except ValidationError as error:
        row_id = raw.get("row_id", "no row_id") if isinstance(raw, dict) else "no table"
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "rule"
        raise ConfigurationError(
            f"{FILE}: rule {number} ({row_id}), {where}: {first['msg']}",
            field=f"{FILE}:{where}",
            remedy=f"mend {where} of rule {number}",
        ) from error


def _refuse_overlaps(rules: tuple[DetectionRule, ...]) -> None:
    ordered = sorted(rules, key=lambda rule: (rule.code, rule.region, rule.valid_from))
    for one, other in pairwise(ordered):
        same = (one.code, one.region) == (other.code, other.region)
        if same and (one.valid_to is None or one.valid_to >= other.valid_from):
            raise ConfigurationError(
                f"{FILE}: {one.row_id} and {other.row_id} overlap", field=FILE, remedy="end the older row"
            )


DETECTION: Table[DetectionRule] = Table(
    "detection_rules.toml",
    _Row,
    lambda row: DetectionRule(**row.model_dump()),
    lambda row: (row.code,),
    "detection_rule",
    reader=_read,
)
TABLES: tuple[Table[DetectionRule], ...] = (DETECTION,)


def load_detection_rules() -> tuple[DetectionRule, ...]:
    """The rules of the packs in use."""
    return load_packs().of(DETECTION)


def detection_rules(on: date, region: str = "CN") -> Mapping[str, DetectionRule]:
    """The rule of every code that is in force for data of a day."""
    return load_packs().detection_rules(on, region)
