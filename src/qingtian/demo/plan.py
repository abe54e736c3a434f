"""The plan of the city: enterprises, outlets, meters and the devices that send for them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from qingtian.demo.limits import Limit, LimitsOf
from qingtian.demo.shapes import seeded
from qingtian.demo.sources import EnterpriseRow, Industry, Use, enterprises, industries
from qingtian.domain.objects.credit_code import check_character

PASSWORD = "123456"  # noqa: S105  the factory default of simulated devices
POWER_WIRE = "ele01"
POWER_CODE = "power_kw"
THRESHOLD_SHARE = 0.15
OLD_CODES = {"a34013": "01", "a21026": "02", "a21002": "03", "a19001": "S01", "a00000": "B02", "a01012": "S03"}


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """A simulated data logger.

    Args:
        mn: device identity.
        site: code of what it measures.
        st: system code of its frames.
        edition: 2017 or 2005.
        minute_interval: MinInterval, minutes.
    """

    mn: str
    site: str
    st: str
    edition: int = 2017
    minute_interval: int = 10

    def wire(self, code: str) -> str:
        """The name of a pollutant in this device's frames."""
        if code == POWER_CODE:
            return POWER_WIRE
        return OLD_CODES.get(code, code) if self.edition == 2005 else code

    def code_map(self) -> dict[str, str]:
        """Registered code per name on the wire, where they differ."""
        if self.st == "51":
            return {POWER_WIRE: POWER_CODE}
        return {old: code for code, old in OLD_CODES.items()} if self.edition == 2005 else {}


@dataclass(frozen=True, slots=True)
class OutletPlan:
    """An outlet with its limits and its device."""

    code: str
    name: str
    name_en: str
    use: Use
    limits: dict[str, Limit]
    device: DevicePlan
    lon: float
    lat: float

    @property
    def reference_o2(self) -> str:
        """Reference oxygen of its limits, %; empty when nothing is converted."""
        return next((limit.reference_o2 for limit in self.limits.values() if limit.reference_o2), "")


@dataclass(frozen=True, slots=True)
class MeterPlan:
    """A power meter of an enterprise's production or treatment."""

    code: str
    name: str
    name_en: str
    tag: str
    rated_kw: int
    device: DevicePlan

    @property
    def threshold_kw(self) -> int:
        """Above this the equipment counts as running, kW."""
        return round(self.rated_kw * THRESHOLD_SHARE)


@dataclass(frozen=True, slots=True)
class EnterprisePlan:
    """A fictitious enterprise."""

    code: str
    row: EnterpriseRow
    industry: Industry
    uscc: str
    permit_class: str
    works_sunday: bool
    outlets: tuple[OutletPlan, ...]
    meters: tuple[MeterPlan, ...]

    @property
    def devices(self) -> Iterator[DevicePlan]:
        """Its data loggers."""
        yield from (outlet.device for outlet in self.outlets)
        yield from (meter.device for meter in self.meters)


@dataclass(frozen=True, slots=True)
class CityPlan:
    """The whole fleet; the same seed gives the same plan."""

    seed: int
    enterprises: tuple[EnterprisePlan, ...]

    @property
    def devices(self) -> list[DevicePlan]:
        """Every data logger."""
        return [device for enterprise in self.enterprises for device in enterprise.devices]

    @property
    def outlets(self) -> list[OutletPlan]:
        """Every outlet."""
        return [outlet for enterprise in self.enterprises for outlet in enterprise.outlets]

    @property
    def meters(self) -> list[MeterPlan]:
        """Every power meter."""
        return [meter for enterprise in self.enterprises for meter in enterprise.meters]


def city_plan(seed: int, limits_of: LimitsOf, on: date, *, keep: int | None = None) -> CityPlan:
    """Lay out the city.

    Args:
        seed: decides numbers that the files leave open; not names, places or codes.
        limits_of: limits of a kind of outlet on a day, from the packs.
        on: day on which the limits are looked up.
        keep: only so many enterprises, spread over the industries (a reduced fleet for tests).
    """
    rows = enterprises()
    if keep is not None:
        rows = tuple(sorted(spread(rows)[:keep], key=lambda row: row.number))
    return CityPlan(seed, tuple(_enterprise(seed, row, limits_of, on) for row in rows))


def spread(rows: tuple[EnterpriseRow, ...]) -> list[EnterpriseRow]:
    """The first enterprise of every industry, then every second one, and so on."""
    seen: dict[str, int] = {}
    ranked = []
    for row in rows:
        seen[row.industry] = seen.get(row.industry, 0) + 1
        ranked.append((seen[row.industry], row))
    return [row for _, row in sorted(ranked, key=lambda pair: (pair[0], pair[1].number))]


def _enterprise(seed: int, row: EnterpriseRow, limits_of: LimitsOf, on: date) -> EnterprisePlan:
    industry = industries()[row.industry]
    rng = seeded(seed, row.number, "plan")
    key = any(group.use.code in {"coal_unit", "kiln", "incinerator", "effluent"} for group in industry.outlets)
    return EnterprisePlan(
        code=f"E-{row.number}",
        row=row,
        industry=industry,
        uscc=credit_code(row.number),
        permit_class="key" if key else "simplified",
        works_sunday=rng.random() < 0.3,
        outlets=tuple(_outlets(row, industry, limits_of, on)),
        meters=tuple(_meters(row, industry, rng.uniform(0.85, 1.25))) if industry.metered else (),
    )


def credit_code(number: str) -> str:
    """A well-formed unified social credit code (GB 32100) for a fictitious enterprise.

    >>> len(credit_code("001"))
    18
    """
    first17 = f"91420100MA4QT{number}0"
    return first17 + check_character(first17)


def _outlets(row: EnterpriseRow, industry: Industry, limits_of: LimitsOf, on: date) -> Iterator[OutletPlan]:
    index = 0
    for group in industry.outlets:
        for n in range(1, group.count + 1):
            index += 1
            code = f"O-{row.number}-{index:02d}"
            yield OutletPlan(
                code=code,
                name=group.name_zh.format(n=n),
                name_en=group.name_en.format(n=n),
                use=group.use,
                limits=limits_of(group.use, on),
                device=_outlet_device(code, group.use),
                lon=round(row.lon + 0.0012 * (index % 3 - 1), 5),
                lat=round(row.lat + 0.0009 * (index // 3), 5),
            )


def _outlet_device(site: str, use: Use) -> DevicePlan:
    st = "32" if use.kind == "water" else "31"
    # Every sixth boiler logger is an old one: the 2005 edition with its 14-digit MN and its own codes.
    old = use.code == "gas_boiler" and int(_digest(site)[:4], 16) % 6 == 0
    return DevicePlan(_mn(site, old=old), site, st, 2005 if old else 2017)


def _meters(row: EnterpriseRow, industry: Industry, size: float) -> Iterator[MeterPlan]:
    kinds = (
        ("P", "production", "生产设施用电", "Production electricity", industry.production_kw),
        ("T", "treatment", "治理设施用电", "Treatment electricity", industry.treatment_kw),
    )
    for letter, tag, name, name_en, rated in kinds:
        code = f"M-{row.number}-{letter}"
        device = DevicePlan(_mn(code), code, "51", minute_interval=5)
        yield MeterPlan(code, name, name_en, tag, round(rated * size), device)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest().upper()


def _mn(site: str, *, old: bool = False) -> str:
    # 2017: 24 characters of 0-9 A-F; 2005: 14 digits. "42" + district of nothing real: these are simulated identities.
    digest = _digest(site)
    return f"420100{int(digest[:8], 16) % 10**8:08d}" if old else f"4201{digest[:20]}"
