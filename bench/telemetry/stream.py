"""Millions of frames without millions of builds: a few per device are built, the rest differ in time and check code.

The check code of HJ 212 is linear: two frames of one length that differ by the same bits in the same places have check
codes that differ by the same bits, whatever else they carry. So one device's frames tell what every other device's
check code becomes, and a load of an hour takes seconds to prepare and no memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import overload

CODE = slice(-6, -2)  # four hexadecimal digits before the line end


@dataclass(frozen=True, slots=True)
class Moments:
    """What a frame number changes, by one device's frames.

    Args:
        stamps: time of each frame as it stands in it, of equal length.
        patches: by which bits the check code differs from that of the template of the same turn.
        turns: after how many frames the values repeat.
    """

    stamps: Sequence[bytes]
    patches: Sequence[int]
    turns: int


@dataclass(frozen=True, slots=True)
class Stream(Sequence[bytes]):
    """The frames of one device.

    Args:
        templates: its first frames, one per turn.
        moments: what changes with the number.
    """

    templates: Sequence[bytes]
    moments: Moments

    def __len__(self) -> int:
        return len(self.moments.stamps)

    @overload
    def __getitem__(self, number: int) -> bytes: ...
    @overload
    def __getitem__(self, number: slice) -> list[bytes]: ...
    def __getitem__(self, number: int | slice) -> bytes | list[bytes]:
        """The frame of a number, whole and with its check code."""
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        turn = number % self.moments.turns
        raw = self.templates[turn].replace(self.moments.stamps[turn], self.moments.stamps[number])
        code = int(raw[CODE], 16) ^ self.moments.patches[number]
        return b"%s%04X\r\n" % (raw[: CODE.start], code)


def moments(build: Callable[[int], bytes], stamp: Callable[[int], bytes], frames: int, turns: int) -> Moments:
    """Learn from one device what each frame number changes.

    Args:
        build: makes its frame of a number.
        stamp: the time in it.
        frames: how many there are.
        turns: after how many the values repeat.

    Raises:
        ValueError: frames are not of one length.
    """
    first = [build(number) for number in range(turns)]
    if len({len(one) for one in first}) != 1:
        raise ValueError("frames of one length are needed: the values have different lengths")
    patches = [int(build(number)[CODE], 16) ^ int(first[number % turns][CODE], 16) for number in range(frames)]
    return Moments([stamp(number) for number in range(frames)], patches, turns)
