"""Values of fields in words."""

from __future__ import annotations

from typing import Any

from qingtian.domain.procedures import FieldSpec, FieldType

YES = {True: ("是", "yes"), False: ("否", "no")}


def value_words(spec: FieldSpec, value: Any) -> tuple[str, str]:
    """A value as people read it, in Chinese and English.

    >>> value_words(FieldSpec("a", FieldType.BOOLEAN, "甲", "A"), True)
    ('是', 'yes')
    """
    if spec.type is FieldType.BOOLEAN:
        return YES.get(value, (str(value), str(value)))
    words = {one.value: (one.label_zh, one.label_en) for one in spec.choices}
    if isinstance(value, list):
        pairs = [words.get(str(one), (str(one), str(one))) for one in value]
        return "；".join(zh for zh, _ in pairs), "; ".join(en for _, en in pairs)
    return words.get(str(value), (str(value), str(value)))
