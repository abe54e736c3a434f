"""Checks that the verbs on cases share."""

from __future__ import annotations

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.models import Case
from qingtian.domain.errors import Conflict


def may_work(case: Case, revision: int | None = None) -> None:
    """Refuse work on a closed case, a duplicate, or one that changed since it was read.

    Raises:
        Conflict: says which.
    """
    if case.duplicate_of is not None:
        raise Conflict(
            f"{case.number} is a duplicate", field="case", remedy=f"work on {case.duplicate_of.number} instead"
        )
    if case.closed_at is not None:
        raise Conflict(f"{case.number} is closed", field="case", remedy="a relapse opens a new case")
    if revision is not None and revision != case.revision:
        raise Conflict(f"{case.number} has changed meanwhile", field="revision", remedy="reload and look again")


def require_on(actor: Actor, verb: Verb, case: Case) -> Role:
    """The role by which an actor may use a verb on a case.

    Raises:
        NotPermitted: names the roles that may.
    """
    return require(
        actor,
        verb,
        region_code=case.region_code,
        enterprise_code=case.enterprise_code,
        case_type=case.template,
        orgs=case.orgs,
    )
