"""Cases: lists, the page, the steps."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Query, Router, Status

from qingtian.apps.cases.actions.assign_case import assign_case
from qingtian.apps.cases.actions.file_case import file_case
from qingtian.apps.cases.actions.link_duplicate import link_duplicate, part_duplicate
from qingtian.apps.cases.actions.link_finding import link_finding
from qingtian.apps.cases.actions.migrate_case import migrate_case
from qingtian.apps.cases.actions.move_case import move_case
from qingtian.apps.cases.actions.open_child import open_child
from qingtian.apps.cases.actions.pause_clock import pause_clock, resume_clock
from qingtian.apps.cases.actions.read_private import read_private
from qingtian.apps.cases.actions.record_fields import record_fields
from qingtian.apps.cases.actions.task_force import add_part, report_part
from qingtian.apps.cases.queries import visible_case
from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.filters import BoardFilters, CaseFilters, MapFilters
from qingtian.interfaces.api.present import case_board, case_more, case_work
from qingtian.interfaces.api.present import cases as present
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.case_work import (
    BoardOut,
    CaseMap,
    ChildIn,
    DocumentOut,
    DuplicateIn,
    FileIn,
    ManyIn,
    ManyOut,
    MigrateIn,
    PartIn,
    PrivateOut,
    ProcedureDetail,
    ProcedureRow,
    ReasonIn,
    ReportIn,
    SurveyIn,
    SurveyOut,
)
from qingtian.interfaces.api.schemas.cases import (
    AssignIn,
    CaseDetail,
    CasePage,
    FieldsIn,
    PauseIn,
    TransitionIn,
)
from qingtian.runtime.clock import current_clock

router = Router(tags=["cases"])


@router.get("/cases", response=reads(CasePage), summary="Cases of a view")
def list_cases(request: HttpRequest, filters: Query[CaseFilters]) -> CasePage:
    """Sort by due_at, opened_at, state_since, severity, number, state; each view has an order of its own."""
    return present.case_page(actor(request), current_clock().now(), filters)


@router.post("/cases", response=writes(CaseDetail, 201), summary="File a case without a finding")
def file(request: HttpRequest, data: FileIn) -> Status[CaseDetail]:
    """A complaint, a clue, an application, a question, a survey: GET /procedures says who may and what is asked."""
    who, at = actor(request), current_clock().now()
    case = file_case(who, at, case_work.draft_of(data))
    return Status(201, present.case_detail(who, at, case.pk))


@router.get("/cases/board", response=reads(BoardOut), summary="Cases of a procedure as a board")
def show_board(request: HttpRequest, filters: Query[BoardFilters]) -> BoardOut:
    """A column for each state with its count and its newest cases; `templates` counts every procedure."""
    return case_board.board(actor(request), current_clock().now(), filters)


@router.get("/cases/map", response=reads(CaseMap), summary="Cases as points")
def show_map(request: HttpRequest, filters: Query[MapFilters]) -> CaseMap:
    """Most severe first, at most `limit`; `west`, `south`, `east`, `north` restrict to a box."""
    return case_board.case_map(actor(request), current_clock().now(), filters)


@router.post("/cases/many", response=writes(ManyOut), summary="Assign or hand over many cases")
def handle_many(request: HttpRequest, data: ManyIn) -> ManyOut:
    """Each case is done or refused for itself."""
    return case_work.handle_many(actor(request), current_clock().now(), data)


@router.get("/procedures", response=reads(list[ProcedureRow]), summary="Procedures in force")
def list_procedures(request: HttpRequest) -> list[ProcedureRow]:
    """With the form by which a case of each begins."""
    return case_board.procedures(actor(request), current_clock().now())


@router.get("/procedures/{code}", response=reads(ProcedureDetail), summary="One procedure")
def one_procedure(request: HttpRequest, code: str, version: str | None = None) -> ProcedureDetail:
    """States, steps, guards, periods and fields, each with its source; of the version in force, or of another one."""
    return case_board.procedure_detail(actor(request), current_clock().now(), code, version)


@router.get("/cases/{case_id}", response=reads(CaseDetail), summary="One case")
def one_case(request: HttpRequest, case_id: int) -> CaseDetail:
    """Clocks with their rules, time line, evidence, and every next step with what is still missing."""
    return present.case_detail(actor(request), current_clock().now(), case_id)


@router.post("/cases/{case_id}/transitions", response=writes(CaseDetail), summary="Take a step")
def take_step(request: HttpRequest, case_id: int, data: TransitionIn) -> CaseDetail:
    """Refused with 409 `transition_refused` and the list of unmet guards in `params.unmet`."""
    who, at = actor(request), current_clock().now()
    move_case(who, at, case_id, data.to, fields=data.fields, reason=data.reason, revision=data.revision)
    return present.case_detail(who, at, case_id)


@router.post("/cases/{case_id}/assign", response=writes(CaseDetail), summary="Name who is responsible")
def assign(request: HttpRequest, case_id: int, data: AssignIn) -> CaseDetail:
    """Who had it before stays in the journal."""
    who, at = actor(request), current_clock().now()
    assign_case(who, at, case_id, data.responsible)
    return present.case_detail(who, at, case_id)


@router.post("/cases/{case_id}/fields", response=writes(CaseDetail), summary="Write down facts between two steps")
def write_fields(request: HttpRequest, case_id: int, data: FieldsIn) -> CaseDetail:
    """Fields of the procedure, such as measures done; dates and people that steps set are refused."""
    who, at = actor(request), current_clock().now()
    record_fields(who, at, case_id, data.fields)
    return present.case_detail(who, at, case_id)


@router.post("/cases/{case_id}/findings/{finding_id}", response=writes(CaseDetail), summary="Link a further finding")
def add_finding(request: HttpRequest, case_id: int, finding_id: int) -> CaseDetail:
    """An open finding of the same enterprise or object becomes part of the case."""
    who, at = actor(request), current_clock().now()
    link_finding(who, at, case_id, finding_id)
    return present.case_detail(who, at, case_id)


@router.post("/cases/{case_id}/clocks/{code}/pause", response=writes(CaseDetail), summary="Time that does not count")
def pause(request: HttpRequest, case_id: int, code: str, data: PauseIn) -> CaseDetail:
    """From today on, with a reason."""
    who, at = actor(request), current_clock().now()
    pause_clock(who, at, case_id, code, reason=data.reason)
    return present.case_detail(who, at, case_id)


@router.post("/cases/{case_id}/clocks/{code}/resume", response=writes(CaseDetail), summary="Time counts again")
def resume(request: HttpRequest, case_id: int, code: str) -> CaseDetail:
    """The end moves by the days of the pause."""
    who, at = actor(request), current_clock().now()
    resume_clock(who, at, case_id, code)
    return present.case_detail(who, at, case_id)


@router.get("/cases/{case_id}/documents/{code}", response=reads(DocumentOut), summary="A document of the case")
def one_document(request: HttpRequest, case_id: int, code: str) -> DocumentOut:
    """Text of the pack, filled in with what the case knows; `missing` names the places that are still open."""
    who, at = actor(request), current_clock().now()
    return case_more.document(who, visible_case(who, case_id), at, code)


@router.post("/cases/{case_id}/private", response=writes(PrivateOut), summary="Read private values")
def read_identity(request: HttpRequest, case_id: int) -> PrivateOut:
    """Such as who complained; only for roles that need it. Each reading is in the journal."""
    return PrivateOut(values=read_private(actor(request), current_clock().now(), case_id))


@router.post("/cases/{case_id}/children", response=writes(CaseDetail, 201), summary="Open a case that belongs to it")
def add_child(request: HttpRequest, case_id: int, data: ChildIn) -> Status[CaseDetail]:
    """A split, a joint case, a follow-up by another procedure, an appeal; answers with the new case."""
    who, at = actor(request), current_clock().now()
    child = open_child(who, at, case_id, case_work.child_of(data))
    return Status(201, present.case_detail(who, at, child.pk))


@router.post("/cases/{case_id}/survey", response=writes(SurveyOut, 201), summary="Make a check task for each object")
def survey(request: HttpRequest, case_id: int, data: SurveyIn) -> Status[SurveyOut]:
    """Every object of a filter, or a sample that anybody can draw again from the published seed."""
    return Status(201, case_work.survey(actor(request), current_clock().now(), case_id, data))


@router.post("/cases/{case_id}/parts", response=writes(CaseDetail, 201), summary="Give an organisation a part")
def add_to_task_force(request: HttpRequest, case_id: int, data: PartIn) -> Status[CaseDetail]:
    """Several organisations, one case; who is accountable does not change."""
    who, at = actor(request), current_clock().now()
    add_part(who, at, case_id, data.org, data.task)
    return Status(201, present.case_detail(who, at, case_id))


@router.post("/cases/{case_id}/parts/{org}", response=writes(CaseDetail), summary="Report the result of a part")
def report(request: HttpRequest, case_id: int, org: str, data: ReportIn) -> CaseDetail:
    """By somebody of that organisation."""
    who, at = actor(request), current_clock().now()
    report_part(who, at, case_id, org, data.result)
    return present.case_detail(who, at, case_id)


@router.post("/cases/{case_id}/duplicate", response=writes(CaseDetail), summary="Merge into another case")
def merge(request: HttpRequest, case_id: int, data: DuplicateIn) -> CaseDetail:
    """It closes as a duplicate; the other one answers its findings from now on too."""
    who, at = actor(request), current_clock().now()
    link_duplicate(who, at, case_id, of_id=data.of)
    return present.case_detail(who, at, case_id)


@router.post("/cases/{case_id}/duplicate/undo", response=writes(CaseDetail), summary="Part two merged cases")
def undo_duplicate(request: HttpRequest, case_id: int, data: ReasonIn) -> CaseDetail:
    """The two are not one problem after all; its clocks go on as if they had never stopped."""
    who, at = actor(request), current_clock().now()
    part_duplicate(who, at, case_id, reason=data.reason)
    return present.case_detail(who, at, case_id)


@router.post("/cases/{case_id}/migrate", response=writes(CaseDetail), summary="Take it to another version")
def migrate(request: HttpRequest, case_id: int, data: MigrateIn) -> CaseDetail:
    """Only as the packs declare it: the page of the case lists the versions under `migrations`."""
    who, at = actor(request), current_clock().now()
    migrate_case(who, at, case_id, data.version, reason=data.reason)
    return present.case_detail(who, at, case_id)
