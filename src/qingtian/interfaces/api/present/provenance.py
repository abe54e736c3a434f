"""Where the data of a site come from, in words."""

from __future__ import annotations

from dataclasses import dataclass

from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.telemetry.store import Observation


@dataclass(frozen=True, slots=True)
class Provenance:
    """A source with its words."""

    code: str
    zh: str
    en: str


DEVICE = Provenance("device", "在线监测设备（HJ 212）", "online monitoring device (HJ 212)")
SIMULATED = Provenance("simulated_device", "模拟设备（HJ 212）", "simulated device (HJ 212)")
NATIONAL = Provenance("national_network", "国家环境空气质量监测网小时数据", "hours of the national air network")
HISTORICAL = Provenance(
    "national_network", "国家环境空气质量监测网历史小时数据", "historical hours of the national air network"
)
IMPORTED = Provenance("import", "导入的站点小时数据", "imported station hours")


def provenance(site: RegistryObject) -> Provenance:
    """The source of a site; what the register states goes before the rule of thumb."""
    stated = site.attributes
    if "source_zh" in stated or "source_en" in stated:
        zh = str(stated.get("source_zh", stated.get("source_en", "")))
        return Provenance(str(stated.get("source", "stated")), zh, str(stated.get("source_en", zh)))
    if site.type == ObjectType.STATION:
        if stated.get("level") == "national":
            return HISTORICAL if stated.get("historical") else NATIONAL
        return IMPORTED
    return SIMULATED if site.simulated else DEVICE


def frame_id(row: Observation) -> str | None:
    """The raw frame behind a value, as the place in the archive `segment:offset`; None for imports and roll-ups."""
    return f"{row.segment}:{row.frame_offset}" if row.segment else None
