"""Amounts of the penalty procedure, to the cent; draws that anybody can repeat."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.procedures.fines import FUNCTIONS, daily_fine, days_late, surcharge
from qingtian.domain.procedures.sampling import drawn
from qingtian.packs.procedures import procedure

FINE = Decimal(100_000)
PERCENT = Decimal(procedure("T3").parameters["surcharge_percent"])
DUE = date(2026, 3, 16)
AMOUNTS = st.decimals(Decimal("0.01"), Decimal("99999999.99"), places=2)


@pytest.mark.parametrize(("days", "amount"), [(10, 30_000), (33, 99_000), (34, 100_000), (40, 100_000), (0, 0)])
def test_e_p1_surcharge_stops_at_the_fine(days: int, amount: int) -> None:
    figure = surcharge(FINE, days, PERCENT)
    assert figure.value == Decimal(amount)
    assert str(days) in figure.text_zh and str(days) in figure.text_en


def test_e_p2_daily_fine_counts_from_the_day_after_service() -> None:
    figure = daily_fine(FINE, date(2026, 3, 3), date(2026, 3, 20))
    assert figure.value == Decimal(1_700_000)
    assert "17" in figure.text_en and "2026-03-04" in figure.text_en


def test_days_of_review_and_litigation_do_not_count() -> None:
    paid = DUE + timedelta(days=40)
    pause = (DUE + timedelta(days=5), DUE + timedelta(days=35))
    assert days_late(DUE, paid) == 40
    assert days_late(DUE, paid, (pause,)) == 10
    assert days_late(DUE, DUE - timedelta(days=3)) == 0


@given(AMOUNTS, st.integers(0, 5000))
def test_a_surcharge_is_never_negative_nor_above_the_fine_and_never_falls(fine: Decimal, days: int) -> None:
    today, tomorrow = surcharge(fine, days, PERCENT).value, surcharge(fine, days + 1, PERCENT).value
    assert 0 <= today <= tomorrow <= fine


@given(AMOUNTS, st.integers(1, 400), st.integers(1, 400))
def test_daily_fines_of_two_rechecks_add_up_to_the_one_of_both(fine: Decimal, first: int, second: int) -> None:
    middle, end = DUE + timedelta(days=first), DUE + timedelta(days=first + second)
    parts = daily_fine(fine, DUE, middle).value + daily_fine(fine, middle, end).value
    assert parts == daily_fine(fine, DUE, end).value


@pytest.mark.parametrize("fine", ["0", "-1", "NaN", "Infinity"])
def test_no_fine_is_refused(fine: str) -> None:
    for call in (lambda: surcharge(Decimal(fine), 1, PERCENT), lambda: daily_fine(Decimal(fine), DUE, date.max)):
        with pytest.raises(InvalidInput) as caught:
            call()
        assert caught.value.field == "fine"


def test_a_recheck_on_the_day_of_service_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not after the service"):
        daily_fine(FINE, DUE, DUE)
    with pytest.raises(InvalidInput, match="negative"):
        surcharge(FINE, -1, PERCENT)


def test_figures_wait_until_everything_is_known() -> None:
    known = {"fine": "100000", "due": DUE, "paid": "2026-03-26", "percent": 3, "pauses": []}
    assert FUNCTIONS["surcharge"](known).value == Decimal(30_000)  # type: ignore[union-attr]
    for name in ("fine", "due", "paid"):
        assert FUNCTIONS["surcharge"](known | {name: None}) is None
    order = {"fine": "100000", "served": "2026-03-03", "found": "2026-03-20", "result": "continues"}
    assert FUNCTIONS["daily_fine"](order).value == Decimal(1_700_000)  # type: ignore[union-attr]
    assert FUNCTIONS["daily_fine"](order | {"result": "corrected"}) is None
    assert FUNCTIONS["daily_fine"](order | {"fine": "many"}) is None


@given(st.sets(st.text("abcdefgh", min_size=1), min_size=1, max_size=40), st.text("0123456789", min_size=1))
def test_a_draw_can_be_repeated_and_a_longer_one_holds_the_shorter(codes: set[str], seed: str) -> None:
    few, more = drawn(codes, seed, 3), drawn(sorted(codes, reverse=True), seed, 8)
    assert more[: len(few)] == few
    assert set(more) <= codes and len(set(more)) == len(more) == min(8, len(codes))


def test_seeds_draw_apart_and_a_draw_without_one_is_refused() -> None:
    codes = [f"E-{number}" for number in range(200)]
    assert drawn(codes, "2026-03", 20) != drawn(codes, "2026-04", 20)
    assert drawn(codes, "2026-03", 2) == ("E-25", "E-107")
    for seed, count in (("", 3), ("  ", 3), ("x", 0)):
        with pytest.raises(InvalidInput):
            drawn(codes, seed, count)
