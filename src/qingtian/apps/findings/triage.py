"""What the triage verbs share: the visible, locked finding of an actor who has the right."""

from __future__ import annotations

from collections.abc import Iterable

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.accounts.roles import Role
from qingtian.apps.evidence.queries import kinds_of
from qingtian.apps.evidence.subjects import of_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import visible_finding
from qingtian.apps.findings.states import Status
from qingtian.domain.errors import Conflict
from qingtian.packs.finding_kinds import finding_kind


def locked_for(actor: Actor, verb: Verb, finding_id: int) -> tuple[Finding, Role]:
    """The finding, held until the transaction ends, and the role by which the actor may use the verb.

    Raises:
        NotVisible, NotPermitted.
    """
    finding = visible_finding(actor, finding_id, lock=True)
    role = require(actor, verb, region_code=finding.object.region_code, enterprise_code=finding.object.enterprise_code)
    return finding, role


def lacks_proof(finding: Finding) -> bool:
    """Whether its kind wants proof with the answer, and none is attached."""
    return finding_kind(finding.kind).answer_evidence and not kinds_of(of_finding(finding.pk))


def refuse_unless(finding: Finding, allowed: Iterable[Status], verb: str) -> None:
    """Refuse a verb in a status that does not allow it.

    Raises:
        Conflict: names the status.
    """
    if finding.status not in set(allowed):
        raise Conflict(
            f"{finding.number} is {finding.status} and cannot be {verb}",
            field="status",
            remedy="reload: somebody may have dealt with it",
        )
