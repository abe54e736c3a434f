"""All dialogues of a host: one outstanding command per device number."""

from __future__ import annotations

from collections.abc import Iterator

from qingtian.domain.errors import Conflict
from qingtian.domain.hj212.dialogues.exchange import ANSWERS, Dialogue, Order, Step, begin, on_frame, on_time, resume
from qingtian.domain.hj212.dialogues.states import Happening
from qingtian.domain.hj212.model import Decoded


class Host:
    """Keeps one dialogue per device and passes frames and time to it.

    The last ended dialogue of a device is remembered, so that an answer that comes too late is known as such.
    """

    def __init__(self) -> None:
        self._open: dict[str, Dialogue] = {}
        self._ended: dict[str, Dialogue] = {}
        self._also: dict[str, str] = {}

    def begin(self, order: Order, now_s: float) -> Step:
        """Send a command.

        Raises:
            Conflict: another one is outstanding for this device.
        """
        self._refuse_second(order)
        return self._keep(begin(order, now_s))

    def resume(self, order: Order, now_s: float, *, attempts: int, accepted: bool) -> Step:
        """Take up a command of an earlier process (see `exchange.resume`).

        Raises:
            Conflict: another one is outstanding for this device.
        """
        self._refuse_second(order)
        return self._keep(resume(order, now_s, attempts=attempts, accepted=accepted))

    def on_frame(self, mn: str, decoded: Decoded, now_s: float) -> Step | None:
        """A frame that a device sent; None when no command is concerned."""
        home = self._also.get(mn, mn)
        dialogue = self._open.get(home)
        if dialogue is not None:
            step = on_frame(dialogue, decoded, now_s)
            if step is None or step.happening is not Happening.FOREIGN:
                return None if step is None else self._keep(step)
        ended = self._ended.get(home)
        if ended is None or decoded.cn not in ANSWERS:
            return None
        late = on_frame(ended, decoded, now_s)
        return late if late is not None and late.happening is Happening.LATE else None

    def on_time(self, now_s: float) -> list[Step]:
        """Every time-out that is due."""
        due = [one for one in self._open.values() if one.deadline_s <= now_s]
        return [self._keep(on_time(one, now_s)) for one in due]

    def next_deadline(self) -> float | None:
        """When `on_time` has something to do next; None while nothing is outstanding."""
        return min((one.deadline_s for one in self._open.values()), default=None)

    def outstanding(self, mn: str) -> Dialogue | None:
        """The command that a device has not ended yet."""
        return self._open.get(self._also.get(mn, mn))

    def concerns(self, mn: str, cn: str) -> bool:
        """Whether a frame of a device could belong to a command; quick, as it is asked for every frame."""
        dialogue = self._open.get(self._also.get(mn, mn))
        if dialogue is not None and (cn == dialogue.order.cn or cn in ANSWERS):
            return True
        return cn in ANSWERS and mn in self._ended

    def __iter__(self) -> Iterator[Dialogue]:
        return iter(list(self._open.values()))

    def __len__(self) -> int:
        return len(self._open)

    def _refuse_second(self, order: Order) -> None:
        if self.outstanding(order.mn) is not None:
            raise Conflict(f"a command of {order.mn} is outstanding", field="mn", remedy="wait for its end")

    def _keep(self, step: Step) -> Step:
        dialogue = step.dialogue
        order = dialogue.order
        if dialogue.open:
            self._open[order.mn] = dialogue
            self._also.update(dict.fromkeys(order.also, order.mn))
        else:
            self._open.pop(order.mn, None)
            self._ended[order.mn] = dialogue
            for other in order.also:  # a new device number speaks for itself from now on
                self._also.pop(other, None)
        return step
