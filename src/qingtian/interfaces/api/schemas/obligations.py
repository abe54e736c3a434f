"""Standing duties, dated occurrences, rates, streams and monitoring plans."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from qingtian.interfaces.api.schemas.base import Choice, CityTime, DecimalText, Input, Moment, Page, Schema
from qingtian.interfaces.api.schemas.cases import EvidenceOut
from qingtian.interfaces.api.schemas.journal import EventOut
from qingtian.interfaces.api.schemas.places import PlaceOut


class ProofFieldOut(Schema):
    """A field of a proof."""

    name: str
    kind: str = Field(description="text, number, date, moment, persons or url")
    label_zh: str
    label_en: str
    required: bool


class ObligationTemplateOut(Schema):
    """A recurring duty of the packs."""

    code: str
    row_id: str
    rule_version: str
    group: str
    name_zh: str
    name_en: str
    rhythm: str = Field(description="empty: the permit or the object says how often")
    rhythm_zh: str
    rhythm_en: str
    automatic: bool = Field(description="the platform's own data can prove it")
    files: int = Field(description="evidence files that are needed as proof")
    fields: list[ProofFieldOut]
    by_hand: bool = Field(description="no object of the register has it by itself")
    standard: str
    clause: str
    source: str
    confidence: str
    unverified: bool
    retain_years: int
    note: str


class StandingDutyOut(Schema):
    """A standing duty in a list."""

    id: int
    template: str
    item: str
    group: str
    title_zh: str
    title_en: str
    object: PlaceOut
    basis: str = Field(description="code of the permit that imposes it; empty for most")
    rhythm: str
    rhythm_zh: str
    rhythm_en: str
    since: date
    until: date | None
    origin: str = Field(description="register or hand")
    ground: str
    open: int
    overdue: int
    missed: int
    simulated: bool


class DutyPage(Page[StandingDutyOut]):
    """A page of standing duties."""

    groups: list[str]


class FindingRef(Schema):
    """A finding in a word."""

    id: int
    number: str
    activity: str
    status: str


class OccurrenceOut(Schema):
    """A dated duty in a list."""

    id: int
    number: str
    obligation: int
    template: str
    item: str
    group: str
    title_zh: str
    title_en: str
    object: PlaceOut
    period_first: date
    period_last: date
    opens_on: date
    due_on: date
    due_at: CityTime
    due_text_zh: str
    due_text_en: str
    provisional: bool = Field(description="the calendar of a year that it touches is not published yet")
    state: str = Field(description="planned, done, late, missed or waived")
    overdue: bool
    remaining_working_days: int | None = Field(
        description="to the last day; negative when it is over; null when settled"
    )
    fulfilled_at: CityTime | None
    told_at: CityTime | None
    fulfilled_by: str
    proved_by: str = Field(description="hand, data or empty")
    finding: FindingRef | None
    simulated: bool


class OccurrencePage(Page[OccurrenceOut]):
    """A page of dated duties."""

    counts: dict[str, int] = Field(description="of all that match, how many are in each state")


class OccurrenceActionOut(Schema):
    """A verb, whether this user may use it now, and if not, why not."""

    verb: str
    allowed: bool
    reason_key: str = Field(description="not_permitted, state, not_open, evidence, or empty")
    reason: str


class OccurrenceDetail(OccurrenceOut):
    """One dated duty."""

    rule_row: str
    rule_version: str
    standard: str
    clause: str
    source: str
    confidence: str
    retain_until: date | None
    event_at: CityTime | None
    fields: dict[str, Any]
    note: str
    waived_reason: str
    waived_reason_zh: str
    waived_reason_en: str
    waived_note: str
    waived_by: str
    waived_at: CityTime | None
    refused_reason: str
    refused_at: CityTime | None
    form: list[ProofFieldOut]
    files_needed: int
    evidence: list[EvidenceOut]
    events: list[EventOut]
    allowed_actions: list[OccurrenceActionOut]
    waiver_reasons: list[Choice]
    followers: list[OccurrenceOut]


class DutyDetail(StandingDutyOut):
    """A standing duty with its history."""

    set_up_by: str
    set_up_at: CityTime
    standard: str
    clause: str
    source: str
    confidence: str
    note: str
    rates: RatesOut
    occurrences: list[OccurrenceOut] = Field(description="the newest first")
    events: list[EventOut]
    may_end: bool
    may_record_event: bool


class RateOut(Schema):
    """A share with its parts."""

    part: int
    whole: int
    percent: DecimalText | None = Field(description="null where there is nothing to take a share of")


class RatesOut(Schema):
    """Rates of some occurrences."""

    due: int = Field(description="decided and not waived")
    planned: int
    done: int
    late: int
    missed: int
    waived: int
    completion: RateOut = Field(description="(done + late) / due")
    on_time: RateOut = Field(description="done / due")
    coverage: RateOut = Field(description="decided / all that are due in the period")


class TemplateRatesOut(RatesOut):
    """Rates of one template."""

    template: str
    name_zh: str
    name_en: str


class TrainingOut(Schema):
    """Attendances of training; persons are counted apart, where lists were kept."""

    sessions: int
    attendances: int
    persons: int
    with_list: int = Field(description="sessions that have a list of persons")


class DutyRates(Schema):
    """The strip of indicators over a month."""

    month: str
    first: date
    last: date
    all: RatesOut
    publication: RateOut = Field(description="published / results to be published")
    templates: list[TemplateRatesOut]
    training: TrainingOut
    upload_median_h: DecimalText | None = Field(description="from sample to upload, hours")
    upload_p95_h: DecimalText | None


class DayOut(Schema):
    """A day of the calendar."""

    day: date
    workday: bool
    kind: str = Field(description="workday, makeup_workday, weekend or holiday")
    name_zh: str
    name_en: str
    counts: dict[str, int] = Field(description="what is due on that day, by state")


class DutyMonth(Schema):
    """A month of duties."""

    month: str
    today: date
    days: list[DayOut]
    counts: dict[str, int]


class StreamHours(Schema):
    """Hours of a stream, and both rates beside each other."""

    due: int
    received: int
    shutdown: int = Field(description="of the due hours those within an approved shutdown")
    received_in_shutdown: int
    raw: RateOut = Field(description="received / due")
    running: RateOut = Field(description="the same without the hours of approved shutdown")


class StreamDayOut(Schema):
    """A day of a stream."""

    day: date
    due: int
    received: int
    shutdown: int


class StreamOut(Schema):
    """A month of a stream."""

    object: PlaceOut
    item: str
    item_zh: str
    item_en: str
    total: StreamHours
    delay_median_min: DecimalText | None = Field(description="from the end of an hour to the arrival of its value")
    delay_p95_min: DecimalText | None
    days: list[StreamDayOut]


class StreamPage(Page[StreamOut]):
    """A page of sites with their streams; `total` counts sites."""

    month: str
    all: StreamHours = Field(description="the streams of this page together")


class PlanGapOut(Schema):
    """One thing that a plan lacks."""

    check: str
    label_zh: str
    label_en: str
    severity: int
    place: str
    parameter: str
    parameter_zh: str
    parameter_en: str
    required: str
    planned: str
    finding: FindingRef | None


class PlanRowOut(Schema):
    """A plan in a list."""

    enterprise: str
    name: str
    name_en: str
    region_code: str
    permits: list[str]
    version: int | None = Field(description="null where no plan was submitted")
    made_on: date | None
    submitted_at: CityTime | None
    channel: str
    requirements: int
    gaps: int
    unsure: int = Field(description="lines with a method that the packs do not know")
    simulated: bool


class PlanPage(Page[PlanRowOut]):
    """A page of plans."""

    with_gaps: int = Field(description="of all that match, how many have a gap")


class PlanLineOut(Schema):
    """A line of a plan."""

    scope: str
    place: str
    parameter: str
    parameter_zh: str
    parameter_en: str
    frequency: str
    frequency_zh: str
    frequency_en: str
    method: str
    automatic: bool
    unsure: bool


class PlanVersionOut(Schema):
    """A version of a plan."""

    version: int
    made_on: date
    submitted_at: CityTime
    submitted_by: str
    lines: int
    sha256: str


class PlanDetail(PlanRowOut):
    """A plan held against its permit."""

    requirement_lines: list[PlanLineOut]
    lines: list[PlanLineOut]
    gap_list: list[PlanGapOut]
    checks: list[Choice] = Field(description="everything that is looked at")
    faults: list[str] = Field(description="lines of the permit that could not be read")
    versions: list[PlanVersionOut]
    may_submit: bool


class FulfilIn(Input):
    """A duty was done."""

    fields: dict[str, str | list[str]] = Field(default_factory=dict)
    note: str = Field("", max_length=500)


class RefuseFulfilmentIn(Input):
    """The proof is not accepted."""

    reason: str = Field(min_length=1, max_length=500)


class WaiveIn(Input):
    """It need not be done."""

    reason: str = Field(min_length=1, max_length=24)
    note: str = Field("", max_length=500)


class DutyIn(Input):
    """A duty that somebody imposes."""

    template: str = Field(min_length=1, max_length=24)
    object_type: str = Field(min_length=1, max_length=24)
    object: str = Field(min_length=1, max_length=64, description="code of the object")
    item: str = Field("", max_length=40)
    rhythm: str = Field("", max_length=20)
    since: date | None = None
    ground: str = Field(min_length=1, max_length=500)


class EndDutyIn(Input):
    """A duty ends."""

    until: date | None = Field(None, description="first day on which it no longer holds; today when left out")
    ground: str = Field(min_length=1, max_length=500)


class DutyEventIn(Input):
    """Something that a duty follows."""

    event_at: Moment
    title: str = Field("", max_length=200)


class PlanLineIn(Input):
    """A line of a plan."""

    scope: str = "outlet"
    place: str = Field("", max_length=64)
    parameter: str = Field("", max_length=40)
    frequency: str = Field("", max_length=20)
    method: str = Field("", max_length=40)
    automatic: bool = False


class PlanIn(Input):
    """A self-monitoring plan."""

    made_on: date
    channel: str = Field("", max_length=300)
    note: str = Field("", max_length=500)
    lines: list[PlanLineIn] = Field(max_length=2000)


DutyDetail.model_rebuild()
