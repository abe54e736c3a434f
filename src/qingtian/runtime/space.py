"""Room on the disk of the data: where devices are refused, and where the rest stands still so that nothing breaks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from qingtian.runtime.settings import Settings

MIB = 1024 * 1024
LOW_AT = 4  # reserves
STAND_STILL_AT = 0.5  # of the reserve: what is left is for the database to end its transactions


class Room(StrEnum):
    """How much room there is."""

    PLENTY = "plenty"
    LOW = "low"
    REFUSING = "refusing"
    STANDING = "standing"


@dataclass(frozen=True, slots=True)
class Space:
    """The disk of the data.

    Args:
        free: bytes that may still be written.
        total: bytes of the disk.
        reserve: bytes below which devices are not acknowledged.
    """

    free: int
    total: int
    reserve: int

    @property
    def room(self) -> Room:
        """How much room there is.

        >>> [Space(free, 1000, 100).room.value for free in (400, 399, 99, 49)]
        ['plenty', 'low', 'refusing', 'standing']
        """
        if self.free < STAND_STILL_AT * self.reserve:
            return Room.STANDING
        if self.free < self.reserve:
            return Room.REFUSING
        return Room.LOW if self.free < LOW_AT * self.reserve else Room.PLENTY


def space_of(settings: Settings) -> Space:
    """The disk of the data folder now."""
    folder = existing(settings.data_dir)
    stat = os.statvfs(folder)
    return Space(stat.f_bavail * stat.f_frsize, stat.f_blocks * stat.f_frsize, settings.disk_reserve_mb * MIB)


def existing(path: Path) -> Path:
    """The path, or the nearest folder above that is there."""
    while not path.exists():
        path = path.parent
    return path
