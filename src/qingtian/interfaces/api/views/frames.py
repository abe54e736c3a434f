"""Raw frames: the newest of a device, one explained, its hash computed anew, and a box for pasted ones."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Query, Router

from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.device_filters import FrameFilters
from qingtian.interfaces.api.present import frames
from qingtian.interfaces.api.present.pasted import explain_pasted
from qingtian.interfaces.api.responses import reads, writes
from qingtian.interfaces.api.schemas.frames import FrameCheck, FrameDetail, FrameList, PastedIn, PastedOut
from qingtian.runtime.clock import current_clock

router = Router(tags=["frames"])


@router.get("/devices/{mn}/frames", response=reads(FrameList), summary="The newest frames of a device")
def list_frames(request: HttpRequest, mn: str, filters: Query[FrameFilters]) -> FrameList:
    """From the archive of raw bytes, also those that were refused; `next` leads to older ones."""
    return frames.frame_list(
        actor(request),
        mn,
        cn=filters.cn or "",
        verdict=filters.verdict or "",
        before=filters.before or "",
        limit=filters.limit,
    )


@router.post("/frames/explain", response=writes(PastedOut), summary="Explain pasted frames")
def explain(request: HttpRequest, data: PastedIn) -> PastedOut:
    """Nothing is stored; the settings of a registered sender are used where the asker may see it."""
    return explain_pasted(actor(request), current_clock().now(), data)


@router.get("/frames/{frame}", response=reads(FrameDetail), summary="One frame, explained field by field")
def one_frame(request: HttpRequest, frame: str) -> FrameDetail:
    """Raw text and hex (passwords and keys masked), meaning, what is wrong with its remedy, what became of it."""
    return frames.frame_detail(actor(request), frame)


@router.get("/frames/{frame}/verify", response=reads(FrameCheck), summary="Compute a frame's hash from the archive")
def verify(request: HttpRequest, frame: str) -> FrameCheck:
    """Reads the bytes again; a changed archive is told."""
    return frames.frame_check(actor(request), current_clock().now(), frame)
