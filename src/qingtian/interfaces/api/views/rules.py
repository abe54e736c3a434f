"""The rules in force."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Query, Router, Status

from qingtian.apps.judgements.actions.ask_recomputation import (
    ask_recomputation,
    cancel_recomputation,
    resume_recomputation,
)
from qingtian.interfaces.api.auth import Anybody, actor
from qingtian.interfaces.api.filters import AnswerFilters, RecomputationFilters, RuleFilters
from qingtian.interfaces.api.present import explanations, recomputations, rule_detail
from qingtian.interfaces.api.present import rules as present
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.explanations import ExplanationOut
from qingtian.interfaces.api.schemas.rules import (
    AirCategoryOut,
    PollutantOut,
    RecomputationDetail,
    RecomputationOut,
    RecomputationPage,
    RecomputedPage,
    RecomputeIn,
    RuleDetail,
    RulePage,
    TryIn,
)
from qingtian.runtime.clock import current_clock

router = Router(tags=["rules"])


@router.get("/rules", response=reads(RulePage), summary="Rows of the rule packs")
def list_rules(request: HttpRequest, filters: Query[RuleFilters]) -> RulePage:
    """Source, clause, validity and confidence of every row; sort by row_id, kind, standard, valid_from, confidence."""
    return present.rule_page(filters)


@router.get("/rules/{row_id}", response=reads(RuleDetail), summary="One row of the rule packs")
def one_rule(request: HttpRequest, row_id: str) -> RuleDetail:
    """Meaning in words, other editions, what it overrides, what rests on it."""
    return rule_detail.rule_detail(actor(request), row_id)


@router.post(
    "/rules/{row_id}/try", response=writes(RecomputationOut, 202), summary="What would change if this row changed"
)
def try_rule(request: HttpRequest, row_id: str, data: TryIn) -> Status[RecomputationOut]:
    """Judges the stored days again with the row in memory; changes nothing. Follow it at /recomputations."""
    who = actor(request)
    run = ask_recomputation(who, current_clock().now(), recomputations.tried(row_id, data))
    return Status(202, recomputations.recomputation_out(who, run))


@router.get("/recomputations", response=reads(RecomputationPage), summary="Recomputations, newest first")
def list_recomputations(request: HttpRequest, filters: Query[RecomputationFilters]) -> RecomputationPage:
    """Sort by asked_at, number, mode, state."""
    return recomputations.recomputation_page(actor(request), filters)


@router.post("/recomputations", response=writes(RecomputationOut, 202), summary="Judge stored periods again")
def recompute(request: HttpRequest, data: RecomputeIn) -> Status[RecomputationOut]:
    """As known on a date, under the rules in force on a date; both versions are kept."""
    who = actor(request)
    run = ask_recomputation(who, current_clock().now(), recomputations.asked(data))
    return Status(202, recomputations.recomputation_out(who, run))


@router.get("/recomputations/{run}", response=reads(RecomputationDetail), summary="One recomputation")
def one_recomputation(request: HttpRequest, run: str) -> RecomputationDetail:
    """Progress, counts, findings and cases that it touches."""
    return recomputations.recomputation_detail(actor(request), run)


@router.get("/recomputations/{run}/answers", response=reads(RecomputedPage), summary="Answers that would change")
def recomputed_answers(request: HttpRequest, run: str, filters: Query[AnswerFilters]) -> RecomputedPage:
    """Sort by period_start, object, item, verdict."""
    return recomputations.answer_page(actor(request), run, filters)


@router.post("/recomputations/{run}/cancel", response=writes(RecomputationDetail), summary="Stop a recomputation")
def cancel(request: HttpRequest, run: str) -> RecomputationDetail:
    """After the day that it is at; what it did stays."""
    who = actor(request)
    cancel_recomputation(who, current_clock().now(), run)
    return recomputations.recomputation_detail(who, run)


@router.post("/recomputations/{run}/resume", response=writes(RecomputationDetail), summary="Go on with one")
def resume(request: HttpRequest, run: str) -> RecomputationDetail:
    """At the day that it was at."""
    who = actor(request)
    resume_recomputation(who, current_clock().now(), run)
    return recomputations.recomputation_detail(who, run)


@router.get("/judgements/{judgement_id}", response=reads(ExplanationOut), summary="Why a figure is what it is")
def one_judgement(request: HttpRequest, judgement_id: int) -> ExplanationOut:
    """Inputs with marks, coverage, rule row with clause and edition, rounding, every version."""
    return explanations.explanation(actor(request), judgement_id)


@router.get("/air/categories", response=reads(list[AirCategoryOut]), auth=Anybody(), summary="Air categories")
def air_categories(request: HttpRequest) -> list[AirCategoryOut]:
    """Names, ranges and colours in force on the city's date."""
    return present.air_categories(current_clock().now().date())


@router.get("/pollutants", response=reads(list[PollutantOut]), auth=Anybody(), summary="Pollutant codes")
def pollutants(request: HttpRequest) -> list[PollutantOut]:
    """Codes with names and units."""
    return present.pollutants()
