"""Bulk questions about water, soil, noise and the environmental tax."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.black_odour import black_odour
from qingtian.domain.standards.environmental_tax import equivalents, tax_row
from qingtian.domain.standards.noise import judge_noise
from qingtian.domain.standards.numbers import exact, round_fraction
from qingtian.domain.standards.quality import (
    QualityLimit,
    QualityTable,
    QualityTest,
    WaterClass,
    item_class,
    limits_of,
    worst_class,
)
from qingtian.domain.standards.soil import SoilLimit, judge_soil
from qingtian.domain.standards.surface_water import SATURATION, Section, basin_status, section
from qingtian.domain.standards.water_index import trophic_state, water_index
from qingtian.packs.answers import Answer, concentration, day, needed, text
from qingtian.packs.rulebook import Packs

COUNTS = "counts_I_to_worse_V"
BESIDE = frozenset({"date", "water_body"})  # of a section: what is no item
ABSENT = frozenset({"无", "未检出", "none", "not detected", "ND"})
BODIES = {"river": "river", "lake": "lake", "reservoir": "lake", "河流": "river", "湖泊": "lake", "湖库": "lake"}
USES = {"水田": "paddy", "其他": "other", "果园": "orchard", "水旱轮作": "rotation", "dry": "other"}
CLASSES = {"": "class 1", "1": "class 1", "2": "class 2", "第一类用地": "class 1", "第二类用地": "class 2"}


def _water_class_item(packs: Packs, given: Mapping[str, Any]) -> Answer:
    law = packs.media.surface_water(day(given))
    name = text(given, "item")
    limits = _item_limits(law.limits, name, _body(given))
    clause = f"{limits[0].standard} {limits[0].clause}"
    value = _quality_value(limits, needed(given, "value"), "value")
    if value is None:
        return Answer(None, clause)
    found = item_class(limits, value, worst=WaterClass.WORSE, saturation=_saturation(given), name="value")
    return Answer(found.water_class.value, clause)


def _water_section(packs: Packs, given: Mapping[str, Any]) -> Answer:
    law = packs.media.surface_water(day(given))
    beside = BESIDE | set(SATURATION)
    values = {
        name: None if name in law.rule.excluded else concentration(value, name)
        for name, value in given.items()
        if name not in beside
    }
    found = section(law, values, water_body=_body(given), saturation=_saturation(given))
    over = {name: float(multiple) for name, multiple in found.over.items()}
    result = {"class": found.water_class.value, "status": found.status.status_zh, "over_III": over}
    return Answer(result, _coverage(found))


def _coverage(found: Section) -> str:
    without = f", without {', '.join(found.missing)}" if found.missing else ""
    return f"{found.clause} ({found.have} of {found.need} items{without})"


def _basin_status(packs: Packs, given: Mapping[str, Any]) -> Answer:
    counts = needed(given, COUNTS)
    if not isinstance(counts, list):
        raise InvalidInput("is no list", field=COUNTS, remedy="give six counts")
    law = packs.media.surface_water(day(given))
    found = basin_status(law, [_count(one, f"{COUNTS}.{number}") for number, one in enumerate(counts)])
    return Answer(found.status_zh, f"{found.standard}: {found.clause}")


def _count(value: object, field: str) -> int:
    number = exact(value, field=field)
    if number != number.to_integral_value():
        raise InvalidInput(f"{number} is no whole number", field=field, remedy="give a number of sections")
    return int(number)


def _tli(packs: Packs, given: Mapping[str, Any]) -> Answer:
    rule = packs.media.trophic_rule(day(given))
    found = trophic_state(rule, _values(given, {"date"}))
    clause = f"{found.clause}; weights without {', '.join(found.missing)}" if found.missing else found.clause
    return Answer({"value": float(found.value), "grade": found.grade.name_zh}, clause)


def _cwqi(packs: Packs, given: Mapping[str, Any]) -> Answer:
    on = day(given)
    known = {name: value for name, value in _values(given, BESIDE).items() if value is not None}
    found = water_index(packs.media.water_index_rule(on), packs.media.surface_water(on), known, water_body=_body(given))
    return Answer({"value": float(found.value)}, f"{found.clause} ({found.have} of {found.need} items)")


def _black_odour(packs: Packs, given: Mapping[str, Any]) -> Answer:
    scope = text(given, "scope") if "scope" in given else "urban"
    limits = packs.media.black_odour(scope, day(given))
    depth = concentration(given.get("depth"), "depth")
    found = black_odour(limits, _values(given, {"date", "scope", "depth"}), depth=depth)
    by = [item for item, row in found.hits.items() if row.grade is found.grade]
    return Answer({"grade": found.grade.value, "by": by}, found.clause)


def _groundwater_class(packs: Packs, given: Mapping[str, Any]) -> Answer:
    every = packs.media.groundwater(day(given))
    found = []
    for name, raw in given.items():
        if name in BESIDE:
            continue
        limits = limits_of(every, name)
        value = _quality_value(limits, raw, name)
        if value is not None:
            found.append(item_class(limits, value, worst=WaterClass.FIFTH, name=name))
    worst = worst_class(found)
    decided = [one.name for one in found if one.water_class is worst]
    clause = f"{every.rows[0].standard} ({len(found)} items)"
    return Answer({"class": worst.value, "by": decided}, clause)


def _soil_farmland(packs: Packs, given: Mapping[str, Any]) -> Answer:
    limits = packs.media.soil_limits("farmland", day(given))
    use = text(given, "use")
    return _soil(limits, given, USES.get(use, use))


def _soil_construction(packs: Packs, given: Mapping[str, Any]) -> Answer:
    limits = packs.media.soil_limits("construction", day(given))
    use = str(given.get("class") or "")  # land of unknown use is judged as class 1
    return _soil(limits, given, CLASSES.get(use, use))


def _soil(limits: Iterable[SoilLimit], given: Mapping[str, Any], use: str) -> Answer:
    item = text(given, "item")
    value = concentration(needed(given, "value"), "value")
    found = judge_soil(limits, item, value or Decimal(0), use=use, ph=_ph(given))
    return Answer(None if value is None else found.verdict.value, found.clause)


def _ph(given: Mapping[str, Any]) -> Decimal | None:
    ph = concentration(given.get("pH"), "pH")
    if ph is not None and ph < 0:
        raise InvalidInput(f"{ph} is no pH", field="pH", remedy="give the pH of the soil")
    return ph


def _noise(packs: Packs, given: Mapping[str, Any]) -> Answer:
    on = day(given)
    place = text(given, "place") if "place" in given else "ambient"
    limit = packs.media.noise_limit(str(needed(given, "zone")), text(given, "period"), on, place=place)
    level = exact(needed(given, "level"), field="level")
    found = judge_noise(packs.media.noise_rule(on), limit, level)
    return Answer({"within": found.within, "excess": float(max(found.excess, Decimal(0)))}, found.clause)


def _tax_equivalents(packs: Packs, given: Mapping[str, Any]) -> Answer:
    on = day(given)
    medium = text(given, "medium") if "medium" in given else None
    row = tax_row(packs.media.tax_equivalents(on), text(given, "item"), medium)
    clause = f"{row.standard} {row.clause}"
    kg = concentration(needed(given, "kg"), "kg")
    if kg is None:
        return Answer(None, clause)
    return Answer(float(round_fraction(equivalents(row, kg), packs.media.tax_rule(on).digits)), clause)


def _values(given: Mapping[str, Any], beside: Iterable[str]) -> dict[str, Decimal | None]:
    skipped = frozenset(beside)
    return {name: concentration(value, name) for name, value in given.items() if name not in skipped}


def _item_limits(limits: QualityTable, name: str, body: str) -> tuple[QualityLimit, ...]:
    try:
        return limits_of(limits, name, body)
    except InvalidInput as error:
        raise InvalidInput(error.message, field="item", remedy=error.remedy) from error


def _quality_value(limits: tuple[QualityLimit, ...], value: object, field: str) -> Decimal | None:
    absent_counts = any(row.op is QualityTest.ABSENT for row in limits)
    if absent_counts and isinstance(value, str) and value.strip() in ABSENT:
        return Decimal(0)
    return concentration(value, field)


def _saturation(given: Mapping[str, Any]) -> Decimal | None:
    for name in SATURATION:
        if name in given:
            return concentration(given[name], name)
    return None


def _body(given: Mapping[str, Any]) -> str:
    if "water_body" not in given:
        return ""
    word = text(given, "water_body")
    if word not in BODIES:
        raise InvalidInput(f"there is no water body {word!r}", field="water_body", remedy="use river or lake")
    return BODIES[word]


MEDIA_KINDS: dict[str, Callable[[Packs, Mapping[str, Any]], Answer]] = {
    "water_class_item": _water_class_item,
    "water_section": _water_section,
    "basin_status": _basin_status,
    "tli": _tli,
    "cwqi": _cwqi,
    "black_odour": _black_odour,
    "groundwater_class": _groundwater_class,
    "soil_farmland": _soil_farmland,
    "soil_construction": _soil_construction,
    "noise": _noise,
    "tax_equivalents": _tax_equivalents,
}
