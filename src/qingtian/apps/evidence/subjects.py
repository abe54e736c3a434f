"""Whose evidence it is: a chain belongs to a subject, a case, a finding, a dated duty or a ledger entry.

This app knows none of them. The app that owns a kind registers a resolver in `AppConfig.ready`; it answers for an
actor whether the subject is visible and what the chain needs to know of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from django.db.models import QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.accounts.roles import Role
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.errors import InvalidInput
from qingtian.runtime.live import Topic


class SubjectKind(StrEnum):
    """What can hold evidence; also the type of its events in the journal."""

    CASE = "case"
    FINDING = "finding"
    OCCURRENCE = "occurrence"  # a dated duty
    LEDGER_ENTRY = "ledger_entry"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a chain belongs to.

    Args:
        id: primary key within its kind.
    """

    kind: SubjectKind
    id: int


def of_case(case_id: int) -> Subject:
    """The subject of a case."""
    return Subject(SubjectKind.CASE, case_id)


def of_finding(finding_id: int) -> Subject:
    """The subject of a finding."""
    return Subject(SubjectKind.FINDING, finding_id)


def of_occurrence(occurrence_id: int) -> Subject:
    """The subject of a dated duty."""
    return Subject(SubjectKind.OCCURRENCE, occurrence_id)


def of_ledger_entry(entry_id: int) -> Subject:
    """The subject of a ledger entry."""
    return Subject(SubjectKind.LEDGER_ENTRY, entry_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectFacts:
    """What the chain knows of its subject.

    Args:
        number: unique within the kind; the hash of every item covers it.
        title_zh: for lists and packages.
        case_type: procedure code where grants may be limited to one, or empty.
        object: what it is about, where there is such an object.
        row: the resolver's own row, for `may_add`.
    """

    subject: Subject
    number: str
    title_zh: str = ""
    title_en: str = ""
    region_code: str = ""
    enterprise_code: str = ""
    case_type: str = ""
    object: RegistryObject | None = None
    simulated: bool = False
    row: Any = None


class SubjectResolver(Protocol):
    """What the owner of a kind answers."""

    topic: Topic | None  # whom live screens are told about; None for nobody

    def facts(self, actor: Actor, subject_id: int, *, lock: bool = False) -> SubjectFacts:
        """What is known of a subject that the actor may see.

        Args:
            lock: hold its row until the transaction ends.
        Raises:
            NotVisible: there is none.
        """
        ...

    def visible_ids(self, actor: Actor) -> QuerySet[Any, Any]:
        """Primary keys of all that the actor may see, as a query of one column."""
        ...

    def may_add(self, facts: SubjectFacts) -> None:
        """Refuse evidence for a subject that is closed.

        Raises:
            Conflict: says why.
        """
        ...


_RESOLVERS: dict[SubjectKind, SubjectResolver] = {}


def register_subject(kind: SubjectKind, resolver: SubjectResolver) -> None:
    """Make a kind known; called once by the app that owns it."""
    _RESOLVERS[kind] = resolver


def resolvers() -> dict[SubjectKind, SubjectResolver]:
    """Every kind that is known."""
    return dict(_RESOLVERS)


def resolver_of(kind: str) -> SubjectResolver:
    """Who answers for a kind.

    Raises:
        InvalidInput: nobody does.
    """
    found = next((one for known, one in _RESOLVERS.items() if known == kind), None)
    if found is None:
        raise InvalidInput(
            f"nothing of kind {kind} holds evidence", field="subject", remedy=f"one of {', '.join(sorted(_RESOLVERS))}"
        )
    return found


def facts_of(actor: Actor, subject: Subject, *, lock: bool = False) -> SubjectFacts:
    """What is known of a subject that the actor may see.

    Raises:
        NotVisible: there is none.
    """
    return resolver_of(subject.kind).facts(actor, subject.id, lock=lock)


def require_on_subject(actor: Actor, verb: Verb, facts: SubjectFacts) -> Role:
    """The role by which an actor may use a verb on a subject.

    Raises:
        NotPermitted: names the roles that may.
    """
    return require(
        actor,
        verb,
        region_code=facts.region_code,
        enterprise_code=facts.enterprise_code,
        case_type=facts.case_type,
    )


def locked_for(actor: Actor, verb: Verb, subject: Subject) -> tuple[SubjectFacts, Role]:
    """A subject locked for work on its chain, and the role that allows it; inside `writing()`.

    Raises:
        NotVisible, NotPermitted; Conflict when the subject is closed.
    """
    facts = facts_of(actor, subject, lock=True)
    role = require_on_subject(actor, verb, facts)
    resolver_of(subject.kind).may_add(facts)
    return facts, role
