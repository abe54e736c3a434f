"""Frames that somebody pastes: explained like those of the archive, and not stored."""

from __future__ import annotations

import re
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.devices.keys import full_profile
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.senders import device_of
from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import FrameOk, Framer, Garbage, Rejected
from qingtian.interfaces.api.present.frame_told import explain
from qingtian.interfaces.api.present.frames import read_as
from qingtian.interfaces.api.schemas.frames import Explained, PastedIn, PastedOut
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.devices import DeviceProfile
from qingtian.telemetry.spool.index import sent_mn

MOST_FRAMES = 50
_BLANK = re.compile(r"\s")
_ESCAPED_END = re.compile(r"\\r\\n|\\n|\\r")


def explain_pasted(actor: Actor, now: datetime, data: PastedIn) -> PastedOut:
    """Explain every frame in what was pasted.

    Raises:
        InvalidInput: nothing, both, or no frame was given.
    """
    raw = _bytes(data)
    framer = Framer()
    events = [*framer.feed(raw), *framer.flush()]
    found = [event.raw for event in events if isinstance(event, FrameOk | Rejected)]
    if not found:
        raise InvalidInput(
            "there is no frame in it",
            field="hex" if data.text is None else "text",
            remedy="a frame begins with ## and four digits, such as ##0070QN=...",
        )
    if len(found) > MOST_FRAMES:
        raise InvalidInput(
            f"there are {len(found)} frames in it", field="text", remedy=f"paste at most {MOST_FRAMES} at once"
        )
    return PastedOut(
        frames=[_explained(actor, now, one) for one in found],
        garbage_bytes=sum(event.n for event in events if isinstance(event, Garbage)),
    )


def _explained(actor: Actor, now: datetime, raw: bytes) -> Explained:
    raw = raw.rstrip(b"\r\n")
    profile = _profile(actor, now, sent_mn(raw))
    return explain(raw, read_as(raw, profile), profile, now.astimezone(SHANGHAI).date())


def _profile(actor: Actor, now: datetime, mn: str) -> DeviceProfile | None:
    """Settings of the sender, where the actor may see it; its key never shows, but opens its frames."""
    row = device_of(mn)
    if row is None or not RegistryObject.objects.visible_to(actor).filter(pk=row.pk).exists():
        return None
    return full_profile(row, now)


def _bytes(data: PastedIn) -> bytes:
    if (data.text is None) == (data.hex is None):
        raise InvalidInput("give the text or the bytes", field="text", remedy="exactly one of text and hex")
    if data.hex is not None:
        try:
            return bytes.fromhex(_BLANK.sub("", data.hex))
        except ValueError as error:
            raise InvalidInput("is no hex text", field="hex", remedy="give two hex digits per byte") from error
    # Logs write line ends as \r\n; browsers and Windows change them: a frame ends there either way.
    return _ESCAPED_END.sub("\r\n", data.text or "").strip().encode("utf-8", "backslashreplace")
