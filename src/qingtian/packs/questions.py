"""Bulk questions: one kind of assessment each, from a plain input to a plain result with its clause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards import (
    AirIndex,
    AqiTables,
    Report,
    air_index,
    composite_index,
    energy_mean,
    exact,
    iaqi,
    percentile,
    plain,
    round_fraction,
    round_gb8170,
)
from qingtian.domain.standards.emission import to_reference_oxygen
from qingtian.packs.answers import Answer, KindNotBuilt, concentration, needed, series, text
from qingtian.packs.media_questions import MEDIA_KINDS
from qingtian.packs.rulebook import Packs

NOT_PUBLISHED = "NA"  # how HJ 633-2026 marks an index that may not be published
NOT_IN_PLAN = "/"  # an item outside the monitoring plan, which does not block publication
MOST_PLACES = 30
O2_PLACES = 6  # of a converted concentration as a JSON number; judgements use the exact fraction
PERIODS = {"daily_max_1h": "1h", "daily_max_8h": "8h"}


def answer(packs: Packs, kind: object, given: object) -> Answer:
    """Answer one question.

    Args:
        kind: one of KINDS.
        given: input of that kind; decimals and integers, or their text.
    Raises:
        KindNotBuilt: no such kind.
        InvalidInput: names the field, the reason and the remedy.
    """
    build = KINDS.get(kind) if isinstance(kind, str) else None
    if build is None:
        raise KindNotBuilt(
            f"the kind {kind!r} is not built", field="kind", remedy=f"ask one of {', '.join(sorted(KINDS))}"
        )
    if not isinstance(given, Mapping):
        raise InvalidInput("is not an object", field="input", remedy='give {"input": {...}}')
    return build(packs, given)


def _iaqi(packs: Packs, given: Mapping[str, Any]) -> Answer:
    tables = _edition(packs, given)
    item, period = text(given, "item"), text(given, "period")
    value = concentration(needed(given, "c"), "c")
    table = tables.table(item, PERIODS.get(period, period))
    clause = ", ".join(part for part in (f"{tables.standard} {tables.digits_clause}".strip(), table.clause) if part)
    if value is None:
        return Answer(None, clause)
    return Answer(iaqi(tables, item, PERIODS.get(period, period), value).iaqi, clause)


def _aqi(packs: Packs, given: Mapping[str, Any]) -> Answer:
    tables = _edition(packs, given)
    concentrations = needed(given, "c")
    if not isinstance(concentrations, Mapping) or not concentrations:
        raise InvalidInput("is no object of concentrations", field="c", remedy='give {"c": {"PM2.5": 35, ...}}')
    exempt = frozenset(name for name, value in concentrations.items() if value == NOT_IN_PLAN)
    values = {name: concentration(value, f"c.{name}") for name, value in concentrations.items() if name not in exempt}
    found = air_index(tables, _report(given), values, exempt=exempt)
    return Answer(_index_result(found, concentrations, exempt), found.clause)


def _index_result(found: AirIndex, given: Mapping[str, Any], exempt: frozenset[str]) -> dict[str, Any]:
    indices = {one.name: one.iaqi for one in found.sub_indices}
    shown = {name: NOT_IN_PLAN if name in exempt else indices.get(name) for name in given}
    if found.aqi is None or found.category is None:
        return {"iaqi": shown, "aqi": NOT_PUBLISHED, "category": NOT_PUBLISHED, "primary": NOT_PUBLISHED}
    return {
        "iaqi": shown,
        "aqi": found.aqi,
        "category": found.category.name_zh,
        "primary": list(found.primary),
    }


def _round(packs: Packs, given: Mapping[str, Any]) -> Answer:
    digits = exact(given.get("digits", 0), field="digits")
    if digits != digits.to_integral_value() or abs(digits) > MOST_PLACES:
        remedy = f"give a whole number, -{MOST_PLACES}..{MOST_PLACES}"
        raise InvalidInput(f"{digits} is no number of places", field="digits", remedy=remedy)
    value = exact(needed(given, "x"), field="x")
    return Answer(plain(round_gb8170(value, int(digits))), "GB/T 8170")


def _reference_o2(packs: Packs, given: Mapping[str, Any]) -> Answer:
    c, o2, ref = (exact(needed(given, name), field=name) for name in ("c", "o2", "ref"))
    if c < 0:
        raise InvalidInput(f"{c} is negative", field="c", remedy="treat it as an invalid value")
    converted = to_reference_oxygen(c, o2, ref)
    clause = "GB 13271-2014 5.2; GB 4915-2013; GB 37822-2019 10.3.3"
    return Answer("invalid" if converted is None else float(round_fraction(converted, O2_PLACES)), clause)


def _percentile(packs: Packs, given: Mapping[str, Any]) -> Answer:
    found = percentile(series(given, "x"), exact(needed(given, "p"), field="p"))
    return Answer(float(found), "HJ 663: k = 1 + (n - 1) p / 100")


def _leq(packs: Packs, given: Mapping[str, Any]) -> Answer:
    level = energy_mean(series(given, "LAeq_equal_length_periods"))
    return Answer(float(round_gb8170(exact(level, field="level"), 1)), "GB 3096-2008: energy mean, 0.1 dB")


def _composite_2013(packs: Packs, given: Mapping[str, Any]) -> Answer:
    return _composite(packs, given, "composite.2013", float)


def _composite_2026(packs: Packs, given: Mapping[str, Any]) -> Answer:
    return _composite(packs, given, "composite.2026", plain)


def _composite(packs: Packs, given: Mapping[str, Any], row_id: str, show: Callable[[Decimal], Any]) -> Answer:
    [rule] = [one for one in packs.composite if one.row_id == row_id]
    found = composite_index({name: exact(value, field=name) for name, value in given.items()}, rule)
    return Answer({"value": show(found.value)}, f"{rule.standard} {rule.clause}")


def _edition(packs: Packs, given: Mapping[str, Any]) -> AqiTables:
    if "standard" in given:
        return packs.aqi_edition(text(given, "standard"))
    day = text(given, "date")
    try:
        return packs.aqi_tables(date.fromisoformat(day))
    except ValueError as error:
        raise InvalidInput(f"{day!r} is no date", field="date", remedy="give YYYY-MM-DD") from error


def _report(given: Mapping[str, Any]) -> Report:
    mode = text(given, "mode")
    try:
        return Report(mode)
    except ValueError as error:
        raise InvalidInput(
            f"there is no report {mode!r}", field="mode", remedy=f"use {', '.join(one.value for one in Report)}"
        ) from error


KINDS: dict[str, Callable[[Packs, Mapping[str, Any]], Answer]] = {
    "iaqi": _iaqi,
    "aqi": _aqi,
    "round_gb8170": _round,
    "reference_o2": _reference_o2,
    "percentile": _percentile,
    "composite_2013": _composite_2013,
    "composite_2026": _composite_2026,
    "leq": _leq,
    **MEDIA_KINDS,
}
