"""Key figures of findings: volume, precision and delay, by rule, source, kind, organisation, region and month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import (
    Aggregate,
    CharField,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, NullIf, TruncMonth

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import AnswerState, Status
from qingtian.apps.registry.models import ObjectType, Relation, RelationKind
from qingtian.packs.finding_kinds import dismissal_reasons
from qingtian.runtime.clock import SHANGHAI

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
NOBODY = ""  # organisation of findings whose object nobody on the register supervises


class Axis(StrEnum):
    """What the figures are told by."""

    TOTAL = "total"
    RULE = "rule"
    SOURCE = "source"
    KIND = "kind"
    ORGANISATION = "organisation"
    REGION = "region"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Figures:
    """Key figures of the findings that were raised in a period.

    Args:
        key: value of the axis: a rule, a source, a code, `2025-11`; empty in total.
        raised: all of them.
        open: neither judged nor merged.
        silenced: kept off the list by an approved window.
        wrong: dismissed for a reason that says that the detection itself was wrong.
        asked: the enterprise was asked; in_time, late: it answered in time, or late or not at all.
        detected_h: median hours from the first hit to the finding; confirmed_h: from there to the confirmation by a
            person; None where there is none.
    """

    key: str
    raised: int
    open: int
    cased: int
    dismissed: int
    wrong: int
    self_corrected: int
    merged: int
    silenced: int
    asked: int
    in_time: int
    late: int
    detected_h: Decimal | None
    confirmed_h: Decimal | None

    @property
    def precision(self) -> Decimal | None:
        """cased / (cased + dismissed) (domain model, section 4); None before anything was judged."""
        judged = self.cased + self.dismissed
        return Decimal(self.cased) / Decimal(judged) if judged else None

    @property
    def settled_remotely(self) -> Decimal | None:
        """Share of those that were asked about and cleared themselves without a visit."""
        return Decimal(self.self_corrected) / Decimal(self.asked) if self.asked else None


class _Median(Aggregate):
    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


def kpis(actor: Actor, axis: Axis, since: datetime, until: datetime) -> list[Figures]:
    """Figures of the findings raised in [since, until), most findings first; months in their order. One query."""
    raised = Finding.objects.visible_to(actor).filter(raised_at__gte=since, raised_at__lt=until).order_by()
    grouped: Iterable[Any] = _keyed(raised, axis).values("axis_key").annotate(**_counts())
    found = [_figures(axis, row) for row in grouped if row["n"]]  # a total without a group is one row of noughts
    if axis is Axis.MONTH:
        return sorted(found, key=lambda one: one.key)
    return sorted(found, key=lambda one: (-one.raised, one.key))


def supervisor_of() -> Coalesce:
    """Code of the organisation that supervises the object of a finding, or its enterprise; empty when nobody does."""
    supervises = Relation.objects.filter(
        kind=RelationKind.SUPERVISES, from_object__type=ObjectType.ORGANISATION, valid_to=None
    ).order_by("valid_from", "pk")
    own = supervises.filter(to_object_id=OuterRef("object_id"))
    above = supervises.filter(
        to_object__type=ObjectType.ENTERPRISE, to_object__code=NullIf(OuterRef("object__enterprise_code"), Value(""))
    )
    return Coalesce(
        Subquery(own.values("from_object__code")[:1]),
        Subquery(above.values("from_object__code")[:1]),
        Value(NOBODY),
        output_field=CharField(),
    )


def supervised_by(organisation: str) -> Exists:
    """Condition: the organisation supervises the object of the finding, or its enterprise."""
    rows = Relation.objects.filter(
        kind=RelationKind.SUPERVISES,
        from_object__type=ObjectType.ORGANISATION,
        from_object__code=organisation,
        valid_to=None,
    )
    own = Q(to_object_id=OuterRef("object_id"))
    above = Q(to_object__type=ObjectType.ENTERPRISE, to_object__code=OuterRef("object__enterprise_code"))
    return Exists(rows.filter(own | above))


def _keyed(rows: QuerySet[Finding], axis: Axis) -> QuerySet[Any]:
    keys: Mapping[Axis, Any] = {
        Axis.TOTAL: Value("", output_field=CharField()),
        Axis.RULE: F("rule_id"),
        Axis.SOURCE: F("source"),
        Axis.KIND: F("kind"),
        Axis.REGION: F("object__region_code"),
        Axis.MONTH: TruncMonth("raised_at", tzinfo=SHANGHAI),
    }
    return rows.annotate(axis_key=supervisor_of() if axis is Axis.ORGANISATION else keys[axis])


def _counts() -> dict[str, Any]:
    wrong = [one.reason for one in dismissal_reasons().values() if one.detector_fault]
    open_ = Q(status__in=(Status.NEW, Status.TRIAGED))
    asked = ~Q(answer_state=AnswerState.NOT_ASKED)
    answered = Q(answer_state__in=(AnswerState.ANSWERED, AnswerState.ACCEPTED))
    detected = ExpressionWrapper(F("raised_at") - F("first_seen"), DurationField())
    confirmed = ExpressionWrapper(F("confirmed_at") - F("raised_at"), DurationField())
    return {
        "n": Count("pk"),
        "n_open": Count("pk", filter=open_),
        "n_cased": Count("pk", filter=Q(status=Status.CASED)),
        "n_dismissed": Count("pk", filter=Q(status=Status.DISMISSED)),
        "n_wrong": Count("pk", filter=Q(status=Status.DISMISSED, reason__in=wrong)),
        "n_corrected": Count("pk", filter=Q(status=Status.SELF_CORRECTED)),
        "n_merged": Count("pk", filter=Q(status=Status.MERGED_INTO)),
        "n_silenced": Count("pk", filter=Q(silenced_by__isnull=False)),
        "n_asked": Count("pk", filter=asked),
        "n_in_time": Count("pk", filter=answered & Q(answer_late=False)),
        "n_late": Count("pk", filter=Q(answer_late=True)),
        "detected": _Median(detected),
        "confirmed": _Median(confirmed),
    }


def _figures(axis: Axis, row: Mapping[str, Any]) -> Figures:
    key = row["axis_key"]
    return Figures(
        key=f"{key.astimezone(SHANGHAI):%Y-%m}" if axis is Axis.MONTH else str(key),
        raised=row["n"],
        open=row["n_open"],
        cased=row["n_cased"],
        dismissed=row["n_dismissed"],
        wrong=row["n_wrong"],
        self_corrected=row["n_corrected"],
        merged=row["n_merged"],
        silenced=row["n_silenced"],
        asked=row["n_asked"],
        in_time=row["n_in_time"],
        late=row["n_late"],
        detected_h=_hours(row["detected"]),
        confirmed_h=_hours(row["confirmed"]),
    )


def _hours(span: timedelta | None) -> Decimal | None:
    return None if span is None else Decimal(span // SECOND) / Decimal(HOUR // SECOND)
