"""Reads of findings."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Activity, Confirmation, Status
from qingtian.domain.errors import NotVisible

OPEN_STATUSES = (Status.NEW, Status.TRIAGED)


def visible_finding(actor: Actor, finding_id: int, *, lock: bool = False) -> Finding:
    """A finding that the actor may see.

    Args:
        lock: hold the row until the transaction ends.
    Raises:
        NotVisible: there is none.
    """
    rows = Finding.objects.visible_to(actor).select_related("object")
    if lock:
        rows = rows.select_for_update(of=("self",))
    finding = rows.filter(pk=finding_id).first()
    if finding is None:
        raise NotVisible(f"there is no finding {finding_id}", field="finding", remedy="choose one from the list")
    return finding


def needs_attention(rows: QuerySet[Finding]) -> QuerySet[Finding]:
    """Findings that somebody must still look at: open, and going on or never confirmed.

    A finding that ended before anybody confirmed it stays until it is confirmed. One that stands for a merged finding
    which goes on, goes on. What an approved window silences waits for nobody.
    """
    member = Finding.objects.filter(merged_into=OuterRef("pk"), status=Status.MERGED_INTO, activity=Activity.ONGOING)
    going = Q(activity=Activity.ONGOING) | Exists(member)
    return rows.filter(Q(confirmation=Confirmation.UNCONFIRMED) | going, status__in=OPEN_STATUSES, silenced_by=None)


@dataclass(frozen=True, slots=True)
class Precision:
    """How many of the judged findings were worth a case: cased / (cased + dismissed)."""

    cased: int
    dismissed: int

    @property
    def share(self) -> Decimal | None:
        """The share, 0 to 1; None before anything was judged."""
        total = self.cased + self.dismissed
        return Decimal(self.cased) / Decimal(total) if total else None


def precision(rows: QuerySet[Finding]) -> Precision:
    """Precision of a set of findings (domain model, section 4)."""
    return Precision(
        cased=rows.filter(status=Status.CASED).count(), dismissed=rows.filter(status=Status.DISMISSED).count()
    )
