"""Notices: the inbox, policies of escalation, words to the outside, one's own addresses."""

from __future__ import annotations

from datetime import time
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from qingtian.apps.notices.states import DeliveryState
from qingtian.domain.notices import Channel
from qingtian.interfaces.api.filters import MAX_QUERY, ExportOptions
from qingtian.interfaces.api.paging import PageQuery
from qingtian.interfaces.api.schemas.base import CityTime, Input, Moment, Page, Schema

MOST_NOTICES = 10_000


class InboxView(StrEnum):
    """Which part of the inbox."""

    UNREAD = "unread"
    UNANSWERED = "unanswered"
    ALL = "all"


def _naive(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("a time of the day in the city has no offset")
    return value.replace(second=0, microsecond=0)


LocalTime = Annotated[time, AfterValidator(_naive)]
"""A time of the day in the city, HH:MM."""


class NoticeFilters(PageQuery):
    """Which notices of one's inbox."""

    view: InboxView = Field(InboxView.ALL, description="unread, unanswered (wants an acknowledgement), all")
    kind: list[str] | None = Field(None, description="codes of kinds, one or more")
    min_severity: int | None = Field(None, ge=1, le=4)
    subject: str | None = Field(None, max_length=100, description="number of what it is about")
    since: Moment | None = Field(None, description="told of at or after")
    until: Moment | None = Field(None, description="told of before")
    q: str | None = Field(None, max_length=MAX_QUERY, description="part of a number or title")


class NoticeExport(NoticeFilters, ExportOptions):
    """Filters of the list and options of the file."""


class DeliveryFilters(PageQuery):
    """Which words to the outside."""

    state: list[DeliveryState] | None = Field(None, description="one or more")
    channel: list[Channel] | None = Field(None, description="one or more")
    to: str | None = Field(None, max_length=150, description="username or name of an endpoint")
    min_severity: int | None = Field(None, ge=1, le=4)
    since: Moment | None = Field(None, description="made at or after")
    until: Moment | None = Field(None, description="made before")
    q: str | None = Field(None, max_length=MAX_QUERY, description="part of the subject, or the beginning of a key")


class DeliveryExport(DeliveryFilters, ExportOptions):
    """Filters of the list and options of the file."""


class InboxLineOut(Schema):
    """A line of an inbox."""

    id: int
    kind: str
    kind_zh: str
    kind_en: str
    category: str
    severity: int
    subject_kind: str
    subject_number: str
    link: str = Field(description="page of this installation; empty where there is none")
    title_zh: str
    title_en: str
    region_code: str
    posted_at: CityTime
    last_at: CityTime = Field(description="when it was told of the last time")
    times: int = Field(description="how often it was told of while it stands")
    reason: str = Field(description="why one got it: named, role, on_duty, escalated")
    step: int = Field(description="step of the policy that brought it")
    read: bool
    acknowledged: bool = Field(description="by oneself")
    answerable: bool = Field(description="it wants an acknowledgement and has none")
    closed_at: CityTime | None
    closed_by: str
    closed_by_name: str
    closed_why: str = Field(description="acknowledged or settled; empty while it is open")
    escalates_at: CityTime | None = Field(description="when silence brings in the next; none: nobody comes")
    simulated: bool


class InboxPage(Page[InboxLineOut]):
    """A page of one's inbox."""


class InboxCounts(Schema):
    """What waits in one's inbox: the bell."""

    unread: int
    unanswered: int = Field(description="lines that want to be acknowledged")
    severity: int = Field(description="of the worst unread line, 1..4; 0 when there is none")


class NoticeReceiptOut(Schema):
    """Who got it and what became of it."""

    username: str
    name: str
    reason: str
    step: int
    received_at: CityTime
    read_at: CityTime | None
    acknowledged_at: CityTime | None


class NoticeWayOut(Schema):
    """One way on which it went out, or waits to."""

    channel: Channel
    to: str = Field(description="name of the person or of the endpoint; never an address")
    step: int
    queued_at: CityTime
    not_before: CityTime = Field(description="gathering and quiet hours hold it back until then")
    delivery: int | None = Field(description="the word that carries it; none while it waits")
    state: str = Field(description="state of that word; waiting while there is none")
    last_error: str


class NoticeStepOut(Schema):
    """One step of the policy, for this notice."""

    step: int
    after_min: int = Field(description="minutes without acknowledgement since the step before")
    to: list[str]
    taken: bool
    applies: bool = Field(description="whether a notice of this severity comes so far")


class NoticeDetail(InboxLineOut):
    """A notice with everybody who was told."""

    policy: str
    policy_zh: str
    policy_en: str
    steps: list[NoticeStepOut]
    receipts: list[NoticeReceiptOut]
    ways: list[NoticeWayOut]
    mine: bool = Field(description="whether it is in one's own inbox")


class NoticesIn(Input):
    """Some lines of one's inbox."""

    notices: Annotated[list[int], Field(min_length=1, max_length=MOST_NOTICES)] | None = Field(
        None, description="ids; left out: all that wait"
    )


class ChangedOut(Schema):
    """How many lines a call changed, and what waits now."""

    changed: int
    waiting: InboxCounts


class OwnContactOut(Schema):
    """How one is reached outside the inbox, and when not."""

    email: str
    phone: str
    language: str
    channels: list[str] = Field(description="ways for common notices; an escalation uses every way with an address")
    quiet_from: str = Field(description="HH:MM, empty: no quiet hours")
    quiet_until: str
    quiet_passes: int = Field(description="notices at least so severe pass the quiet hours")
    ways: list[str] = Field(description="ways that this installation has set up")


class ContactIn(Input):
    """How one wants to be reached."""

    email: str = Field("", max_length=200)
    phone: str = Field("", max_length=20)
    language: Literal["zh", "en"] = "zh"
    channels: list[Literal["email", "sms"]] = Field([], max_length=2)
    quiet_from: LocalTime | None = None
    quiet_until: LocalTime | None = None
    quiet_passes: int = Field(4, ge=1, le=4)


class PolicyStepOut(Schema):
    """One step of an escalation, and whom it means now."""

    row_id: str = Field(description="row of the pack")
    step: int
    after_min: int
    to: list[str] = Field(description="as the pack says: roster, roster:<code>, role:<role>, endpoint:<name>")
    people: list[str] = Field(description="names of the people whom it means now, for the whole city")
    endpoints: list[str] = Field(description="endpoints that are set up")
    missing: list[str] = Field(description="endpoints that the pack names and nobody has set up")
    channels: list[str]
    min_severity: int


class PolicyOut(Schema):
    """What silence brings."""

    code: str
    label_zh: str
    label_en: str
    steps: list[PolicyStepOut]
    confidence: str
    source: str


class NoticeKindOut(Schema):
    """A kind of notice."""

    kind: str
    category: str
    label_zh: str
    label_en: str
    channels: list[str]
    policy: str
    acknowledge: bool
    gather_s: int = Field(description="so long the first waits for company, s")
    dedup_h: int = Field(description="the same matter within so many hours is counted, not told again, h")
    row_id: str


class ChannelOut(Schema):
    """A way to the outside."""

    channel: str
    name: str = Field(description="name of the endpoint; empty for ways to people")
    form: str = Field(description="smtp, http, webhook, wecom, dingtalk")
    ready: bool
    signed: bool


class PoliciesOut(Schema):
    """Who is told of what, by which way, and what silence brings."""

    policies: list[PolicyOut]
    kinds: list[NoticeKindOut]
    ways: list[ChannelOut]
    per_hour: int = Field(description="words to one person by one way and hour; 0 is no limit")
    tries: int = Field(description="after so many failures a word is given up")


class DeliveryOut(Schema):
    """A word to the outside."""

    id: int
    key: str = Field(description="the receiver knows a repeat by it")
    channel: Channel
    to: str = Field(description="name of the person or of the endpoint; never an address")
    username: str
    subject: str
    count: int = Field(description="notices in it")
    severity: int
    state: DeliveryState
    made_at: CityTime
    tries: int
    next_try_at: CityTime | None
    sent_at: CityTime | None
    last_error: str
    simulated: bool


class DeliveryPage(Page[DeliveryOut]):
    """A page of the delivery log."""

    by_state: dict[str, int] = Field(description="how many there are, whatever state is asked")
    waiting: int = Field(description="notices that wait to be bundled")
    unaddressed: int = Field(description="open notices that reached nobody's inbox")


class DeliveryNoticeOut(Schema):
    """A notice in a word."""

    id: int
    severity: int
    subject_number: str
    link: str
    title_zh: str
    title_en: str
    posted_at: CityTime


class DeliveryDetail(DeliveryOut):
    """A word with what it said."""

    text: str = Field(description="empty where it holds a word about a place that one does not keep")
    hidden: int = Field(description="notices in it about such places")
    notices: list[DeliveryNoticeOut] = Field(description="the first 200 that one may see")
    may_mend: bool


class LayAsideIn(Input):
    """Why nobody need get it."""

    reason: str = Field(min_length=1, max_length=300)
