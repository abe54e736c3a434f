"""Whether an automatic value may be evidence (penalty law art. 41, permit regulation art. 29)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from qingtian.domain.standards.provenance import RuleRow


class AdmissibilityCheck(StrEnum):
    """The checks, in the order in which they are shown."""

    LEGAL_REVIEW = "legal_review"
    TECHNICAL_REVIEW = "technical_review"
    STANDARD_MET = "standard_met"
    PLACED = "placed"
    SIGNED = "signed"
    PUBLISHED = "published"
    RECORD_TRUE = "record_true"
    RECORD_CLEAR = "record_clear"
    RECORD_COMPLETE = "record_complete"
    RECORD_ACCURATE = "record_accurate"
    REVIEWED = "reviewed"
    INFORMED = "informed"
    CALIBRATED = "calibrated"
    NOT_MARKED_INVALID = "not_marked_invalid"
    SAME_PERIOD = "same_period"
    RAW_FRAME = "raw_frame"
    VIDEO_TIME = "video_time"
    NOT_OUTRANKED = "not_outranked"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissibilityRule(RuleRow):
    """One row of the checklist.

    Args:
        check: which check.
        reason: code of the refusal, such as `not_reviewed`.
        dismisses: reason of dismissal of the finding that such a value raised, or empty.
        figure: the figure of the check, where it has one (seconds).
    """

    check: AdmissibilityCheck
    reason: str
    label_zh: str
    label_en: str
    remedy_zh: str
    remedy_en: str
    dismisses: str = ""
    figure: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Equipment:
    """What is known of the device at the place: days on which it was reviewed, checked, marked, made public."""

    legal_review_on: date | None = None
    technical_review_on: date | None = None
    standard: str = ""
    standard_until: date | None = None
    placement_checked_on: date | None = None
    signed_on: date | None = None
    published_on: date | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """One check of the instrument.

    Args:
        done_on: first day it speaks for.
        valid_until: last such day.
        passed: whether the instrument was in order.
    """

    done_on: date
    valid_until: date
    passed: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample that the bureau took itself.

    Args:
        value: measured, in `unit`.
        exceeds: against the limit of the automatic value; None where there is none.
    """

    start: datetime
    end: datetime
    value: Decimal
    unit: str
    exceeds: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomaticValue:
    """An automatic value with everything that its admissibility rests on.

    Args:
        start, end: the period of the value, aware.
        value: as evidence states it; None when the device sent none.
        mark: HJ 212 data mark as sent.
        valid_mark: whether that mark counts as valid.
        doubts: causes of quality control that keep the value out.
        frame_kept: whether the raw frame lies byte for byte beside the value.
        frame_matches: whether it has the hash that the value names.
        newest: whether no later version of the value exists.
        limit_cycle: period of the limit; empty where nothing was judged.
        exceeds: verdict against that limit; None without one.
        reviews: (person, passed), in order.
        informed: whether the party was told where to look it up and how to answer.
        video_offsets_s: clock offsets of the videos that belong to it.
    """

    start: datetime
    end: datetime
    value: Decimal | None
    unit: str
    parameter: str
    cycle: str
    mark: str
    valid_mark: bool
    doubts: tuple[str, ...] = ()
    frame_kept: bool
    frame_matches: bool = True
    newest: bool = True
    limit_cycle: str = ""
    exceeds: bool | None = None
    equipment: Equipment = field(default_factory=Equipment)
    calibrations: Sequence[Calibration] = ()
    reviews: Sequence[tuple[str, bool]] = ()
    informed: bool = False
    video_offsets_s: Sequence[Decimal] = ()
    samples: Sequence[Sample] = ()


@dataclass(frozen=True, slots=True)
class Unmet:
    """A check that does not hold.

    Args:
        rule: the row of the checklist.
        detail_zh, detail: what was found, Chinese and English.
    """

    rule: AdmissibilityRule
    detail_zh: str
    detail: str

    def as_json(self) -> dict[str, Any]:
        """For answers and packages."""
        return {
            "check": self.rule.check.value,
            "reason": self.rule.reason,
            "label_zh": self.rule.label_zh,
            "label_en": self.rule.label_en,
            "remedy_zh": self.rule.remedy_zh,
            "remedy_en": self.rule.remedy_en,
            "detail_zh": self.detail_zh,
            "detail": self.detail,
            "clause": f"{self.rule.standard} {self.rule.clause}",
        }


@dataclass(frozen=True, slots=True)
class Admissibility:
    """The answer: every check that does not hold, in order."""

    unmet: tuple[Unmet, ...]

    @property
    def admissible(self) -> bool:
        """Whether the value may be evidence."""
        return not self.unmet

    @property
    def reasons(self) -> tuple[str, ...]:
        """Codes of the refusals."""
        return tuple(one.rule.reason for one in self.unmet)

    @property
    def dismisses(self) -> str:
        """Why the finding that rests on the value is to be dismissed; empty when it is not."""
        return next((one.rule.dismisses for one in self.unmet if one.rule.dismisses), "")


def assess(value: AutomaticValue, rules: Sequence[AdmissibilityRule]) -> Admissibility:
    """Look at a value by every row of the checklist.

    Args:
        rules: rows in force on the day of the value.

    Examples E-V3 (marked maintenance) and E-V4 (no reviewer) of the domain reference are tests.
    """
    order = list(AdmissibilityCheck)
    found = []
    for rule in sorted(rules, key=lambda one: order.index(one.check)):
        told = _CHECKS[rule.check](value, rule)
        if told:
            found.append(Unmet(rule, *told))
    return Admissibility(tuple(found))


Told = tuple[str, str] | None  # what was found, Chinese and English; nothing where the check holds


def _on(day: date | None, value: AutomaticValue, what_zh: str, what_en: str) -> Told:
    if day is None:
        return f"没有{what_zh}的日期", f"no day of {what_en} is known"
    if day <= value.start.date():
        return None
    return f"{what_zh}于 {day}，在数据之后", f"{what_en} on {day}, after the value"


def _legal_review(value: AutomaticValue, _: AdmissibilityRule) -> Told:
    return _on(value.equipment.legal_review_on, value, "法制审核", "the legal review")


def _technical_review(value: AutomaticValue, _: AdmissibilityRule) -> Told:
    return _on(value.equipment.technical_review_on, value, "技术审核", "the technical review")


def _standard_met(value: AutomaticValue, _: AdmissibilityRule) -> Told:
    if not value.equipment.standard:
        return "未写明设备符合的标准", "no standard is named that the device meets"
    until = value.equipment.standard_until
    if until is not None and until < value.end.date():
        return f"设备证书已于 {until} 到期", f"its certificate ended on {until}"
    return None


def _placed(value: AutomaticValue, _: AdmissibilityRule) -> Told:
    return _on(value.equipment.placement_checked_on, value, "点位核查", "the check of its place")


def _signed(value: AutomaticValue, _: AdmissibilityRule) -> Told:
    return _on(value.equipment.signed_on, value, "标志设置", "its sign")


def _published(value: AutomaticValue, _: AdmissibilityRule) -> Told:
    return _on(value.equipment.published_on, value, "点位公布", "the publication of its place")


def _record_true(value: AutomaticValue, _: AdmissibilityRule) -> Told:
    if not value.frame_matches:
        return "原始报文与读出数据的报文不一致", "the raw frame is not the one that the value was read from"
    doubts = ", ".join(value.doubts)
    return (f"质控存疑：{doubts}", f"quality control doubts it: {doubts}") if doubts else None


def _record_clear(value: AutomaticValue, _: AdmissibilityRule) -> Told:
    missing = [(zh, name) for name, zh in _CLEAR.items() if not getattr(value, name)]
    if not missing:
        return None
    return f"缺少{'、'.join(zh for zh, _ in missing)}", f"without {', '.join(name for _, name in missing)}"


_CLEAR = {"unit": "单位", "parameter": "项目", "cycle": "数据周期"}


def _record_complete(value: AutomaticValue, _: AdmissibilityRule) -> Told:
    if value.value is None:
        return "设备未发送数值", "the device sent no value"
    return None if value.mark else ("设备未发送数据标记", "the device sent no data mark")


def _record_accurate(value: AutomaticValue, _: AdmissibilityRule) -> Told:
    return None if value.newest else ("设备之后更正过该数据", "the device corrected it later")


def _reviewed(value: AutomaticValue, _: AdmissibilityRule) -> Told:
    if not value.reviews:
        return "没有具名人员审核", "no named person reviewed it"
    who, passed = value.reviews[-1]
    return None if passed else (f"{who} 审核未通过", f"{who} reviewed it and did not pass it")


def _informed(value: AutomaticValue, _: AdmissibilityRule) -> Told:
    if value.informed:
        return None
    return "没有告知当事人并听取申辩的回执", "no receipt shows that the party was told and could answer"


def _calibrated(value: AutomaticValue, _: AdmissibilityRule) -> Told:
    day = value.start.date()
    covering = [one for one in value.calibrations if one.done_on <= day <= one.valid_until]
    if not covering:
        return f"{day} 不在任何检定校准有效期内", f"no calibration covers {day}"
    newest = max(covering, key=lambda one: one.done_on)
    if newest.passed:
        return None
    return f"{newest.done_on} 的检定校准不合格", f"the calibration of {newest.done_on} was not passed"


def _not_marked_invalid(value: AutomaticValue, _: AdmissibilityRule) -> Told:
    return (f"数据标记为 {value.mark}", f"marked {value.mark}") if value.mark and not value.valid_mark else None


def _same_period(value: AutomaticValue, _: AdmissibilityRule) -> Told:
    if not value.limit_cycle:
        return "未与任何限值比较", "it was judged against no limit"
    if value.limit_cycle == value.cycle:
        return None
    return (
        f"数据周期为 {value.cycle}，限值周期为 {value.limit_cycle}",
        f"a value of the {value.cycle}, a limit of the {value.limit_cycle}",
    )


def _raw_frame(value: AutomaticValue, _: AdmissibilityRule) -> Told:
    return None if value.frame_kept else ("未随数据保存原始报文", "the raw frame is not kept beside it")


def _video_time(value: AutomaticValue, rule: AdmissibilityRule) -> Told:
    longest = rule.figure or Decimal(0)
    worst = max((abs(one) for one in value.video_offsets_s), default=Decimal(0))
    if worst <= longest:
        return None
    return f"视频时间偏差 {worst} 秒，最多 {longest} 秒", f"a video is {worst} s off, at most {longest} s"


def _not_outranked(value: AutomaticValue, _: AdmissibilityRule) -> Told:
    for one in outranking(value):
        since = one.start.isoformat()
        figure = f"{one.value} {one.unit}"
        return f"执法监测自 {since} 起测得 {figure}", f"the bureau measured {figure} from {since} on"
    return None


def outranking(value: AutomaticValue) -> list[Sample]:
    """Samples of the bureau in the period of a value that disagree with it: they are the basis, not the value.

    Where both were held against the limit they disagree when the verdicts differ; elsewhere when the figures do
    (permit regulation art. 29).
    """
    overlapping = [one for one in value.samples if one.start < value.end and one.end > value.start]
    return [one for one in overlapping if _disagrees(value, one)]


def _disagrees(value: AutomaticValue, sample: Sample) -> bool:
    if value.exceeds is not None and sample.exceeds is not None:
        return value.exceeds is not sample.exceeds
    return (value.value, value.unit) != (sample.value, sample.unit)


_CHECKS: Mapping[AdmissibilityCheck, Callable[[AutomaticValue, AdmissibilityRule], Told]] = {
    AdmissibilityCheck.LEGAL_REVIEW: _legal_review,
    AdmissibilityCheck.TECHNICAL_REVIEW: _technical_review,
    AdmissibilityCheck.STANDARD_MET: _standard_met,
    AdmissibilityCheck.PLACED: _placed,
    AdmissibilityCheck.SIGNED: _signed,
    AdmissibilityCheck.PUBLISHED: _published,
    AdmissibilityCheck.RECORD_TRUE: _record_true,
    AdmissibilityCheck.RECORD_CLEAR: _record_clear,
    AdmissibilityCheck.RECORD_COMPLETE: _record_complete,
    AdmissibilityCheck.RECORD_ACCURATE: _record_accurate,
    AdmissibilityCheck.REVIEWED: _reviewed,
    AdmissibilityCheck.INFORMED: _informed,
    AdmissibilityCheck.CALIBRATED: _calibrated,
    AdmissibilityCheck.NOT_MARKED_INVALID: _not_marked_invalid,
    AdmissibilityCheck.SAME_PERIOD: _same_period,
    AdmissibilityCheck.RAW_FRAME: _raw_frame,
    AdmissibilityCheck.VIDEO_TIME: _video_time,
    AdmissibilityCheck.NOT_OUTRANKED: _not_outranked,
}
