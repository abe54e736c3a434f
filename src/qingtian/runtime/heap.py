"""What a process loads once stays until its end: the garbage collector need not walk it again and again."""

from __future__ import annotations

import gc
import logging

from qingtian.domain.errors import QingtianError

_log = logging.getLogger(__name__)


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


def keep_packs() -> int:
    """Read the packs, for which the first user should not wait, and keep them with everything else.

    Packs that cannot be read stop no start: whoever needs them says so again, and frames are taken in all the same.

    Returns:
        Objects that are kept.
    """
    from qingtian.packs import load_packs  # the gateway keeps its heap without ever loading them

    try:
        load_packs()
    except QingtianError as error:
        _log.warning("the packs cannot be read: %s", error)
    return keep_heap()
