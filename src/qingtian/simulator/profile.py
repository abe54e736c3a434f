"""What a kind of device measures and how it reports: profiles in TOML, built in or given by the user."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from importlib import resources
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar

from qingtian.domain.errors import InvalidInput

BUILT_IN = ("air_station", "flue_gas", "waste_water", "noise", "voc", "power", "surface_water")
MINUTE_STEPS = frozenset(
    {1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 240}
)  # up to 30 by the standard; 60, 240: surface water
COURSES = ("flat", "traffic", "sun", "inverse_sun", "shift", "cold_night", "street")
TOTALS = ("none", "mass", "volume")
KINDS = ("values", "noise")
RULES = ("any", "share")
SITES = ("station", "outlet", "power_meter")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Channel:
    """One measured quantity of a profile.

    Args:
        code: code of HJ 524/525 as the device sends it in the 2017 and 2025 editions.
        name: what it is, in Chinese.
        unit: unit of the values.
        typical: the usual value, in that unit.
        spread: relative spread of the slow variation; with `additive` in the unit itself.
        wiggle: relative (or additive) spread from minute to minute.
        step: resolution of the instrument, in the unit.
        low: lower end of the range.
        high: upper end of the range.
        decimals: digits behind the point that are sent.
        course: course of the day.
        additive: vary by adding (temperatures, pH) instead of multiplying (concentrations).
        total: what `Cou` tells: mass in kg, volume in m3, or nothing.
        converted: also send values converted to reference oxygen (Zs*).
        below: code of a channel that this one never exceeds (PM2.5 is part of PM10): its value is a share of that one.
        old_code: code of the 2005 edition; empty: the code itself is sent.
        registered: code under which the platform registers a private code; empty: the same code.
        realtime_only: not part of minute, hour and day records.
    """

    code: str
    name: str
    unit: str
    typical: float
    spread: float = 0.3
    wiggle: float = 0.04
    step: float = 0.1
    low: float = 0.0
    high: float = 1e9
    decimals: int = 1
    course: str = "flat"
    additive: bool = False
    total: str = "none"
    converted: bool = False
    below: str = ""
    old_code: str = ""
    registered: str = ""
    realtime_only: bool = False


@dataclass(frozen=True, slots=True)
class Marks:
    """When values are not normal, apart from what the host orders.

    Args:
        calibrate_at: hhmm of the daily automatic calibration; empty = none.
        calibrate_minutes: how long it takes.
        fault_per_day: chance of a fault (D) of some hours per day.
        maintenance_per_day: chance of maintenance (M) of an hour per day.
        logger_fault_per_day: chance of a broken link between instrument and logger (B) of an hour per day.
        stop_from: hhmm from which the plant stands each day (F); empty = never.
        stop_minutes: how long.
        period_rule: `any` abnormal value makes the period abnormal (water), or the `share` of normal values decides
            (flue gas).
        normal_share: that share.
    """

    calibrate_at: str = ""
    calibrate_minutes: int = 20
    fault_per_day: float = 0.0
    maintenance_per_day: float = 0.0
    logger_fault_per_day: float = 0.0
    stop_from: str = ""
    stop_minutes: int = 0
    period_rule: str = "share"
    normal_share: float = 0.75


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of device.

    Args:
        name: its name.
        title: what it is, in Chinese.
        title_en: the same in English.
        st: system code.
        site: what it is registered under: `station`, `outlet` or `power_meter`.
        channels: what it measures.
        kind: `values`, or `noise` for the items of noise stations (Leq, L10 ...).
        realtime_s: seconds between two real-time values.
        minute_min: minutes of a 2051 record; 0 = none.
        hourly: sends 2061.
        daily: sends 2031.
        flow: code of the flow that masses are computed with; empty = none.
        reference_o2: oxygen content, %, that Zs* are converted to (device setting).
        oxygen: code of the oxygen channel.
        facilities: treatment facilities whose state (2021) and hours (2041) it reports.
        vases: bottles of the sampler.
        furnace: sends the 5-minute furnace temperature (2111, 2025 edition).
        marks: abnormal times.
        trouble: trouble that this profile brings along, as on the command line.
        number: number of the profile inside MNs of simulated devices, 0..255.
    """

    name: str
    title: str
    title_en: str
    st: str
    channels: tuple[Channel, ...]
    site: str = "outlet"
    kind: str = "values"
    realtime_s: int = 60
    minute_min: int = 10
    hourly: bool = True
    daily: bool = True
    flow: str = ""
    reference_o2: float = 0.0
    oxygen: str = ""
    facilities: tuple[str, ...] = ()
    vases: int = 0
    furnace: bool = False
    marks: Marks = field(default_factory=Marks)
    trouble: Mapping[str, str] = field(default_factory=dict)
    number: int = 255

    def channel(self, code: str) -> Channel | None:
        """The channel of a code of any edition."""
        return next((one for one in self.channels if code in (one.code, one.old_code)), None)


@lru_cache(maxsize=16)
def built_in_profile(name: str) -> Profile:
    """One of the built-in profiles.

    Raises:
        InvalidInput: there is none of this name.

    >>> built_in_profile("flue_gas").st
    '31'
    """
    if name not in BUILT_IN:
        raise InvalidInput(
            f"there is no profile {name!r}", field="profile", remedy=f"one of {', '.join(BUILT_IN)}, or a TOML file"
        )
    text = (resources.files("qingtian.simulator") / "profiles" / f"{name}.toml").read_text("utf-8")
    return read_profile(text, name)


def load_profile(name_or_file: str) -> Profile:
    """A built-in profile by name, or the profile in a TOML file."""
    if name_or_file in BUILT_IN or not name_or_file.endswith(".toml"):
        return built_in_profile(name_or_file)
    try:
        text = Path(name_or_file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{name_or_file} cannot be read: {error}", field="profile", remedy="give the path of a TOML file in UTF-8"
        ) from error
    return read_profile(text, Path(name_or_file).stem)


def read_profile(text: str, name: str) -> Profile:
    """The profile of a TOML text.

    Args:
        text: see docs/simulator.md.
        name: name of the profile when the text gives none.
    Raises:
        InvalidInput: names the line or the field, and what it should be.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{name}: {error}", field="profile", remedy="correct the TOML text") from error
    channels = tuple(
        _made(Channel, one, f"{name}.channel[{index}]") for index, one in enumerate(_tables(given, "channel"))
    )
    marks = _made(Marks, _table(given, "marks"), f"{name}.marks")
    trouble = {key: str(value) for key, value in _table(given, "trouble").items()}
    rest = {"name": name} | {key: value for key, value in given.items() if key not in ("channel", "marks", "trouble")}
    if "facilities" in rest:
        rest["facilities"] = tuple(rest["facilities"])
    profile = _made(Profile, rest | {"channels": channels, "marks": marks, "trouble": trouble}, name)
    for where, problem, remedy in _problems(profile):
        raise InvalidInput(problem, field=f"{name}.{where}", remedy=remedy)
    return profile


def _table(given: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = given.get(key, {})
    if not isinstance(value, dict):
        raise InvalidInput("must be a table", field=key, remedy=f"write [{key}] and its settings below")
    return value


def _tables(given: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = given.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise InvalidInput("must be a list of tables", field=key, remedy=f"write [[{key}]] before each")
    return value


def _made(kind: type[Made], given: Mapping[str, Any], where: str) -> Made:
    known = {one.name: one.type for one in fields(kind)}  # type: ignore[arg-type]
    for key, value in given.items():
        if key not in known:
            raise InvalidInput(
                f"there is no setting {key!r}", field=f"{where}.{key}", remedy=f"one of {', '.join(sorted(known))}"
            )
        _check_type(value, str(known[key]), f"{where}.{key}")
    try:
        return kind(**given)
    except TypeError as error:
        raise InvalidInput(f"a setting is missing: {error}", field=where, remedy="see docs/simulator.md") from error


def _check_type(value: Any, wanted: str, where: str) -> None:
    allowed: dict[str, type | UnionType] = {"str": str, "int": int, "float": int | float, "bool": bool}
    kind = allowed.get(wanted)
    if kind is not None and (not isinstance(value, kind) or (isinstance(value, bool) and wanted != "bool")):
        raise InvalidInput(f"{value!r} is no {wanted}", field=where, remedy=f"give a value of type {wanted}")


def _problems(profile: Profile) -> Iterator[tuple[str, str, str]]:
    if not profile.channels:
        yield "channel", "there is no channel", "write at least one [[channel]]"
    codes = [one.code for one in profile.channels]
    if len(set(codes)) < len(codes):
        yield "channel", "a code is there twice", "give each channel its own code"
    for field_name, value, among in (
        ("kind", profile.kind, KINDS),
        ("site", profile.site, SITES),
        ("marks.period_rule", profile.marks.period_rule, RULES),
    ):
        if value not in among:
            yield field_name, f"{value!r} is unknown", f"one of {', '.join(among)}"
    if profile.minute_min and profile.minute_min not in MINUTE_STEPS:
        yield "minute_min", f"{profile.minute_min} is no interval", f"one of {sorted(MINUTE_STEPS)}, or 0"
    if profile.realtime_s < 1:
        yield "realtime_s", "must be at least 1 s", "30 to 3600 by the standard"
    for name in ("flow", "oxygen"):
        if (code := getattr(profile, name)) and code not in codes:
            yield name, f"no channel has the code {code}", "name a channel of this profile"
    for index, channel in enumerate(profile.channels):
        for where, problem, remedy in _channel_problems(channel, codes):
            yield f"channel[{index}].{where}", problem, remedy


def _channel_problems(channel: Channel, codes: list[str]) -> Iterator[tuple[str, str, str]]:
    if channel.course not in COURSES:
        yield "course", f"{channel.course!r} is unknown", f"one of {', '.join(COURSES)}"
    if channel.total not in TOTALS:
        yield "total", f"{channel.total!r} is unknown", f"one of {', '.join(TOTALS)}"
    if channel.step <= 0 or channel.low >= channel.high:
        yield "step", "resolution and range must be positive", "give step > 0 and low < high"
    if channel.below and channel.below not in codes:
        yield "below", f"no channel has the code {channel.below}", "name a channel of this profile"
