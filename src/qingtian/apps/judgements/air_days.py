"""Days of ambient air between the domain and their kept judgements: one shape for writing and for reading back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.queries import AQI, of_period
from qingtian.apps.judgements.states import Question
from qingtian.domain.standards.air_day import DayValue
from qingtian.domain.standards.air_evaluation import AirDay, AirRules, city_day
from qingtian.domain.standards.air_rules import AirParameter
from qingtian.domain.standards.attainment import places_of
from qingtian.domain.standards.numbers import plain, round_fraction
from qingtian.packs import Packs
from qingtian.packs.air_evaluation import air_rules
from qingtian.runtime.clock import SHANGHAI, day_start

SHOWN_PLACES = 1  # where the edition states none for a day value


def kept_inputs(day: AirDay, rules: AirRules) -> dict[str, Any]:
    """What a judgement of a day keeps: each value as shown and exactly, with what it rests on."""
    indices = {one.item: one.iaqi for one in day.index.sub_indices if one.period != "1h"}
    band = day.index.category
    return {
        "report": day.index.report.value,
        "values": {item: _kept(value, rules, indices.get(item)) for item, value in sorted(day.values.items())},
        "ozone_hour": None if day.ozone_hour is None else str(day.ozone_hour),
        "category": None
        if band is None
        else {
            "level": band.level,
            "number": band.level_number,
            "zh": band.name_zh,
            "en": band.name_en,
            "hex": band.hex,
        },
    }


def read_day(row: Judgement, rules: AirRules) -> AirDay:
    """A kept day as the domain has it; its index is computed again by the given rules.

    Args:
        rules: those of its own date, or of the later period that it is compared with.
    """
    day = row.period_start.astimezone(SHANGHAI).date()
    values = {item: _read(item, kept) for item, kept in row.inputs.get("values", {}).items()}
    hour = row.inputs.get("ozone_hour")
    return city_day(day, values, None if hour is None else Fraction(hour), rules)


def kept_days(actor: Actor, object_id: int, start: date, end: date) -> list[Judgement]:
    """Current judgements of the days of one place, both days included, in time order."""
    rows = of_period(
        actor, day_start(start), day_start(end, after=1), question=Question.AIR_DAY, object_id=object_id, item=AQI
    )
    return list(rows)


def rebuilt(packs: Packs, rows: Iterable[Judgement], *, under: date | None = None, region: str = "CN") -> list[AirDay]:
    """Kept days as the domain has them.

    Args:
        under: judge every day by the rules of this date, for comparisons under one standard; None = each by its own.
    """
    rules: dict[date, AirRules] = {}
    days = []
    for row in rows:
        on = under or row.period_start.astimezone(SHANGHAI).date()
        if on not in rules:
            rules[on] = air_rules(packs, on, region=region)
        days.append(read_day(row, rules[on]))
    return days


def _kept(value: DayValue, rules: AirRules, iaqi: int | None) -> dict[str, Any]:
    digits = places_of(rules.places, "period_value", value.item, default=SHOWN_PLACES)
    return {
        "value": None if value.value is None else plain(round_fraction(value.value, digits)),
        "exact": None if value.value is None else str(value.value),
        "valid": value.valid,
        "have": value.have,
        "need": value.need,
        "reason": value.reason,
        "at": value.at,
        "iaqi": iaqi,
        "rows": [row.row_id for row in value.rows],
    }


def _read(item: str, kept: Mapping[str, Any]) -> DayValue:
    exact = kept["exact"]
    return DayValue(
        item,
        None if exact is None else Fraction(exact),
        bool(kept["valid"]),
        int(kept["have"]),
        int(kept["need"]),
        (),
        str(kept["reason"]),
        kept["at"],
    )


def good_limit(rules: AirRules) -> Decimal:
    """Largest index of a good day."""
    return rules.parameters.number(AirParameter.GOOD_INDEX)
