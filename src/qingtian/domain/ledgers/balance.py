"""The balance of discharge quotas: what a project takes from the reserve, more than its need where a rule says so."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

from qingtian.domain.errors import InvalidInput
from qingtian.domain.ledgers.ledger import PRECISION, Account, AccountKind, Entry, Ledger, Posting, add
from qingtian.domain.standards.numbers import exact
from qingtian.domain.standards.provenance import RuleRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacementRule(RuleRow):
    """How many times a new discharge is to be replaced.

    Args:
        area: attained, or over_standard.
        item: pollutant the rule is about, or `any`.
        factor: k; what is taken from the reserve is k times the need.
    """

    area: str
    item: str
    factor: Decimal


@dataclass(frozen=True, slots=True)
class Need:
    """What a project asks for.

    Args:
        need: mass of a year, in the unit of the reserve.
        factor: k of the rule.
        rule_row: the row that says so.
    """

    project: str
    need: Decimal
    factor: Decimal
    rule_row: str = ""


def taken(need: Need) -> Decimal:
    """What the reserve gives: need x k.

    Raises:
        InvalidInput: a need of nothing or less, or a factor below one.

    >>> taken(Need("A", Decimal("12.0"), Decimal(2)))
    Decimal('24.0')
    """
    if exact(need.need, field="need") <= 0:
        raise InvalidInput(f"{need.need} is no need", field="need", remedy="give a mass above zero")
    if exact(need.factor, field="factor") < 1:
        raise InvalidInput(f"{need.factor} replaces less than is added", field="factor", remedy="give 1 or more")
    with localcontext(prec=PRECISION):
        return need.need * need.factor


def allocate(ledger: Ledger, reserve: Account, need: Need, *, entry_id: str, decision: str) -> Ledger:
    """Give a project its quota: the need goes to the project, the rest of the k-fold amount is taken out of use.

    Args:
        reserve: the account that gives.
        decision: the approved decision; a capacity by itself allocates nothing.
    Raises:
        Shortfall: the reserve has not enough; names how much is lacking.

    Example E-C4 of the domain reference: reserve 35.0, need 12.0 with k = 2 takes 24.0.
    """
    whole = taken(need)
    project = Account(need.project, reserve.item, AccountKind.ALLOCATED, reserve.unit)
    postings = [Posting(reserve, whole.copy_negate()), Posting(project, need.need)]
    if whole != need.need:
        retired = Account(reserve.holder, reserve.item, AccountKind.REDUCTION, reserve.unit)
        postings.append(Posting(retired, add(whole, need.need.copy_negate())))
    text = f"{need.project}: {need.need} x {need.factor}"
    return ledger.post(Entry(entry_id, tuple(postings), decision, text))


def endow(ledger: Ledger, reserve: Account, amount: Decimal, *, entry_id: str, decision: str) -> Ledger:
    """Put an approved amount into a reserve, out of the capacity of its holder.

    Raises:
        InvalidInput: nothing or less.
    """
    if exact(amount, field="amount") <= 0:
        raise InvalidInput(f"{amount} is no amount", field="amount", remedy="give a mass above zero")
    capacity = Account(reserve.holder, reserve.item, AccountKind.CAPACITY, reserve.unit)
    return ledger.post(Entry(entry_id, (Posting(capacity, amount.copy_negate()), Posting(reserve, amount)), decision))
