"""What an actor can do with a finding now, and if not, why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import TABLE, Verb, may
from qingtian.apps.findings.actions.ask_enterprise import WAITING
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import OPEN_STATUSES
from qingtian.apps.findings.states import Activity, AnswerState, Confirmation, Status
from qingtian.apps.findings.triage import lacks_proof

OFFERED = (
    Verb.CONFIRM_FINDING,
    Verb.DISMISS_FINDING,
    Verb.OPEN_CASE,
    Verb.MERGE_FINDING,
    Verb.UNDO_MERGE,
    Verb.ASK_ENTERPRISE,
    Verb.ANSWER_FINDING,
    Verb.REFUSE_ANSWER,
    Verb.SELF_CORRECT_FINDING,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A verb and whether it may be used.

    Args:
        key: why not: `not_permitted`, `status`, `confirmed`, `merged`, `enterprise`, `asked`, `answer`, `proof` or
            `activity`; empty when allowed.
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
    if verb is Verb.UNDO_MERGE:
        merged = finding.status == Status.MERGED_INTO and finding.merged_into_id is not None
        return Offer(verb) if merged else Offer(verb, "merged", "the finding is not merged into another one")
    if finding.status not in OPEN_STATUSES:
        return Offer(verb, "status", f"the finding is {finding.status}")
    return RULES[verb](finding) if verb in RULES else Offer(verb)


def _asking(finding: Finding) -> Offer:
    if not finding.object.enterprise_code:
        return Offer(Verb.ASK_ENTERPRISE, "enterprise", "it belongs to no enterprise")
    if finding.question and finding.answer_state in (*WAITING, AnswerState.ANSWERED):
        return Offer(Verb.ASK_ENTERPRISE, "asked", "the enterprise is asked already")
    return Offer(Verb.ASK_ENTERPRISE)


def _refusal(finding: Finding) -> Offer:
    if finding.answer_state != AnswerState.ANSWERED:
        return Offer(Verb.REFUSE_ANSWER, "answer", "there is no answer to refuse")
    return Offer(Verb.REFUSE_ANSWER)


def _self_correction(finding: Finding) -> Offer:
    if not finding.answer:
        return Offer(Verb.SELF_CORRECT_FINDING, "answer", "the enterprise has not answered")
    if finding.answer_state == AnswerState.REFUSED:
        return Offer(Verb.SELF_CORRECT_FINDING, "answer", "the answer was sent back")
    if lacks_proof(finding):
        return Offer(Verb.SELF_CORRECT_FINDING, "proof", "the answer has no proof")
    if finding.activity == Activity.ONGOING:
        return Offer(Verb.SELF_CORRECT_FINDING, "activity", "the problem still goes on")
    return Offer(Verb.SELF_CORRECT_FINDING)


RULES: Mapping[Verb, Callable[[Finding], Offer]] = {
    Verb.ASK_ENTERPRISE: _asking,
    Verb.REFUSE_ANSWER: _refusal,
    Verb.SELF_CORRECT_FINDING: _self_correction,
}
