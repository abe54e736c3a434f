"""The rules in force."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Query, Router

from qingtian.interfaces.api.auth import Anybody
from qingtian.interfaces.api.filters import RuleFilters
from qingtian.interfaces.api.present import rules as present
from qingtian.interfaces.api.responses import reads
from qingtian.interfaces.api.schemas.rules import AirCategoryOut, PollutantOut, RulePage
from qingtian.runtime.clock import current_clock

router = Router(tags=["rules"])


@router.get("/rules", response=reads(RulePage), summary="Rows of the rule packs")
def list_rules(request: HttpRequest, filters: Query[RuleFilters]) -> RulePage:
    """Source, clause, validity and confidence of every row; sort by row_id, kind, standard, valid_from, confidence."""
    return present.rule_page(filters)


@router.get("/air/categories", response=reads(list[AirCategoryOut]), auth=Anybody(), summary="Air categories")
def air_categories(request: HttpRequest) -> list[AirCategoryOut]:
    """Names, ranges and colours in force on the city's date."""
    return present.air_categories(current_clock().now().date())


@router.get("/pollutants", response=reads(list[PollutantOut]), auth=Anybody(), summary="Pollutant codes")
def pollutants(request: HttpRequest) -> list[PollutantOut]:
    """Codes with names and units."""
    return present.pollutants()
