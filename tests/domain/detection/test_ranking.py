"""The rank of a finding is a declared sum, told with its parts."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.detection import Term, most, rank_parts, score
from qingtian.packs.finding_kinds import rank_terms

VALUES = st.dictionaries(
    st.sampled_from(list(Term)), st.decimals("-5", "1000", allow_nan=False, allow_infinity=False, places=2)
)


def test_every_term_has_its_row_and_severity_weighs_most() -> None:
    terms = rank_terms()
    assert {one.term for one in terms} == set(Term)
    assert max(terms, key=lambda one: one.weight).term is Term.SEVERITY


def test_a_severe_unconfirmed_ongoing_finding_in_numbers() -> None:
    values = {
        Term.SEVERITY: Decimal(3),
        Term.UNCONFIRMED: Decimal(1),
        Term.ONGOING: Decimal(1),
        Term.EXCESS: Decimal(1),
    }
    parts = rank_parts(rank_terms(), values)
    points = {part.term.term: part.points for part in parts if part.points}
    assert points == {Term.SEVERITY: 30, Term.UNCONFIRMED: 8, Term.ONGOING: 5, Term.EXCESS: 5}
    assert score(parts) == 48


@given(VALUES)
def test_points_lie_between_nought_and_the_weight(values: dict[Term, Decimal]) -> None:
    parts = rank_parts(rank_terms(), values)
    assert all(0 <= part.points <= part.term.weight for part in parts)
    assert 0 <= score(parts) <= most(rank_terms())


@given(VALUES, st.sampled_from(list(Term)), st.decimals("0", "10", places=2))
def test_a_larger_value_never_lowers_the_rank(values: dict[Term, Decimal], term: Term, more: Decimal) -> None:
    before = score(rank_parts(rank_terms(), values))
    assert score(rank_parts(rank_terms(), values | {term: values.get(term, Decimal(0)) + more})) >= before
