"""Once a day: one root for all evidence of the day before, kept at every place that the settings name."""

from __future__ import annotations

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.evidence.actions.keep_receipt import keep_receipt
from qingtian.apps.evidence.actions.make_daily_root import make_daily_root
from qingtian.apps.evidence.anchoring.targets import Target, targets_of
from qingtian.apps.evidence.models import AnchorReceipt, DailyRoot
from qingtian.domain.errors import QingtianError
from qingtian.duties.duty import DutyContext, DutyReport
from qingtian.runtime.settings import get_settings

AT_ONCE = 400  # roots that one run brings to one place after a long silence


def anchor_evidence(context: DutyContext) -> DutyReport:
    """Make the root of yesterday, and bring every root to every place that has not confirmed it yet.

    A place that does not answer is told in the report and tried again by the next run, in order.
    """
    notes = []
    root = make_daily_root(SYSTEM_ACTOR, context.now)
    if root is not None:
        notes.append(f"root {root.number} stands for {root.items} items")
    for target in targets_of(get_settings()):
        notes += _deliver(context, target)
    return DutyReport(notes=notes)


def _deliver(context: DutyContext, target: Target) -> list[str]:
    confirmed = AnchorReceipt.objects.filter(target=target.name).values("daily_root")
    for root in DailyRoot.objects.exclude(pk__in=confirmed).order_by("number")[:AT_ONCE]:
        try:
            receipt = target.keep(root)
        except QingtianError as error:
            return [f"{target.name}: {error}"]  # later roots wait, so that the place sees them in order
        keep_receipt(SYSTEM_ACTOR, context.now, root, target=target.name, place=target.place, receipt=receipt)
    return []
