"""What only some roles may read of a case: taken out of the form before anything else sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qingtian.apps.cases.models import Case, CasePrivate
from qingtian.domain.procedures import FieldSpec

GIVEN = "***"  # stands for a private value wherever its presence matters


def parted(specs: Mapping[str, FieldSpec], form: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A form as its open and its private part."""
    private = {name: value for name, value in form.items() if name in specs and specs[name].private}
    return {name: value for name, value in form.items() if name not in private}, private


def keep(case: Case, values: Mapping[str, Any]) -> None:
    """Store private values of a case beside it."""
    if values:
        row, _ = CasePrivate.objects.get_or_create(case=case)
        row.values = row.values | dict(values)
        row.save(update_fields=["values"])


def hidden(case: Case) -> dict[str, str]:
    """Private fields of a case that are given, without their values."""
    row = CasePrivate.objects.filter(case=case).first()
    return dict.fromkeys(row.values, GIVEN) if row else {}
