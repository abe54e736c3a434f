"""What a process loads once stays until its end: the garbage collector need not walk it again and again."""

from __future__ import annotations

import gc


def keep_heap() -> int:
    """Take what is loaded now (code, packs, register) out of the collector's sight; called once, at the end of a start.

    A full collection walks every object that it sees and stops all threads meanwhile: with the packs of a city about a
    quarter of a second, every few requests (docs/scale.md has the figures).

    Returns:
        Objects that are kept.

    >>> keep_heap() > 0
    True
    >>> gc.unfreeze()
    """
    gc.collect()
    gc.freeze()
    return gc.get_freeze_count()
