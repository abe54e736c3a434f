"""What an actor can do with a finding now, and if not, why not."""

from __future__ import annotations

from dataclasses import dataclass

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import TABLE, Verb, may
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import OPEN_STATUSES
from qingtian.apps.findings.states import Activity, Confirmation

OFFERED = (
    Verb.CONFIRM_FINDING,
    Verb.DISMISS_FINDING,
    Verb.OPEN_CASE,
    Verb.MERGE_FINDING,
    Verb.ANSWER_FINDING,
    Verb.SELF_CORRECT_FINDING,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A verb and whether it may be used.

    Args:
        key: why not: `not_permitted`, `status`, `confirmed`, `answer` or `activity`; empty when allowed.
        reason: the same in words.
    """

    verb: Verb
    key: str = ""
    reason: str = ""

    @property
    def allowed(self) -> bool:
        """Whether the actor may use it now."""
        return not self.key


def offers(actor: Actor, finding: Finding) -> list[Offer]:
    """Every triage verb for a finding; the verbs themselves check again."""
    return [_offer(actor, finding, verb) for verb in OFFERED]


def _offer(actor: Actor, finding: Finding, verb: Verb) -> Offer:
    place = finding.object
    if not may(actor, verb, region_code=place.region_code, enterprise_code=place.enterprise_code):
        return Offer(verb, "not_permitted", f"needs one of: {', '.join(sorted(TABLE[verb]))}")
    if verb is Verb.CONFIRM_FINDING:
        if finding.confirmation == Confirmation.CONFIRMED:
            return Offer(verb, "confirmed", f"confirmed already by {finding.confirmed_by}")
        return Offer(verb)
    if finding.status not in OPEN_STATUSES:
        return Offer(verb, "status", f"the finding is {finding.status}")
    if verb is Verb.SELF_CORRECT_FINDING:
        return _self_correction(finding)
    return Offer(verb)


def _self_correction(finding: Finding) -> Offer:
    if not finding.answer:
        return Offer(Verb.SELF_CORRECT_FINDING, "answer", "the enterprise has not answered")
    if finding.activity == Activity.ONGOING:
        return Offer(Verb.SELF_CORRECT_FINDING, "activity", "the problem still goes on")
    return Offer(Verb.SELF_CORRECT_FINDING)
