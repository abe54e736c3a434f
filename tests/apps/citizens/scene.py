"""A citizen, a report, the officers who answer it, and a photo with a secret in it."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

from PIL import Image
from tests.apps.cases.many_ways import APPROVER, DISTRICT, HANDLER, WINDOW, go, town
from tests.apps.city import NOW

from qingtian.apps.accounts.actor import PUBLIC_ACTOR
from qingtian.apps.cases.models import Case
from qingtian.apps.citizens.actions.report_problem import Photo, ProblemReport, Reported, report_problem
from qingtian.apps.citizens.flood import Visit, sender_mark

__all__ = ["APPROVER", "DISTRICT", "HANDLER", "NOW", "WINDOW", "go", "town"]
REAL = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
ADDRESS = "203.0.113.7"
READ = timedelta(seconds=90)  # how long somebody takes over the last step
SECRET = "SECRET-OF-THE-MAKER"
PLACE = (114.43, 30.63)
DECISION = {"findings_of_fact": "活性炭失效", "outcome": "substantiated", "decision": "责令更换"}
ANSWER = {"reply_text": "活性炭已更换，复测达标"}


def visit(
    *, after: timedelta = timedelta(), address: str = ADDRESS, at: datetime = NOW, real: datetime = REAL
) -> Visit:
    """Somebody at an address, some time after the beginning."""
    return Visit(at, real + after, sender_mark(address))


def said(**more: Any) -> ProblemReport:
    """What is reported."""
    fields: dict[str, Any] = {
        "category": "odour",
        "problem": "夜间有刺鼻异味",
        "region_code": DISTRICT,
        "place": "建设二路某厂东门",
        "lon": PLACE[0],
        "lat": PLACE[1],
    }
    return ProblemReport(**(fields | more))


def reported(who: Visit | None = None, **more: Any) -> Reported:
    """A report that was filled in at leisure."""
    came = who or visit()
    return report_problem(PUBLIC_ACTOR, came, said(**more), shown_at=came.real_at - READ * 10)


def answered(case: Case, at: datetime = NOW) -> Case:
    """The report after the officers have dealt with it."""
    return go(
        case,
        (WINDOW, "accept", {}),
        (HANDLER, "investigate", {}),
        (HANDLER, "decide", DECISION),
        (WINDOW, "reply", ANSWER),
        at=at,
    )


def photo(colour: str = "red") -> Photo:
    """A small JPEG that tells where and by whom it was made."""
    exif = Image.Exif()
    exif[0x010F] = SECRET
    exif.get_ifd(0x8825).update({1: "N", 2: (30.0, 36.0, 1.5), 3: "E", 4: (114.0, 18.0, 2.5)})
    out = io.BytesIO()
    Image.new("RGB", (16, 16), colour).save(out, "JPEG", exif=exif)
    return Photo("image/jpeg", out.getvalue())
