"""Verb: say how one is reached outside the inbox, and when not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.journal.record import record, writing
from qingtian.apps.lengths import check_lengths
from qingtian.apps.notices.models import Contact
from qingtian.domain.errors import InvalidInput, NotPermitted
from qingtian.domain.notices import Channel

PHONE = re.compile(r"\+?\d{5,18}")
LANGUAGES = ("zh", "en")
NEEDS = {Channel.EMAIL.value: "email", Channel.SMS.value: "phone"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDraft:
    """How somebody is reached.

    Args:
        channels: ways that are used for common notices: email, sms; an escalation uses every way with an address.
        quiet_from, quiet_until: local times between which only what is severe goes out; both or none.
        quiet_passes: notices at least so severe pass, 1 to 4.
    """

    email: str = ""
    phone: str = ""
    language: str = "zh"
    channels: tuple[str, ...] = ()
    quiet_from: time | None = None
    quiet_until: time | None = None
    quiet_passes: int = 4


def keep_contact(actor: Actor, at: datetime, draft: ContactDraft) -> Contact:
    """Keep one's own addresses and quiet hours; the journal says what changed, never an address.

    Raises:
        NotPermitted: nobody is signed in; InvalidInput names the field.
    """
    _check(draft)
    with writing():
        if actor.user_id is None:
            raise NotPermitted("only people have addresses", field="actor", remedy="sign in")
        known = Contact.objects.select_for_update().filter(user_id=actor.user_id).first()
        row = known or Contact(user_id=actor.user_id)
        changed = [name for name, value in _values(draft).items() if getattr(row, name) != value]
        if known is not None and not changed:
            return row
        for name, value in _values(draft).items():
            setattr(row, name, value)
        row.save()
        record(actor, at, "contact.changed", ("user", str(actor.user_id)), {"fields": changed})
    return row


def contact_of(actor: Actor) -> Contact:
    """One's own addresses; empty where nothing was said yet."""
    if actor.user_id is None:
        return Contact()
    return Contact.objects.filter(user_id=actor.user_id).first() or Contact(user_id=actor.user_id)


def _values(draft: ContactDraft) -> dict[str, object]:
    return {
        "email": draft.email.strip(),
        "phone": draft.phone.strip(),
        "language": draft.language,
        "channels": sorted(set(draft.channels)),
        "quiet_from": draft.quiet_from,
        "quiet_until": draft.quiet_until,
        "quiet_passes": draft.quiet_passes,
    }


def _check(draft: ContactDraft) -> None:
    check_lengths(Contact, email=draft.email, phone=draft.phone)
    if draft.email.strip():
        try:
            validate_email(draft.email.strip())
        except ValidationError:
            raise InvalidInput("it is no e-mail address", field="email", remedy="give name@host, or leave it") from None
    if draft.phone.strip() and not PHONE.fullmatch(draft.phone.strip()):
        raise InvalidInput("it is no telephone number", field="phone", remedy="digits only, 5 to 18, perhaps a +")
    if draft.language not in LANGUAGES:
        raise InvalidInput(f"{draft.language[:10]} is no language here", field="language", remedy="zh or en")
    for channel in draft.channels:
        if channel not in NEEDS:
            raise InvalidInput(f"{channel[:20]} is no way to a person", field="channels", remedy="email or sms")
        if not getattr(draft, NEEDS[channel]).strip():
            raise InvalidInput(f"{channel} needs an address", field=NEEDS[channel], remedy="give it, or leave the way")
    if (draft.quiet_from is None) != (draft.quiet_until is None):
        raise InvalidInput("quiet hours have two ends", field="quiet_until", remedy="give both times or none")
    if not 1 <= draft.quiet_passes <= 4:
        raise InvalidInput("severity is 1 to 4", field="quiet_passes", remedy="1 notice .. 4 severe")
