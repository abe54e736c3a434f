"""Figures of the penalty procedure: surcharge for late payment, daily fine. Numbers come from the pack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from qingtian.domain.errors import InvalidInput

DAY = timedelta(days=1)
CENT = Decimal(1) / 100


@dataclass(frozen=True, slots=True)
class Figure:
    """A computed amount with the way it came about."""

    value: Decimal
    text_zh: str
    text_en: str


def days_late(due: date, paid: date, pauses: tuple[tuple[date, date], ...] = ()) -> int:
    """Days after the last day for payment, without days of review or litigation (pauses `first <= d < resumed`).

    >>> days_late(date(2026, 3, 16), date(2026, 3, 26))
    10
    """
    count, day = 0, due
    while day < paid:
        day += DAY
        count += not any(first <= day < resumed for first, resumed in pauses)
    return count


def surcharge(fine: Decimal, late: int, percent_a_day: Decimal) -> Figure:
    """Surcharge for late payment: `min(percent x fine x days, fine)` (administrative penalty law art. 72).

    Args:
        fine: yuan.
        late: days after the last day for payment.
        percent_a_day: share of the fine for each day.

    >>> surcharge(Decimal(100000), 10, Decimal(3)).value
    Decimal('30000.00')
    """
    _positive(fine, "fine")
    if late < 0:
        raise InvalidInput("days late cannot be negative", field="days_late", remedy="give 0 or more")
    raw = fine * percent_a_day * late / 100
    value = min(raw, fine).quantize(CENT)
    cap_zh, cap_en = ("，不超过罚款本数", ", not more than the fine itself") if raw > fine else ("", "")
    return Figure(
        value,
        f"罚款{fine}元 × {percent_a_day}% × 逾期{late}日{cap_zh} = {value}元",
        f"fine {fine} x {percent_a_day} % x {late} days late{cap_en} = {value} yuan",
    )


def daily_fine(fine: Decimal, served_on: date, found_on: date) -> Figure:
    """Fine for each day on which the violation went on: from the day after the order was served to the re-check.

    Args:
        fine: the original fine, yuan.
        served_on: day on which the order to correct was served.
        found_on: day of the re-check that found the violation going on.

    >>> daily_fine(Decimal(100000), date(2026, 3, 3), date(2026, 3, 20)).value
    Decimal('1700000.00')
    """
    _positive(fine, "fine")
    days = (found_on - served_on).days
    if days < 1:
        raise InvalidInput("the re-check is not after the service", field="rechecked_on", remedy="give a later date")
    value = (fine * days).quantize(CENT)
    return Figure(
        value,
        f"自{served_on + DAY}至{found_on}共{days}日 × {fine}元 = {value}元",
        f"{days} days from {served_on + DAY} to {found_on} x {fine} = {value} yuan",
    )


def _positive(amount: Decimal, name: str) -> None:
    if not amount.is_finite() or amount <= 0:
        raise InvalidInput(f"{amount} is no fine", field=name, remedy="give an amount above zero")


def _surcharge(facts: Mapping[str, object]) -> Figure | None:
    due, paid, fine = _day(facts.get("due")), _day(facts.get("paid")), _decimal(facts.get("fine"))
    if due is None or paid is None or fine is None:
        return None
    pauses = tuple(facts.get("pauses") or ())  # type: ignore[arg-type, var-annotated]
    return surcharge(fine, days_late(due, paid, pauses), Decimal(str(facts["percent"])))


def _daily_fine(facts: Mapping[str, object]) -> Figure | None:
    served, found, fine = _day(facts.get("served")), _day(facts.get("found")), _decimal(facts.get("fine"))
    goes_on = facts.get("result") in (None, "continues")
    if served is None or found is None or fine is None or found <= served or not goes_on:
        return None
    return daily_fine(fine, served, found)


def _day(value: object) -> date | None:
    if isinstance(value, date):
        return value
    return date.fromisoformat(str(value)[:10]) if value else None


def _decimal(value: object) -> Decimal | None:
    try:
        return Decimal(str(value)) if value not in (None, "") else None
    except InvalidOperation:
        return None


# What a pack may compute: arguments by name -> figure, or None while something is missing.
FUNCTIONS: Mapping[str, Callable[[Mapping[str, object]], Figure | None]] = {
    "surcharge": _surcharge,
    "daily_fine": _daily_fine,
}
