"""Uploads under way: acknowledged, sent again, or kept for the back-fill (HJ 212-2017 6.5)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MOST_KEPT = 5000  # records that wait for the line
NEVER = float("inf")


@dataclass(slots=True)
class Upload:
    """A record that was written and waits for its answer.

    Args:
        qn: number that the answer carries; a number of our own where the frame has none.
        cn: command.
        frames: its frames; several when it was cut in the middle with one QN.
        start: start of its period on the device's clock; -1 for what cannot be made again.
        due: when it is sent again.
        sent_at: when it was first written.
        missing: answers that are not here yet, one per frame.
        tries: how often it was sent again.
        job: QN of the history request that it answers; empty for its own uploads.
    """

    qn: str
    cn: str
    frames: tuple[bytes, ...]
    start: float
    due: float
    sent_at: float
    missing: int
    tries: int = 0
    job: str = ""


class Outbox:
    """What one device has sent and not yet got acknowledged, and what it still has to send."""

    __slots__ = ("_own", "backlog", "dropped", "waiting")

    def __init__(self) -> None:
        self.waiting: dict[str, Upload] = {}
        self.backlog: deque[tuple[str, float]] = deque()
        self.dropped = 0
        self._own = 0

    @property
    def next_at(self) -> float:
        """When the next upload is due again."""
        waiting = self.waiting
        return min([one.due for one in waiting.values()]) if waiting else NEVER

    def wait(self, upload: Upload) -> None:
        """An upload was written and asks for an answer."""
        if not upload.qn:
            self._own += 1
            upload.qn = f"#{self._own}"
        self.waiting[upload.qn] = upload

    def answered(self, qn: str | None) -> Upload | None:
        """The upload that an answer completes; an answer without QN means the oldest one of those that have none."""
        key = qn if qn is not None else next((key for key in self.waiting if key[0] == "#"), None)
        upload = self.waiting.get(key) if key is not None else None
        if upload is None:
            return None
        upload.missing -= 1
        if upload.missing > 0:
            return None
        del self.waiting[upload.qn]
        return upload

    def due(self, now: float) -> list[Upload]:
        """Uploads whose time is over."""
        return [one for one in self.waiting.values() if one.due <= now]

    def keep(self, cn: str, start: float) -> None:
        """A record has to wait for the line; the oldest are dropped when the memory is full."""
        if self.backlog and self.backlog[-1] == (cn, start):  # another part of the same record
            return
        if len(self.backlog) >= MOST_KEPT:
            self.backlog.popleft()
            self.dropped += 1
        self.backlog.append((cn, start))

    def give_up(self, upload: Upload) -> None:
        """No answer after every resend: the record goes to the back-fill."""
        self.waiting.pop(upload.qn, None)
        if upload.start >= 0 and not upload.job:
            self.keep(upload.cn, upload.start)
