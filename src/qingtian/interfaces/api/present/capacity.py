"""Reckonings of capacity, replacement, splits and carbon: read, reckoned, rounded once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from qingtian.domain.analysis.capacity import CapacityZone, capacity, ventilation_from_a
from qingtian.domain.carbon import CarbonBalance, Fuel, Output, balance, late_fine, must_take_part
from qingtian.domain.errors import InvalidInput
from qingtian.domain.ledgers import Account, AccountKind, Ledger, Need, Shortfall, allocate, endow, split, taken
from qingtian.domain.standards.numbers import exact, plain, round_fraction, round_gb8170
from qingtian.interfaces.api.present.indicators import city
from qingtian.interfaces.api.schemas.capacity import (
    CapacityIn,
    CapacityOut,
    CarbonIn,
    CarbonOut,
    ReplacementIn,
    ReplacementOut,
    SplitIn,
    SplitOut,
    SplitPartOut,
)
from qingtian.packs import load_packs
from qingtian.packs.balances import capacity_zone, carbon_rule, replacement_rule

TRIED = "a reckoning, not a booking"
MULTIPLES = ("late_multiple_low", "late_multiple_high")


def reckon_capacity(wish: CapacityIn, on: date) -> CapacityOut:
    """What an area bears, by a given A or that of the zone."""
    zone = None if wish.a_value is not None else capacity_zone(load_packs(), wish.region or city(), on)
    a_value = _a_value(wish, zone)
    found = capacity(
        a_value=a_value,
        target=exact(wish.target, field="target"),
        background=exact(wish.background, field="background"),
        area=exact(wish.area, field="area"),
        allocation_area=exact(wish.allocation_area, field="allocation_area"),
    )
    return CapacityOut(
        tons=plain(found.rounded()),
        a_value=plain(a_value),
        ventilation=plain(round_gb8170(ventilation_from_a(a_value), 0)),
        rise=plain(found.rise),
        warnings_zh=[one.zh for one in found.warnings],
        warnings_en=[one.en for one in found.warnings],
        standard=zone.standard if zone else "GB/T 3840-91",
        clause=zone.clause if zone else "",
        rule_row=zone.row_id if zone else None,
        unverified=zone.unverified if zone else False,
    )


def reckon_replacement(wish: ReplacementIn, on: date) -> ReplacementOut:
    """What a need takes from a reserve; too little is an answer here, not an error."""
    rule = replacement_rule(load_packs(), wish.area, wish.item, on, city())
    need = Need("project", exact(wish.need, field="need"), rule.factor, rule.row_id)
    reserve = Account("reserve", wish.item, AccountKind.RESERVE, "t/a")
    held = exact(wish.reserve, field="reserve")
    if held < 0:
        raise InvalidInput(f"{wish.reserve} is negative", field="reserve", remedy="give zero or more")
    ledger = endow(Ledger(), reserve, held, entry_id="reserve", decision=TRIED) if held else Ledger()
    try:
        left, lacking = allocate(ledger, reserve, need, entry_id="project", decision=TRIED).balance(reserve), Decimal(0)
    except Shortfall as error:
        left, lacking = held, error.missing
    return ReplacementOut(
        factor=plain(rule.factor),
        takes=plain(taken(need)),
        granted=not lacking,
        left=plain(left),
        shortfall=plain(lacking),
        rule_row=rule.row_id,
        unverified=rule.unverified,
    )


def reckon_split(wish: SplitIn) -> SplitOut:
    """Parts that sum up exactly."""
    weights = {account: exact(weight, field=f"weights.{account}") for account, weight in wish.weights.items()}
    pool = exact(wish.pool, field="pool")
    parts = split(pool, weights, digits=wish.digits)
    return SplitOut(
        parts=[SplitPartOut(account=one.account, amount=plain(one.amount), extra=one.extra) for one in parts],
        total=plain(pool),
    )


def reckon_carbon(wish: CarbonIn, on: date) -> CarbonOut:
    """The account of a year of a plant."""
    packs = load_packs()
    fuels = [
        Fuel(
            exact(one.amount, field=f"fuels.{number}.amount"),
            exact(one.carbon, field=f"fuels.{number}.carbon"),
            exact(one.oxidised, field=f"fuels.{number}.oxidised"),
            None if one.heat is None else exact(one.heat, field=f"fuels.{number}.heat"),
        )
        for number, one in enumerate(wish.fuels)
    ]
    outputs = [
        Output(
            exact(one.amount, field=f"outputs.{number}.amount"),
            exact(one.benchmark, field=f"outputs.{number}.benchmark"),
            exact(one.correction, field=f"outputs.{number}.correction"),
        )
        for number, one in enumerate(wish.outputs)
    ]
    found = balance(
        fuels,
        purchased_mwh=exact(wish.purchased_mwh, field="purchased_mwh"),
        grid_factor=exact(wish.grid_factor, field="grid_factor"),
        outputs=outputs,
    )
    threshold = carbon_rule(packs, "entry_threshold", on=on, region=city())
    fine, rows = _fine(wish, found, on)
    return CarbonOut(
        burnt=_tons(found.burnt),
        purchased=_tons(found.purchased),
        emission=_tons(found.emission),
        allowance=_tons(found.allowance),
        shortfall=_tons(found.shortfall),
        surplus=_tons(found.surplus),
        must_take_part=must_take_part(found.emission, threshold.value),
        fine_low=fine[0] if fine else None,
        fine_high=fine[1] if fine else None,
        rule_rows=[threshold.row_id, *rows],
    )


def _a_value(wish: CapacityIn, zone: CapacityZone | None) -> Decimal:
    if zone is not None:
        return zone.a_value
    return exact(wish.a_value, field="a_value")


def _fine(wish: CarbonIn, found: CarbonBalance, on: date) -> tuple[tuple[str, str] | None, list[str]]:
    if wish.mean_price is None:
        return None, []
    low, high = (carbon_rule(load_packs(), name, on=on, region=city()) for name in MULTIPLES)
    price = exact(wish.mean_price, field="mean_price")
    span = late_fine(found.shortfall, mean_price=price, low_multiple=low.value, high_multiple=high.value)
    return (plain(span[0]), plain(span[1])), [low.row_id, high.row_id]


def _tons(value: Fraction) -> str:
    return plain(round_fraction(value, 0))
