"""The town with work in progress, built once for a module that changes nothing (or takes every change back)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

from django.db import transaction
from django.test import Client
from tests.interfaces import city
from tests.interfaces.duty_room import duty_room

from qingtian.apps.accounts.actions.api_keys import KeyDraft, make_key
from qingtian.apps.accounts.actions.create_user import UserDraft, create_user
from qingtian.apps.accounts.actions.delegate import DelegationDraft, delegate
from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor, Grant, actor_of
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.open_case import open_case
from qingtian.apps.cases.actions.task_force import add_part
from qingtian.apps.cases.models import Case
from qingtian.apps.devices.actions.order_command import OrderDraft, order_command
from qingtian.apps.evidence.actions.attach_file import attach_file
from qingtian.apps.evidence.actions.attach_observation import attach_observation
from qingtian.apps.evidence.models import EvidenceItem, EvidenceKind
from qingtian.apps.evidence.subjects import of_case
from qingtian.apps.findings.actions.announce_window import WindowDraft, announce_window
from qingtian.apps.findings.actions.answer_finding import answer_finding
from qingtian.apps.findings.actions.confirm_finding import confirm_finding
from qingtian.apps.findings.actions.dismiss_finding import dismiss_finding
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.apps.findings.actions.record_leaks import CheckDraft, record_leaks
from qingtian.apps.findings.models import Finding, LeakCheck, MaintenanceWindow
from qingtian.apps.findings.states import CheckKind, DismissReason, Kind
from qingtian.apps.imports.actions.run_import import check_import
from qingtian.apps.imports.actions.save_mapping import save_mapping
from qingtian.apps.imports.actions.upload_file import upload_file
from qingtian.apps.imports.models import DataImport
from qingtian.apps.judgements.actions.ask_recomputation import Asked, ask_recomputation
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.ledgers.actions.draft_entry import draft_entry
from qingtian.apps.ledgers.actions.license_data import LicenceDraft, grant_licence
from qingtian.apps.ledgers.actions.move_entry import approve_entry, post_entry
from qingtian.apps.ledgers.actions.open_account import AccountDraft, open_account
from qingtian.apps.ledgers.drafting import Terms
from qingtian.apps.ledgers.models import LedgerEntry
from qingtian.apps.obligations.actions.set_up_obligation import DutyDraft, set_up_obligation
from qingtian.apps.registry.actions.merge_objects import merge_objects
from qingtian.apps.registry.actions.register_object import ObjectDraft, register_object
from qingtian.apps.registry.actions.relate_objects import relate_objects
from qingtian.apps.registry.models import ObjectType, RegistryObject, RelationKind
from qingtian.apps.reports.actions.edit_text import edit_text
from qingtian.apps.reports.actions.keep_template import upload_template
from qingtian.apps.reports.actions.make_report import make_report
from qingtian.apps.reports.states import Language
from qingtian.interfaces.printing.word import HOUSE_TEMPLATE
from qingtian.runtime.clock import real_now
from qingtian.telemetry.importers.guessing import presets
from qingtian.telemetry.importers.mapping import read_mapping
from qingtian.telemetry.store import Cycle

HOUR = timedelta(hours=1)
IMPORTED = f"time,site,pm25\n2025-11-24 08:00,{city.BAD_STATION},35\n".encode()
LEAK = "V-1-0001"
# Everybody of the access table: one letter, a name, the grant; nobody has the role `system`, the house itself is it.
EVERYBODY: dict[str, tuple[Role, str, str] | None] = {
    "anonymous": None,
    "citizen": (Role.CITIZEN, "", ""),
    "enterprise": (Role.ENTERPRISE_USER, "", "E-1"),
    "other_enterprise": (Role.ENTERPRISE_USER, "", "E-2"),
    "window": (Role.WINDOW, "420100", ""),
    "dispatcher": (Role.DISPATCHER, "420100", ""),
    "handler": (Role.HANDLER, "420100", ""),
    "inspector": (Role.INSPECTOR, "420100", ""),
    "legal_reviewer": (Role.LEGAL_REVIEWER, "420100", ""),
    "approver": (Role.APPROVER, "420100", ""),
    "supervisor": (Role.SUPERVISOR, "420100", ""),
    "auditor": (Role.AUDITOR, "420100", ""),
    "data_steward": (Role.DATA_STEWARD, "420100", ""),
    "other_district": (Role.DISPATCHER, "420106", ""),
}


@dataclass
class Standing:
    """What stands, by the names that tests use."""

    town: city.Town
    people: dict[str, User]
    findings: dict[str, Finding]
    cases: dict[str, Case]
    items: list[EvidenceItem]
    frame: str  # a raw frame of the first enterprise in the archive
    command: str  # number of a command that waits for the first enterprise's device
    run: str  # number of a recomputation that waits: a dry run
    judgement: int  # of an hour of the first enterprise's outlet
    parks: dict[str, RegistryObject]  # P-1 serves P-2; P-3 was merged into P-1
    relation: int
    window: int = 0  # announced by the first enterprise
    jobs: dict[str, str] = field(default_factory=dict)  # numbers of imports by their state
    check: int = 0  # a reading of its leak component
    books: dict[str, int] = field(default_factory=dict)  # accounts of the ledgers and an entry that is drafted
    obligation: int = 0  # training of the first enterprise's staff
    occurrence: int = 0  # its ledger of the running month

    key: int = 0  # of the first enterprise's program
    delegation: int = 0  # the handler stands in for the dispatcher
    room: dict[str, object] = field(default_factory=dict)  # the duty room: what stands by the names of its paths
    report: str = ""  # a draft of the day before, one of its texts written anew

    def client(self, who: str, *, csrf: bool = False) -> Client:
        """A browser of somebody."""
        client = Client(enforce_csrf_checks=csrf)
        if who in self.people:
            client.force_login(self.people[who])
        return client

    def at(self, path: str) -> str:
        """A path of the contract with the numbers of what stands at the first enterprise."""
        names: dict[str, object] = {"{case_id}": self.cases["first"].pk, "{finding_id}": self.findings["fresh"].pk}
        names |= {"{item_id}": self.items[0].pk, "{position}": 0, "{mn}": city.MN, "{frame}": self.frame}
        names |= {"{number}": self.command, "{cn}": "1011", "{sha256}": "0" * 64, "{order_id}": 212}
        names |= {"{run}": self.run, "{row_id}": city.LIMIT["rule_row"], "{judgement_id}": self.judgement}
        names |= {"{username}": "inspector", "{session_id}": 212}
        names |= {"{key_id}": self.key, "{delegation_id}": self.delegation}
        names |= self.room
        names |= {"{window_id}": self.window, "{check_id}": self.check}
        names |= {"{obligation_id}": self.obligation, "{occurrence_id}": self.occurrence}
        names |= {"{report}": self.report, "{paragraph}": "summary", "{report_kind}": "daily", "{version}": 1}
        names |= {"{account}": self.books["own"], "{entry}": self.books["entry"], "{ledger}": "total_discharge"}
        names |= {"{kind}/{subject_id}": f"case/{self.cases['first'].pk}"}
        for name, value in names.items():
            path = path.replace(name, str(value))
        if "{job}" in path:
            path = path.replace("{job}", self.jobs[JOB_FOR.get(path.rsplit("/", 1)[-1], "checked")])
        path = path.replace("{line}", "2").replace("/mappings/{name}", "/mappings/saved")
        if "/dossiers/" in path:
            path = path.replace("{type}", "enterprise")
        path = path.replace("{org}", "B-1").replace("{relation_id}", str(self.relation)).replace("{type}", "park")
        if "/registry/" in path:
            path = path.replace("{code}", "P-3" if path.endswith("/part") else "P-1")
        code = next((code for area, code in CODES.items() if area in path), "")
        return path.replace("{code}", code)


CODES = {
    "/stations/": city.BAD_STATION,
    "/enterprises/": "E-1",
    "/outlets/": "O-1-01",
    "/clocks/": "rectification",
    "/leaks/": LEAK,
    "/monitoring-plans/": "E-1",
    "/enterprise/": "E-1",
    "/dossiers/": "E-1",
}
CODES |= {"/procedures/": "T1", "/documents/": "listing"}
JOB_FOR = {"cancel": "importing", "resume": "cancelled", "withdraw": "done"}
CODES |= {"/indicators/": "RECYCLE", "/decisions/": "catering_purifier"}


class Undo(Exception):
    """Takes a change back."""


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is changed inside is as before afterwards."""
    try:
        with transaction.atomic():
            yield
            raise Undo
    except Undo:
        pass


def build(archive: Path) -> Standing:
    """Two enterprises with findings in every state, a case each, evidence in the first one's."""
    town = city.build()
    people = {who: _person(who, grant) for who, grant in EVERYBODY.items() if grant}
    duty, findings = actor_of(people["dispatcher"]), dict(_findings(town))
    confirm_finding(duty, city.NOW, findings["confirmed"].pk)
    dismiss_finding(duty, city.NOW, findings["dismissed"].pk, reason=DismissReason.INSTRUMENT_FAULT)
    end_finding(SYSTEM_ACTOR, city.NOW, findings["answered"].pk, ended_at=city.LAST_HOUR)
    answer_finding(actor_of(people["enterprise"]), city.NOW, findings["answered"].pk, answer="=mended")
    first = open_case(duty, city.NOW - HOUR, findings["cased"].pk, responsible="inspector")
    other = open_case(duty, city.NOW, findings["other_cased"].pk)
    for code in ("B-1", "B-2"):
        register_object(SYSTEM_ACTOR, city.NOW, ObjectDraft("organisation", code, f"分局{code}", region_code="420100"))
    add_part(duty, city.NOW, first.pk, "B-1", "核查用电")
    for row in findings.values():
        row.refresh_from_db()
    items = list(_evidence(actor_of(people["inspector"]), first))
    position = city.fill_archive(archive, [city.FRAME.encode()])[0]
    frame = f"{position.segment}:{position.offset}"
    waiting = order_command(SYSTEM_ACTOR, city.NOW, city.MN, OrderDraft("1062", {"RtdInterval": "60"}))
    day = city.NOW.date()
    run = ask_recomputation(SYSTEM_ACTOR, city.NOW, Asked(day, day, dry_run=True))
    judged = Judgement.objects.filter(object=town.objects["O-1-01"]).first()
    assert judged is not None
    cases = {"first": first, "other": other}
    parks, relation = _parks()
    owner = actor_of(people["enterprise"])
    stood = Standing(
        town, people, findings, cases, items, frame, waiting.number, run.number, judged.pk, parks, relation
    )
    stood.window, stood.check = _window(owner, town).pk, _reading(owner).pk
    stood.jobs = _jobs()
    stood.books = _books(people)
    stood.obligation, stood.occurrence = _duties(duty, town)
    draft = DelegationDraft("handler", city.NOW - HOUR, city.NOW + HOUR, "journey")
    stood.delegation = delegate(duty, city.NOW, draft).pk
    stood.report = _report(actor_of(people["data_steward"]))
    stood.room = duty_room(people)
    stood.key = make_key(owner, city.NOW, KeyDraft("own program", ["read"], 30), now=real_now())[0].pk
    return stood


def _report(keeper: Actor) -> str:
    """A draft of the day before with a text that somebody wrote; a template of the bureau for the next ones."""
    row = make_report(SYSTEM_ACTOR, city.NOW, "daily", day=city.NOW.date() - timedelta(days=1))
    edit_text(SYSTEM_ACTOR, city.NOW, row.number, "summary", "昨日平稳。", language=Language.ZH, version=0)
    fits = {"unknown": [], "unused": [], "tags": 1, "size": 3}
    upload_template(keeper, city.NOW, "daily", HOUSE_TEMPLATE.read_bytes(), "日报.docx", fits)
    return row.number


def _duties(officer: Actor, town: city.Town) -> tuple[int, int]:
    place = town.objects["O-1-01"].pk
    training = set_up_obligation(officer, city.NOW, DutyDraft("TRAIN", place, "年度培训计划"))
    first = city.NOW.date().replace(day=1)
    ledger = set_up_obligation(officer, city.NOW, DutyDraft("LED", place, "督办要求", rhythm="1/month", since=first))
    return training.pk, ledger.occurrences.order_by("due_at").values_list("pk", flat=True)[0]


def _window(owner: Actor, town: city.Town) -> MaintenanceWindow:
    draft = WindowDraft(
        town.objects["O-1-01"].pk, "maintenance", city.NOW + 24 * HOUR, city.NOW + 30 * HOUR, "更换采样泵"
    )
    return announce_window(owner, city.NOW, draft)


def _reading(owner: Actor) -> LeakCheck:
    valve = ObjectDraft(
        ObjectType.LEAK_COMPONENT,
        LEAK,
        "1号阀",
        "valve 1",
        parent=(ObjectType.ENTERPRISE, "E-1"),
        attributes={"component": "valve", "medium_state": "gas"},
        simulated=True,
    )
    register_object(SYSTEM_ACTOR, city.NOW - 900 * HOUR, valve)
    record_leaks(owner, city.NOW, [CheckDraft(LEAK, CheckKind.READING, city.NOW - 300 * HOUR, Decimal(8000))])
    return LeakCheck.objects.get()


def _parks() -> tuple[dict[str, RegistryObject], int]:
    drafts = [ObjectDraft("park", code, f"园区{code}", region_code="420107") for code in ("P-1", "P-2", "P-3")]
    parks = {draft.code: register_object(SYSTEM_ACTOR, city.NOW, draft) for draft in drafts}
    merge_objects(SYSTEM_ACTOR, city.NOW, parks["P-1"].pk, parks["P-3"].pk, reason="同一园区")
    tie = relate_objects(SYSTEM_ACTOR, city.NOW, parks["P-1"].pk, parks["P-2"].pk, RelationKind.OPERATES)
    return parks, tie.pk


def _jobs() -> dict[str, str]:
    """Imports of one file in the states that steps need; nobody carries them out here."""
    save_mapping(SYSTEM_ACTOR, city.NOW, presets()[0].model_copy(update={"name": "saved"}))
    plain = {"time": {"columns": ["time"]}, "site": {"columns": ["site"]}, "name": "one_column"}
    mapping = read_mapping(plain | {"columns": [{"column": "pm25", "pollutant": "a34004", "unit": "ug/m3"}]})
    found = {"rows": 1, "values": 1, "row_errors": 0, "first": None, "last": None, "sites": {}, "items": {}}
    found |= {"causes": {}, "examples": {}, "gaps": [], "refused": []}
    jobs = {}
    for state in ("checked", "importing", "cancelled", "done"):
        row = upload_file(SYSTEM_ACTOR, city.NOW, BytesIO(IMPORTED), f"{state}.csv")
        check_import(SYSTEM_ACTOR, city.NOW, row.number, mapping)
        DataImport.objects.filter(pk=row.pk).update(state=state, phase="import", trial=found, counts={"new": 1})
        jobs[state] = row.number
    return jobs


def _books(people: dict[str, User]) -> dict[str, int]:
    """Accounts of the balance and of the data revenue, filled; a draft for the first enterprise; a licence."""
    keeper, approver = actor_of(people["data_steward"]), actor_of(people["approver"])

    def account(
        holder: str, kind: str, ledger: str = "total_discharge", item: str = "a21002", unit: str = "t/a"
    ) -> int:
        draft = AccountDraft(ledger, holder, item, kind, unit, region_code="" if holder == "E-1" else "420100")
        return open_account(keeper, city.NOW, draft).pk

    def book(ledger: str, source: int, target: int) -> LedgerEntry:
        rows = [(source, Decimal(-100)), (target, Decimal(100))]
        return draft_entry(keeper, city.NOW, ledger, rows, Terms("年度总量", "武环函12号"))

    def posted(entry: LedgerEntry) -> None:
        approve_entry(approver, city.NOW, entry.pk)
        post_entry(keeper, city.NOW, entry.pk)

    money = ("data_revenue", "air-index", "CNY")
    books = {"capacity": account("420100", "capacity"), "reserve": account("420100", "reserve")}
    books |= {"own": account("E-1", "allocated"), "fund": account("platform", "fund", *money)}
    posted(book("total_discharge", books["capacity"], books["reserve"]))
    posted(book("data_revenue", account("outside", "external", *money), books["fund"]))
    books["entry"] = book("total_discharge", books["capacity"], books["own"]).pk
    day = city.NOW.date()
    grant_licence(keeper, city.NOW, LicenceDraft("air-hours", "bank-1", ["credit"], day, day, "协议3号"))
    return books


def _findings(town: city.Town) -> Iterator[tuple[str, Finding]]:
    old = city.LAST_HOUR - 26 * HOUR
    yield "fresh", city.finding(town, severity=4)
    yield "confirmed", city.finding(town, parameter="a21026", severity=3, start=city.LAST_HOUR - HOUR)
    yield "dismissed", city.finding(town, parameter="a34013", severity=1, start=old)
    yield "answered", city.finding(town, parameter="a21005", severity=1, start=old - HOUR)
    yield "cased", city.finding(town, kind=Kind.FROZEN_VALUE, rule_id="frozen_value", severity=2)
    yield "other", city.finding(town, "O-2-01", severity=2, start=city.LAST_HOUR - 2 * HOUR)
    yield "other_cased", city.finding(town, "O-2-01", kind=Kind.FROZEN_VALUE, rule_id="frozen_value", severity=4)


def _evidence(inspector: object, case: Case) -> Iterator[EvidenceItem]:
    hour = next(
        one
        for one in city.observations()
        if (one.site, one.cycle, one.period_start) == ("O-1-01", Cycle.HOUR, city.LAST_HOUR)
    )
    yield attach_observation(inspector, city.NOW, of_case(case.pk), hour, raw_frame=None)  # type: ignore[arg-type]
    yield attach_file(
        inspector,  # type: ignore[arg-type]
        city.NOW,
        of_case(case.pk),
        b"%PDF-1.7 plan",
        kind=EvidenceKind.DOCUMENT,
        media_type="application/pdf",
        file_name="plan.pdf",
    )


def _person(name: str, grant: tuple[Role, str, str]) -> User:
    role, region, org = grant
    taken = {"citizen", "inspector", "approver", "supervisor", "auditor"}
    if name in taken:
        return User.objects.get(username=name)
    return create_user(SYSTEM_ACTOR, city.NOW, UserDraft(name, (Grant(role, region, org),), simulated=True))
