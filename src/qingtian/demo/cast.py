"""The cast: simulated staff who work on the history of the demo through the same verbs as everybody.

Their accounts are marked simulated and their roles stand in the journal; nothing is written past a guard. One case is
walked to its write-off and watch, others are left in earlier states for the reader to go on with.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from qingtian.apps.accounts.actor import Actor, actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.actions.attach_observation import attach_observation
from qingtian.apps.evidence.actions.review_evidence import ReviewResult, review_evidence
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.findings.actions.confirm_finding import confirm_finding, confirm_findings
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import OPEN_STATUSES
from qingtian.apps.findings.states import Activity, Confirmation, DismissReason, Kind
from qingtian.demo.city import City, parts
from qingtian.demo.plan import CityPlan
from qingtian.domain.errors import QingtianError
from qingtian.telemetry.spool.reader import read_frame
from qingtian.telemetry.store.port import Cycle, Store

HOUR = timedelta(hours=1)
SIMULATED = "【模拟】"
_log = logging.getLogger(__name__)


def actor(username: str) -> Actor:
    """The actor of a simulated person."""
    return actor_of(User.objects.get(username=username))


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that a simulated person does at a time of the city.

    Args:
        at: city time.
        name: for the log.
        play: does it; gets the time.
    """

    at: datetime
    name: str
    play: Callable[[datetime], object]


@dataclass(slots=True)
class Cast:
    """Plays the scenes that have become due; a scene that cannot be played is noted and left out.

    Args:
        spool: the archive of raw frames, from which evidence takes its frame.
        failures: name and reason of scenes that were refused.
    """

    city: City
    plan: CityPlan
    store: Store
    spool: Path
    played: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _scenes: list[Scene] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._scenes = sorted(self._script(), key=lambda scene: scene.at)

    def __call__(self, now: datetime) -> None:
        """Play what is due by a moment of city time, each scene at its own time."""
        while self._scenes and self._scenes[0].at <= now:
            scene = self._scenes.pop(0)
            try:
                scene.play(scene.at)
            except (QingtianError, Finding.DoesNotExist, Case.DoesNotExist) as error:
                _log.warning("the cast could not play %s: %s", scene.name, error)
                self.failures.append(f"{scene.name}: {error}")
            else:
                self.played.append(scene.name)

    def _script(self) -> list[Scene]:
        monday = self.city.epoch
        relapse = parts(self.plan).relapse
        walked = CaseWalk(self.store, self.spool, relapse.code, Kind.EXCEEDANCE)
        second = CaseWalk(self.store, self.spool, self._planted(0, Kind.EXCEEDANCE), Kind.EXCEEDANCE)
        third = CaseWalk(self.store, self.spool, self._planted(1, Kind.EXCEEDANCE), Kind.EXCEEDANCE)
        fourth = CaseWalk(self.store, self.spool, self._planted(2, Kind.EXCEEDANCE), Kind.EXCEEDANCE)
        day = timedelta(days=1)
        scenes = [
            Scene(monday + 8.5 * HOUR, "confirm", walked.confirm),
            Scene(monday + 9 * HOUR, "open", walked.open),
            Scene(monday + 10 * HOUR, "plan", walked.plan),
            Scene(monday + 11 * HOUR, "start", walked.start),
            Scene(monday + 15 * HOUR, "evidence", walked.freeze_observation),
            Scene(monday + 16 * HOUR, "self-check", walked.self_check),
            Scene(monday + day + 9 * HOUR, "apply", walked.apply),
            Scene(monday + day + 14 * HOUR, "verify", walked.verify),
            Scene(monday + day + 16 * HOUR, "notify", walked.notify),
            Scene(monday + 9 * day + 10 * HOUR, "write off", walked.write_off),
        ]
        scenes += self._partial(second, monday + 4 * day + 9 * HOUR, ("confirm", "open", "plan", "start", "self_check"))
        scenes += self._partial(third, monday + 6 * day + 9 * HOUR, ("confirm", "open", "plan", "start"))
        scenes += self._partial(fourth, monday + 9 * day + 9 * HOUR, ("confirm", "open"))
        scenes.append(Scene(monday + 9 * day + 11 * HOUR, "dismiss", self._dismiss_one))
        scenes += [
            Scene(monday + n * day + 17 * HOUR, f"triage of day {n + 1}", _triage) for n in range(self.city.days)
        ]
        return [scene for scene in scenes if scene.at < self.city.live_from]

    def _partial(self, walk: CaseWalk, at: datetime, steps: tuple[str, ...]) -> list[Scene]:
        return [
            Scene(at + number * HOUR, f"{step} {walk.site}", getattr(walk, step)) for number, step in enumerate(steps)
        ]

    def _planted(self, bucket: int, kind: Kind) -> str:
        """Site of the last planted event of a kind in the n-th three days of the city."""
        begin = self.city.epoch + 72 * bucket * HOUR
        events = self.city.book(self.plan).between(begin, begin + 72 * HOUR)
        fitting = [event for event in events if event.truth()["expected_kind"] == kind.value and not event.script]
        return fitting[-1].site if fitting else ""

    def _dismiss_one(self, now: datetime) -> None:
        """A frozen value turns out to be an instrument fault that was reported and repaired."""
        finding = Finding.objects.filter(kind=Kind.FROZEN_VALUE, status__in=OPEN_STATUSES).earliest("first_seen")
        confirm_finding(actor("duty"), now, finding.pk)
        dismiss_finding(
            actor("duty"),
            now,
            finding.pk,
            reason=DismissReason.INSTRUMENT_FAULT,
            note=f"{SIMULATED}企业已报备分析仪故障并完成更换",
        )


def _triage(now: datetime) -> None:
    """At the end of the day the duty officer acknowledges what is over: it needs no further look."""
    over = Finding.objects.filter(
        activity=Activity.ENDED, confirmation=Confirmation.UNCONFIRMED, status__in=OPEN_STATUSES, raised_at__lt=now
    )
    confirm_findings(actor("duty"), now, list(over.order_by("id").values_list("pk", flat=True)))


@dataclass(slots=True)
class CaseWalk:
    """The steps of one rectification case (T1).

    Args:
        site: code of the outlet.
        kind: kind of the finding.
    """

    store: Store
    spool: Path
    site: str
    kind: Kind
    case_id: int = 0

    def confirm(self, now: datetime) -> None:
        """The duty officer has seen the alarm."""
        confirm_finding(actor("duty"), now, self._finding().pk)

    def open(self, now: datetime) -> None:
        """The duty officer makes a case of it."""
        self.case_id = open_case(actor("duty"), now, self._finding().pk, responsible="handler").pk

    def plan(self, now: datetime) -> None:
        """The handler agrees the plan with the enterprise."""
        case = self._case()
        party = case.object.parent or case.object if case.object else None
        fields: dict[str, Any] = {
            "cause": f"{SIMULATED}脱硝系统喷氨格栅堵塞，还原剂供应不足",
            "responsible_party": party.name if party else case.title,
            "measures": ["疏通喷氨格栅并更换喷嘴", "校准氨流量计", "修订运行规程并培训运行人员"],
            "target": "氮氧化物小时均值稳定达到排放限值",
            "due_date": f"{now + timedelta(days=20):%Y-%m-%d}",
        }
        self._move("handler", now, "planned", fields)

    def start(self, now: datetime) -> None:
        """Work on the plant begins."""
        self._move("handler", now, "rectifying", {})

    def freeze_observation(self, now: datetime) -> None:
        """The handler freezes the worst hour as evidence, and an inspector reviews it."""
        finding = Finding.objects.filter(object__code=self.site, kind=self.kind).earliest("first_seen")
        rows = self.store.series(self.site, finding.parameter, Cycle.HOUR, finding.first_seen, finding.last_seen + HOUR)
        worst = max((row for row in rows if row.value is not None), key=lambda row: row.converted or row.value or 0)
        raw = read_frame(self.spool, worst.segment, worst.frame_offset).raw
        item = attach_observation(actor("handler"), now, of_case(self.case_id), worst, raw_frame=raw)
        review_evidence(actor("inspector1"), now, of_case(self.case_id), item.position, result=ReviewResult.PASS)

    def self_check(self, now: datetime) -> None:
        """The measures are reported as done, with a record of the works."""
        text = f"{SIMULATED}整改完成记录\n{now:%Y-%m-%d %H:%M} 喷氨格栅疏通完毕，氨流量计校准合格，培训 14 人。\n"
        self._attach("handler", now, EvidenceKind.DOCUMENT, "整改完成记录.txt", text)
        measures = self._case().fields["measures"]
        fields = {"measures_done": measures, "self_check": f"{SIMULATED}措施全部完成，数据恢复正常"}
        self._move("handler", now, "self_checked", fields)

    def apply(self, now: datetime) -> None:
        """The handler applies for the write-off."""
        fields = {
            "punishment": f"{SIMULATED}首次超标且当日恢复，依规不予处罚",
            "lookalike_check": f"{SIMULATED}已排查本厂其余机组，未见同类堵塞",
            "root_cause": f"{SIMULATED}喷氨格栅检修周期过长",
            "standing_mechanism": f"{SIMULATED}检修周期由 12 个月改为 6 个月，纳入规程",
        }
        self._move("handler", now, "applied", fields)

    def verify(self, now: datetime) -> None:
        """An inspector goes there and writes the record."""
        text = f"{SIMULATED}现场核查记录\n{now:%Y-%m-%d %H:%M} 核查人：陈岩、何静。喷氨格栅运行正常，台账齐全。\n"
        self._attach("inspector1", now, EvidenceKind.SITE_RECORD, "现场核查记录.txt", text)
        self._move("inspector1", now, "site_verified", {"site_result": f"{SIMULATED}整改属实"})

    def notify(self, now: datetime) -> None:
        """Public notice begins."""
        self._move("duty", now, "publicly_notified", {})

    def write_off(self, now: datetime) -> None:
        """The approver accepts; the guards look at later data, the notice and the named acceptor."""
        self._move("approver", now, "written_off", {"acceptor": "approver"})

    def _finding(self) -> Finding:
        rows = Finding.objects.filter(object__code=self.site, kind=self.kind, status__in=OPEN_STATUSES)
        return rows.earliest("first_seen")

    def _case(self) -> Case:
        return Case.objects.select_related("object__parent").get(pk=self.case_id)

    def _move(self, username: str, now: datetime, to: str, fields: dict[str, Any]) -> None:
        move_case(actor(username), now, self.case_id, to, fields=fields, reason=SIMULATED)

    def _attach(self, username: str, now: datetime, kind: EvidenceKind, name: str, text: str) -> None:
        attach_file(
            actor(username),
            now,
            of_case(self.case_id),
            text.encode(),
            kind=kind,
            media_type="text/plain",
            file_name=name,
            title=f"{SIMULATED}{name}",
        )
