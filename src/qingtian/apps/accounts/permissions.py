"""Who may do what: one table, role x verb (reference: who does what, section 5.2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.roles import Role
from qingtian.domain.errors import NotPermitted
from qingtian.runtime.settings import get_settings


class Verb(StrEnum):
    """Everything that changes the governance state, and the guarded reads."""

    MANAGE_ACCOUNTS = "manage_accounts"
    REGISTER_OBJECT = "register_object"
    UPDATE_OBJECT = "update_object"
    RAISE_FINDING = "raise_finding"
    END_FINDING = "end_finding"
    CONFIRM_FINDING = "confirm_finding"
    DISMISS_FINDING = "dismiss_finding"
    MERGE_FINDING = "merge_finding"
    ANSWER_FINDING = "answer_finding"
    SELF_CORRECT_FINDING = "self_correct_finding"
    ENTER_FINDING = "enter_finding"  # what a person or a model reports: patrol, audit, complaint, superior order
    ASK_ENTERPRISE = "ask_enterprise"
    REFUSE_ANSWER = "refuse_answer"
    UNDO_MERGE = "undo_merge"
    ANNOUNCE_WINDOW = "announce_window"
    DECIDE_WINDOW = "decide_window"
    WITHDRAW_WINDOW = "withdraw_window"
    RECORD_LEAK = "record_leak"  # readings and repairs of leak detection
    OPEN_CASE = "open_case"
    FILE_CASE = "file_case"  # without a finding; the template says which role opens it
    OPEN_CHILD = "open_child"  # a part, a split, a follow-up, an appeal, the tasks of a survey
    MIGRATE_CASE = "migrate_case"  # to another version of its procedure, as the packs declare
    MOVE_CASE = "move_case"  # the template says which role takes which step
    ASSIGN_CASE = "assign_case"
    RECORD_FIELDS = "record_fields"
    ATTACH_EVIDENCE = "attach_evidence"
    RECORD_VISIT = "record_visit"  # the record of a visit on site, by inspectors with cards
    REVIEW_EVIDENCE = "review_evidence"
    REDACT_EVIDENCE = "redact_evidence"
    READ_ORIGINAL = "read_original"  # open what was redacted
    READ_CUSTODY = "read_custody"  # who saw, exported, moved evidence
    ANCHOR_EVIDENCE = "anchor_evidence"  # daily roots and their receipts
    MOVE_EVIDENCE = "move_evidence"  # to another store
    KEEP_LEDGER = "keep_ledger"  # open accounts, draft, withdraw and post entries
    APPROVE_ENTRY = "approve_entry"  # of a ledger; never one's own
    LICENSE_DATA = "license_data"
    RECORD_USE = "record_use"  # of licensed data
    PAUSE_CLOCK = "pause_clock"
    LINK_DUPLICATE = "link_duplicate"
    MARK_BREACH = "mark_breach"
    READ_JOURNAL = "read_journal"
    READ_REJECTS = "read_rejects"  # frames that gave no values, and devices that are not registered
    TRY_RULE = "try_rule"  # ask what would change if a rule, or what is known, were another
    RECOMPUTE = "recompute"  # judge stored periods again
    ASK_DEVICE = "ask_device"  # read its clock, intervals, parameters; fetch its history
    SET_DEVICE = "set_device"  # clock, time-outs, intervals, real-time data on and off
    CONTROL_DEVICE = "control_device"  # calibrate, sample, clean, set an instrument
    SECURE_DEVICE = "secure_device"  # password, key, device number
    RECORD_EXCHANGE = "record_exchange"
    COMPUTE_INDICATOR = "compute_indicator"
    REPORT_FIGURE = "report_figure"  # a figure that the platform does not measure
    IMPORT_DATA = "import_data"  # files and mappings; the scope of the role says for which sites
    WITHDRAW_IMPORT = "withdraw_import"
    RECORD_DECISION = "record_decision"  # decide by a table and keep the answer
    SET_UP_OBLIGATION = "set_up_obligation"  # set up or end a duty, record an event that a duty follows
    FULFIL_OBLIGATION = "fulfil_obligation"
    REFUSE_FULFILMENT = "refuse_fulfilment"
    WAIVE_OBLIGATION = "waive_obligation"
    SETTLE_OBLIGATION = "settle_obligation"  # plan ahead, see what the data prove, note what was missed
    SUBMIT_PLAN = "submit_plan"  # a self-monitoring plan
    REPORT_PROBLEM = "report_problem"  # of the public, on the citizen pages; also a voice for another's report
    FOLLOW_REPORT = "follow_report"  # by number and code: rate the answer, have it taken up again
    READ_DELIVERIES = "read_deliveries"  # which words went out to whom, and which did not arrive
    MEND_DELIVERY = "mend_delivery"  # send again what was given up, or lay it aside
    KEEP_ROSTER = "keep_roster"  # who is on duty when; one's own shifts anybody may offer to swap
    MAKE_REPORT = "make_report"  # take a snapshot, edit its texts
    ISSUE_REPORT = "issue_report"  # issue it under a number, or take it back
    KEEP_TEMPLATE = "keep_template"  # Word templates of reports
    READ_ACCOUNTS = "read_accounts"  # who has an account, its roles, when it was used
    DELEGATE = "delegate"  # let a colleague stand in for oneself
    MAKE_KEY = "make_key"  # a key by which a program acts for oneself
    READ_PHONE = "read_phone"  # whole telephone numbers of the register; others get them masked
    READ_EXACT_PLACE = "read_exact_place"  # of rare species; others get a cell of 0.1 degrees


_ANYBODY_AT_WORK = frozenset(
    {
        Role.DISPATCHER,
        Role.HANDLER,
        Role.INSPECTOR,
        Role.APPROVER,
        Role.SUPERVISOR,
        Role.ENTERPRISE_USER,
        Role.SYSTEM,
    }
)
_OFFICIALS = frozenset(Role) - {Role.CITIZEN, Role.ENTERPRISE_USER, Role.SYSTEM}
# What nobody does in somebody else's name: who has rights is decided in one's own.
NOT_DELEGATED = frozenset({Verb.MANAGE_ACCOUNTS, Verb.DELEGATE, Verb.MAKE_KEY})

TABLE: Mapping[Verb, frozenset[Role]] = {
    Verb.MANAGE_ACCOUNTS: frozenset({Role.DATA_STEWARD, Role.SYSTEM}),
    Verb.REGISTER_OBJECT: frozenset({Role.DATA_STEWARD, Role.SYSTEM}),
    Verb.UPDATE_OBJECT: frozenset({Role.DATA_STEWARD, Role.SYSTEM}),
    Verb.RAISE_FINDING: frozenset({Role.DISPATCHER, Role.HANDLER, Role.INSPECTOR, Role.WINDOW, Role.SYSTEM}),
    Verb.END_FINDING: frozenset({Role.DISPATCHER, Role.INSPECTOR, Role.SYSTEM}),
    Verb.CONFIRM_FINDING: frozenset({Role.DISPATCHER, Role.HANDLER, Role.INSPECTOR, Role.SUPERVISOR}),
    Verb.DISMISS_FINDING: frozenset({Role.DISPATCHER, Role.INSPECTOR, Role.SUPERVISOR, Role.SYSTEM}),
    Verb.MERGE_FINDING: frozenset({Role.DISPATCHER, Role.INSPECTOR}),
    Verb.ANSWER_FINDING: frozenset({Role.ENTERPRISE_USER}),
    Verb.SELF_CORRECT_FINDING: frozenset({Role.DISPATCHER, Role.INSPECTOR, Role.SYSTEM}),
    Verb.ENTER_FINDING: frozenset({Role.DISPATCHER, Role.HANDLER, Role.INSPECTOR, Role.SUPERVISOR, Role.WINDOW}),
    Verb.ASK_ENTERPRISE: frozenset({Role.DISPATCHER, Role.HANDLER, Role.INSPECTOR, Role.SUPERVISOR, Role.SYSTEM}),
    Verb.REFUSE_ANSWER: frozenset({Role.DISPATCHER, Role.INSPECTOR}),
    Verb.UNDO_MERGE: frozenset({Role.DISPATCHER, Role.INSPECTOR}),
    Verb.ANNOUNCE_WINDOW: frozenset({Role.ENTERPRISE_USER, Role.DISPATCHER, Role.INSPECTOR, Role.DATA_STEWARD}),
    Verb.DECIDE_WINDOW: frozenset({Role.DISPATCHER, Role.INSPECTOR, Role.SUPERVISOR}),
    Verb.WITHDRAW_WINDOW: frozenset({Role.ENTERPRISE_USER, Role.DISPATCHER, Role.INSPECTOR, Role.SUPERVISOR}),
    Verb.RECORD_LEAK: frozenset({Role.ENTERPRISE_USER, Role.INSPECTOR, Role.DATA_STEWARD}),
    Verb.OPEN_CASE: frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.SYSTEM}),
    Verb.FILE_CASE: frozenset(
        {
            Role.WINDOW,
            Role.DISPATCHER,
            Role.HANDLER,
            Role.INSPECTOR,
            Role.SUPERVISOR,
            Role.ENTERPRISE_USER,
            Role.DATA_STEWARD,
            Role.SYSTEM,
        }
    ),
    Verb.OPEN_CHILD: frozenset({Role.DISPATCHER, Role.INSPECTOR, Role.SUPERVISOR, Role.SYSTEM}),
    Verb.MIGRATE_CASE: frozenset({Role.APPROVER, Role.SUPERVISOR}),
    Verb.MOVE_CASE: _ANYBODY_AT_WORK | {Role.WINDOW, Role.LEGAL_REVIEWER, Role.DATA_STEWARD},
    Verb.ASSIGN_CASE: frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.SYSTEM}),
    Verb.RECORD_FIELDS: _ANYBODY_AT_WORK,
    Verb.ATTACH_EVIDENCE: _ANYBODY_AT_WORK,
    Verb.RECORD_VISIT: frozenset({Role.INSPECTOR}),
    Verb.REVIEW_EVIDENCE: frozenset({Role.INSPECTOR, Role.APPROVER, Role.LEGAL_REVIEWER}),
    Verb.REDACT_EVIDENCE: frozenset({Role.INSPECTOR, Role.LEGAL_REVIEWER, Role.APPROVER}),
    Verb.READ_ORIGINAL: frozenset(
        {Role.INSPECTOR, Role.LEGAL_REVIEWER, Role.APPROVER, Role.SUPERVISOR, Role.AUDITOR, Role.SYSTEM}
    ),
    Verb.READ_CUSTODY: frozenset(
        {Role.INSPECTOR, Role.LEGAL_REVIEWER, Role.APPROVER, Role.SUPERVISOR, Role.AUDITOR, Role.SYSTEM}
    ),
    Verb.ANCHOR_EVIDENCE: frozenset({Role.SYSTEM}),
    Verb.MOVE_EVIDENCE: frozenset({Role.DATA_STEWARD, Role.SYSTEM}),
    Verb.KEEP_LEDGER: frozenset({Role.HANDLER, Role.DATA_STEWARD}),
    Verb.APPROVE_ENTRY: frozenset({Role.APPROVER, Role.SUPERVISOR}),
    Verb.LICENSE_DATA: frozenset({Role.DATA_STEWARD}),
    Verb.RECORD_USE: frozenset({Role.DATA_STEWARD, Role.SYSTEM}),
    Verb.PAUSE_CLOCK: frozenset({Role.APPROVER, Role.SUPERVISOR}),
    Verb.LINK_DUPLICATE: frozenset({Role.DISPATCHER, Role.SUPERVISOR}),
    Verb.MARK_BREACH: frozenset({Role.SYSTEM}),
    Verb.READ_JOURNAL: frozenset({Role.AUDITOR, Role.SUPERVISOR, Role.SYSTEM}),
    Verb.READ_REJECTS: frozenset(
        {Role.DATA_STEWARD, Role.DISPATCHER, Role.INSPECTOR, Role.SUPERVISOR, Role.AUDITOR, Role.SYSTEM}
    ),
    Verb.TRY_RULE: frozenset(
        {
            Role.DISPATCHER,
            Role.INSPECTOR,
            Role.LEGAL_REVIEWER,
            Role.APPROVER,
            Role.SUPERVISOR,
            Role.DATA_STEWARD,
            Role.SYSTEM,
        }
    ),
    Verb.RECOMPUTE: frozenset({Role.SUPERVISOR, Role.DATA_STEWARD, Role.SYSTEM}),
    Verb.ASK_DEVICE: frozenset(
        {Role.DISPATCHER, Role.HANDLER, Role.INSPECTOR, Role.SUPERVISOR, Role.DATA_STEWARD, Role.SYSTEM}
    ),
    Verb.SET_DEVICE: frozenset({Role.INSPECTOR, Role.SUPERVISOR, Role.DATA_STEWARD, Role.SYSTEM}),
    Verb.CONTROL_DEVICE: frozenset({Role.INSPECTOR, Role.SUPERVISOR}),
    Verb.SECURE_DEVICE: frozenset({Role.DATA_STEWARD, Role.SYSTEM}),
    Verb.RECORD_EXCHANGE: frozenset({Role.SYSTEM}),
    Verb.COMPUTE_INDICATOR: frozenset({Role.SUPERVISOR, Role.DATA_STEWARD, Role.SYSTEM}),
    Verb.REPORT_FIGURE: frozenset({Role.SUPERVISOR, Role.DATA_STEWARD}),
    Verb.SET_UP_OBLIGATION: frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.DATA_STEWARD, Role.SYSTEM}),
    Verb.FULFIL_OBLIGATION: frozenset(
        {Role.ENTERPRISE_USER, Role.DISPATCHER, Role.HANDLER, Role.INSPECTOR, Role.DATA_STEWARD, Role.SYSTEM}
    ),
    Verb.REFUSE_FULFILMENT: frozenset({Role.DISPATCHER, Role.INSPECTOR, Role.SUPERVISOR}),
    Verb.WAIVE_OBLIGATION: frozenset({Role.APPROVER, Role.SUPERVISOR, Role.SYSTEM}),
    Verb.SETTLE_OBLIGATION: frozenset({Role.SYSTEM}),
    Verb.SUBMIT_PLAN: frozenset({Role.ENTERPRISE_USER, Role.DATA_STEWARD}),
    Verb.REPORT_PROBLEM: frozenset({Role.CITIZEN}),
    Verb.FOLLOW_REPORT: frozenset({Role.CITIZEN}),
    Verb.READ_DELIVERIES: frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.AUDITOR, Role.DATA_STEWARD, Role.SYSTEM}),
    Verb.MEND_DELIVERY: frozenset({Role.SUPERVISOR, Role.DATA_STEWARD, Role.SYSTEM}),
    Verb.KEEP_ROSTER: frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.DATA_STEWARD}),
    Verb.MAKE_REPORT: frozenset({Role.DISPATCHER, Role.INSPECTOR, Role.SUPERVISOR, Role.DATA_STEWARD, Role.SYSTEM}),
    Verb.ISSUE_REPORT: frozenset({Role.APPROVER, Role.SUPERVISOR}),
    Verb.KEEP_TEMPLATE: frozenset({Role.DATA_STEWARD}),
    Verb.READ_ACCOUNTS: frozenset({Role.DATA_STEWARD, Role.SUPERVISOR, Role.AUDITOR, Role.SYSTEM}),
    Verb.DELEGATE: _OFFICIALS,
    Verb.MAKE_KEY: _OFFICIALS | {Role.ENTERPRISE_USER},
    Verb.READ_PHONE: frozenset(
        {
            Role.ENTERPRISE_USER,
            Role.WINDOW,
            Role.DISPATCHER,
            Role.HANDLER,
            Role.INSPECTOR,
            Role.SUPERVISOR,
            Role.DATA_STEWARD,
            Role.SYSTEM,
        }
    ),
    Verb.READ_EXACT_PLACE: frozenset({Role.INSPECTOR, Role.SUPERVISOR, Role.DATA_STEWARD, Role.SYSTEM}),
    Verb.IMPORT_DATA: frozenset({Role.DATA_STEWARD, Role.INSPECTOR, Role.SYSTEM}),
    Verb.WITHDRAW_IMPORT: frozenset({Role.DATA_STEWARD, Role.SUPERVISOR, Role.SYSTEM}),
    Verb.RECORD_DECISION: frozenset(
        {
            Role.WINDOW,
            Role.DISPATCHER,
            Role.HANDLER,
            Role.INSPECTOR,
            Role.LEGAL_REVIEWER,
            Role.APPROVER,
            Role.SUPERVISOR,
            Role.DATA_STEWARD,
        }
    ),
}


def role_for(
    actor: Actor,
    verb: Verb,
    *,
    region_code: str = "",
    enterprise_code: str = "",
    case_type: str = "",
    orgs: Collection[str] = (),
) -> Role | None:
    """The role by which an actor may use a verb on an object there; None if there is none."""
    if kept_out(actor, verb):
        return None
    held = actor.roles_at(region_code=region_code, enterprise_code=enterprise_code, case_type=case_type, orgs=orgs)
    return next((grant.role for grant in actor.grants if grant.role in held and grant.role in TABLE[verb]), None)


def may(
    actor: Actor,
    verb: Verb,
    *,
    region_code: str = "",
    enterprise_code: str = "",
    case_type: str = "",
    orgs: Collection[str] = (),
) -> bool:
    """Whether an actor may use a verb on an object there."""
    found = role_for(
        actor, verb, region_code=region_code, enterprise_code=enterprise_code, case_type=case_type, orgs=orgs
    )
    return found is not None


def require(
    actor: Actor,
    verb: Verb,
    *,
    region_code: str = "",
    enterprise_code: str = "",
    case_type: str = "",
    orgs: Collection[str] = (),
) -> Role:
    """The role by which the actor may; refused otherwise.

    Args:
        orgs: organisations that work on the object; a role bound to one of them counts.
    Raises:
        NotPermitted: names the roles that may.
    """
    role = role_for(
        actor, verb, region_code=region_code, enterprise_code=enterprise_code, case_type=case_type, orgs=orgs
    )
    if role is None:
        if reason := kept_out(actor, verb):
            raise NotPermitted(reason[0], field="actor", remedy=reason[1], verb=verb.value, roles=sorted(TABLE[verb]))
        wanted = ", ".join(sorted(TABLE[verb]))
        raise NotPermitted(
            f"{actor.username} may not {verb.replace('_', ' ')} here",
            field="actor",
            remedy=f"ask one of: {wanted}",
            verb=verb.value,
            roles=sorted(TABLE[verb]),
        )
    return role


def require_in_city(actor: Actor, verb: Verb) -> Role:
    """The role by which an actor may do what concerns the whole city: a scope that holds the city is enough.

    Raises:
        NotPermitted: names the roles that may.
    """
    return require(actor, verb, region_code=get_settings().city_code)


def kept_out(actor: Actor, verb: Verb) -> tuple[str, str] | None:
    """Why no role helps, with the remedy: a key without the scope, or somebody who stands in."""
    name = verb.value.replace("_", " ")
    if actor.only is not None and verb.value not in actor.only:
        return f"this key may not {name}", f"make a key with the scope {verb.value}"
    if actor.acting_for and verb in NOT_DELEGATED:
        return f"nobody may {name} for somebody else", "act for yourself first"
    return None
