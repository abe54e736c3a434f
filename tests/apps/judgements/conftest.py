"""A register with one station and one outlet."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from qingtian.apps.registry.models import RegistryObject

CST = timezone(timedelta(hours=8))
NOW = datetime(2025, 11, 24, 10, 5, tzinfo=CST)


def register(kind: str, code: str, **more: object) -> RegistryObject:
    fields = {"name": code, "region_code": "420107", "valid_from": date(2020, 1, 1), "recorded_at": NOW}
    return RegistryObject.objects.create(type=kind, code=code, **(fields | more))


@pytest.fixture
def outlet(db: None) -> RegistryObject:
    works = register("enterprise", "E1", enterprise_code="E1", simulated=True)
    return register("outlet", "E1-DA001", parent=works, enterprise_code="E1", simulated=True)


@pytest.fixture
def station(db: None) -> RegistryObject:
    return register("station", "1325A", name="东湖梨园", name_en="Donghu Liyuan")
