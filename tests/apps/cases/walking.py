"""Walks a case along T1, one step at a time, with the people who may take it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.apps.city import HOUR, NOW, actor, found, good_hours

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.models import Case
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.evidence.subjects import of_case

DISPATCHER = actor(Role.DISPATCHER, name="dispatch")
HANDLER = actor(Role.HANDLER, name="handle")
INSPECTOR = actor(Role.INSPECTOR, name="inspect")
APPROVER = actor(Role.APPROVER, name="approve")
SUPERVISOR = actor(Role.SUPERVISOR, name="supervise")

PLAN: Mapping[str, Any] = {
    "cause": "脱硝喷氨不足",
    "responsible_party": "青山热电",
    "measures": ["增加喷氨量", "更换催化剂"],
    "target": "NOx 小时均值达标",
    "due_date": "2025-12-31",
}
DONE: Mapping[str, Any] = {"measures_done": ["增加喷氨量", "更换催化剂"], "self_check": "已完成"}
PROOF: Mapping[str, Any] = {
    "punishment": "武环罚〔2025〕12号",
    "lookalike_check": "同厂三台机组均已排查",
    "root_cause": "催化剂失活",
    "standing_mechanism": "每季度检测催化剂活性",
    "acceptor": "approve",
}
SITE_RECORD = b"%PDF-1.7 site record"

STEPS: tuple[tuple[str, Actor, Mapping[str, Any]], ...] = (
    ("planned", DISPATCHER, PLAN),
    ("rectifying", HANDLER, {}),
    ("self_checked", HANDLER, DONE),
    ("applied", HANDLER, {}),
    ("site_verified", INSPECTOR, {"site_result": "现场正常"}),
    ("publicly_notified", APPROVER, {}),
)
NOTICE_OVER = NOW + timedelta(days=8)  # Monday + five working days, and one day more


def opened(obj: Any, at: datetime = NOW, **more: Any) -> Case:
    """A case of a new exceedance."""
    return open_case(DISPATCHER, at, found(obj, at=at, **more).pk)


def walk(case: Case, until: str, at: datetime = NOW) -> Case:
    """The case moved on to a state of the main line, all on one day."""
    for state, who, fields in STEPS:
        if state == "site_verified":
            attach_file(
                INSPECTOR,
                at,
                of_case(case.pk),
                SITE_RECORD + case.number.encode(),
                kind=EvidenceKind.SITE_RECORD,
                media_type="application/pdf",
                file_name="现场检查记录.pdf",
            )
        case = move_case(who, at, case.pk, state, fields=fields)
        if case.state == until:
            return case
    return case


def written_off(case: Case, at: datetime = NOW) -> Case:
    """The case walked to its write-off, eight days after `at`; the watch has begun."""
    walk(case, "publicly_notified", at)
    good_hours(case.object, at + HOUR, 24)
    return move_case(APPROVER, at + timedelta(days=8), case.pk, "written_off", fields=PROOF)
