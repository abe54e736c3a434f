"""Verb: a report that was written step by step is sent; once, however often the button is pressed."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.models import Case
from qingtian.apps.citizens import drafts
from qingtian.apps.citizens.actions.report_problem import (
    CODE_LENGTH,
    LETTERS,
    ProblemReport,
    Reported,
    report_problem,
)
from qingtian.apps.citizens.flood import Visit
from qingtian.apps.citizens.models import ReportDraft
from qingtian.domain.errors import NotVisible
from qingtian.runtime.settings import get_settings

SENT, SENT_AT, SHOWN_AT = "sent", "sent_at", "shown_at"
TOLD_FOR = timedelta(minutes=15)  # so long number and code can be read again, on the browser that sent it


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Who reports; never part of a draft."""

    name: str = ""
    phone: str = ""
    address: str = ""


def send_draft(actor: Actor, visit: Visit, key: str, contact: Contact, *, english: bool = False) -> Reported:
    """File the report of a draft; the same draft again gives the same number and code.

    Args:
        key: opens the draft.
    Raises:
        NotVisible: there is no such draft any more.
        InvalidInput, TooSoon, TooMany: as `report_problem`.
    """
    # Only drafts are locked before the house is: whoever holds the house never waits for a draft.
    with transaction.atomic():
        draft = drafts.drafts_of(key, visit.real_at).select_for_update().first()
        if draft is None:
            raise NotVisible("there is no such draft", field="form", remedy="begin again")
        if again := sent(draft, key, visit.real_at):
            return again
        shown_at = datetime.fromisoformat(str(draft.form.get(SHOWN_AT) or visit.real_at.isoformat()))
        done = report_problem(
            actor, visit, _said(draft, contact, english=english), shown_at=shown_at, code=_code_of(key)
        )
        drafts.drop_photos(draft)
        draft.form = {SENT: done.case.pk, SENT_AT: visit.real_at.isoformat()}
        draft.save(update_fields=["form"])
    return done


def sent(draft: ReportDraft, key: str, real_at: datetime) -> Reported | None:
    """What was sent with a draft, for some minutes; None when nothing was."""
    if SENT not in draft.form:
        return None
    if real_at > datetime.fromisoformat(str(draft.form[SENT_AT])) + TOLD_FOR:
        raise NotVisible("this was sent a while ago", field="form", remedy="follow it by number and code")
    return Reported(Case.objects.get(pk=draft.form[SENT]), _code_of(key))


def _code_of(key: str) -> str:
    """The code that belongs to a draft; it is kept nowhere, and only the browser has the key."""
    secret = f"citizens.code-of-draft:{get_settings().secret_key}".encode()
    number = int.from_bytes(hmac.new(secret, key.encode(), hashlib.sha256).digest(), "big")
    letters = []
    for _ in range(CODE_LENGTH):
        number, place = divmod(number, len(LETTERS))
        letters.append(LETTERS[place])
    return "".join(letters)


def _said(draft: ReportDraft, contact: Contact, *, english: bool) -> ProblemReport:
    form = draft.form
    return ProblemReport(
        category=str(form.get("category", "")),
        problem=str(form.get("problem", "")),
        region_code=str(form.get("region", "")),
        place=str(form.get("place", "")),
        lon=form.get("lon"),
        lat=form.get("lat"),
        name=contact.name,
        phone=contact.phone,
        address=contact.address,
        photos=drafts.photos(draft),
        english=english,
    )
