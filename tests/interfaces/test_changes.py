"""A change over the API is in the journal by the right person and role; a refused one is not; reads cost few queries."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.interfaces import city
from tests.interfaces.access import table
from tests.interfaces.standing import EVERYBODY, Standing, undone
from tests.interfaces.test_access import ask

from qingtian.apps.journal.models import Event
from qingtian.apps.journal.verify import verify_journal
from qingtian.interfaces.api.present.trend import _kept as kept_trend

pytestmark = pytest.mark.django_db
# Somebody who may, the role that the journal must name, and the events that the change must leave.
EVENTS: dict[str, tuple[str, str, list[str]]] = {
    "/accounts": ("data_steward", "data_steward", ["user.created"]),
    "/accounts/{username}": ("data_steward", "data_steward", ["user.changed"]),
    "/accounts/{username}/end-sessions": ("data_steward", "data_steward", ["session.ended"]),
    "/me/delegations": ("approver", "approver", ["delegation.made"]),
    "/me/delegations/{delegation_id}/end": ("handler", "handler", ["delegation.ended"]),
    "/me/keys": ("legal_reviewer", "legal_reviewer", ["key.made"]),
    "/me/keys/{key_id}": ("enterprise", "enterprise_user", ["key.revoked"]),
    "/cases": ("window", "window", ["case.opened", "case.clock_started"]),
    "/cases/many": ("dispatcher", "dispatcher", ["case.assigned"]),
    "/cases/{case_id}/children": (
        "supervisor",
        "supervisor",
        ["case.opened", "case.clock_started", "case.child_opened"],
    ),
    "/cases/{case_id}/survey": ("inspector", "inspector", ["case.opened", "case.clock_started", "case.surveyed"]),
    "/cases/{case_id}/parts": ("dispatcher", "dispatcher", ["case.part_added"]),
    "/cases/{case_id}/parts/{org}": ("handler", "handler", ["case.part_reported"]),
    "/cases/{case_id}/duplicate": (
        "dispatcher",
        "dispatcher",
        ["case.clock_stopped", "case.duplicate", "case.merged"],
    ),
    "/cases/{case_id}/assign": ("supervisor", "supervisor", ["case.assigned"]),
    "/cases/{case_id}/clocks/{code}/pause": ("approver", "approver", ["case.clock_paused", "case.pause_reason"]),
    "/cases/{case_id}/evidence": ("inspector", "inspector", ["case.evidence_added"]),
    "/cases/{case_id}/evidence/observation": ("inspector", "inspector", ["case.evidence_added"]),
    "/cases/{case_id}/evidence/{position}/review": ("approver", "approver", ["case.evidence_added"]),
    "/evidence/{kind}/{subject_id}/files": ("inspector", "inspector", ["case.evidence_added"]),
    "/evidence/{kind}/{subject_id}/observations": ("handler", "handler", ["case.evidence_added"]),
    "/evidence/{kind}/{subject_id}/record": ("enterprise", "enterprise_user", ["case.evidence_added"]),
    "/evidence/{kind}/{subject_id}/{position}/redaction": ("legal_reviewer", "legal_reviewer", ["case.evidence_added"]),
    "/evidence/{kind}/{subject_id}/{position}/review": ("approver", "approver", ["case.evidence_added"]),
    "/ledgers/accounts": ("handler", "handler", ["ledger.account_opened"]),
    "/ledgers/entries": ("handler", "handler", ["ledger.drafted"]),
    "/ledgers/allocations": ("handler", "handler", ["ledger.account_opened", "ledger.drafted"]),
    "/ledgers/splits": ("data_steward", "data_steward", ["ledger.account_opened", "ledger.drafted"]),
    "/ledgers/entries/{entry}/approve": ("supervisor", "supervisor", ["ledger.approved"]),
    "/ledgers/entries/{entry}/refuse": ("approver", "approver", ["ledger.refused"]),
    "/ledgers/entries/{entry}/withdraw": ("data_steward", "data_steward", ["ledger.withdrawn"]),
    "/ledgers/licences": ("data_steward", "data_steward", ["data.licensed"]),
    "/ledgers/uses": ("data_steward", "data_steward", ["data.used"]),
    "/cases/{case_id}/fields": ("handler", "handler", ["case.recorded"]),
    "/cases/{case_id}/findings/{finding_id}": ("dispatcher", "dispatcher", ["case.finding_linked", "finding.cased"]),
    "/field/cases/{case_id}/media": ("inspector", "inspector", ["case.evidence_added"]),
    "/findings/dismiss": ("dispatcher", "dispatcher", ["finding.dismissed"]),
    "/findings/entries": ("inspector", "inspector", ["finding.raised"]),
    "/findings/{finding_id}/ask": ("handler", "handler", ["finding.asked"]),
    "/findings/{finding_id}/refuse-answer": ("inspector", "inspector", ["finding.answer_refused"]),
    "/windows": ("data_steward", "data_steward", ["window.announced"]),
    "/windows/{window_id}/approve": ("dispatcher", "dispatcher", ["window.approved"]),
    "/windows/{window_id}/refuse": ("supervisor", "supervisor", ["window.refused"]),
    "/windows/{window_id}/withdraw": ("enterprise", "enterprise_user", ["window.withdrawn"]),
    "/leaks/checks": ("enterprise", "enterprise_user", ["leak.recorded"]),
    "/leaks/checks/{check_id}/take-back": ("inspector", "inspector", ["leak.taken_back"]),
    "/leaks/import": ("data_steward", "data_steward", ["leak.recorded"]),
    "/findings/confirm": ("inspector", "inspector", ["finding.confirmed"]),
    "/findings/{finding_id}/answer": ("enterprise", "enterprise_user", ["finding.answered"]),
    "/findings/{finding_id}/confirm": ("supervisor", "supervisor", ["finding.confirmed"]),
    "/findings/{finding_id}/dismiss": ("dispatcher", "dispatcher", ["finding.dismissed"]),
    "/findings/{finding_id}/merge": ("dispatcher", "dispatcher", ["finding.merged", "finding.merged_in"]),
    "/findings/{finding_id}/open-case": (
        "dispatcher",
        "dispatcher",
        ["case.opened", "finding.cased", "case.clock_started"],
    ),
    "/findings/{finding_id}/self-correct": ("inspector", "inspector", ["finding.self_corrected"]),
    "/commands/{number}/cancel": ("data_steward", "data_steward", ["command.cancelled"]),
    "/decisions/{code}/records": ("data_steward", "data_steward", ["decision.recorded"]),
    "/devices": ("data_steward", "data_steward", ["object.registered"]),
    "/devices/{mn}": ("data_steward", "data_steward", ["object.updated"]),
    "/devices/{mn}/commands": ("data_steward", "data_steward", ["command.ordered"]),
    "/devices/{mn}/first-contact": (
        "data_steward",
        "data_steward",
        ["command.ordered", "command.ordered", "command.ordered", "command.ordered", "command.ordered"],
    ),
    "/imports": ("data_steward", "data_steward", ["import.uploaded"]),
    "/imports/mappings": ("data_steward", "data_steward", ["mapping.saved"]),
    "/imports/mappings/{name}/retire": ("data_steward", "data_steward", ["mapping.retired"]),
    "/imports/{job}/cancel": ("data_steward", "data_steward", ["import.cancelled"]),
    "/imports/{job}/check": ("data_steward", "data_steward", ["import.check_asked"]),
    "/imports/{job}/resume": ("data_steward", "data_steward", ["import.resumed"]),
    "/imports/{job}/start": ("data_steward", "data_steward", ["import.started"]),
    "/imports/{job}/withdraw": ("data_steward", "data_steward", ["import.withdrawal_asked"]),
    "/indicators/{code}/compute": ("data_steward", "data_steward", ["indicator.computed"]),
    "/indicators/{code}/figures": ("data_steward", "data_steward", ["figure.reported"]),
    "/monitoring-plans/{code}": ("enterprise", "enterprise_user", ["plan.submitted"]),
    "/obligations": ("supervisor", "supervisor", ["obligation.set_up", "obligation.planned"]),
    "/obligations/{obligation_id}/end": ("dispatcher", "dispatcher", ["obligation.ended"]),
    "/obligations/{obligation_id}/events": ("data_steward", "data_steward", ["occurrence.planned"]),
    "/occurrences/{occurrence_id}/fulfil": ("enterprise", "enterprise_user", ["occurrence.fulfilled"]),
    "/occurrences/{occurrence_id}/waive": ("approver", "approver", ["occurrence.waived"]),
    "/readmissions": ("data_steward", "data_steward", ["frames.readmission_asked"]),
    "/recomputations": ("data_steward", "data_steward", ["recomputation.asked"]),
    "/recomputations/{run}/cancel": ("data_steward", "data_steward", ["recomputation.cancelled"]),
    "/deliveries/{delivery_id}/again": ("supervisor", "supervisor", ["delivery.mended"]),
    "/deliveries/{delivery_id}/lay-aside": ("data_steward", "data_steward", ["delivery.mended"]),
    "/handovers": ("dispatcher", "dispatcher", ["handover.composed"]),
    "/handovers/{handover}/edit": ("dispatcher", "dispatcher", ["handover.edited"]),
    "/me/calendars": ("auditor", "auditor", ["roster.calendar_shared"]),
    "/me/calendars/{link_id}/revoke": ("supervisor", "supervisor", ["roster.calendar_revoked"]),
    "/me/contact": ("enterprise", "enterprise_user", ["contact.changed"]),
    "/notices/acknowledge": ("handler", "handler", ["notice.acknowledged"]),
    "/rosters": ("dispatcher", "dispatcher", ["roster.set_up"]),
    "/rosters/{roster}/exceptions": ("supervisor", "supervisor", ["roster.exception_made"]),
    "/rosters/{roster}/exceptions/{exception_id}/withdraw": (
        "dispatcher",
        "dispatcher",
        ["roster.exception_withdrawn"],
    ),
    "/rosters/{roster}/retire": ("data_steward", "data_steward", ["roster.retired"]),
    "/rosters/{roster}/rotations": ("supervisor", "supervisor", ["roster.rotation_added"]),
    "/rosters/{roster}/rotations/{rotation_id}/end": ("dispatcher", "dispatcher", ["roster.rotation_ended"]),
    "/swaps/{swap_id}/withdraw": ("dispatcher", "dispatcher", ["roster.swap_withdrawn"]),
    "/registry/imports": ("data_steward", "data_steward", ["objects.imported"]),
    "/registry/objects": ("data_steward", "data_steward", ["object.registered"]),
    "/registry/objects/{type}/{code}": ("data_steward", "data_steward", ["object.updated"]),
    "/registry/objects/{type}/{code}/merge": ("data_steward", "data_steward", ["object.merged", "object.took_over"]),
    "/registry/objects/{type}/{code}/part": ("data_steward", "data_steward", ["object.parted"]),
    "/registry/objects/{type}/{code}/relations": ("data_steward", "data_steward", ["relation.added"]),
    "/registry/objects/{type}/{code}/relations/{relation_id}/end": (
        "data_steward",
        "data_steward",
        ["relation.ended"],
    ),
    "/reports": ("inspector", "inspector", ["report.made"]),
    "/reports/{report}/texts/{paragraph}": ("dispatcher", "dispatcher", ["report.text_written"]),
    "/reports/{report}/issue": ("approver", "approver", ["report.issued"]),
    "/reports/{report}/withdraw": ("supervisor", "supervisor", ["report.withdrawn"]),
    "/reports/templates": ("data_steward", "data_steward", ["report_template.uploaded"]),
    "/reports/templates/{report_kind}/{version}/retire": (
        "data_steward",
        "data_steward",
        ["report_template.retired"],
    ),
    "/rules/{row_id}/try": ("data_steward", "data_steward", ["recomputation.asked"]),
}
# Operations that a person of the access table cannot finish in the standing town, or that change no governance state.
ELSEWHERE = {
    "/enterprise/{code}/results",  # no sampling by hand is due here: test_enterprise_door
    "/accounts/{username}/take-second-factor",  # nobody has one here: test_second_factor
    "/me/acting",  # for oneself again is no deed; for another: test_delegations
    "/me/password",  # nobody has one here: test_me
    "/me/second-factor",  # a secret that no code has proven yet is no deed: test_second_factor
    "/me/second-factor/confirm",
    "/me/second-factor/prove",  # changes the browser's session only: test_oidc
    "/me/second-factor/recovery-codes",
    "/me/second-factor/remove",
    "/me/sessions/{session_id}",  # who was let in by a test has no session of the list: test_me
    "/me/sessions/end-others",
    "/handovers/{handover}/accept",  # only what was given: test_duty_room
    "/handovers/{handover}/give",  # the house tells the taker, too: test_duty_room
    "/rosters/{roster}/swaps",
    "/swaps/{swap_id}/answer",
    "/occurrences/{occurrence_id}/refuse",  # only what was told as done: test_obligations
    "/newcomers/{mn}/adopt",  # nobody unregistered was heard here: test_rejects_and_newcomers
    "/recomputations/{run}/resume",  # only one that was stopped: test_law, test_recompute
    "/findings/{finding_id}/unmerge",  # only of one that is merged: test_finding_engine
    "/field/cases/{case_id}/records",  # needs two inspectors and what they signed: test_field
    "/cases/{case_id}/transitions",  # walked in test_case_walk
    "/cases/{case_id}/private",  # T1 keeps nothing private: test_case_work
    "/cases/{case_id}/duplicate/undo",  # no duplicate stands here: test_case_work
    "/cases/{case_id}/migrate",  # only from an older version: test_migrating
    "/cases/{case_id}/clocks/{code}/resume",
    "/ledgers/entries/{entry}/post",  # only what is approved: test_ledgers
    "/ledgers/entries/{entry}/reverse",  # only what is posted: test_ledgers
    "/demo/clock",
    "/demo/session",
    "/session",
}
# Operations that reckon or explain something and keep nothing.
KEPT_NOWHERE = {
    "/notices/read",  # that somebody looked is on their line of the inbox, and nothing else
    "/findings/entries/check",
    "/decisions/{code}/try",
    "/formulas/check",
    "/frames/explain",
    "/imports/{job}/preview",
    "/reckonings/capacity",
    "/reckonings/carbon",
    "/reckonings/replacement",
    "/reckonings/split",
    "/reports/templates/trial",
}


def method_of(path: str) -> str:
    if path == "/me/keys/{key_id}":
        return "DELETE"
    patched = ("/devices/{mn}", "/registry/objects/{type}/{code}", "/accounts/{username}")
    return "PATCH" if path in patched else "POST"


def new_events(since: int) -> list[Event]:
    return list(Event.objects.filter(seq__gt=since).order_by("seq"))


def test_every_change_of_the_contract_is_looked_at() -> None:
    changes = {path.removeprefix("/api/v1") for method, path in table() if method != "GET"}

    assert set(EVENTS) | KEPT_NOWHERE == changes - ELSEWHERE


@pytest.mark.parametrize("path", EVENTS)
def test_a_change_names_person_role_and_city_time(standing: Standing, path: str) -> None:
    who, role, types = EVENTS[path]
    before = Event.objects.count()

    answer = ask(standing.client(who), standing, method_of(path), f"/api/v1{path}")

    events = new_events(before)
    assert answer.status_code in (200, 201, 202), answer.content
    assert [one.type for one in events] == types
    assert {(one.actor, one.role) for one in events} == {(who, role)}
    assert {one.at for one in events} == {city.NOW}
    assert verify_journal().intact


@pytest.mark.parametrize("path", EVENTS)
def test_a_refused_change_leaves_nothing(standing: Standing, path: str) -> None:
    before = Event.objects.count()

    for who in EVERYBODY:
        if table()[method_of(path), f"/api/v1{path}"][who] != ".":
            ask(standing.client(who), standing, method_of(path), f"/api/v1{path}")

    assert new_events(before) == []


@pytest.mark.parametrize("path", sorted(KEPT_NOWHERE))
def test_reckoning_writes_nothing(standing: Standing, path: str) -> None:
    before = Event.objects.count()

    answer = ask(standing.client("data_steward"), standing, "POST", f"/api/v1{path}")

    assert answer.status_code == 200, answer.content
    assert new_events(before) == []


def test_reading_writes_nothing(standing: Standing) -> None:
    before = Event.objects.count()
    client = standing.client("supervisor")

    for method, path in table():
        if method == "GET":
            ask(client, standing, method, path)

    assert new_events(before) == []


def queries(client: Client, url: str) -> int:
    """Queries of one answer, when nothing is remembered from an earlier one."""
    kept_trend.key = None
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize(
    ("path", "most"),
    [("findings", 13), ("cases", 14), ("enterprises", 12), ("events", 10), ("stations", 12)],
)
def test_a_long_page_costs_as_many_queries_as_a_short_one(standing: Standing, path: str, most: int) -> None:
    client = standing.client("supervisor")
    client.get(f"/api/v1/{path}")  # warms the packs and the kept sessions

    short, long = (queries(client, f"/api/v1/{path}?page_size={size}") for size in (1, 200))

    assert long <= short + 2  # names of places and people that one row alone does not need
    assert long <= most


@pytest.mark.parametrize("path", ["map/points", "overview", "findings/export.csv", "cases/export.csv"])
def test_a_second_enterprise_costs_no_further_queries(standing: Standing, path: str) -> None:
    few, many = standing.client("other_district"), standing.client("supervisor")
    for client in (few, many):
        client.get(f"/api/v1/{path}")

    assert abs(queries(few, f"/api/v1/{path}") - queries(many, f"/api/v1/{path}")) <= 2


def test_a_refused_change_takes_nothing_back_that_was_done(standing: Standing) -> None:
    client = standing.client("dispatcher")
    url = standing.at("/api/v1/findings/{finding_id}/dismiss")

    with undone():
        done = client.post(url, {"reason": "false_alarm"}, content_type="application/json")
        refused = client.post(url, {"reason": "other"}, content_type="application/json")
        shown = client.get(standing.at("/api/v1/findings/{finding_id}")).json()

    assert (done.status_code, refused.status_code) == (200, 422)
    assert (shown["status"], shown["reason"]) == ("dismissed", "false_alarm")
