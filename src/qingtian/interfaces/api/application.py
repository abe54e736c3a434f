"""The API application: routers, authentication, error handlers."""

from __future__ import annotations

from ninja import NinjaAPI
from ninja.operation import Operation
from ninja.renderers import JSONRenderer

from qingtian import __version__
from qingtian.interfaces.api.auth import SignedIn
from qingtian.interfaces.api.errors import install_handlers
from qingtian.interfaces.api.views import (
    accounts,
    air,
    capacity,
    cases,
    command_board,
    command_dispatch,
    command_todo,
    commands,
    decisions,
    devices,
    dossiers,
    enterprise,
    evidence,
    evidence_chains,
    exports,
    field,
    findings,
    frames,
    health,
    imports,
    indicators,
    journal,
    leaks,
    ledgers,
    me,
    newcomers,
    notices,
    obligations,
    overview,
    places,
    registry,
    rejects,
    reports,
    rosters,
    rules,
    series,
    session,
    streams,
    windows,
)

DESCRIPTION = (
    "Observation, judgement by a cited clause, finding, case, evidence. Times carry +08:00 and are the city's; "
    "decimals are strings; every error has one shape. A change needs the session cookie and the header X-CSRFToken "
    "with the `csrf_token` of GET /api/v1/session. Live updates: server-sent events at GET /api/v1/live, event names "
    "observations, judgements, findings, cases, commands, notices, clock; data is {topic, ids, at}."
)


class PlainJson(JSONRenderer):
    """JSON in UTF-8: Chinese stays readable and takes half the bytes."""

    def __init__(self) -> None:
        self.json_dumps_params = {"ensure_ascii": False}


class Api(NinjaAPI):
    """Names its operations by area and verb, so that generated clients read well."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Like `findings_confirm`."""
        area = operation.view_func.__module__.rsplit(".", 1)[-1]
        return f"{area}_{operation.view_func.__name__}"


def build_api() -> Api:
    """The API with every route."""
    api = Api(
        title="Qingtian API",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,  # the interactive page would ask another host for its scripts
        auth=SignedIn(),
        renderer=PlainJson(),
        urls_namespace="api",
    )
    install_handlers(api)
    # Exports come first: `export.csv` must not be read as the code or number of one object.
    for module in (
        session,
        me,
        accounts,
        overview,
        exports,
        places,
        registry,
        series,
        air,
        devices,
        commands,
        frames,
        rejects,
        newcomers,
        findings,
        windows,
        leaks,
        evidence,
        evidence_chains,
        field,
        ledgers,
        command_todo,
        command_dispatch,
        command_board,
        cases,
        rules,
        indicators,
        imports,
        decisions,
        capacity,
        obligations,
        streams,
        enterprise,
        dossiers,
        reports,
        notices,
        rosters,
        journal,
        health,
    ):
        api.add_router("", module.router)
    return api


api = build_api()
