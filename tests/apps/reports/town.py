"""A month of a small city: judged air days, emission hours, findings, a case, duties."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.apps.city import actor, found, judge, outlet, register

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.models import Case
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.registry.actions.register_object import ObjectDraft
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.reports.models import Report, ReportFile, ReportText

SHANGHAI = ZoneInfo("Asia/Shanghai")
CITY = "420100"
DAY = timedelta(days=1)
AFTER = datetime(2025, 12, 3, 8, 0, tzinfo=SHANGHAI)  # the month has ended, late data are in
DURING = datetime(2025, 11, 20, 8, 0, tzinfo=SHANGHAI)
BANDS = {
    "within": {"zh": "良", "en": "good", "hex": "#FFFF00", "number": 2},
    "exceeds": {"zh": "轻度污染", "en": "lightly polluted", "hex": "#FF7E00", "number": 3},
}


def duty() -> Actor:
    return actor(Role.DISPATCHER, region=CITY, name="duty")


def boss() -> Actor:
    return actor(Role.SUPERVISOR, region=CITY, name="boss")


def city() -> RegistryObject:
    """The city and a district on the register."""
    rows = register(
        ObjectDraft(ObjectType.REGION, CITY, "武汉市", "Wuhan"),
        ObjectDraft(ObjectType.REGION, "420107", "青山区", "Qingshan", parent=(ObjectType.REGION, CITY)),
        ObjectDraft(
            ObjectType.STATION,
            "1325A",
            "钢花新村",
            "Ganghua",
            parent=(ObjectType.REGION, "420107"),
            region_code="420107",
        ),
    )
    return rows[0]


def air_day(
    place: RegistryObject, day: date, pm25: str | None, *, computed: datetime | None = None, simulated: bool = False
) -> Judgement:
    """A judged day of air; without a value it has too few data."""
    start = datetime.combine(day, datetime.min.time(), SHANGHAI)
    verdict = "insufficient" if pm25 is None else ("exceeds" if int(pm25) > 75 else "within")
    value = {"value": pm25, "valid": pm25 is not None, "have": 24 if pm25 else 3, "need": 20, "exact": pm25}
    return Judgement.objects.create(
        object=place,
        question="air_day",
        standard="HJ 633-2012",
        clause="4",
        rule_row="hj633",
        item="aqi",
        cycle="day",
        period_start=start,
        verdict=verdict,
        index=None if pm25 is None else int(pm25) + 25,
        category="",
        primary=["PM2.5"] if verdict == "exceeds" else [],
        inputs={"values": {"PM2.5": value}, "category": BANDS.get(verdict)},
        known_at=start + DAY,
        computed_at=computed or start + DAY,
        content_hash="0" * 64,
        simulated=simulated,
    )


def november() -> RegistryObject:
    """Twenty-eight judged days, one of too few data, one that nobody judged; emissions, a finding, a case."""
    place = city()
    station = RegistryObject.objects.get(code="1325A")
    for number in range(28):
        day = date(2025, 11, 1) + number * DAY
        air_day(place, day, str(40 + 2 * number))
        air_day(station, day, str(50 + number))
    air_day(place, date(2025, 11, 29), None)
    stack = outlet()
    first = datetime(2025, 11, 5, tzinfo=SHANGHAI)
    for hour in range(10):
        judge(stack, first + hour * timedelta(hours=1), "exceeds" if hour < 3 else "within")
    judge(stack, first + timedelta(hours=10), "invalid")
    return stack


def one_case(stack: RegistryObject) -> Case:
    """A case opened from a finding of the month."""
    raised = found(stack, at=datetime(2025, 11, 10, 9, tzinfo=SHANGHAI), severity=3)
    return open_case(duty(), datetime(2025, 11, 10, 10, tzinfo=SHANGHAI), raised.pk)


def one_of_each_report() -> None:
    """A row of every table of reports that only grows."""
    report = Report.objects.create(
        number="R-2025-000001",
        kind="daily",
        region=CITY,
        first=AFTER.date(),
        last=AFTER.date(),
        title_zh="x",
        title_en="x",
        snapshot={},
        snapshot_hash="0" * 64,
        known_at=AFTER,
        made_by="x",
        made_at=AFTER,
    )
    ReportText.objects.create(
        report=report, code="summary", language="zh", version=1, text="x", written_by="x", written_at=AFTER
    )
    ReportFile.objects.create(report=report, format="pdf", sha256="0" * 64, size=1, pages=1, content=b"x")
