"""What has to be registered so that a host accepts these devices: objects for `qingtian register`.

Every object is marked simulated, so every screen and export says so.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from qingtian.domain.hj212 import Edition
from qingtian.simulator.settings import DeviceSettings

ENTERPRISE = "SIM-ENTERPRISE"
COLUMNS = ("type", "code", "name", "name_en", "parent_type", "parent_code", "simulated", "attributes")
NO_PARENT = ("", "")


def objects_of(settings: Sequence[DeviceSettings]) -> list[dict[str, Any]]:
    """Objects in the order in which they are registered, parents first.

    Args:
        settings: the devices; each gets an outlet, a station or a meter of its own.
    """
    found: list[dict[str, Any]] = []
    if any(one.profile.site != "station" for one in settings):
        found.append(_object("enterprise", ENTERPRISE, "模拟企业（模拟器）", "Simulated enterprise", NO_PARENT, {}))
    for one in settings:
        profile, site = one.profile, site_code(one)
        parent = NO_PARENT if profile.site == "station" else ("enterprise", ENTERPRISE)
        tagged: dict[str, Any] = {"tag": "production"} if profile.site == "power_meter" else {}
        number = one.mn[-6:].lstrip("0") or "0"
        found.append(
            _object(profile.site, site, f"{profile.title} {number}", f"{profile.title_en} {number}", parent, tagged)
        )
        found.append(
            _object(
                "device",
                one.mn,
                f"{profile.title}数采仪 {number}",
                f"Data logger {number}, simulated",
                (profile.site, site),
                device_attributes(one),
            )
        )
    return found


def site_code(settings: DeviceSettings) -> str:
    """Code of the place that a device measures."""
    return f"SIM-{settings.mn}"


def device_attributes(settings: DeviceSettings) -> dict[str, Any]:
    """Attributes of a registered device: how it speaks, what it is bound to send."""
    profile, wire = settings.profile, settings.wire
    minutes = settings.minute_min or profile.minute_min
    cycles = (("realtime", settings.realtime), ("minute", minutes), ("hour", profile.hourly), ("day", profile.daily))
    found: dict[str, Any] = {
        "edition": int(wire.edition.value),
        "password": wire.password,
        "realtime_interval_s": settings.realtime_s or profile.realtime_s,
        "expects": [name for name, sent in cycles if sent and (settings.periods or name == "realtime")],
        "units": {one.registered or one.code: one.unit for one in profile.channels if one.unit != "1"},
    }
    if minutes:
        found["minute_interval_s"] = minutes * 60
    if mapped := _code_map(settings):
        found["code_map"] = mapped
    if wire.sm4_key:
        found["sm4_key"] = wire.sm4_key.hex()
    return found


def _code_map(settings: DeviceSettings) -> dict[str, str]:
    found = {}
    for one in settings.profile.channels:
        sent = one.old_code if settings.edition is Edition.E2005 and one.old_code else one.code
        if sent != (one.registered or one.code):
            found[sent] = one.registered or one.code
    return found


def _object(
    kind: str, code: str, name: str, name_en: str, parent: tuple[str, str], attributes: dict[str, Any]
) -> dict[str, Any]:
    return {
        "type": kind,
        "code": code,
        "name": name,
        "name_en": name_en,
        "parent_type": parent[0],
        "parent_code": parent[1],
        "simulated": True,
        "attributes": attributes,
    }


def as_json(objects: Sequence[dict[str, Any]]) -> str:
    """The objects as a JSON text."""
    return json.dumps({"objects": list(objects)}, ensure_ascii=False, indent=1) + "\n"


def as_csv(objects: Sequence[dict[str, Any]]) -> str:
    """The objects as CSV; the attributes of each are JSON in one cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for one in objects:
        writer.writerow(one | {"attributes": json.dumps(one["attributes"], ensure_ascii=False)})
    return text.getvalue()
