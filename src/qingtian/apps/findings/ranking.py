"""The rank of findings: the formula of the packs, once in the database for lists and once in parts for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, DecimalField, Expression, F, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest, Least

from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Activity, Confirmation, Source, Status
from qingtian.domain.detection.ranking import RankPart, RankTerm, Term, rank_parts
from qingtian.packs.finding_kinds import rank_terms

RECENT = timedelta(days=90)  # how far back the precision of a rule is looked at
UNKNOWN = Decimal(1) / 2  # of a rule of which nothing was judged yet
TOLD = (Source.COMPLAINT, Source.SUPERIOR)
NUMBER: DecimalField[Any, Any] = DecimalField(max_digits=24, decimal_places=8)
NOUGHT, ONE = Decimal(0), Decimal(1)


def ranked(rows: QuerySet[Finding], now: datetime | None = None) -> QuerySet[Finding]:
    """Most urgent first, by the formula of the packs; newest first among equals. Adds `rank_points`.

    Args:
        now: city time; precision is that of the 90 days before. Without it, that of all time.
    """
    terms = rank_terms()
    precision = precision_by_rule(now)
    total: Expression = Value(NOUGHT, NUMBER)
    for term in terms:
        total = total + _points(term, precision)
    return rows.annotate(rank_points=Cast(total, NUMBER)).order_by("-rank_points", "-last_seen", "-id")


def precision_by_rule(now: datetime | None = None) -> Mapping[str, Decimal]:
    """cased / (cased + dismissed) of every rule of which any finding was judged: one query."""
    rows = Finding.objects.filter(status__in=(Status.CASED, Status.DISMISSED))
    if now is not None:
        rows = rows.filter(raised_at__gte=now - RECENT, raised_at__lte=now)
    counted = (
        rows.order_by().values("rule_id").annotate(cased=Count("pk", filter=Q(status=Status.CASED)), n=Count("pk"))
    )
    return {row["rule_id"]: Decimal(row["cased"]) / Decimal(row["n"]) for row in counted}


def parts_of(finding: Finding, precision: Mapping[str, Decimal]) -> list[RankPart]:
    """The rank of one finding, term by term.

    Args:
        precision: of `precision_by_rule`.
    """
    values = {
        Term.SEVERITY: Decimal(finding.severity),
        Term.PRECISION: precision.get(finding.rule_id, UNKNOWN),
        Term.EXCESS: (finding.excess or ONE) - ONE,
        Term.UNCONFIRMED: _yes(finding.confirmation == Confirmation.UNCONFIRMED),
        Term.RECURRENCE: Decimal(finding.recurrence),
        Term.OVERDUE: _yes(finding.answer_late),
        Term.TOLD: _yes(finding.source in TOLD),
        Term.ONGOING: _yes(finding.activity == Activity.ONGOING),
    }
    return rank_parts(rank_terms(), values)


def _points(term: RankTerm, precision: Mapping[str, Decimal]) -> Expression:
    value = _value(term.term, precision)
    counted = Least(Greatest(value, Value(NOUGHT, NUMBER)), Value(term.full_at, NUMBER))
    points: Expression = counted * Value(term.weight, NUMBER) / Value(term.full_at, NUMBER)
    return points


def _value(term: Term, precision: Mapping[str, Decimal]) -> Expression:
    if term is Term.SEVERITY:
        return Cast(F("severity"), NUMBER)
    if term is Term.RECURRENCE:
        return Cast(F("recurrence"), NUMBER)
    if term is Term.EXCESS:
        return Cast(Coalesce(F("excess"), Value(ONE, NUMBER)) - Value(ONE, NUMBER), NUMBER)
    if term is Term.PRECISION:
        cases = [When(rule_id=rule, then=Value(share, NUMBER)) for rule, share in precision.items()]
        return Case(*cases, default=Value(UNKNOWN, NUMBER), output_field=NUMBER)
    return _flag(CONDITIONS[term])


CONDITIONS: Mapping[Term, Q] = {
    Term.UNCONFIRMED: Q(confirmation=Confirmation.UNCONFIRMED),
    Term.OVERDUE: Q(answer_late=True),
    Term.TOLD: Q(source__in=TOLD),
    Term.ONGOING: Q(activity=Activity.ONGOING),
}


def _flag(condition: Q) -> Expression:
    return Case(When(condition, then=Value(ONE, NUMBER)), default=Value(NOUGHT, NUMBER), output_field=NUMBER)


def _yes(fact: bool) -> Decimal:
    return ONE if fact else NOUGHT


def shown_first(parts: Sequence[RankPart], most: int = 2) -> list[RankPart]:
    """The parts that lift a finding most, largest first; what severity gives all of them have."""
    lifting = [part for part in parts if part.term.term is not Term.SEVERITY and part.points > 0]
    return sorted(lifting, key=lambda part: -part.points)[:most]
