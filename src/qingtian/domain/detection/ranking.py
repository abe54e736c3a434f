"""Ranking of findings: a declared sum of weighted terms, told with its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from qingtian.domain.standards.provenance import RuleRow


class Term(StrEnum):
    """What can weigh on the rank of a finding."""

    SEVERITY = "severity"
    PRECISION = "precision"  # of its rule, 0 to 1
    EXCESS = "excess"  # worst value / limit - 1
    UNCONFIRMED = "unconfirmed"
    RECURRENCE = "recurrence"  # earlier findings of the same subject
    OVERDUE = "overdue"  # the enterprise did not answer in time
    TOLD = "told"  # by citizens, or from above
    ONGOING = "ongoing"


@dataclass(frozen=True, slots=True, kw_only=True)
class RankTerm(RuleRow):
    """One term of the formula.

    Args:
        weight: points at most.
        full_at: the value from which on it gives all of them.
    """

    term: Term
    label_zh: str
    label_en: str
    weight: Decimal
    full_at: Decimal


@dataclass(frozen=True, slots=True)
class RankPart:
    """What one term gave."""

    term: RankTerm
    value: Decimal
    points: Decimal


def rank_parts(terms: Iterable[RankTerm], values: Mapping[Term, Decimal]) -> list[RankPart]:
    """weight x min(value, full_at) / full_at of every term; a value below nought counts as nought.

    Args:
        values: by term; a term without a value gives nothing.
    """
    return [_part(term, values.get(term.term, Decimal(0))) for term in terms]


def score(parts: Iterable[RankPart]) -> Decimal:
    """The rank: the sum of the points."""
    return sum((part.points for part in parts), Decimal(0))


def most(terms: Iterable[RankTerm]) -> Decimal:
    """Points that a finding can have at most."""
    return sum((term.weight for term in terms), Decimal(0))


def _part(term: RankTerm, value: Decimal) -> RankPart:
    counted = min(max(value, Decimal(0)), term.full_at)
    return RankPart(term, value, term.weight * counted / term.full_at)
