"""The matrix role x object x action: each cell against what the API really did to each role, and against what pages are told."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest
from django.test import Client
from tests.interfaces.access import table
from tests.interfaces.standing import EVERYBODY, Standing

from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.accounts.rights import (
    OBJECTS,
    WORDS,
    Sight,
    SightRight,
    action_rights,
    identity_readers,
    sight_rights,
)
from qingtian.apps.accounts.roles import Role

pytestmark = pytest.mark.django_db
PEOPLE = [role for role in Role if role is not Role.SYSTEM]
# The person of the access table that has the role, for the first enterprise and its district.
NAMES: Mapping[Role, str] = {role: "enterprise" if role is Role.ENTERPRISE_USER else role.value for role in PEOPLE}
# Operations that use a verb and nothing else: each was tried for real by `test_access` as each of these people.
OPERATIONS: dict[str, str] = {
    "manage_accounts": "POST /accounts, PATCH /accounts/{username}, POST /accounts/{username}/end-sessions",
    "read_accounts": "GET /accounts, GET /accounts/{username}, GET /accounts/export.csv",
    "register_object": "POST /registry/objects, POST /registry/imports, POST /devices",
    "update_object": "PATCH /registry/objects/{type}/{code}, PATCH /devices/{mn}",
    "confirm_finding": "POST /findings/{finding_id}/confirm, POST /findings/confirm",
    "dismiss_finding": "POST /findings/{finding_id}/dismiss, POST /findings/dismiss",
    "merge_finding": "POST /findings/{finding_id}/merge",
    "answer_finding": "POST /findings/{finding_id}/answer",
    "self_correct_finding": "POST /findings/{finding_id}/self-correct",
    "enter_finding": "POST /findings/entries",
    "ask_enterprise": "POST /findings/{finding_id}/ask",
    "refuse_answer": "POST /findings/{finding_id}/refuse-answer",
    "undo_merge": "POST /findings/{finding_id}/unmerge",
    "announce_window": "POST /windows",
    "decide_window": "POST /windows/{window_id}/approve, POST /windows/{window_id}/refuse",
    "withdraw_window": "POST /windows/{window_id}/withdraw",
    "record_leak": "POST /leaks/checks, POST /leaks/checks/{check_id}/take-back, POST /leaks/import",
    "open_case": "POST /findings/{finding_id}/open-case, POST /cases/{case_id}/findings/{finding_id}",
    "open_child": "POST /cases/{case_id}/children, POST /cases/{case_id}/survey",
    "migrate_case": "POST /cases/{case_id}/migrate",
    "assign_case": "POST /cases/{case_id}/assign, POST /cases/{case_id}/parts",
    "record_fields": "POST /cases/{case_id}/fields",
    "attach_evidence": "POST /cases/{case_id}/evidence, POST /evidence/{kind}/{subject_id}/files",
    "record_visit": "POST /field/cases/{case_id}/records",
    "review_evidence": "POST /cases/{case_id}/evidence/{position}/review",
    "redact_evidence": "POST /evidence/{kind}/{subject_id}/{position}/redaction",
    "read_custody": "GET /evidence/{kind}/{subject_id}/custody",
    "keep_ledger": "POST /ledgers/accounts, POST /ledgers/entries/{entry}/withdraw",
    "approve_entry": "POST /ledgers/entries/{entry}/approve, POST /ledgers/entries/{entry}/refuse",
    "license_data": "POST /ledgers/licences",
    "record_use": "POST /ledgers/uses",
    "pause_clock": "POST /cases/{case_id}/clocks/{code}/pause, POST /cases/{case_id}/clocks/{code}/resume",
    "link_duplicate": "POST /cases/{case_id}/duplicate, POST /cases/{case_id}/duplicate/undo",
    "read_journal": "GET /events, GET /journal/verify, GET /reads",
    "read_rejects": "GET /rejects, GET /newcomers",
    "try_rule": "POST /rules/{row_id}/try",
    "recompute": "POST /recomputations",
    "ask_device": "POST /devices/{mn}/commands",
    "set_device": "POST /devices/{mn}/first-contact, POST /commands/{number}/cancel",
    "secure_device": "POST /readmissions",
    "compute_indicator": "POST /indicators/{code}/compute",
    "report_figure": "POST /indicators/{code}/figures",
    "import_data": "POST /imports, POST /imports/{job}/start, POST /imports/mappings",
    "withdraw_import": "POST /imports/{job}/withdraw",
    "record_decision": "POST /decisions/{code}/records",
    "set_up_obligation": "POST /obligations, POST /obligations/{obligation_id}/end",
    "fulfil_obligation": "POST /occurrences/{occurrence_id}/fulfil",
    "refuse_fulfilment": "POST /occurrences/{occurrence_id}/refuse",
    "waive_obligation": "POST /occurrences/{occurrence_id}/waive",
    "submit_plan": "POST /monitoring-plans/{code}",
    "read_deliveries": "GET /deliveries, GET /deliveries/export.csv, GET /deliveries/{delivery_id}",
    "mend_delivery": "POST /deliveries/{delivery_id}/again, POST /deliveries/{delivery_id}/lay-aside",
    "keep_roster": "POST /rosters, POST /rosters/{roster}/rotations, POST /rosters/{roster}/exceptions",
    "delegate": "POST /me/delegations",
    "make_key": "POST /me/keys",
}
# A second condition stands beside the verb: nobody without it may, not everybody with it.
NARROWED: dict[str, str] = {
    "file_case": "POST /cases",  # the template says which of the roles opens a case of it
    "move_case": "POST /cases/{case_id}/transitions",  # the step does
}
ELSEWHERE: dict[str, str] = {
    "raise_finding": "rules and duties raise; people enter findings",
    "end_finding": "judgements end what lasts",
    "read_original": "tried as every role in tests/apps/evidence/test_records.py",
    "anchor_evidence": "a nightly duty",
    "move_evidence": "`qingtian evidence move`",
    "mark_breach": "a duty",
    "control_device": "POST /devices/{mn}/commands with such a command; each in tests/apps/devices",
    "record_exchange": "the gateway",
    "settle_obligation": "a nightly duty",
    "report_problem": "the citizen pages, by form and code",
    "follow_report": "the citizen pages, by form and code",
    "make_report": "every role tries it in tests/apps/reports/test_rights.py",
    "issue_report": "every role tries it in tests/apps/reports/test_rights.py",
    "keep_template": "every role tries it in tests/apps/reports/test_rights.py",
    "read_phone": "every role reads a number in tests/apps/registry/test_veil.py",
    "read_exact_place": "every role reads a place in tests/apps/registry/test_veil.py",
}
REFUSED = {"1", "3", "4"}
TRIED = [verb for verb in Verb if verb.value in OPERATIONS | NARROWED]


def test_every_action_is_tried_somewhere_and_said_where() -> None:
    told = [set(OPERATIONS), set(NARROWED), set(ELSEWHERE)]

    assert set().union(*told) == {verb.value for verb in Verb}
    assert sum(map(len, told)) == len(Verb)
    tests = re.findall(r"tests/[\w/]+\.py", " ".join(ELSEWHERE.values()))
    assert [one for one in tests if not (Path(__file__).parents[2] / one).exists()] == []


def test_every_action_has_its_words_and_its_kind_of_object() -> None:
    assert set(WORDS) == {verb.value for verb in Verb}
    assert {kind for kind, _ in WORDS.values()} <= set(OBJECTS)
    assert all(re.search(r"[一-鿿]", words) for _, words in WORDS.values())


@pytest.mark.parametrize("verb", TRIED, ids=str)
def test_the_api_did_to_each_role_what_the_cell_says(verb: Verb) -> None:
    expected = table()
    for operation in (OPERATIONS | NARROWED)[verb.value].split(", "):
        method, path = operation.split(" ")
        signs = expected[method, f"/api/v1{path}"]
        done = {role for role in PEOPLE if signs[NAMES[role]] not in REFUSED}
        if verb.value in OPERATIONS:
            assert done == TABLE[verb] - {Role.SYSTEM}, operation
        else:
            assert done <= TABLE[verb], operation


@pytest.mark.parametrize("role", PEOPLE)
def test_the_session_tells_each_role_its_column(standing: Standing, role: Role) -> None:
    told = standing.client(NAMES[role]).get("/api/v1/session").json()["user"]["permissions"]

    assert set(told) == {verb.value for verb in Verb if role in TABLE[verb]}


def test_the_matrix_of_the_api_is_the_table(standing: Standing) -> None:
    shown = standing.client("auditor").get("/api/v1/rights").json()

    assert shown["roles"] == [role.value for role in Role]
    cells = {(row["verb"], role): may for row in shown["actions"] for role, may in row["cells"].items()}
    assert cells == {(verb.value, role.value): role in TABLE[verb] for verb in Verb for role in Role}
    sights = {(row["object_type"], role): cell for row in shown["sights"] for role, cell in row["cells"].items()}
    assert sights == {(row.object_type, role.value): row.cells[role].value for row in sight_rights() for role in Role}
    assert [row["action_zh"] for row in shown["actions"]] == [row.zh for row in action_rights()]


# What pages offer: buttons of one object, by what its answer says; and what came out when it was really tried.
OFFERED: dict[str, dict[str, str]] = {
    "/api/v1/findings/{finding_id}": {
        "confirm_finding": "POST /findings/{finding_id}/confirm",
        "dismiss_finding": "POST /findings/{finding_id}/dismiss",
        "answer_finding": "POST /findings/{finding_id}/answer",
        "open_case": "POST /findings/{finding_id}/open-case",
        "ask_enterprise": "POST /findings/{finding_id}/ask",
        "merge_finding": "POST /findings/{finding_id}/merge",
    },
    "/api/v1/windows/{window_id}": {
        "decide_window": "POST /windows/{window_id}/approve",
        "withdraw_window": "POST /windows/{window_id}/withdraw",
    },
}
FLAGS: dict[str, dict[str, str]] = {
    "/api/v1/cases/{case_id}": {
        "may_attach": "POST /cases/{case_id}/evidence",
        "may_assign": "POST /cases/{case_id}/assign",
    },
    "/api/v1/evidence/{kind}/{subject_id}": {
        "may_attach": "POST /evidence/{kind}/{subject_id}/files",
        "may_redact": "POST /evidence/{kind}/{subject_id}/{position}/redaction",
    },
    "/api/v1/registry/objects/{type}/{code}": {"may_update": "PATCH /registry/objects/{type}/{code}"},
    "/api/v1/devices/{mn}": {"may_change": "PATCH /devices/{mn}"},
    "/api/v1/obligations/{obligation_id}": {"may_end": "POST /obligations/{obligation_id}/end"},
    "/api/v1/indicators/{code}": {
        "may_compute": "POST /indicators/{code}/compute",
        "may_report": "POST /indicators/{code}/figures",
    },
}


@pytest.mark.parametrize("who", [who for who, grant in EVERYBODY.items() if grant])
@pytest.mark.parametrize("path", [*OFFERED, *FLAGS])
def test_a_page_offers_each_person_what_the_api_will_do_and_nothing_else(
    standing: Standing, who: str, path: str
) -> None:
    answer = standing.client(who).get(standing.at(path))
    if answer.status_code == 404:
        assert table()["GET", path][who] == "4"
        return
    told = answer.json()
    offered = {one["verb"]: one["allowed"] for one in told["allowed_actions"]} if path in OFFERED else told

    for name, operation in (OFFERED | FLAGS)[path].items():
        method, where = operation.split(" ")
        done = table()[method, f"/api/v1{where}"][who] not in REFUSED
        assert bool(offered.get(name, False)) is done, (
            name,
            json.dumps(offered, ensure_ascii=False, default=str)[:500],
        )


# One object of each kind, as `test_access` read it as everybody; identity, telephone and species have tests of their own.
SIGHTS: dict[str, str] = {
    "station": "/stations/{code}",
    "enterprise": "/enterprises/{code}",
    "device": "/devices/{mn}",
    "finding": "/findings/{finding_id}",
    "case": "/cases/{case_id}",
    "evidence": "/evidence/{kind}/{subject_id}",
    "occurrence": "/occurrences/{occurrence_id}",
    "window": "/windows/{window_id}",
    "journal": "/events",
    "account": "/accounts",
}
PARTLY: dict[str, Collection[str]] = {
    "identity": identity_readers(),
    "phone": TABLE[Verb.READ_PHONE],
    "species": TABLE[Verb.READ_EXACT_PLACE],
}


@pytest.mark.parametrize("row", sight_rights(), ids=lambda row: row.object_type)
def test_each_role_sees_what_the_cell_says_and_nothing_beside_its_scope(row: SightRight) -> None:
    if row.object_type in PARTLY:
        whole = {role for role, sight in row.cells.items() if sight in (Sight.SCOPE, Sight.OWN)}
        assert whole == set(PARTLY[row.object_type])
        return
    signs = table()["GET", f"/api/v1{SIGHTS[row.object_type]}"]

    assert {role for role in PEOPLE if signs[NAMES[role]] == "."} == {
        role for role in PEOPLE if row.cells[role] is not Sight.NONE
    }
    if row.cells[Role.ENTERPRISE_USER] is Sight.OWN:
        assert signs["other_enterprise"] == "4"
    if row.cells[Role.DISPATCHER] is Sight.SCOPE:
        assert signs["other_district"] == "4"


def test_every_kind_of_object_that_is_seen_is_tried() -> None:
    assert {row.object_type for row in sight_rights()} == set(SIGHTS) | set(PARTLY)


def test_nobody_without_an_account_is_told_of_rights() -> None:
    assert Client().get("/api/v1/rights").status_code == 401
    assert Sight.NONE in {row.cells[Role.CITIZEN] for row in sight_rights()}
