"""Canonical JSON: one byte sequence for one record (domain model, section 9)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from qingtian.domain.errors import InvalidInput


def canonical_json(record: Mapping[str, Any]) -> bytes:
    """The canonical bytes of a record: UTF-8, keys sorted, no spaces, decimals as strings.

    Args:
        record: strings, integers, decimals, booleans, nulls, lists and mappings with string keys.
    Raises:
        InvalidInput: for a binary float, a NUL character or any other type; names the path.

    >>> canonical_json({"value": Decimal("120.0"), "item": "氨氮", "n": 2}).decode()
    '{"item":"氨氮","n":2,"value":"120.0"}'
    """
    plain = _plain(record, "$")
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidInput(
            "text holds half a surrogate pair", field="$", remedy="send well-formed Unicode text"
        ) from error


def _plain(value: object, path: str) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, Decimal):
        return _decimal(value, path)
    if isinstance(value, Mapping):
        return {_key(key, path): _plain(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, float):
        raise InvalidInput("binary floats are not evidence", field=path, remedy="give a decimal or a string")
    raise InvalidInput(f"{type(value).__name__} has no canonical form", field=path, remedy="convert it to text first")


def _key(key: object, path: str) -> str:
    if not isinstance(key, str):
        raise InvalidInput("keys are text", field=path, remedy="use text keys")
    return _text(key, path)


def _text(value: str, path: str) -> str:
    # A str subclass (an enum) stands for its value; NUL cannot be stored by PostgreSQL.
    if "\x00" in value:
        raise InvalidInput("text holds a NUL character", field=path, remedy="remove it")
    return str.__str__(value)


def _decimal(value: Decimal, path: str) -> str:
    if not value.is_finite():
        raise InvalidInput("only finite decimals are evidence", field=path, remedy="give null for a missing value")
    return format(value, "f")
