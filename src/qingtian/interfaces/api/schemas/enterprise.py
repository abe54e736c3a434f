"""The archive page of one enterprise."""

from __future__ import annotations

from qingtian.interfaces.api.schemas.cases import CaseRow
from qingtian.interfaces.api.schemas.findings import FindingRow
from qingtian.interfaces.api.schemas.places import DeviceOut, EnterpriseOut, LimitOut, OutletOut, PlaceOut


class EnterpriseDetail(EnterpriseOut):
    """One enterprise, one file."""

    uscc: str
    place: PlaceOut
    outlet_list: list[OutletOut]
    power_meters: list[PlaceOut]
    devices: list[DeviceOut]
    limits: list[LimitOut]
    findings: list[FindingRow]
    cases: list[CaseRow]
