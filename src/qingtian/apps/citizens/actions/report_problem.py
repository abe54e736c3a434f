"""Verb: somebody of the public reports a problem; a case of procedure T2 begins."""

from __future__ import annotations

import hashlib
import hmac
import io
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.accounts.roles import Role
from qingtian.apps.cases.actions.file_case import CaseDraft, file_case
from qingtian.apps.cases.models import Case
from qingtian.apps.citizens.flood import Visit, check_patience, check_room, marks_of, place_key
from qingtian.apps.citizens.models import PublicReport
from qingtian.apps.evidence.chain import Draft, append_item
from qingtian.apps.evidence.content_store import content_store
from qingtian.apps.evidence.models import EvidenceKind
from qingtian.apps.evidence.storage.port import Stored
from qingtian.apps.evidence.subjects import SubjectFacts, facts_of, of_case
from qingtian.apps.journal.record import SHANGHAI, writing
from qingtian.apps.notices.actions.post_notice import LOWEST, post_notice
from qingtian.apps.notices.people import Recipients
from qingtian.domain.errors import InvalidInput
from qingtian.domain.evidence.photos import CLEANERS, without_metadata
from qingtian.packs.procedures import procedure
from qingtian.runtime.settings import get_settings

COMPLAINT = "T2"
NOTICE = "public_report"
WEB = "web"
MOST_PHOTOS = 3
LARGEST_PHOTO = 8 * 1024 * 1024  # bytes
LONGEST_WORDS = 2000
LONGEST_NAME = 80
PHONE = re.compile(r"\+?[0-9][0-9 \-]{4,19}")
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is mistaken for another
CODE_LENGTH = 10
CLEANED = "照片的拍摄时间、位置和设备信息已去除 / time, place and device were taken out of the photo"


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it was sent."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemReport:
    """What somebody reports.

    Args:
        category: as procedure T2 names it.
        region_code: GB/T 2260 code of the district.
        place: where, in words.
        lon, lat: degrees, WGS 84; None where no point was set.
        name, phone, address: who reports; all may be empty.
    """

    category: str
    problem: str
    region_code: str
    place: str
    lon: float | None = None
    lat: float | None = None
    name: str = ""
    phone: str = ""
    address: str = ""
    photos: tuple[Photo, ...] = ()
    english: bool = False


@dataclass(frozen=True, slots=True)
class Reported:
    """What the reporter takes along.

    Args:
        code: shown once and kept nowhere; with the number it opens the report.
    """

    case: Case
    code: str


def report_problem(actor: Actor, visit: Visit, said: ProblemReport, *, shown_at: datetime, code: str = "") -> Reported:
    """File a report of the public as a case, with its photos as evidence: as sent, and a copy without metadata.

    Args:
        shown_at: machine time at which the last step was shown.
        code: what the reporter will follow it by; a new one where none is given.
    Raises:
        InvalidInput: names the field.
        TooSoon, TooMany: the flood protection; nothing is stored then.
        NotPermitted: the actor is not of the public.
    """
    require(actor, Verb.REPORT_PROBLEM, region_code=said.region_code)
    _check(said)
    place = place_key(said.region_code, said.lon, said.lat)
    check_room(visit, place)  # before anything is stored, so that a flood fills no disk
    check_patience(visit, shown_at)
    copies = [check_photo(one) for one in said.photos]
    files = [(_stored(one.content), one) for one in said.photos]
    cleaned = [None if copy == one.content else _stored(copy) for copy, one in zip(copies, said.photos, strict=True)]
    code = code or "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    with writing():
        check_room(visit, place)
        marks = marks_of(visit, shown_at)
        case = file_case(actor, visit.at, _draft(said, marks, visit.at), verb=Verb.REPORT_PROBLEM)
        PublicReport.objects.create(
            case=case,
            code_hash=code_hash(code),
            sender=visit.sender,
            place_key=place,
            english=said.english,
            real_at=visit.real_at,
            marks=marks,
        )
        for (stored, photo), copy in zip(files, cleaned, strict=True):
            _attach(actor, visit.at, case, stored, photo, copy)
        tell_the_window(visit.at, case, "收到公众反映", "a report of the public")
    return Reported(case, code)


def tell_the_window(at: datetime, case: Case, zh: str, en: str) -> None:
    """Tell who receives reports at a place that somebody of the public did something; never who, and no words of it."""
    post_notice(
        at,
        kind=NOTICE,
        subject=("case", case.number, f"/desk/cases/{case.pk}"),
        severity=LOWEST,
        title_zh=f"{zh}：{case.number}",
        title_en=f"{en}: {case.number}",
        to=Recipients(roles=(Role.WINDOW,), region_code=case.region_code, org=case.org),
        simulated=case.simulated,
    )


def code_hash(code: str) -> str:
    """What is kept of a code; small letters, spaces and hyphens are forgiven."""
    plain = re.sub(r"[\s-]", "", code).upper()
    key = f"citizens.code:{get_settings().secret_key}".encode()
    return hmac.new(key, plain.encode(), hashlib.sha256).hexdigest()


def check_photo(photo: Photo) -> bytes:
    """The photo without metadata.

    Raises:
        InvalidInput: it is too large, or none that is taken.
    """
    if len(photo.content) > LARGEST_PHOTO:
        raise InvalidInput("the photo is too large", field="photo", remedy="send one of at most 8 MB", reason="large")
    return without_metadata(photo.content, photo.media_type)


def kind_of_photo(content: bytes) -> str:
    """Media type of a picture by its first bytes; empty when it is none that is taken."""
    heads = {"image/jpeg": content[:3] == b"\xff\xd8\xff", "image/png": content[:8] == b"\x89PNG\r\n\x1a\n"}
    heads["image/webp"] = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return next((kind for kind in CLEANERS if heads[kind]), "")


def check_contact(*, name: str, phone: str, address: str) -> None:
    """Refuse a contact that cannot be one.

    Raises:
        InvalidInput: names the field.
    """
    for field, value in (("name", name), ("address", address)):
        if len(value) > LONGEST_NAME:
            raise InvalidInput(
                f"{field} holds at most {LONGEST_NAME} characters", field=field, remedy="shorten it", reason="long"
            )
    if phone and not PHONE.fullmatch(phone):
        raise InvalidInput("this is no telephone number", field="phone", remedy="digits only", reason="phone")


def _check(said: ProblemReport) -> None:
    if not said.problem.strip() or len(said.problem) > LONGEST_WORDS:
        raise InvalidInput("say what the problem is", field="problem", remedy=f"1 to {LONGEST_WORDS} characters")
    if not said.place.strip():
        raise InvalidInput("say where it is", field="place", remedy="name the street, the house or a landmark")
    if len(said.photos) > MOST_PHOTOS:
        raise InvalidInput(f"at most {MOST_PHOTOS} photos", field="photo", remedy="choose the clearest ones")
    check_contact(name=said.name, phone=said.phone, address=said.address)


def _stored(content: bytes) -> Stored:
    return content_store().put(io.BytesIO(content))


def _draft(said: ProblemReport, marks: list[str], at: datetime) -> CaseDraft:
    template = procedure(COMPLAINT, on=at.astimezone(SHANGHAI).date())
    labels = {one.value: one.label_zh for one in template.fields()["category"].choices}
    place = said.place.strip()
    title = f"{labels.get(said.category, said.category)}：{place}"
    longest = Case._meta.get_field("title").max_length or 0
    return CaseDraft(
        template=COMPLAINT,
        title=title[:longest],
        region_code=said.region_code,
        place=place,
        lon=said.lon,
        lat=said.lat,
        org=get_settings().citizen_first_org,
        fields=_fields(said, marks, at),
    )


def _fields(said: ProblemReport, marks: list[str], at: datetime) -> Mapping[str, Any]:
    contact = {
        "complainant_name": said.name.strip(),
        "complainant_phone": said.phone.strip(),
        "complainant_address": said.address.strip(),
    }
    return {
        "channel": WEB,
        "category": said.category,
        "problem": said.problem.strip(),
        "received_on": at.astimezone(SHANGHAI).date().isoformat(),
        "anonymous": not any(contact.values()),
        "intake_marks": marks,
    } | {name: value for name, value in contact.items() if value}


def _attach(actor: Actor, at: datetime, case: Case, stored: Stored, photo: Photo, copy: Stored | None) -> None:
    # The chain asks who may see the case; the public may not, so the house does it in its name.
    facts = facts_of(SYSTEM_ACTOR, of_case(case.pk), lock=True)
    original = append_item(
        actor, at, facts, _item(actor, at, facts, photo, "照片 / photo", {}), stored=stored, role=Role.CITIZEN
    )
    if copy is not None:
        extra = {"redaction_of": original.position, "redaction_of_hash": original.hash, "reason": CLEANED}
        draft = _item(actor, at, facts, photo, "照片（已去除信息）/ photo (metadata taken out)", extra)
        append_item(actor, at, facts, draft, stored=copy, role=Role.CITIZEN, redaction_of=original)


def _item(actor: Actor, at: datetime, facts: SubjectFacts, photo: Photo, title: str, extra: Mapping[str, Any]) -> Draft:
    return Draft(
        kind=EvidenceKind.PHOTO,
        media_type=photo.media_type,
        file_name=f"{facts.number}.{photo.media_type.rpartition('/')[2]}",
        title=title,
        origin="public",
        captured_at=at,
        captured_by=actor.username,
        object=facts.object,
        extra=extra,
    )
