"""Types of registered objects as data: what each may be part of, and which fields it has."""

from __future__ import annotations

from qingtian.domain.objects.fields import Fault, FaultCode, FieldFault, check_fields, read_cell
from qingtian.domain.objects.likeness import LIKELY, Facts, Likeness, Sign, likeness
from qingtian.domain.objects.types import NO_PARENT, FieldChoice, FieldKind, ObjectField, ObjectTypeRow, Shape

__all__ = [
    "LIKELY",
    "NO_PARENT",
    "Facts",
    "Fault",
    "FaultCode",
    "FieldChoice",
    "FieldFault",
    "FieldKind",
    "Likeness",
    "ObjectField",
    "ObjectTypeRow",
    "Shape",
    "Sign",
    "check_fields",
    "likeness",
    "read_cell",
]
